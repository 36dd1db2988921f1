//! Calendar dates.

/// Whether the Gregorian calendar has this day.
pub(super) fn exists(year: u64, month: u64, day: u64) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// How months begin in English, German, French, Spanish, Portuguese, Italian and
/// Dutch. The longest beginning that fits decides (`mar` is March, `mai` May).
static MONTHS: &[(&str, u64)] = &[
    ("jan", 1),
    ("jän", 1),
    ("ene", 1),
    ("gen", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("maa", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("out", 10),
    ("ott", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
];

/// Longer texts are no dates. Bytes.
const LONGEST: usize = 64;

/// Whether the text is a day that exists, in any common order: year first, day
/// first or month first, digits or month names, `20240229`, `2024年2月29日`. Years
/// of two digits are taken; a weekday is not compared with the date.
pub(super) fn date(text: &str) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    let mut numbers = [(0u64, 0usize); 3];
    let mut count = 0;
    let mut named_month = None;
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        let len = rest
            .char_indices()
            .find(|&(_, d)| kind(d) != kind(c))
            .map_or(rest.len(), |(i, _)| i);
        let (run, after) = rest.split_at(len);
        match kind(c) {
            Kind::Digit => {
                let Some(slot) = numbers.get_mut(count) else {
                    return false;
                };
                // 18 digits hold in a u64; no part of a date has more than 8.
                if run.len() > 8 {
                    return false;
                }
                *slot = (
                    run.bytes().fold(0, |n, b| n * 10 + u64::from(b - b'0')),
                    run.len(),
                );
                count += 1;
            }
            Kind::Letter => match word(run, count > 0) {
                Word::Month(month) if named_month.is_none() => named_month = Some(month),
                Word::Filler => {}
                _ => return false,
            },
            Kind::Separator => {}
            Kind::Other => return false,
        }
        rest = after;
    }
    match (named_month, numbers, count) {
        (Some(month), [a, b, _], 2) => {
            (is_year(b) && is_day(a) && exists(b.0, month, a.0))
                || (is_year(a) && is_day(b) && exists(a.0, month, b.0))
        }
        (None, [(whole, 8), ..], 1) => {
            let fits =
                |year: u64, month, day| (1900..=2099).contains(&year) && exists(year, month, day);
            fits(whole / 10_000, whole / 100 % 100, whole % 100)
                || fits(whole % 10_000, whole / 10_000 % 100, whole / 1_000_000)
                || fits(whole % 10_000, whole / 1_000_000, whole / 10_000 % 100)
        }
        (None, [a, b, c], 3) => {
            let short = |n: (u64, usize)| n.1 <= 2;
            (is_year(a)
                && short(b)
                && short(c)
                && (exists(a.0, b.0, c.0) || (a.1 == 4 && exists(a.0, c.0, b.0))))
                || (is_year(c)
                    && short(a)
                    && short(b)
                    && (exists(c.0, b.0, a.0) || exists(c.0, a.0, b.0)))
        }
        _ => false,
    }
}

/// Two digits or four; of four, a year people write in dates.
fn is_year((value, width): (u64, usize)) -> bool {
    width == 2 || (width == 4 && (1000..=2999).contains(&value))
}

fn is_day((_, width): (u64, usize)) -> bool {
    width <= 2
}

#[derive(PartialEq)]
enum Kind {
    Digit,
    Letter,
    Separator,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        '0'..='9' => Kind::Digit,
        ' ' | '-' | '/' | '.' | ',' | '\u{a0}' | '\'' | '’' | '_' => Kind::Separator,
        '年' | '月' | '日' | '号' | '號' | '년' | '월' | '일' => Kind::Separator,
        c if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Other,
    }
}

enum Word {
    Month(u64),
    Filler,
    Unknown,
}

fn word(run: &str, after_number: bool) -> Word {
    if after_number
        && ["st", "nd", "rd", "th", "er"]
            .iter()
            .any(|s| run.eq_ignore_ascii_case(s))
    {
        return Word::Filler;
    }
    if ["of", "the", "de", "del", "den", "le", "der", "am", "on"]
        .iter()
        .any(|s| run.eq_ignore_ascii_case(s))
    {
        return Word::Filler;
    }
    // Weekdays come before the number, in English only: elsewhere they begin
    // like months.
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    if !after_number
        && weekdays.iter().any(|d| begins(run, d))
        && (run.len() <= 5 || ends(run, "day"))
    {
        return Word::Filler;
    }
    MONTHS
        .iter()
        .filter(|(head, _)| begins(run, head))
        .max_by_key(|(head, _)| head.len())
        .map_or(Word::Unknown, |&(_, month)| Word::Month(month))
}

/// Whether `run` begins with `head`, in any case.
fn begins(run: &str, head: &str) -> bool {
    let mut chars = run.chars().flat_map(char::to_lowercase);
    head.chars().all(|h| chars.next() == Some(h))
}

fn ends(run: &str, tail: &str) -> bool {
    let mut chars = run.chars().rev().flat_map(char::to_lowercase);
    tail.chars().rev().all(|t| chars.next() == Some(t))
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::date;

    #[test]
    fn days() {
        holds(
            date,
            &[
                "2024-02-29",
                "29.02.2024",
                "02/29/2024",
                "29/2/24",
                "20240229",
                "2024年2月29日",
                "29 February 2024",
                "Feb 29, 2024",
                "Thursday, 29th of February 2024",
                "29. März 1999",
                "14 juillet 1789",
                "1 Aug '99",
                "3 de octubre de 2020",
                "31-DEC-2023",
                "1er août 2001",
                "12312023",
            ],
            &[
                "2023-02-29",
                "31.04.2024",
                "13/13/2024",
                "2024-00-10",
                "2024-13-13",
                "20240230",
                "30 February 2024",
                "32 May 2000",
                "May 2024",
                "1.2.3.4",
                "hello",
                "",
                "99999999",
                "2024:02:29",
                "5 Foo 2020",
                "123-45-6789",
            ],
        );
    }
}
