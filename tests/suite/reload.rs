//! Packs are swapped under load: no request fails, and none sees half of two
//! snapshots.
//!
//! Each generation of the packs differs in everything a reply takes from a
//! snapshot: names and titles of rules, in two files, and what the policy does.
//! Clients ask all the time; a reply in which two generations meet, or whose
//! snapshot has answered as another generation before, is mixed.
//!
//! The short form runs with the suite. The whole one, 200 reloads within 60 s:
//!
//! ```text
//! LOCKGATE_RELOADS=200 cargo test --release -p tests reload
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sidecar::{Folder, connect, eventually, head, start};

/// One reload this often: 200 in 60 s.
const EVERY: Duration = Duration::from_millis(300);

/// Reloads of the short form.
const SHORT: usize = 20;

/// Actions, by generation. The text in a reply differs with them.
const ACTIONS: [&str; 3] = ["flag", "redact", "block"];

fn rule(generation: usize, half: &str) -> String {
    format!(
        "rules:\n  - id: test.{half}-{generation}\n    title: Half {half} of {generation}\n    status: stable\n\
         \x20   category: secret/token\n    severity: high\n\
         \x20   rationale: Two files that belong together, so that a reply shows whether they were taken together.\n\
         \x20   regulations: [T/1]\n    detect:\n      pattern: '{half}-canary-\\d{{4}}'\n      confidence: certain\n\
         \x20   examples:\n      match:\n        - {{ text: 'a {half}-canary-1234 b', finds: '{half}-canary-1234' }}\n\
         \x20       - {{ text: '{half}-canary-9999', finds: '{half}-canary-9999' }}\n      no_match:\n\
         \x20       - {{ text: '{half}-canary-12', because: two digits are too few }}\n\
         \x20       - {{ text: 'a canary', because: nothing stands before it }}\n"
    )
}

fn write(folder: &Folder, generation: usize) {
    let action = ACTIONS[generation % ACTIONS.len()];
    folder.write("rules/packs/test/test.yaml", &rule(generation, "left"));
    folder.write("rules/packs/test/more.yaml", &rule(generation, "right"));
    folder.write(
        "rules/policies/default.yaml",
        &format!(
            "policy: default\ntitle: Generation {generation}\n\
             when_degraded: {{ rules: block, overload: block, too_long: block, model: allow }}\n\
             enforce: true\ndecide:\n  - {{ category: secret, then: {action} }}\n\
             otherwise: allow\nredact:\n  - {{ category: secret, how: label }}\n"
        ),
    );
}

/// The generation a reply speaks of, or what is wrong with it.
fn generation(reply: &Value) -> Result<usize, String> {
    let mut of = BTreeSet::new();
    let mut halves = BTreeSet::new();
    for finding in reply["findings"].as_array().ok_or("no findings")? {
        let rule = finding["rule"].as_str().ok_or("no rule")?;
        let (half, number) = rule
            .strip_prefix("test.")
            .and_then(|rule| rule.split_once('-'))
            .ok_or_else(|| format!("a rule named {rule}"))?;
        if finding["title"] != format!("Half {half} of {number}") {
            return Err(format!("{rule} is titled {}", finding["title"]));
        }
        if finding["action"] != reply["action"] {
            return Err(format!("{rule} does {}", finding["action"]));
        }
        halves.insert(half);
        of.insert(number.parse::<usize>().map_err(|error| error.to_string())?);
    }
    if halves.len() != 2 || of.len() != 1 {
        return Err(format!("halves {halves:?} of generations {of:?}"));
    }
    let generation = of.first().copied().unwrap_or_default();
    if reply["action"] != ACTIONS[generation % ACTIONS.len()] {
        return Err(format!("generation {generation} does {}", reply["action"]));
    }
    if reply["degraded"] != json!([]) {
        return Err(format!("degraded: {}", reply["degraded"]));
    }
    Ok(generation)
}

/// A connection that is kept.
struct Client {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Client {
    /// Asks the same each time. `padding` bytes stand between the halves: beyond
    /// `limits.inline_bytes` a body is screened by a thread of its own.
    fn new(address: SocketAddr, padding: usize) -> Client {
        let filler = "so they said ".repeat(padding / 13);
        let text = format!("left-canary-1234 {filler}right-canary-1234");
        let body = json!({ "text": text }).to_string();
        let mut request = head("POST", "/v1/screen", "", body.len());
        let _ = request.write_str(&body);
        Client {
            stream: BufReader::new(connect(address)),
            request: request.into_bytes(),
        }
    }

    fn ask(&mut self) -> Result<Value, String> {
        let failed = |error: std::io::Error| error.to_string();
        let stream = self.stream.get_mut();
        stream.write_all(&self.request).map_err(failed)?;
        let mut length = 0;
        let mut status = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).map_err(failed)? == 0 {
                return Err("the connection was closed".to_owned());
            }
            if status.is_empty() {
                status = line;
            } else if line == "\r\n" {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(|_| "no length".to_owned())?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).map_err(failed)?;
        if !status.starts_with("HTTP/1.1 200 ") {
            return Err(format!("{status} {}", String::from_utf8_lossy(&body)));
        }
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}

/// What a client saw.
#[derive(Default)]
struct Seen {
    replies: usize,
    /// Generations by snapshot: one each, if nothing is mixed.
    snapshots: BTreeMap<String, BTreeSet<usize>>,
    wrong: Vec<String>,
}

fn load(address: SocketAddr, padding: usize, stop: &AtomicBool, replies: &AtomicUsize) -> Seen {
    let mut client = Client::new(address, padding);
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) && seen.wrong.len() < 10 {
        let told = client.ask().and_then(|reply| {
            let snapshot = reply["snapshot"].as_str().ok_or("no snapshot")?.to_owned();
            Ok((snapshot, generation(&reply)?))
        });
        match told {
            Ok((snapshot, generation)) => {
                seen.replies += 1;
                replies.fetch_add(1, Ordering::Relaxed);
                seen.snapshots
                    .entry(snapshot)
                    .or_default()
                    .insert(generation);
            }
            Err(wrong) => {
                seen.wrong.push(wrong);
                client = Client::new(address, padding);
            }
        }
    }
    seen
}

#[test]
fn reloads_under_load_lose_and_mix_nothing() {
    let reloads = std::env::var("LOCKGATE_RELOADS")
        .ok()
        .and_then(|said| said.parse().ok())
        .unwrap_or(SHORT);
    let folder = Folder::new();
    write(&folder, 0);
    let mut config = folder.config();
    config.state = None;
    let inline = config.limits.inline_bytes;
    let running = start(config);
    let address = running.data;
    let stop = Arc::new(AtomicBool::new(false));
    let replies = Arc::new(AtomicUsize::new(0));
    // Three clients with short bodies and one with a long one.
    let clients: Vec<_> = [0, 0, 1_000, 2 * inline]
        .into_iter()
        .map(|padding| {
            let (stop, replies) = (Arc::clone(&stop), Arc::clone(&replies));
            thread::spawn(move || load(address, padding, &stop, &replies))
        })
        .collect();
    eventually("the load", || replies.load(Ordering::Relaxed) > 0);

    let began = Instant::now();
    for generation in 1..=reloads {
        let before = running.service.active().fingerprint.clone();
        write(&folder, generation);
        running.reload();
        eventually("the swap", || {
            running.service.active().fingerprint != before
        });
        // Each generation answers somebody.
        let count = replies.load(Ordering::Relaxed);
        eventually("a reply", || replies.load(Ordering::Relaxed) >= count + 8);
        let due = EVERY * u32::try_from(generation).unwrap();
        thread::sleep(due.saturating_sub(began.elapsed()));
    }
    let took = began.elapsed();
    stop.store(true, Ordering::Relaxed);

    let mut snapshots: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut replies = 0;
    for client in clients {
        let seen = client.join().unwrap();
        replies += seen.replies;
        wrong.extend(seen.wrong);
        for (snapshot, generations) in seen.snapshots {
            snapshots.entry(snapshot).or_default().extend(generations);
        }
    }
    println!(
        "{reloads} reloads in {:.1} s, {replies} replies, {} failed or mixed",
        took.as_secs_f64(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mixed: Vec<_> = snapshots
        .iter()
        .filter(|(_, generations)| generations.len() != 1)
        .collect();
    assert!(mixed.is_empty(), "{mixed:?}");
    let answered: BTreeSet<usize> = snapshots.values().flatten().copied().collect();
    assert_eq!(
        answered,
        (0..=reloads).collect(),
        "every generation answered"
    );
    // A reload that takes longer than its share shows here, not on a busy
    // machine in the short form.
    if reloads > SHORT {
        let share = EVERY * u32::try_from(reloads).unwrap();
        assert!(
            took <= share + EVERY,
            "{reloads} reloads took {took:?}, more than {share:?}"
        );
    }
}
