//! Workloads for the benches, made from fixed seeds.
//!
//! The sentences were written for this purpose. A seeded generator draws from
//! them, so a workload is the same on each machine and in each run, and no piece
//! repeats another. Nothing here is meant to be found by a rule, except what
//! [`near_literals`] and [`planted`] put in on purpose; ordinary text holds the
//! figures, names and few addresses that ordinary text holds.

pub mod peers;
pub mod synthetic;

use std::time::{Duration, Instant};

use engine::rule::Pack;
use engine::ruleset::{Backend, Options, Ruleset};
use engine::screen::{Exchange, Keys, Policies, Snapshot, Verdict};
use engine::text::{Direction, Role, Text};

/// Bytes in a piece: a long prompt, and the length that is spoken of everywhere.
pub const PIECE: usize = 4096;

/// Pieces in a workload: 1 MiB does not fit the second-level cache beside the tables
/// of a ruleset, so a bench does not scan what it has just scanned.
pub const PIECES: usize = 256;

const ENGLISH: &str = include_str!("../text/english.txt");
const CHINESE: &str = include_str!("../text/chinese.txt");
const CHAT: &str = include_str!("../text/chat.txt");
const CODE: &str = include_str!("../text/code.txt");

/// A small generator of numbers (SplitMix64): workloads must not change when a
/// crate does.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    #[expect(
        clippy::should_implement_trait,
        reason = "it never ends, so it is no iterator"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// One of these.
    pub fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }
}

/// Texts of one kind, each of [`PIECE`] bytes or a little less.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called in results.
    pub name: &'static str,
    /// The texts.
    pub pieces: Vec<String>,
}

impl Workload {
    /// All bytes of it.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(String::len).sum()
    }
}

/// Puts parts together until a piece is full; cut at a character.
fn fill(random: &mut Random, mut part: impl FnMut(&mut Random, &mut String)) -> String {
    let mut piece = String::with_capacity(PIECE + 512);
    while piece.len() < PIECE {
        part(random, &mut piece);
    }
    let end = (0..=PIECE)
        .rev()
        .find(|&end| piece.is_char_boundary(end))
        .unwrap_or(0);
    piece.truncate(end);
    piece
}

fn workload(
    name: &'static str,
    seed: u64,
    mut part: impl FnMut(&mut Random, &mut String),
) -> Workload {
    let mut random = Random::new(seed);
    Workload {
        name,
        pieces: (0..PIECES).map(|_| fill(&mut random, &mut part)).collect(),
    }
}

/// Sentences in paragraphs of three to seven.
fn prose(name: &'static str, seed: u64, from: &'static str, space: &'static str) -> Workload {
    let sentences: Vec<&str> = from.lines().collect();
    let mut left = 5;
    workload(name, seed, move |random, piece| {
        piece.push_str(random.pick(&sentences));
        left -= 1;
        if left == 0 {
            piece.push_str("\n\n");
            left = 3 + random.below(5);
        } else {
            piece.push_str(space);
        }
    })
}

/// English prose: documents and long prompts.
pub fn english() -> Workload {
    prose("english", 1, ENGLISH, " ")
}

/// Chinese prose, with full-width punctuation as it is typed.
pub fn chinese() -> Workload {
    prose("chinese", 2, CHINESE, "")
}

/// Short messages, one a line.
pub fn chat() -> Workload {
    let lines: Vec<&str> = CHAT.lines().collect();
    workload("chat", 3, move |random, piece| {
        piece.push_str(if random.below(2) == 0 {
            "user: "
        } else {
            "assistant: "
        });
        piece.push_str(random.pick(&lines));
        piece.push('\n');
    })
}

/// Source code, configuration and logs in a dozen languages.
pub fn code() -> Workload {
    let snippets: Vec<&str> = CODE.split("%%\n").collect();
    workload("code", 4, move |random, piece| {
        piece.push_str(random.pick(&snippets));
        piece.push('\n');
    })
}

/// English and Chinese side by side, with accents and emoji between.
pub fn multilingual() -> Workload {
    let english: Vec<&str> = ENGLISH.lines().collect();
    let chinese: Vec<&str> = CHINESE.lines().collect();
    let others = [
        "Der Zug nach Z\u{fc}rich f\u{e4}hrt heute von Gleis 7, nicht von Gleis 9. ",
        "La m\u{e9}daille a \u{e9}t\u{e9} remise \u{e0} l'\u{e9}cole du village apr\u{e8}s la f\u{ea}te. ",
        "El ni\u{f1}o pregunt\u{f3} por qu\u{e9} el mar no se acaba nunca. ",
        "\u{41c}\u{44b} \u{432}\u{441}\u{442}\u{440}\u{435}\u{442}\u{438}\u{43c}\u{441}\u{44f} \u{443} \u{432}\u{43e}\u{43a}\u{437}\u{430}\u{43b}\u{430} \u{432} \u{441}\u{435}\u{43c}\u{44c} \u{447}\u{430}\u{441}\u{43e}\u{432}. ",
        "See you there \u{1f600}\u{1f44d} ",
    ];
    workload("multilingual", 5, move |random, piece| {
        match random.below(6) {
            0..=2 => {
                piece.push_str(random.pick(&english));
                piece.push(' ');
            }
            3..=4 => piece.push_str(random.pick(&chinese)),
            _ => piece.push_str(random.pick(&others)),
        }
    })
}

/// The worst for rules that look for numbers: tables of figures and separators.
pub fn digits() -> Workload {
    workload("digits", 6, |random, piece| {
        for _ in 0..1 + random.below(5) {
            let group = 10usize.pow(1 + random.below(6) as u32);
            piece.push_str(&random.below(group).to_string());
            piece.push_str(random.pick(&[" ", "-", ".", ", ", "/", "", "\n"]));
        }
    })
}

/// The worst for rules that look for literals: each of them almost, over and
/// over, in ordinary sentences.
pub fn near_literals() -> Workload {
    const ALMOST: &[&str] = &[
        "ignore all previous noise",
        "the system prompts us to restart",
        "act as if nothing had happened",
        "a password manager",
        "bearer of bad news",
        "the api keyboard",
        "ghp is no word",
        "sk- and pk- are prefixes",
        "forget everything but the keys",
        "the secret = sauce",
        "you are now leaving",
        "pretend to be asleep",
        "AKIA is short",
        "begin the private lesson",
        "a token of thanks",
        "how to make a bow tie",
        "jailbroken glass",
        "mailto nobody",
        "user@",
        "http:/ /example",
    ];
    let sentences: Vec<&str> = ENGLISH.lines().collect();
    workload("near-literals", 7, move |random, piece| {
        for _ in 0..3 {
            piece.push_str(random.pick(ALMOST));
            piece.push_str(", ");
        }
        let sentence = random.pick(&sentences);
        piece.push_str(sentence.get(..40).unwrap_or(sentence));
        piece.push_str(".\n");
    })
}

/// Every workload.
pub fn all() -> Vec<Workload> {
    vec![
        english(),
        chinese(),
        chat(),
        code(),
        multilingual(),
        digits(),
        near_literals(),
    ]
}

/// The packs and policies in the binary, or those of the folder that the
/// environment variable `LOCKGATE_RULES` names.
pub fn shipped() -> rules::Loaded {
    let source = match std::env::var_os("LOCKGATE_RULES") {
        Some(folder) => rules::Source::Folder(folder.into()),
        None => rules::Source::Embedded,
    };
    rules::load(&source).unwrap_or_else(|reports| panic!("{}", rules::report::render_all(&reports)))
}

/// A snapshot of these packs under the shipped default policy.
pub fn snapshot(packs: &[Pack], backend: Backend) -> Snapshot {
    let options = Options {
        backend,
        ..Options::default()
    };
    let ruleset = Ruleset::compile(packs, &options).unwrap_or_else(|faults| panic!("{faults:?}"));
    let policies =
        Policies::new(shipped().policies, "default").unwrap_or_else(|error| panic!("{error}"));
    Snapshot::new(ruleset, policies, Keys { hash: [7; 32] })
}

/// Screens one text as a user's prompt.
pub fn screen(snapshot: &Snapshot, body: &str) -> Verdict {
    let texts = [Text {
        role: Role::User,
        body,
    }];
    snapshot.screen(&Exchange {
        tenant: "",
        session: "",
        policy: None,
        direction: Direction::Prompt,
        texts: &texts,
        deadline: Instant::now() + Duration::from_secs(60),
    })
}

/// Prose in which every second sentence is followed by something that a rule
/// finds: published examples and test numbers only.
pub fn planted() -> Workload {
    const PLANTS: &[&str] = &[
        "My card is 4111 1111 1111 1111.",
        "Write to jane.doe@example.com.",
        "Transfer it to DE89 3704 0044 0532 0130 00.",
        "Call +44 20 7946 0958.",
        "The server is at 203.0.113.77.",
        "See https://www.example.com/a/page?x=1.",
        "SSN: 536-22-8726.",
    ];
    let sentences: Vec<&str> = ENGLISH.lines().collect();
    workload("planted", 8, move |random, piece| {
        for part in [
            random.pick(&sentences),
            random.pick(&sentences),
            random.pick(PLANTS),
        ] {
            piece.push_str(part);
            piece.push(' ');
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_the_same_each_time_and_does_not_repeat() {
        for (a, b) in all().iter().zip(all()) {
            assert_eq!(a.pieces, b.pieces, "{}", a.name);
            let mut pieces = a.pieces.clone();
            pieces.sort();
            pieces.dedup();
            assert_eq!(pieces.len(), PIECES, "{}", a.name);
            assert!(
                a.pieces
                    .iter()
                    .all(|piece| piece.len() <= PIECE && piece.len() > PIECE - 4),
                "{}",
                a.name
            );
        }
    }
}
