//! Redaction leaves no planted byte, touches nothing else, and JSON stays JSON.
//!
//! Texts are made of pieces that no rule finds, with values planted between them
//! that rules must find; bodies are random JSON in several wire formats. What
//! comes back is compared piece by piece.

use std::sync::OnceLock;

use engine::policy::{Action, Clause, Policy, RedactClause, WhenDegraded};
use engine::redact::Redaction;
use engine::ruleset::{Backend, Options, Ruleset};
use engine::screen::{Exchange, Policies, Snapshot};
use engine::text::{Direction, Role};
use serde_json::Value;
use sidecar::wire::{self, Format, Reading};
use tests::dice::Dice;
use tests::{shipped, times};

fn clause(category: &str) -> Clause {
    Clause {
        category: Some(category.to_owned()),
        rule: None,
        direction: None,
        min_severity: None,
        min_confidence: None,
        then: Action::Redact,
        tenant_may_weaken: false,
    }
}

/// Everything found of these two roots is replaced by its label.
fn redact_all() -> Policy {
    let any = Action::Allow;
    Policy {
        name: "redact".to_owned(),
        title: String::new(),
        enforce: true,
        clauses: vec![clause("pii"), clause("secret")],
        otherwise: Action::Allow,
        when_degraded: WhenDegraded {
            rules: any,
            overload: any,
            too_long: any,
            model: any,
            unjudged: any,
        },
        redact: vec![RedactClause {
            category: None,
            how: Redaction::Label,
        }],
        rewrite_keys: false,
        block_message: String::new(),
        tenants: Vec::new(),
    }
}

/// The shipped packs under [`redact_all`].
pub(crate) fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let options = Options {
            backend: Backend::Portable,
            ..Options::default()
        };
        let ruleset = Ruleset::compile(&shipped::loaded().packs, &options).unwrap();
        Snapshot::new(
            ruleset,
            Policies::new(vec![redact_all()], "redact").unwrap(),
            shipped::keys(),
        )
    })
}

/// A text in which values stand between pieces of innocent text:
/// `pieces[0] value pieces[1] value ... pieces[n]`.
#[derive(Clone, Debug)]
struct Planted {
    pieces: Vec<String>,
    values: Vec<String>,
}

impl Planted {
    fn whole(&self) -> String {
        let mut whole = self.pieces[0].clone();
        for (value, piece) in self.values.iter().zip(&self.pieces[1..]) {
            whole.push_str(value);
            whole.push_str(piece);
        }
        whole
    }

    /// What is wrong with `masked`, if anything is.
    fn fault(&self, masked: &str) -> Option<String> {
        let mut rest = masked;
        for (i, piece) in self.pieces.iter().enumerate() {
            let Some(behind) = rest.strip_prefix(piece.as_str()) else {
                return Some(format!("piece {i} {piece:?} is not there, but {rest:?}"));
            };
            rest = behind;
            if i == self.values.len() {
                break;
            }
            let label = rest
                .strip_prefix('[')
                .and_then(|inner| inner.split_once(']'));
            match label {
                Some((label, behind))
                    if label
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') =>
                {
                    rest = behind
                }
                _ => {
                    return Some(format!(
                        "value {i} {:?} is not replaced: {rest:?}",
                        self.values[i]
                    ));
                }
            }
        }
        (!rest.is_empty()).then(|| format!("{rest:?} is left over"))
    }
}

fn luhn(digits: &str) -> char {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0');
            if i % 2 == 0 {
                digit * 2 / 10 + digit * 2 % 10
            } else {
                digit
            }
        })
        .sum();
    char::from(b'0' + ((10 - sum % 10) % 10) as u8)
}

fn digits(dice: &mut Dice, count: usize) -> String {
    (0..count)
        .map(|_| char::from(b'0' + dice.roll(10) as u8))
        .collect()
}

fn card(dice: &mut Dice) -> String {
    let mut card = format!("4{}", digits(dice, 14));
    card.push(luhn(&card));
    match dice.roll(3) {
        0 => card,
        style => {
            let groups: Vec<&str> = (0..4).map(|i| &card[4 * i..4 * i + 4]).collect();
            groups.join(if style == 1 { " " } else { "-" })
        }
    }
}

fn ssn(dice: &mut Dice) -> String {
    let area = loop {
        let area = dice.within(1, 899);
        if area != 666 {
            break area;
        }
    };
    format!(
        "{area:03}-{:02}-{:04}",
        dice.within(1, 99),
        dice.within(1, 9999)
    )
}

fn iban(dice: &mut Dice) -> String {
    let account = digits(dice, 18);
    // D is 13, E is 14; the check digits make the number 1 modulo 97.
    let number = format!("{account}131400");
    let rest = number
        .bytes()
        .fold(0u32, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97);
    let plain = format!("DE{:02}{account}", 98 - rest);
    if dice.percent(50) {
        plain
    } else {
        let groups: Vec<&str> = (0..plain.len())
            .step_by(4)
            .map(|i| &plain[i..(i + 4).min(plain.len())])
            .collect();
        groups.join(" ")
    }
}

fn resident_id(dice: &mut Dice) -> String {
    let area = dice.pick(&["110105", "310101", "440305", "510104"]);
    let born = format!(
        "{}{:02}{:02}",
        dice.within(1950, 2005),
        dice.within(1, 12),
        dice.within(1, 28)
    );
    let mut id = format!("{area}{born}{:03}", dice.within(1, 999));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = id
        .bytes()
        .zip(weights)
        .map(|(b, weight)| usize::from(b - b'0') * weight)
        .sum();
    id.push(char::from(b"10X98765432"[sum % 11]));
    id
}

fn email(dice: &mut Dice) -> String {
    let name = dice.pick(&[
        "mara.okafor",
        "jonas_w",
        "li.na",
        "t.brandt-87",
        "a.n.other",
    ]);
    let host = dice.pick(&[
        "northwind.example.com",
        "posteo.de",
        "mail.ustc.edu.cn",
        "firma.co.uk",
    ]);
    format!("{name}{}@{host}", dice.roll(1000))
}

fn phone(dice: &mut Dice) -> String {
    match dice.roll(3) {
        0 => format!("+49 30 {}", 20_000_000 + dice.roll(9_000_000)),
        1 => format!("+4477{}{}", dice.within(10, 89), digits(dice, 6)),
        _ => format!("+86 138 {:04} {}", dice.within(1000, 9998), digits(dice, 4)),
    }
}

/// Keys: what the examples of `secret` rules find, where that is found wherever
/// it stands.
fn keys() -> &'static [String] {
    static KEYS: OnceLock<Vec<String>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let rules = shipped::loaded().packs.iter().flat_map(|pack| &pack.rules);
        let secrets = rules.filter(|rule| rule.category.root() == "secret");
        let mut keys: Vec<String> = secrets
            .flat_map(|rule| {
                rule.examples
                    .matches
                    .iter()
                    .flat_map(|example| example.finds.clone())
            })
            .filter(|key| {
                !key.contains('\n')
                    && ["is: ", "用 "].iter().all(|before| {
                        let planted = Planted {
                            pieces: vec![(*before).to_owned(), " .".to_owned()],
                            values: vec![key.clone()],
                        };
                        planted.fault(&masked_text(&planted.whole())).is_none()
                    })
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    })
}

fn masked_text(text: &str) -> String {
    let texts = [engine::text::Text {
        role: Role::User,
        body: text,
    }];
    let verdict = snapshot().screen(&exchange(&texts));
    engine::redact::apply(text, &verdict.edits)
}

fn exchange<'t>(texts: &'t [engine::text::Text<'t>]) -> Exchange<'t> {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(600);
    Exchange {
        tenant: "",
        session: "",
        policy: None,
        direction: Direction::Prompt,
        texts,
        deadline,
    }
}

/// Innocent text, in many scripts; it begins and ends so that a value beside it
/// keeps its boundaries.
fn piece(dice: &mut Dice) -> String {
    let pieces = [
        "",
        " ",
        "Please look at ",
        "我说",
        "这个是",
        "。\n",
        " — “quoted” ",
        "\t\\ and \" and / ",
        "👩‍👩‍👧 says ",
        "نص عربي ",
        "हिन्दी में ",
        "e\u{301}te\u{301} ",
        "Ünïcödé ",
        "<b>bold</b> ",
        "{\"not\": \"parsed\"} ",
        "(",
        ") ",
        " • ",
        "ไทย",
        "\u{1f600}",
        " ещё слово ",
        "\r\n- item ",
        "한국어 ",
        "'",
        "\u{2028}",
        "\u{7f} ",
        "ﬁne ",
    ];
    (0..dice.within(1, 3))
        .map(|_| dice.pick(&pieces).to_owned())
        .collect()
}

fn planted(dice: &mut Dice) -> Planted {
    let mut planted = Planted {
        pieces: vec![piece(dice)],
        values: Vec::new(),
    };
    for _ in 0..dice.within(1, 3) {
        let (value, ascii) = match dice.roll(7) {
            0 => (card(dice), false),
            1 => (ssn(dice), false),
            2 => (iban(dice), true),
            3 => (email(dice), true),
            4 => (phone(dice), true),
            5 => (resident_id(dice), false),
            _ => (dice.one(keys()).clone(), true),
        };
        // Letters of words may touch numbers in scripts without spaces only; an
        // address or a key is set off by its writer.
        let before = planted.pieces.last_mut().unwrap();
        let touching = before.chars().next_back();
        if ascii && touching.is_some_and(|c| !c.is_whitespace())
            || touching.is_some_and(|c| c.is_ascii() && c != ' ')
        {
            before.push(' ');
        }
        planted.values.push(value);
        let mut behind = piece(dice);
        // The ligature folds to a letter.
        let letter = |c: char| c.is_ascii_alphanumeric() || c == 'ﬁ';
        if behind.starts_with(letter) || ascii && !behind.starts_with(' ') {
            behind.insert(0, ' ');
        }
        // What follows at once must not go on with the number.
        behind = behind.replace('(', "·");
        planted.pieces.push(format!("{behind} ~ "));
    }
    planted
}

/// A string as JSON, some of it escaped though it need not be.
fn json_string(dice: &mut Dice, text: &str) -> String {
    let style = dice.roll(3);
    if style == 0 {
        return Value::from(text).to_string();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        if style == 2 && dice.percent(20) || c < ' ' || c == '"' || c == '\\' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else if c == '/' && style == 1 {
            out.push_str("\\/");
        } else {
            out.push(c);
        }
    }
    out.push('"');
    out
}

/// A body with planted texts in it, and where each stands.
struct Sent {
    format: Format,
    body: String,
    /// Pointers into the body; a second one goes on in the JSON that stands there.
    planted: Vec<(String, Option<String>, Planted)>,
}

fn sent(dice: &mut Dice) -> Sent {
    let mut all = Vec::new();
    let mut put = |dice: &mut Dice, at: String, within: Option<String>| {
        let planted = planted(dice);
        let text = planted.whole();
        all.push((at, within, planted));
        text
    };
    match dice.roll(3) {
        0 => {
            let body = any_json(dice, String::new(), 3, &mut put);
            Sent {
                format: Format::Json,
                body,
                planted: all,
            }
        }
        1 => {
            let mut messages = Vec::new();
            for i in 0..dice.within(1, 4) {
                let role = dice.pick(&["system", "user", "assistant", "tool"]);
                if role == "assistant" && dice.percent(60) {
                    let text = put(
                        dice,
                        format!("/{i}/tool_calls/0/function/arguments"),
                        Some("/a/0/to".to_owned()),
                    );
                    let inner = format!(
                        "{{\"a\": [{{\"to\":{}, \"n\": 3}}]}}",
                        json_string(dice, &text)
                    );
                    let arguments = json_string(dice, &inner);
                    messages.push(format!(
                        "{{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{{\"id\":\"c1\",\"type\":\"function\",\"function\":{{\"name\":\"send\",\"arguments\":{arguments}}}}}]}}"
                    ));
                } else if dice.percent(40) {
                    let text = put(dice, format!("/{i}/content/0/text"), None);
                    let text = json_string(dice, &text);
                    messages.push(format!("{{\"content\": [{{\"type\":\"text\",\"text\":{text}}}], \"role\":\"{role}\"}}"));
                } else {
                    let text = put(dice, format!("/{i}/content"), None);
                    let text = json_string(dice, &text);
                    messages.push(format!("{{ \"role\" : \"{role}\",\n\"content\":{text} }}"));
                }
            }
            Sent {
                format: Format::Messages,
                body: format!("[{}]", messages.join(", ")),
                planted: all,
            }
        }
        _ => {
            let texts: Vec<String> = (0..dice.within(1, 5))
                .map(|i| {
                    let text = put(dice, format!("/{i}"), None);
                    json_string(dice, &text)
                })
                .collect();
            Sent {
                format: Format::Texts,
                body: format!("[{}]", texts.join(" ,\n ")),
                planted: all,
            }
        }
    }
}

fn any_json(
    dice: &mut Dice,
    at: String,
    depth: usize,
    put: &mut impl FnMut(&mut Dice, String, Option<String>) -> String,
) -> String {
    match dice.roll(if depth == 0 { 3 } else { 6 }) {
        0 => dice
            .pick(&["null", "true", "-0.5e3", "12", "\"\"", "\"plain\""])
            .to_owned(),
        1 | 2 => {
            let text = put(dice, at, None);
            json_string(dice, &text)
        }
        3 => {
            let items: Vec<String> = (0..dice.within(0, 3))
                .map(|i| any_json(dice, format!("{at}/{i}"), depth - 1, put))
                .collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let keys = ["a", "text", "über", "a~b/c", "名"];
            let from = dice.roll(keys.len());
            let members: Vec<String> = (0..dice.within(1, 3))
                .map(|i| {
                    let key = keys[(from + i) % keys.len()];
                    let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    format!(
                        "{} : {}",
                        Value::from(key),
                        any_json(dice, at, depth - 1, put)
                    )
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

#[test]
fn no_planted_byte_is_left_and_nothing_else_is_touched() {
    assert!(keys().len() >= 40, "only {} keys", keys().len());
    let mut dice = Dice::new(9);
    let (mut texts, mut values, mut bodies) = (0, 0, 0);
    let mut faults: Vec<String> = Vec::new();
    while texts < times(10_000, 100_000) {
        let sent = sent(&mut dice);
        let reading = Reading {
            at: "",
            speaker: Role::User,
        };
        let body = wire::read(sent.format, sent.body.as_bytes(), reading)
            .unwrap_or_else(|e| panic!("{e}: {}", sent.body));
        let said = body.texts();
        let verdict = snapshot().screen(&exchange(&said));
        assert!(
            verdict.degraded.is_empty(),
            "{:?}: {}",
            verdict.degraded,
            sent.body
        );
        let masked = body.rewrite(&verdict.edits, false);
        let after: Value = serde_json::from_str(&masked)
            .unwrap_or_else(|e| panic!("{e}\n{}\n{masked}", sent.body));
        let mut expected: Value = serde_json::from_str(&sent.body).unwrap();
        for (at, within, planted) in &sent.planted {
            let slot = expected.pointer_mut(at).unwrap();
            let now = after
                .pointer(at)
                .unwrap_or_else(|| panic!("{at} is gone: {masked}"));
            // Where it was planted, text must be innocent; everywhere else the
            // body must be what it was.
            *slot = now.clone();
            let now = now.as_str().unwrap();
            let inner: Value = within
                .as_ref()
                .map_or(Value::Null, |_| serde_json::from_str(now).unwrap());
            let now = match within {
                None => now,
                Some(within) => inner.pointer(within).and_then(Value::as_str).unwrap(),
            };
            if let Some(fault) = planted.fault(now) {
                faults.push(format!("{fault}\n    in {:?}", planted.whole()));
            }
            texts += 1;
            values += planted.values.len();
        }
        assert_eq!(after, expected, "{}", sent.body);
        bodies += 1;
        if faults.len() >= 12 {
            break;
        }
    }
    println!(
        "{texts} texts with {values} values in {bodies} bodies, {} kinds of keys",
        keys().len()
    );
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// A card as a number in JSON is a leaf too; it becomes a string.
#[test]
fn numbers_are_redacted_as_well() {
    let sent = r#"{"pan": 4111111111111111, "n": [1.5, 4012888888881881]}"#;
    let body = wire::read(
        Format::Json,
        sent.as_bytes(),
        Reading {
            at: "",
            speaker: Role::User,
        },
    )
    .unwrap();
    let texts = body.texts();
    let verdict = snapshot().screen(&exchange(&texts));
    assert_eq!(
        body.rewrite(&verdict.edits, false),
        r#"{"pan": "[payment-card]", "n": [1.5, "[payment-card]"]}"#
    );
}
