//! The service in process: its replies, its limits, its way up and down.
//!
//! Each test starts a service of its own on ports of the system's choice, with
//! a small pack, and speaks to it as a stranger would: bytes on a socket.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rules::yaml::{self, Kind, Node};
use serde_json::{Value, json};
use sidecar::api::{problem, screen as native};
use sidecar::config::{Caller, Config, Document};
use sidecar::server::{self, Running, StartError};

/// A value that must never come back, and the rule below that finds it.
const CANARY: &str = "zq7-canary-5519";

const PACK: &str =
    "pack: test\nversion: 1.0.0\ntitle: Test\nowner: Nobody\nregulations:\n  T/1: A law\n";

/// A rule `test.<name>` that finds `<name>-canary-` and four digits.
fn rules(name: &str) -> String {
    format!(
        "rules:\n  - id: test.{name}\n    title: A {name} canary\n    status: stable\n    category: secret/token\n\
         \x20   severity: high\n    rationale: It stands for whatever must not leave the house, in tests only.\n\
         \x20   regulations: [T/1]\n    detect:\n      pattern: '{name}-canary-\\d{{4}}'\n      confidence: certain\n\
         \x20   examples:\n      match:\n        - {{ text: 'a {name}-canary-1234 b', finds: '{name}-canary-1234' }}\n\
         \x20       - {{ text: '{name}-canary-9999', finds: '{name}-canary-9999' }}\n      no_match:\n\
         \x20       - {{ text: '{name}-canary-12', because: two digits are too few }}\n\
         \x20       - {{ text: 'a canary', because: nothing stands before it }}\n"
    )
}

const POLICY: &str = "policy: default\ntitle: Test\n\
    when_degraded: { rules: block, overload: block, too_long: block, model: allow }\nenforce: true\n\
    decide:\n  - { category: secret, direction: output, then: block }\n  - { category: secret, then: redact }\n\
    otherwise: allow\nredact:\n  - { category: secret, how: label }\n\
    tenants:\n  strict:\n    decide:\n      - { category: secret, then: block }\n";

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A folder of the test's own, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("lockgate-suite-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("rules/packs/test")).unwrap();
        fs::create_dir_all(path.join("rules/policies")).unwrap();
        let folder = Folder(path);
        folder.write("rules/packs/test/pack.yaml", PACK);
        folder.write("rules/packs/test/test.yaml", &rules("zq7"));
        folder.write("rules/policies/default.yaml", POLICY);
        folder
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        // As a careful writer does: never half a file.
        let aside = self.0.join("aside");
        fs::write(&aside, text).unwrap();
        fs::rename(aside, self.0.join(name)).unwrap();
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            admin: "127.0.0.1:0".parse().unwrap(),
            rules: Some(self.0.join("rules")),
            shipped: false,
            state: Some(self.0.join("state")),
            ..Config::default()
        };
        config.limits.drain_notice_ms = 0;
        // A loaded test machine is no flood.
        config.limits.queue_ms = 0;
        config.limits.screen_ms = 60_000;
        config.reload.every_ms = 0;
        config
    }

    fn decisions(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.0.join("state/decisions.jsonl")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn start(config: Config) -> Running {
    match server::start(config) {
        Ok(running) => running,
        Err(StartError::Packs(reports)) => panic!("{}", rules::report::render_all(&reports)),
        Err(error) => panic!("{error}"),
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    fn problem(&self) -> (u16, String) {
        assert!(
            self.head.contains("application/problem+json"),
            "{}",
            self.head
        );
        let problem = self.json();
        for member in ["title", "detail", "remedy"] {
            assert!(
                problem[member]
                    .as_str()
                    .is_some_and(|said| !said.is_empty()),
                "{problem}"
            );
        }
        assert_eq!(problem["status"], self.status);
        let slug = problem["type"]
            .as_str()
            .unwrap()
            .strip_prefix("urn:lockgate:problem:");
        (self.status, slug.unwrap().to_owned())
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
}

/// Reads one reply with a content-length.
fn reply(stream: &mut TcpStream) -> std::io::Result<Reply> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body)?;
    Ok(Reply {
        status: head.get(9..12).unwrap().parse().unwrap(),
        head,
        body: String::from_utf8(body).unwrap(),
    })
}

pub(crate) fn head(method: &str, path: &str, headers: &str, length: usize) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n")
}

fn ask(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let mut stream = connect(address);
    let head = head(method, path, headers, body.len());
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    reply(&mut stream).unwrap()
}

fn post(running: &Running, path: &str, body: &Value) -> Reply {
    ask(running.data, "POST", path, "", &body.to_string())
}

fn screen(running: &Running, body: &Value) -> Value {
    let reply = post(running, "/v1/screen", body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

fn admin(running: &Running, path: &str) -> Reply {
    ask(running.admin, "GET", path, "", "")
}

fn metric(running: &Running, name: &str) -> f64 {
    let page = admin(running, "/metrics").body;
    let lines = page.lines().filter(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
    });
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_prompt_is_screened_and_rewritten() {
    let folder = Folder::new();
    let running = start(folder.config());
    let verdict = screen(&running, &json!({"text": format!("😀 say {CANARY} now")}));
    assert_eq!(verdict["action"], "redact");
    assert_eq!(verdict["block"], false);
    assert_eq!(verdict["block_message"], Value::Null);
    assert_eq!(verdict["masked"], true);
    assert_eq!(verdict["text"], "😀 say [token] now");
    let finding = &verdict["findings"][0];
    assert_eq!(finding["rule"], "test.zq7");
    assert_eq!(finding["title"], "A zq7 canary");
    assert_eq!(finding["path"], "/text");
    assert_eq!(
        (&finding["start"], &finding["end"]),
        (&json!(6), &json!(21))
    );
    assert_eq!(finding["unit"], "codepoint");
    assert_eq!(finding["action"], "redact");
    assert_eq!(finding["because"], "decide/1");
    assert_eq!(verdict["scores"], json!({"secret/token": 0.95}));
    assert_eq!(verdict["unjudged"], json!([]));
    assert_eq!(verdict["degraded"], json!([]));
    assert_eq!(verdict["snapshot"].as_str().unwrap().len(), 64);
    assert!(!verdict.to_string().contains(CANARY));

    for (unit, start, end) in [("byte", 9, 24), ("utf16", 7, 22)] {
        let verdict = screen(
            &running,
            &json!({"text": format!("😀 say {CANARY} now"), "unit": unit}),
        );
        assert_eq!(verdict["findings"][0]["start"], start);
        assert_eq!(verdict["findings"][0]["end"], end);
    }

    let clean = screen(&running, &json!({"text": "hello"}));
    assert_eq!(clean["action"], "allow");
    assert_eq!(clean["masked"], false);
    assert!(clean.get("text").is_none());
}

#[test]
fn each_member_is_rewritten_as_it_was_sent() {
    let folder = Folder::new();
    let running = start(folder.config());
    let texts = screen(
        &running,
        &json!({"texts": ["a", {"role": "tool", "text": CANARY}]}),
    );
    assert_eq!(
        texts["texts"],
        json!(["a", {"role": "tool", "text": "[token]"}])
    );
    assert_eq!(texts["findings"][0]["path"], "/texts/1/text");

    let arguments = json!({"to": CANARY, "n": 1}).to_string();
    let call = json!([{"role": "assistant", "content": null, "tool_calls": [
        {"id": "t", "type": "function", "function": {"name": "f", "arguments": arguments}}]}]);
    let verdict = screen(&running, &json!({"messages": call}));
    assert_eq!(
        verdict["findings"][0]["path"],
        "/messages/0/tool_calls/0/function/arguments#/to"
    );
    let back = verdict["messages"][0]["tool_calls"][0]["function"]["arguments"]
        .as_str()
        .unwrap();
    let back: Value = serde_json::from_str(back).unwrap();
    assert_eq!(back, json!({"to": "[token]", "n": 1}));

    let body = json!({"model": "m", "messages": [{"role": "user", "content": CANARY}]});
    let verdict = screen(&running, &json!({"body": body, "format": "openai.chat"}));
    assert_eq!(verdict["body"]["messages"][0]["content"], "[token]");
    assert_eq!(verdict["body"]["model"], "m");
}

#[test]
fn the_policy_knows_directions_and_tenants() {
    let folder = Folder::new();
    let running = start(folder.config());
    let output = screen(&running, &json!({"text": CANARY, "direction": "output"}));
    assert_eq!(output["action"], "block");
    assert_eq!(output["block"], true);
    assert!(output["block_message"].is_string());
    let strict = screen(&running, &json!({"text": CANARY, "tenant": "strict"}));
    assert_eq!(strict["action"], "block");
    assert_eq!(strict["findings"][0]["because"], "tenants/strict/decide/0");
    let unknown = post(
        &running,
        "/v1/screen",
        &json!({"text": "a", "policy": CANARY}),
    );
    assert_eq!(unknown.problem(), (400, "unknown-policy".to_owned()));
    assert!(unknown.body.contains("`default`"));
}

#[test]
fn moderations_are_answered_as_openai_does() {
    let folder = Folder::new();
    let running = start(folder.config());
    let reply = post(
        &running,
        "/v1/moderations",
        &json!({"input": ["hello", CANARY], "model": "m-1"}),
    )
    .json();
    assert_eq!(reply["model"], "m-1");
    assert!(reply["id"].as_str().unwrap().starts_with("modr-"));
    let results = reply["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        for member in [
            "categories",
            "category_scores",
            "category_applied_input_types",
        ] {
            assert_eq!(result[member].as_object().unwrap().len(), 13);
        }
        assert_eq!(result["flagged"], false);
    }
    assert_eq!(results[0]["x-lockgate"]["action"], "allow");
    assert_eq!(results[1]["x-lockgate"]["action"], "redact");
    let parts = json!({"input": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]});
    assert_eq!(
        post(&running, "/v1/moderations", &parts).json()["results"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let wrong = post(&running, "/v1/moderations", &json!({"input": 5}));
    assert_eq!(wrong.problem(), (400, "bad-request".to_owned()));
}

#[test]
fn rules_are_listed() {
    let folder = Folder::new();
    let running = start(folder.config());
    let listing = ask(running.data, "GET", "/v1/rules", "", "").json();
    let rule = &listing["rules"][0];
    assert_eq!(rule["id"], "test.zq7");
    assert_eq!(rule["severity"], "high");
    assert_eq!(rule["status"], "stable");
    assert_eq!(rule["regulations"], json!(["T/1"]));
    assert_eq!(
        listing["snapshot"],
        screen(&running, &json!({"text": ""}))["snapshot"]
    );
}

#[test]
fn every_refusal_is_a_problem_that_quotes_nothing() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.body_bytes = 10_000;
    config.limits.json_depth = 8;
    let running = start(config);
    let data = running.data;
    let long = format!("{{\"text\":\"{CANARY}{}\"}}", "x".repeat(10_000));
    let deep = format!(
        "{{\"body\":{}\"{CANARY}\"{},\"format\":\"json\"}}",
        "[".repeat(8),
        "]".repeat(8)
    );
    let cases = [
        (
            "POST",
            "/v1/screen",
            "",
            format!("{{\"text\":\"{CANARY}"),
            400,
            "not-json",
        ),
        (
            "POST",
            "/v1/screen",
            "",
            format!("{{\"{CANARY}\":1}}"),
            400,
            "bad-request",
        ),
        (
            "POST",
            "/v1/screen",
            "",
            format!("{{\"text\":{{\"a\":\"{CANARY}\"}}}}"),
            400,
            "bad-request",
        ),
        (
            "POST",
            "/v1/screen",
            "",
            format!("{{\"text\":\"a\",\"unit\":\"{CANARY}\"}}"),
            400,
            "bad-request",
        ),
        (
            "POST",
            "/v1/screen",
            "",
            format!("{{\"text\":\"{CANARY}\",\"explain\":true}}"),
            403,
            "explain-not-allowed",
        ),
        ("POST", "/v1/screen", "", deep, 400, "too-deep"),
        ("POST", "/v1/screen", "", long, 413, "too-large"),
        (
            "POST",
            "/v1/screen",
            "content-encoding: gzip\r\n",
            CANARY.to_owned(),
            415,
            "encoded",
        ),
        ("GET", "/v1/screen", "", String::new(), 405, "wrong-method"),
        (
            "POST",
            "/v1/rules",
            "",
            CANARY.to_owned(),
            405,
            "wrong-method",
        ),
        (
            "POST",
            "/zq7-canary-5519",
            "",
            String::new(),
            404,
            "no-such-path",
        ),
    ];
    for (method, path, headers, body, status, slug) in cases {
        let reply = ask(data, method, path, headers, &body);
        assert_eq!(
            reply.problem(),
            (status, slug.to_owned()),
            "{method} {path} {body}"
        );
        assert!(!reply.body.contains(CANARY), "{}", reply.body);
    }
    let page = admin(&running, "/metrics").body;
    assert!(
        page.contains("lockgate_problems_total{route=\"screen\",type=\"too-large\"} 1\n"),
        "{page}"
    );
    assert!(page.contains(
        "lockgate_requests_total{route=\"screen\",direction=\"\",verdict=\"\",code=\"413\"} 1\n"
    ));
    assert!(!page.contains(CANARY));
    // The service is none the worse for it.
    assert_eq!(screen(&running, &json!({"text": "a"}))["action"], "allow");
}

#[test]
fn matched_text_is_shown_only_where_allowed() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.explain = true;
    let running = start(config);
    let body = json!({"text": format!("a {CANARY}"), "explain": true});
    assert_eq!(screen(&running, &body)["findings"][0]["text"], CANARY);
    let plain = screen(&running, &json!({"text": format!("a {CANARY}")}));
    assert!(plain["findings"][0].get("text").is_none());
    running.drain();
    let decisions = fs::read_to_string(folder.0.join("state/decisions.jsonl")).unwrap();
    assert!(
        !decisions.contains(CANARY),
        "explained or not, records hold no text"
    );
}

#[test]
fn callers_show_keys_and_act_for_their_tenants() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.callers = vec![Caller {
        name: "gateway".to_owned(),
        // SHA-256 of `key-1`.
        key_sha256: "be2974546978e3739e6d6da85c4be9f334ce32df2b9fd4b6ff1b55c0d57e9d44".to_owned(),
        tenants: vec!["strict".to_owned(), "other".to_owned()],
        explain: false,
    }];
    let running = start(config);
    let ask = |headers: &str, tenant: &str| {
        let body = json!({"text": CANARY, "tenant": tenant}).to_string();
        ask(running.data, "POST", "/v1/screen", headers, &body)
    };
    let nobody = ask("", "other");
    assert_eq!(nobody.problem(), (401, "no-key".to_owned()));
    assert!(nobody.head.contains("www-authenticate: bearer"));
    assert_eq!(
        ask("x-api-key: key-2\r\n", "other").problem(),
        (401, "unknown-key".to_owned())
    );
    assert_eq!(
        ask("x-api-key: key-1\r\n", "foreign").problem(),
        (403, "foreign-tenant".to_owned())
    );
    assert_eq!(
        ask("authorization: Bearer key-1\r\n", "other").json()["action"],
        "redact"
    );
    // Nobody named: the first of the caller's tenants.
    assert_eq!(ask("x-api-key: key-1\r\n", "").json()["action"], "block");
    let listing = self::ask(running.data, "GET", "/v1/rules", "", "");
    assert_eq!(listing.status, 401);
    // Probes ask for no key.
    assert_eq!(admin(&running, "/readyz").status, 200);
    running.drain();
    let decisions = folder.decisions();
    assert_eq!(decisions.len(), 2);
    assert_eq!(decisions[0]["caller"], "gateway");
    assert_eq!(decisions[1]["tenant"], "strict");
}

#[test]
fn an_open_address_needs_callers() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(
        server::start(config.clone()),
        Err(StartError::Config(_))
    ));
    config.insecure = true;
    start(config).drain();
}

#[test]
fn one_request_too_many_is_sent_away_at_once() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.concurrency = 1;
    let running = start(config);
    let body = json!({"text": "a"}).to_string();
    let mut slow = connect(running.data);
    let half = body.len() / 2;
    slow.write_all(head("POST", "/v1/screen", "", body.len()).as_bytes())
        .unwrap();
    slow.write_all(&body.as_bytes()[..half]).unwrap();
    eventually("the slow request", || running.service.load.requests() == 1);
    let began = Instant::now();
    let shed = post(&running, "/v1/screen", &json!({"text": CANARY}));
    assert_eq!(shed.problem(), (503, "overloaded".to_owned()));
    assert!(shed.head.contains("retry-after: 1"));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "it was made to wait"
    );
    // Probes are not in the way.
    assert_eq!(admin(&running, "/livez").status, 200);
    slow.write_all(&body.as_bytes()[half..]).unwrap();
    assert_eq!(reply(&mut slow).unwrap().status, 200);
    assert_eq!(screen(&running, &json!({"text": "a"}))["action"], "allow");
    assert_eq!(metric(&running, "lockgate_shed_total"), 1.0);
}

#[test]
fn bytes_in_hand_are_bounded() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.body_bytes = 1000;
    config.limits.held_bytes = 1000;
    let running = start(config);
    let mut slow = connect(running.data);
    slow.write_all(head("POST", "/v1/screen", "", 900).as_bytes())
        .unwrap();
    eventually("the slow request", || running.service.load.bytes() == 900);
    let body = json!({"text": "x".repeat(200)});
    assert_eq!(
        post(&running, "/v1/screen", &body).problem(),
        (503, "overloaded".to_owned())
    );
    drop(slow);
    eventually("room", || running.service.load.bytes() == 0);
    assert_eq!(post(&running, "/v1/screen", &body).status, 200);
}

#[test]
fn slow_peers_are_left() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.header_ms = 300;
    config.limits.body_ms = 300;
    let running = start(config);
    let mut body = connect(running.data);
    body.write_all(head("POST", "/v1/screen", "", 100).as_bytes())
        .unwrap();
    body.write_all(b"{").unwrap();
    assert_eq!(
        reply(&mut body).unwrap().problem(),
        (408, "too-slow".to_owned())
    );

    let mut idle: Vec<TcpStream> = (0..50).map(|_| connect(running.data)).collect();
    for (index, stream) in idle.iter_mut().enumerate() {
        if index % 2 == 0 {
            stream.write_all(b"POST /v1/screen HT").unwrap();
        }
    }
    eventually("connections", || running.service.load.connections() >= 50);
    assert_eq!(
        post(&running, "/v1/screen", &json!({"text": "a"})).status,
        200
    );
    eventually("reaping", || running.service.load.connections() == 0);
    for stream in &mut idle {
        let mut rest = Vec::new();
        // Closed, with or without a word.
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
}

#[test]
fn time_that_runs_out_is_told_and_the_policy_decides() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.screen_ms = 0;
    let running = start(config);
    // The first text is always screened; time is looked at before each further one.
    let verdict = screen(
        &running,
        &json!({"texts": ["nothing wrong", "here", "either"]}),
    );
    assert_eq!(verdict["action"], "block");
    assert_eq!(verdict["degraded"][0]["part"], "rules");
    assert_eq!(verdict["degraded"][0]["path"], "/texts/1");
    assert_eq!(verdict["degraded"][0]["action"], "block");
    let page = admin(&running, "/metrics").body;
    assert!(
        page.contains("lockgate_failmode_total{component=\"rules\",mode=\"closed\"} 1\n"),
        "{page}"
    );
    assert!(page.contains("lockgate_budget_exhausted_total{kind=\"time\"} 1\n"));
}

#[test]
fn long_bodies_are_screened_apart_and_alike() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.inline_bytes = 1000;
    let running = start(config);
    let text = format!("{}{CANARY}", "word ".repeat(20_000));
    let verdict = screen(&running, &json!({ "text": text }));
    assert_eq!(verdict["findings"][0]["start"], 100_000);
    assert_eq!(running.service.load.bytes(), 0);
    // In pieces without a length, too.
    let mut stream = connect(running.data);
    let sent = json!({ "text": text }).to_string();
    stream
        .write_all(b"POST /v1/screen HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    for piece in sent.as_bytes().chunks(7001) {
        stream
            .write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .unwrap();
        stream.write_all(piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let again = reply(&mut stream).unwrap().json();
    assert_eq!(again["findings"], verdict["findings"]);
}

#[test]
fn packs_change_under_load_and_faulty_ones_never_answer() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.reload.every_ms = 20;
    let running = start(config);
    let old = screen(&running, &json!({"text": CANARY}));
    assert_eq!(old["findings"][0]["rule"], "test.zq7");

    // A good pack is taken up by itself.
    folder.write("rules/packs/test/test.yaml", &rules("qq8"));
    eventually("the swap", || {
        screen(&running, &json!({"text": CANARY}))["findings"] == json!([])
    });
    let new = screen(&running, &json!({"text": "a qq8-canary-1111"}));
    assert_eq!(new["findings"][0]["rule"], "test.qq8");
    assert_ne!(new["snapshot"], old["snapshot"]);

    // An example that does not hold is a fault, and so is what is no YAML.
    let broken = rules("rr9").replace("finds: 'rr9-canary-9999'", "finds: 'rr9-canary-9998'");
    for faulty in [broken.as_str(), "rules: ["] {
        folder.write("rules/packs/test/test.yaml", faulty);
        let before = metric(&running, "lockgate_pack_reloads_total");
        eventually("the refusal", || {
            metric(&running, "lockgate_pack_reloads_total") > before
        });
        let ready = admin(&running, "/readyz");
        assert_eq!(ready.status, 200, "an older snapshot still answers");
        let ready = ready.json();
        assert_eq!(ready["ready"], true);
        let report = ready["rejected"]["reports"][0].as_str().unwrap();
        assert!(report.contains("packs/test/test.yaml:"), "{report}");
        assert_eq!(ready["snapshot"], new["snapshot"]);
        assert_eq!(metric(&running, "lockgate_pack_rejected"), 1.0);
        let still = screen(&running, &json!({"text": "a qq8-canary-1111"}));
        assert_eq!(still["findings"], new["findings"]);
    }

    // Mended, and looked at on demand.
    folder.write("rules/packs/test/test.yaml", &rules("zq7"));
    running.reload();
    eventually("the mending", || {
        admin(&running, "/readyz").json()["rejected"] == Value::Null
    });
    let mended = screen(&running, &json!({"text": CANARY}));
    assert_eq!(
        mended["snapshot"], old["snapshot"],
        "the same packs are the same snapshot"
    );
}

#[test]
fn a_policy_changes_without_a_restart() {
    let folder = Folder::new();
    let running = start(folder.config());
    folder.write(
        "rules/policies/default.yaml",
        &POLICY.replace("then: redact", "then: flag"),
    );
    running.reload();
    eventually("the new policy", || {
        screen(&running, &json!({"text": CANARY}))["action"] == "flag"
    });
}

#[test]
fn the_way_down_fails_nobody() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.drain_notice_ms = 300;
    let running = start(config);
    let body = json!({"text": CANARY}).to_string();
    let mut in_hand = connect(running.data);
    let half = body.len() / 2;
    in_hand
        .write_all(head("POST", "/v1/screen", "", body.len()).as_bytes())
        .unwrap();
    in_hand.write_all(&body.as_bytes()[..half]).unwrap();
    eventually("the request", || running.service.load.requests() == 1);

    running.begin_drain();
    // Readiness goes first, while everything is still answered.
    eventually("not ready", || admin(&running, "/readyz").status == 503);
    assert_eq!(admin(&running, "/readyz").json()["draining"], true);
    let late = post(&running, "/v1/screen", &json!({"text": "a"}));
    assert_eq!(late.status, 200);
    assert!(late.head.contains("connection: close"));
    let (data, began) = (running.data, Instant::now());
    let waiting = std::thread::spawn(move || running.wait());
    eventually("the closed port", || TcpStream::connect(data).is_err());
    in_hand.write_all(&body.as_bytes()[half..]).unwrap();
    let answer = reply(&mut in_hand).unwrap();
    assert_eq!(answer.json()["action"], "redact");
    waiting.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(
        folder.decisions().len(),
        2,
        "what was answered last is recorded too"
    );
}

#[test]
fn whoever_does_not_finish_is_left_in_the_end() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.drain_ms = 200;
    let running = start(config);
    let mut stuck = connect(running.data);
    stuck
        .write_all(head("POST", "/v1/screen", "", 100).as_bytes())
        .unwrap();
    eventually("the request", || running.service.load.requests() == 1);
    let began = Instant::now();
    running.drain();
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn every_decision_is_a_line_or_is_counted() {
    let folder = Folder::new();
    let mut config = folder.config();
    // Room for a few lines at a time.
    config.decisions.queue_bytes = 4096;
    let running = start(config);
    let (threads, each) = (8, 100);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut stream = connect(running.data);
                for index in 0..each {
                    let body =
                        json!({"text": format!("{index} {CANARY}"), "tenant": "t"}).to_string();
                    let head = head("POST", "/v1/screen", "", body.len());
                    stream
                        .write_all(format!("{head}{body}").as_bytes())
                        .unwrap();
                    assert_eq!(reply(&mut stream).unwrap().status, 200);
                }
            });
        }
    });
    let metrics = Arc::clone(&running.service.metrics);
    running.drain();
    let lines = folder.decisions();
    assert_eq!(metrics.verdicts_total(), threads * each);
    assert_eq!(lines.len() as u64, metrics.recorded.get());
    assert_eq!(
        lines.len() as u64 + metrics.unrecorded_total(),
        threads * each
    );
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["seq"], number);
        assert_eq!(line["action"], "redact");
        let finding = &line["findings"][0];
        assert_eq!(finding["rule"], "test.zq7");
        assert_eq!(finding["path"], "/text");
        assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
        // The same value of the same tenant.
        assert_eq!(
            finding["fingerprint"],
            lines[0]["findings"][0]["fingerprint"]
        );
    }
    let text = fs::read_to_string(folder.0.join("state/decisions.jsonl")).unwrap();
    assert!(!text.contains("canary-5519"));
}

#[test]
fn decisions_that_cannot_be_written_are_not_silent() {
    let folder = Folder::new();
    let mut config = folder.config();
    config.decisions.path = Some(Path::new("/dev/full").to_owned());
    let running = start(config);
    assert_eq!(screen(&running, &json!({"text": "a"}))["action"], "allow");
    eventually("the complaint", || {
        admin(&running, "/readyz").json()["decisions"]["writable"] == false
    });
    let metrics = Arc::clone(&running.service.metrics);
    running.drain();
    assert_eq!((metrics.recorded.get(), metrics.unrecorded_total()), (0, 1));
}

#[test]
fn keys_outlive_a_restart() {
    let folder = Folder::new();
    let fingerprint = || {
        let running = start(folder.config());
        screen(&running, &json!({"text": CANARY}));
        running.drain();
        let lines = folder.decisions();
        let last = lines.last().unwrap();
        assert_eq!(last["seq"], lines.len() - 1);
        last["findings"][0]["fingerprint"].clone()
    };
    assert_eq!(fingerprint(), fingerprint());
}

#[test]
fn faulty_packs_do_not_start() {
    let folder = Folder::new();
    folder.write(
        "rules/packs/test/test.yaml",
        &rules("zq7").replace("severity: high", "severity: hihg"),
    );
    match server::start(folder.config()) {
        Err(StartError::Packs(reports)) => {
            assert!(rules::report::render_all(&reports).contains("did you mean `high`?"));
        }
        _ => panic!("faulty packs were started"),
    }
}

/// A page of the documentation.
fn page(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_documented_configuration_is_the_default() {
    let page = page("api.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let (_, config, reports) = Document::read("api.md", text.to_owned());
    assert!(
        reports.is_empty(),
        "{}",
        rules::report::render_all(&reports)
    );
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    // What is commented out, since its default is nothing, is right too.
    let shown: Vec<String> = text
        .lines()
        .map(|line| match line.trim_start().strip_prefix("# ") {
            Some(key) => format!("{}{key}", &line[..line.len() - line.trim_start().len()]),
            None => line.to_owned(),
        })
        .collect();
    let (_, config, reports) = Document::read("api.md", shown.join("\n"));
    assert!(
        reports.is_empty(),
        "{}",
        rules::report::render_all(&reports)
    );
    assert!(config.tls.is_some() && config.state.is_some() && config.rules.is_some());
}

#[test]
fn every_problem_and_metric_is_documented() {
    let page = page("api.md");
    for (slug, status) in problem::TYPES {
        assert!(
            page.contains(&format!("| `{slug}` | {status} |")),
            "{slug} is missing in docs/api.md"
        );
    }
    let folder = Folder::new();
    let running = start(folder.config());
    for line in admin(&running, "/metrics").body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE lockgate_") {
            let name = rest.split(' ').next().unwrap();
            assert!(
                page.contains(&format!("`{name}`")),
                "{name} is missing in docs/api.md"
            );
        }
    }
}

fn get<'n>(node: &'n Node, keys: &[&str]) -> &'n Node {
    keys.iter().fold(node, |node, key| match &node.kind {
        Kind::Map(entries) => {
            &entries
                .iter()
                .find(|entry| entry.key == *key)
                .unwrap_or_else(|| panic!("no {key}"))
                .value
        }
        _ => panic!("no keys above {key}"),
    })
}

fn keys(node: &Node) -> BTreeSet<&str> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| entry.key.as_str()).collect(),
        Kind::List(items) => items.iter().flat_map(keys).collect(),
        Kind::Scalar { text, .. } => [text.as_str()].into(),
    }
}

#[test]
fn the_openapi_file_is_true() {
    let file = Arc::new(rules::report::File {
        name: "openapi.yaml".to_owned(),
        text: Cow::Owned(page("openapi.yaml")),
    });
    let mut reports = Vec::new();
    let root = yaml::parse(&file, &mut reports).unwrap();
    assert!(
        reports.is_empty(),
        "{}",
        rules::report::render_all(&reports)
    );
    let schema = |name: &str| get(&root, &["components", "schemas", name]);
    let properties = |name: &str| keys(get(schema(name), &["properties"]));
    let required = |name: &str| keys(get(schema(name), &["required"]));

    assert_eq!(
        properties("Screening"),
        native::NAMES.iter().copied().collect()
    );
    let types: BTreeSet<String> = problem::TYPES
        .iter()
        .map(|(slug, _)| format!("urn:lockgate:problem:{slug}"))
        .collect();
    let listed = keys(get(schema("Problem"), &["properties", "type", "enum"]));
    assert_eq!(listed, types.iter().map(String::as_str).collect());

    // Replies hold what is required and nothing that is not described.
    let folder = Folder::new();
    let mut config = folder.config();
    config.limits.screen_ms = 0;
    config.explain = true;
    let running = start(config);
    let fits = |value: &Value, name: &str| {
        let members: BTreeSet<&str> = value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let (required, known) = (required(name), properties(name));
        assert!(
            required.is_subset(&members),
            "{name}: {required:?} in {value}"
        );
        assert!(
            members.is_subset(&known),
            "{name}: {members:?} in {known:?}"
        );
    };
    let verdict = screen(
        &running,
        &json!({"texts": [CANARY, "late"], "explain": true}),
    );
    fits(&verdict, "Verdict");
    fits(&verdict["findings"][0], "Finding");
    fits(&verdict["degraded"][0], "Degraded");
    let moderated = post(&running, "/v1/moderations", &json!({"input": "a"})).json();
    fits(&moderated, "Moderated");
    fits(&moderated["results"][0], "ModerationResult");
    let listing = ask(running.data, "GET", "/v1/rules", "", "").json();
    fits(&listing, "Rules");
    fits(&listing["rules"][0], "Rule");
    fits(&post(&running, "/v1/screen", &json!({})).json(), "Problem");
    for path in keys(get(&root, &["paths"])) {
        let (port, method) = match path {
            "/v1/screen" | "/v1/moderations" => (running.data, "POST"),
            "/v1/rules" => (running.data, "GET"),
            _ => (running.admin, "GET"),
        };
        assert_ne!(ask(port, method, path, "", "").status, 404, "{path}");
    }
}
