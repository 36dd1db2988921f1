//! Text that carries what a reader does not see.
//!
//! Models read characters that screens leave out. Each check here knows the honest
//! use of its characters, by the Unicode chapter or annex named, and passes only
//! what goes beyond it. They look at the raw view: the folded one has none of these.

/// Tags that spell the three subdivision flags recommended for interchange (UTS
/// #51, annex C, and its `emoji-sequences` data).
const FLAG_TAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// Whether there is a tag character outside a subdivision flag: a black flag, the
/// tags of one of the three flags, a cancel tag.
pub(super) fn tag_channel(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find(|c| is_tag(c) || c == BLACK_FLAG) {
        let mut chars = rest.get(at..).unwrap_or("").chars();
        if chars.next() != Some(BLACK_FLAG) {
            return true;
        }
        let after = chars.as_str();
        rest = after;
        for flag in FLAG_TAGS {
            let mut chars = after.chars();
            let spelled = flag
                .chars()
                .all(|letter| chars.next() == char::from_u32(0xe0000 + u32::from(letter)));
            if spelled && chars.next() == Some(CANCEL_TAG) {
                rest = chars.as_str();
                break;
            }
        }
    }
    false
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Ideographs, which alone have registered ideographic variations (UTS #37).
fn is_han(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether variation selectors stand where they vary nothing: two in a row, one of
/// the 240 supplementary ones after anything but a Han character, or any after a
/// Latin letter. An emoji with VS16 and a keycap are honest.
pub(super) fn variation_channel(text: &str) -> bool {
    // Editors double the emoji and text selectors by mistake; two or three of them
    // say nothing that a reader would not see.
    if text.chars().count() <= 3 && text.chars().all(|c| matches!(c, '\u{fe0e}' | '\u{fe0f}')) {
        return false;
    }
    let mut last = None;
    for c in text.chars() {
        if is_variation_selector(c) {
            let honest = match last {
                Some(base) if is_variation_selector(base) => false,
                Some(base) if c >= '\u{e0100}' => is_han(base),
                Some(base) => !base.is_ascii_alphabetic(),
                // A finding may begin in the middle of a sequence.
                None => c < '\u{e0100}',
            };
            if !honest {
                return true;
            }
        }
        last = Some(c);
    }
    false
}

/// Letters of bidirectional class R or AL, by block (Unicode `DerivedBidiClass`).
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{05be}' | '\u{05c0}' | '\u{05c3}' | '\u{05c6}' | '\u{05d0}'..='\u{05f4}' | '\u{0608}' | '\u{060b}' | '\u{060d}'
            | '\u{061b}'..='\u{064a}' | '\u{066d}'..='\u{066f}' | '\u{0671}'..='\u{06d5}' | '\u{06e5}'..='\u{06e6}'
            | '\u{06ee}'..='\u{06ef}' | '\u{06fa}'..='\u{070d}' | '\u{070f}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

/// Whether a directional override (UAX #9, 2.2) stands in a text that has no
/// right-to-left letter, where it can only disguise. A left-to-right override
/// around digits is how phones copy a telephone number.
pub(super) fn bidi_override(text: &str) -> bool {
    let copied_number = !text.contains('\u{202e}') && !text.chars().any(char::is_alphabetic);
    text.contains(['\u{202d}', '\u{202e}']) && !text.chars().any(is_right_to_left) && !copied_number
}

/// A word of so many letters around an invisible operator is no formula: variables
/// have one letter, a few two.
const WORD: usize = 3;

/// Whether U+2061 to U+2064 (function application, invisible times, separator,
/// plus; Unicode chapter 22.6) stand where a formula would not have them: two in a
/// row, or inside a word. After `sin` the application is honest; before a word it is not.
pub(super) fn invisible_operators(text: &str) -> bool {
    let is_operator = |c: char| matches!(c, '\u{2061}'..='\u{2064}');
    let mut letters_before = 0usize;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if !is_operator(c) {
            letters_before = if c.is_alphabetic() {
                letters_before + 1
            } else {
                0
            };
            continue;
        }
        let after = chars.as_str();
        if after.starts_with(is_operator) {
            return true;
        }
        let letters_after = after
            .chars()
            .take(WORD)
            .take_while(|c| c.is_alphabetic())
            .count();
        let inside = letters_before > 0 && letters_after > 0;
        let long_before = letters_before >= WORD && c != '\u{2061}';
        if inside && (long_before || letters_after >= WORD) {
            return true;
        }
        letters_before = 0;
    }
    false
}

fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{180e}' | '\u{00ad}' | '\u{034f}'
    )
}

/// So many at odd places make a flood: copied web pages have a handful.
const FLOOD: usize = 8;

/// So many in a row carry data: no script and no sequence has more than two.
const FLOOD_RUN: usize = 3;

/// Whether zero-width characters come three in a row, or eight in all at places
/// where no script needs them. Joiners within emoji and beside letters of Arabic,
/// Indic and South-East Asian scripts, the spaces between Thai or Khmer words, and
/// soft hyphens within words are honest.
pub(super) fn zero_width_flood(text: &str) -> bool {
    let (mut run, mut odd) = (0, 0);
    let mut last = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if !is_zero_width(c) {
            run = 0;
            last = Some(c);
            continue;
        }
        run += 1;
        let next = chars.clone().next();
        let honest = match c {
            '\u{200d}' => last.is_some_and(joins) && next.is_none_or(joins),
            '\u{00ad}' => {
                last.is_some_and(char::is_alphabetic) && next.is_none_or(char::is_alphabetic)
            }
            _ => last.is_some_and(needs_zero_width) || next.is_some_and(needs_zero_width),
        };
        if run > 1 || !honest {
            odd += 1;
        }
        if run >= FLOOD_RUN || odd >= FLOOD {
            return true;
        }
    }
    false
}

/// What a zero-width joiner joins: emoji with their selectors, and letters of
/// scripts that shape.
fn joins(c: char) -> bool {
    needs_zero_width(c)
        || matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}' | '\u{e007f}')
}

/// Scripts in which joiners, non-joiners or zero-width spaces carry meaning: Arabic
/// and its kin, Indic, Thai to Khmer, Mongolian.
fn needs_zero_width(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{08ff}' | '\u{0900}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1700}'..='\u{18af}'
        | '\u{1900}'..='\u{1aaf}' | '\u{1b00}'..='\u{1c7f}' | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}')
}

/// More marks than any orthography puts on one letter: decomposed Vietnamese has
/// two, the International Phonetic Alphabet three.
const MOST_MARKS: usize = 3;

/// Whether some letter carries more than three general combining marks. The marks
/// of Hebrew, Arabic, Indic, Thai and Tibetan are others and do not count.
pub(super) fn combining_flood(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        let general = matches!(c, '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}');
        run = if general { run + 1 } else { 0 };
        run > MOST_MARKS
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    fn tags(text: &str) -> String {
        text.chars()
            .filter_map(|c| char::from_u32(0xe0000 + u32::from(c)))
            .collect()
    }

    #[test]
    fn tag_characters() {
        let flag = |name: &str| format!("{BLACK_FLAG}{}{CANCEL_TAG}", tags(name));
        for innocent in [
            "".into(),
            "plain".into(),
            flag("gbeng"),
            flag("gbsct"),
            format!("a{}b{}", flag("gbwls"), flag("gbeng")),
            "🏴 🏴‍☠️".into(),
        ] {
            assert!(!tag_channel(&innocent), "{innocent:?}");
        }
        for guilty in [
            tags("ignore"),
            format!("hi{}", tags("x")),
            format!("{BLACK_FLAG}{}", tags("gbeng")),
            flag("ustx"),
            format!("{}{}", flag("gbeng"), tags("a")),
            format!("{BLACK_FLAG}{BLACK_FLAG}{}", tags("go")),
            "\u{e0001}".into(),
            "\u{e007f}".into(),
        ] {
            assert!(tag_channel(&guilty), "{guilty:?}");
        }
    }

    #[test]
    fn variation_selectors() {
        holds(
            variation_channel,
            &[
                "a\u{fe00}",
                "😀\u{fe0f}\u{fe0e}",
                "😀\u{e0100}\u{e0110}",
                "x\u{e0101}",
                "\u{e0100}",
                "漢\u{e0100}\u{e0101}",
                "w\u{fe0f}",
            ],
            &[
                "",
                "❤\u{fe0f}",
                "1\u{fe0f}\u{20e3}",
                "#\u{fe0f}\u{20e3}",
                "葛\u{e0100}",
                "👩\u{200d}❤\u{fe0f}\u{200d}👩",
                "0\u{fe00}",
                "\u{fe0f}",
            ],
        );
    }

    #[test]
    fn overrides() {
        holds(
            bidi_override,
            &[
                "abc\u{202e}fdp.exe",
                "\u{202d}x",
                "if (\u{202e}admin)",
                "中\u{202e}文",
                "1\u{202e}2",
                "\u{202e}",
            ],
            &[
                "",
                "abc",
                "שלום \u{202d}abc",
                "\u{202b}abc\u{202c}",
                "مرحبا\u{202e}x",
                "\u{2066}abc\u{2069}",
                "ܫܠܡܐ\u{202e}",
            ],
        );
    }

    #[test]
    fn operators() {
        holds(
            invisible_operators,
            &[
                "ig\u{2062}nore",
                "\u{2063}\u{2063}",
                "a\u{2061}\u{2064}b",
                "pass\u{2063}word",
                "bo\u{2061}mbs",
                "x\u{2064}\u{2062}",
            ],
            &[
                "",
                "f\u{2061}(x)",
                "2\u{2062}ab",
                "sin\u{2061}x",
                "a\u{2062}b",
                "1\u{2064}½",
                "a\u{2063}b",
                "cos\u{2061}\u{3b8}",
            ],
        );
    }

    #[test]
    fn floods() {
        holds(
            zero_width_flood,
            &[
                "a\u{200b}\u{200c}\u{200b}b",
                "\u{200b}\u{200b}\u{200b}",
                "b\u{200b}o\u{200b}m\u{200b}b\u{200b}r\u{200b}e\u{200b}c\u{200b}i\u{200b}p",
                "\u{2060}\u{2060}\u{2060}",
                "\u{feff}\u{200b}\u{2060}",
                "क\u{200d}\u{200d}\u{200d}",
            ],
            &[
                "",
                "plain",
                "👨\u{200d}👩\u{200d}👧\u{200d}👦",
                "می\u{200c}خواهم می\u{200c}روم",
                "\u{feff}text",
                "a\u{200b}b",
                "ไทย\u{200b}ภาษา\u{200b}ไทย\u{200b}ไทย\u{200b}ไทย\u{200b}ไทย\u{200b}ไทย\u{200b}ไทย\u{200b}ไทย",
                "Donau\u{ad}dampf\u{ad}schiff\u{ad}fahrts\u{ad}ge\u{ad}sell\u{ad}schafts\u{ad}ka\u{ad}pi\u{ad}tän",
            ],
        );
    }

    #[test]
    fn marks() {
        holds(
            combining_flood,
            &[
                "a\u{301}\u{302}\u{303}\u{304}",
                "Z\u{334}\u{335}\u{336}\u{337}\u{338}",
                "\u{300}\u{300}\u{300}\u{300}",
                "e\u{20d0}\u{20d1}\u{20d2}\u{20d3}",
                "中\u{1ab0}\u{1ab1}\u{1ab2}\u{1ab3}",
                "x\u{489}\u{489}\u{489}\u{489}",
            ],
            &[
                "",
                "e\u{302}\u{323}",
                "a\u{301}\u{302}\u{303}",
                "שָׁ\u{5b8}\u{5c1}\u{5b0}\u{5b1}",
                "بّ\u{64e}\u{651}\u{670}\u{64b}",
                "नि\u{93c}\u{94d}\u{902}\u{901}",
                "ที่\u{e48}\u{e48}\u{e49}",
                "a\u{301}b\u{301}c\u{301}d\u{301}",
            ],
        );
    }
}
