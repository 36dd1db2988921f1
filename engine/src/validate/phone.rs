//! Telephone numbers, by the numbering plans of the world.
//!
//! The plans come from libphonenumber's data, which the `phonenumber` crate
//! carries. The crate's own check is not used: it compiles expressions behind one
//! process-wide lock and takes 0.5 ms a number. Here each plan's expressions become
//! one small automaton over digits, once, at first use.
//!
//! Measured on one core of a 2-core Xeon: first use about 170 ms (105 of them the
//! crate's reading of its data), under 8 MiB for good, then 0.4 to 1.7 us a number.
//! Compiling a ruleset runs its examples, so the first use is not a caller's.

use std::sync::OnceLock;

use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, MatchKind};

use super::{Digits, all_same, number};

/// E.164 allows 15 digits with the country code; a national prefix or the digits of
/// an international one (`00`, `011`) come before them.
const MOST_DIGITS: usize = 18;

/// Shorter numbers are services (110, 911), which identify nobody.
const FEWEST_DIGITS: usize = 7;

/// Where `phone_national` looks. Numbers of these countries, written as at home.
const NATIONAL: [&str; 30] = [
    "US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "PL", "SE", "NO", "DK", "FI", "PT",
    "IE", "AU", "NZ", "IN", "SG", "HK", "JP", "KR", "BR", "MX", "ZA", "CN", "TW", "CA",
];

/// Whether the text is an international number, `+` first, in use in some
/// country's plan.
pub(super) fn phone(text: &str) -> bool {
    let Some((digits, true)) = read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    // A country code is one to three digits, and none begins another (E.164, 6.2.1).
    (1..=3).any(|width| {
        let (Some(code), Some(rest)) = (digits.get(..width), digits.get(width..)) else {
            return false;
        };
        let Some(plans) = Plans::get().of_code(number(code)) else {
            return false;
        };
        // `+44 (0)20 ...` keeps the national prefix that is not dialled from abroad.
        plans.iter().any(|plan| {
            plan.has(rest)
                || (text.contains("(0)") && rest.strip_prefix(&[0]).is_some_and(|r| plan.has(r)))
        })
    })
}

/// Whether the text is a number as somebody in one of thirty countries would
/// write it, national prefix included where that country writes it.
///
/// Nearly any ten digits are a number somewhere: use it with a pattern that asks for
/// grouping, or with context.
pub(super) fn phone_national(text: &str) -> bool {
    let Some((digits, false)) = read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    Plans::get().national.iter().any(|&at| {
        Plans::get()
            .all
            .get(at)
            .is_some_and(|plan| plan.has_as_written(digits))
    })
}

/// The digits of a number and whether a `+` came first. `None` for anything that is
/// no number at a glance, before any table is touched.
fn read(text: &str) -> Option<(Digits<MOST_DIGITS>, bool)> {
    let text = text.trim();
    let text = without_extension(text);
    let text = text
        .get(..4)
        .filter(|t| t.eq_ignore_ascii_case("tel:"))
        .map_or(text, |_| text.get(4..).unwrap_or(""));
    let mut digits = Digits {
        values: [0; MOST_DIGITS],
        len: 0,
    };
    let mut international = false;
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c as u8 - b'0')?,
            '+' if digits.len == 0 && !international => international = true,
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    // One digit throughout is nobody's, though some plans have room for it.
    let plausible =
        (FEWEST_DIGITS..=MOST_DIGITS).contains(&digits.len) && !all_same(digits.as_slice());
    plausible.then_some((digits, international))
}

/// The number before `x123`, `ext. 123` or `#123`: the plan knows nothing of what a
/// switchboard does.
fn without_extension(text: &str) -> &str {
    let number = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let extension = text.len() - number.len();
    if !(1..=6).contains(&extension) {
        return text;
    }
    let mark = number.trim_end_matches([' ', '.', ':']);
    for word in ["extension", "ext", "x", "#"] {
        let Some(at) = mark.len().checked_sub(word.len()) else {
            continue;
        };
        if mark
            .get(at..)
            .is_some_and(|tail| tail.eq_ignore_ascii_case(word))
        {
            return mark
                .get(..at)
                .unwrap_or_default()
                .trim_end_matches([' ', ',', ';']);
        }
    }
    text
}

/// The data of every country and service. By code, because services (+800, +979)
/// share one id, and the list by id keeps only one of them.
fn metadata() -> impl Iterator<Item = &'static Metadata> {
    (1..1000u16)
        .filter_map(|code| DATABASE.by_code(&code))
        .flatten()
}

/// All plans, by calling code.
struct Plans {
    /// In order of calling code.
    all: Vec<Plan>,
    /// Places in `all`.
    national: Vec<usize>,
}

impl Plans {
    fn get() -> &'static Plans {
        static PLANS: OnceLock<Plans> = OnceLock::new();
        PLANS.get_or_init(|| {
            let mut all: Vec<Plan> = metadata().filter_map(Plan::of).collect();
            all.sort_by(|a, b| (a.code, &a.id).cmp(&(b.code, &b.id)));
            let national = NATIONAL
                .iter()
                .filter_map(|id| all.iter().position(|plan| plan.id == *id))
                .collect();
            Plans { all, national }
        })
    }

    fn of_code(&self, code: u64) -> Option<&[Plan]> {
        let from = self.all.partition_point(|plan| plan.code < code);
        let to = self.all.partition_point(|plan| plan.code <= code);
        self.all.get(from..to).filter(|plans| !plans.is_empty())
    }
}

/// The numbering plan of one country or service.
struct Plan {
    id: String,
    code: u64,
    /// One pattern a kind of line.
    kinds: Automata,
    /// The lengths a kind allows, bit n for n digits; no bit: the pattern says all.
    lengths: Vec<u32>,
    prefix: Vec<u8>,
    formats: Option<Formats>,
}

/// How a country writes its numbers: the first format that fits says whether the
/// national prefix belongs to it.
struct Formats {
    heads: Automata,
    wholes: Automata,
    prefix: Vec<Prefix>,
}

#[derive(Clone, Copy, PartialEq)]
enum Prefix {
    Written,
    Optional,
    NotWritten,
}

impl Plan {
    fn of(meta: &Metadata) -> Option<Plan> {
        let d = meta.descriptors();
        let kinds: Vec<&Descriptor> = [
            d.fixed_line(),
            d.mobile(),
            d.toll_free(),
            d.premium_rate(),
            d.shared_cost(),
            d.personal_number(),
            d.voip(),
            d.pager(),
            d.uan(),
            d.voicemail(),
        ]
        .into_iter()
        .flatten()
        .collect();
        let patterns: Vec<String> = kinds
            .iter()
            .map(|k| k.national_number().as_str().to_owned())
            .collect();
        let lengths = kinds
            .iter()
            .map(|k| {
                k.possible_length()
                    .iter()
                    .filter(|&&n| n < 32)
                    .fold(0, |set, &n| set | 1 << n)
            })
            .collect();
        Some(Plan {
            id: meta.id().to_owned(),
            code: u64::from(meta.country_code()),
            kinds: Automata::of(&patterns)?,
            lengths,
            prefix: meta
                .national_prefix()
                .unwrap_or("")
                .bytes()
                .filter(u8::is_ascii_digit)
                .map(|b| b - b'0')
                .collect(),
            formats: if NATIONAL.contains(&meta.id()) {
                Formats::of(meta)
            } else {
                None
            },
        })
    }

    /// Whether the plan has this number, written without any prefix.
    fn has(&self, digits: &[u8]) -> bool {
        let mut has = false;
        self.kinds.matches(digits, |kind| {
            let lengths = self.lengths.get(kind).copied().unwrap_or(0);
            has |= lengths == 0 || lengths >> digits.len().min(31) & 1 == 1;
        });
        has
    }

    /// The same for a number as written at home.
    fn has_as_written(&self, digits: &[u8]) -> bool {
        let rule = |digits: &[u8]| {
            self.formats
                .as_ref()
                .map_or(Prefix::Optional, |f| f.prefix_of(digits))
        };
        let bare = self.has(digits) && rule(digits) != Prefix::Written;
        bare || (!self.prefix.is_empty()
            && digits
                .strip_prefix(self.prefix.as_slice())
                .is_some_and(|rest| self.has(rest) && rule(rest) != Prefix::NotWritten))
    }
}

impl Formats {
    fn of(meta: &Metadata) -> Option<Formats> {
        let formats = meta.formats();
        if formats.is_empty() {
            return None;
        }
        let heads: Vec<String> = formats
            .iter()
            .map(|f| match f.leading_digits().last() {
                Some(head) => format!("(?:{})[0-9]*", head.as_str()),
                None => "[0-9]*".to_owned(),
            })
            .collect();
        let wholes: Vec<String> = formats
            .iter()
            .map(|f| f.pattern().as_str().to_owned())
            .collect();
        let prefix = formats
            .iter()
            .map(|f| match f.national_prefix() {
                Some(rule) if rule.contains("$NP") && !f.is_national_prefix_optional() => {
                    Prefix::Written
                }
                Some(_) => Prefix::Optional,
                // The United States and Canada write `1` now and then.
                None if meta.country_code() == 1 || f.is_national_prefix_optional() => {
                    Prefix::Optional
                }
                None => Prefix::NotWritten,
            })
            .collect();
        Some(Formats {
            heads: Automata::of(&heads)?,
            wholes: Automata::of(&wholes)?,
            prefix,
        })
    }

    /// Numbers that no format fits are written anyhow.
    fn prefix_of(&self, digits: &[u8]) -> Prefix {
        // No country has 64 formats; later ones would only be less specific.
        let set = |automata: &Automata| {
            let mut set = 0u64;
            automata.matches(digits, |i| set |= 1u64.checked_shl(i as u32).unwrap_or(0));
            set
        };
        let fits = set(&self.heads) & set(&self.wholes);
        self.prefix
            .get(fits.trailing_zeros() as usize)
            .copied()
            .unwrap_or(Prefix::Optional)
    }
}

/// Several expressions over digits, all asked at once, each of the whole number.
struct Automata(dense::DFA<Vec<u32>>);

impl Automata {
    /// `None` if an expression of the data is beyond us: then the plan is left out.
    fn of(patterns: &[String]) -> Option<Automata> {
        if patterns.is_empty() {
            return None;
        }
        dense::Builder::new()
            .configure(
                dense::Config::new()
                    .start_kind(StartKind::Anchored)
                    .match_kind(MatchKind::All)
                    .accelerate(false),
            )
            .syntax(
                syntax::Config::new()
                    .unicode(false)
                    .utf8(false)
                    .ignore_whitespace(true),
            )
            .thompson(thompson::Config::new().which_captures(thompson::WhichCaptures::None))
            .build_many(patterns)
            .ok()
            .map(Automata)
    }

    /// Calls `with` for each expression that the whole of `digits` fits.
    fn matches(&self, digits: &[u8], mut with: impl FnMut(usize)) {
        let dfa = &self.0;
        let Ok(mut state) = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)) else {
            return;
        };
        for &digit in digits {
            state = dfa.next_state(state, b'0' + digit);
            if dfa.is_dead_state(state) {
                return;
            }
        }
        state = dfa.next_eoi_state(state);
        if dfa.is_match_state(state) {
            for i in 0..dfa.match_len(state) {
                with(dfa.match_pattern(state, i).as_usize());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn international() {
        holds(
            phone,
            &[
                "+1 415-555-2671",
                "+44 20 7946 0958",
                "+44 (0)20 7946 0958",
                "+49 30 901820",
                "+86 138 1234 5678",
                "+33 1 42 68 53 00",
                "+39 02 3661 8300",
                "+81 3-1234-5678",
                "+800 1234 5678",
                "tel:+1-650-253-0000",
                "+7 495 123-45-67",
            ],
            &[
                "415-555-2671",
                "+1 115-555-2671",
                "+1 415-555-267",
                "+44 20 7946 09580",
                "+999 123456789",
                "+0 123456789",
                "+1 1111111111",
                "+",
                "+44",
                "+49 1234",
                "+1 415 555 2671 ext",
                "++14155552671",
                "+86 128 1234 5678 9",
            ],
        );
    }

    #[test]
    fn national() {
        holds(
            phone_national,
            &[
                "(415) 555-2671",
                "020 7946 0958",
                "020 7946 0958 x12",
                "030 901820",
                "01 42 68 53 00",
                "138 1234 5678",
                "03-1234-5678",
                "02 3661 8300",
                "098765 43210",
                "0412 345 678",
                "(11) 91234-5678",
                "1-800-356-9377",
                "612 345 678",
            ],
            &[
                "123",
                "+1 415-555-2671",
                "000 000 0000",
                "0000123456789",
                "12345678901234567",
                "",
                "1111111111",
                "00 00 00 00 01",
            ],
        );
    }

    #[test]
    fn every_plan_of_the_data_is_in_use() {
        let plans = Plans::get();
        assert_eq!(plans.all.len(), metadata().count());
        assert!(plans.all.len() > 245);
        assert_eq!(plans.national.len(), NATIONAL.len());
    }

    #[test]
    fn the_plans_have_their_own_examples() {
        let mut asked = 0;
        for meta in metadata() {
            for d in [meta.descriptors().fixed_line(), meta.descriptors().mobile()]
                .into_iter()
                .flatten()
            {
                let Some(example) = d.example() else { continue };
                // Some islands have numbers of under seven digits with their code.
                let text = format!("+{}{example}", meta.country_code());
                if text.len() > FEWEST_DIGITS {
                    assert!(phone(&text), "{} {text}", meta.id());
                    asked += 1;
                }
            }
        }
        assert!(asked > 400, "{asked}");
    }

    #[test]
    #[ignore = "prints figures: cargo test --release -p engine phone -- --ignored --nocapture"]
    fn cost() {
        let resident = || {
            let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
            status
                .split_whitespace()
                .nth(1)
                .and_then(|n| n.parse::<usize>().ok())
                .unwrap_or(0)
                * 4
        };
        let (before, begin) = (resident(), std::time::Instant::now());
        assert!(phone("+14155552671"));
        println!(
            "first use {:?}, {} KiB",
            begin.elapsed(),
            resident() - before
        );
        for (name, check, text) in [
            ("phone", phone as fn(&str) -> bool, "+44 20 7946 0958"),
            ("phone_national", phone_national, "020 7946 0958"),
            ("phone_national, none", phone_national, "0000123456789"),
            (
                "phone_national, no number",
                phone_national,
                "020 7946 0958 x",
            ),
        ] {
            let begin = std::time::Instant::now();
            for _ in 0..10_000 {
                std::hint::black_box(check(std::hint::black_box(text)));
            }
            println!("{name}: {:?}", begin.elapsed() / 10_000);
        }
    }
}
