//! What letters are the same, and what is a word.

/// The simple lower-case form of a character: one character for one. Final sigma
/// counts as sigma, because its capital does not tell them apart.
#[inline]
pub(super) fn fold(c: char) -> char {
    match c {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        'ς' => 'σ',
        // One character has a longer form, İ; its simple form is the first of it.
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// The most bytes that a character whose folded form is `folded` can have.
/// `tests::widths_hold_for_all_of_unicode` looks at every character.
pub(super) fn widest(folded: char) -> usize {
    match folded {
        'k' => 3, // the Kelvin sign
        'i' => 2, // İ
        c if c.len_utf8() == 2 => 3,
        c => c.len_utf8(),
    }
}

/// Whether a character is a letter or digit of a script that is written with spaces
/// between words. Only between two such characters does a word go on; Han, Kana,
/// Thai, Lao and Khmer say nothing of where words end.
#[inline]
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    // Asked in this order because the ranges are cheap and the letter tables are not.
    // A mark that composes with nothing belongs to the letter before it.
    !is_unspaced(c) && (c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}'))
}

fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{0e00}'..='\u{0eff}'         // Thai, Lao
            | '\u{1780}'..='\u{17ff}'   // Khmer
            | '\u{2e80}'..='\u{2fdf}'   // Han radicals
            | '\u{3005}'..='\u{3007}'
            | '\u{3021}'..='\u{3029}'
            | '\u{3038}'..='\u{303b}'
            | '\u{3040}'..='\u{30ff}'   // Kana
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'   // Han
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'   // half-width Kana
            | '\u{1aff0}'..='\u{1b16f}' // Kana extensions
            | '\u{20000}'..='\u{3ffff}' // Han
    )
}

/// Whether the character that ends at `at` and the one that begins there are both of
/// one word.
pub(super) fn within_word(text: &str, at: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..at), text.get(at..)) else {
        return false;
    };
    let word = |c: Option<char>| c.is_some_and(is_word);
    word(after.chars().next()) && word(before.chars().next_back())
}

/// A white-space run longer than this, in bytes, stands for no space of a term:
/// otherwise no term would have a longest match, and a stream could not let go.
pub(super) const LONGEST_SPACE: usize = 64;

/// The bytes of the white space that `text` begins with, if a space of a term may
/// stand for it. A run too long is read to its end by nobody.
pub(super) fn space(text: &str) -> Option<usize> {
    let mut len = 0;
    for c in text.chars() {
        if !c.is_whitespace() {
            break;
        }
        len += c.len_utf8();
        if len > LONGEST_SPACE {
            return None;
        }
    }
    (len > 0).then_some(len)
}

/// A term as it is kept: folded, one space for white space, none at its ends.
pub(super) fn folded(term: &str) -> String {
    let mut out = String::with_capacity(term.len());
    for word in term.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().map(fold));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_hold_for_all_of_unicode() {
        for c in '\0'..=char::MAX {
            assert!(c.len_utf8() <= widest(fold(c)), "{c:?}");
            assert_eq!(fold(fold(c)), fold(c), "{c:?}");
            assert_eq!(is_word(c), is_word(fold(c)), "{c:?}");
            assert_eq!(c.is_whitespace(), fold(c).is_whitespace(), "{c:?}");
        }
    }

    #[test]
    fn terms_are_folded() {
        assert_eq!(folded("  John\t\nSMITH "), "john smith");
        assert_eq!(folded("ΟΔΥΣΣΕΥΣ"), folded("οδυσσευς"));
        assert_eq!(folded(" \u{3000} "), "");
    }
}
