//! What a reader would see, and where it stood in the original.
//!
//! People write around filters with characters nobody sees, letters that only
//! look like letters, and letters pulled apart. Patterns stay simple because
//! the text is made simple first: each [`View`] undoes one layer, and remembers
//! for every byte where it came from, so that a finding is always reported, and
//! redacted, in the text as received.
//!
//! Promises: [`Normalized::original_span`] covers and never cuts a character
//! that took part; a view that equals the text borrows it; the time is linear
//! in the text, whatever the text.
//!
//! Left out on purpose: case (patterns match any case by themselves), words
//! (typos are the dictionary's business), and encodings (see `decode`).

mod edits;
mod fold;
mod lookalike;
mod offsets;
mod skeleton;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::text::Span;

use edits::char_start;
pub(crate) use edits::{Edits, Stretch, char_end};
pub(crate) use offsets::OffsetMap;
pub(crate) use skeleton::skeletons;

/// Makes the tables now (some 30 ms) rather than when the first text beyond
/// ASCII comes.
pub fn prepare() {
    fold::prepare();
    lookalike::prepare();
}

/// How a rule looks at a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// As received.
    Raw,
    /// NFKC, invisible characters gone, all decimal digits ASCII. Case is kept:
    /// patterns match any case by themselves.
    Folded,
    /// Folded, with look-alike letters and leetspeak undone and letters that
    /// were spaced apart pulled together. Only stretches where that changes
    /// something, with up to 256 bytes of folded text on both sides.
    Skeleton,
    /// What base64, hex, percent and entity runs of the folded view say.
    Decoded,
}

/// A range, in bytes, of a view. It is its own type so that it cannot be taken
/// for a [`Span`]: only [`Normalized::original_span`] turns one into the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ViewSpan {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A view of a text, or a region of one, that remembers where each byte came from.
///
/// Costs nothing when the view equals the text: it borrows, and its map is empty.
///
/// ```
/// use engine::normalize::{Normalized, ViewSpan};
///
/// let original = "ｉｇｎ\u{200b}ore it";
/// let folded = Normalized::folded(original);
/// assert_eq!(folded.as_str(), "ignore it");
/// let span = folded.original_span(ViewSpan { start: 0, end: 6 });
/// assert_eq!(span.of(original), "ｉｇｎ\u{200b}ore");
/// ```
#[derive(Clone, Debug)]
pub struct Normalized<'t> {
    view: View,
    text: Cow<'t, str>,
    offsets: OffsetMap,
}

impl<'t> Normalized<'t> {
    /// The text itself.
    pub fn raw(original: &'t str) -> Normalized<'t> {
        Normalized {
            view: View::Raw,
            text: Cow::Borrowed(original),
            offsets: OffsetMap::default(),
        }
    }

    /// The folded view; borrows when folding changes nothing.
    pub fn folded(original: &'t str) -> Normalized<'t> {
        let (text, offsets) = match fold::fold(original) {
            Some((text, offsets)) => (Cow::Owned(text), offsets),
            None => (Cow::Borrowed(original), OffsetMap::default()),
        };
        Normalized {
            view: View::Folded,
            text,
            offsets,
        }
    }

    /// A view made elsewhere; `offsets` lead to the original text.
    pub(crate) fn made(view: View, text: String, offsets: OffsetMap) -> Normalized<'static> {
        Normalized {
            view,
            text: Cow::Owned(text),
            offsets,
        }
    }

    /// Which view.
    pub fn view(&self) -> View {
        self.view
    }

    /// What the view shows.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the view is the original, byte for byte.
    pub fn is_original(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    /// The smallest span of the original that covers `at`; it never cuts a
    /// character that took part in it. Invisible characters that the view
    /// dropped inside the span are inside the result too, so that redacting it
    /// leaves none behind.
    pub fn original_span(&self, at: ViewSpan) -> Span {
        let start = char_start(&self.text, at.start as usize);
        let end = if at.end > at.start {
            char_end(&self.text, at.end as usize)
        } else {
            start
        };
        let (start, end) = self.offsets.original(start as u32, end as u32);
        Span { start, end }
    }

    pub(crate) fn into_text(self) -> String {
        self.text.into_owned()
    }

    pub(crate) fn offsets(&self) -> &OffsetMap {
        &self.offsets
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::classes::Classes;

    fn views(original: &str) -> Vec<Normalized<'_>> {
        let folded = Normalized::folded(original);
        let mut classes = Classes::default();
        classes.compute(folded.as_str().as_bytes());
        let mut regions = Vec::new();
        skeletons(&folded, &classes, &mut regions);
        let mut views = vec![Normalized::raw(original), folded];
        views.extend(regions);
        views
    }

    /// Every span of a view lies on boundaries, covers what it is made of, and
    /// grows with the span asked for.
    fn check(original: &str) {
        for view in views(original) {
            let text = view.as_str();
            if view.view() != View::Skeleton {
                assert_eq!(view.is_original(), text == original, "{original:?}");
            }
            let ends: Vec<u32> = (0..=text.len())
                .filter(|&i| text.is_char_boundary(i))
                .map(|i| i as u32)
                .collect();
            let all = view.original_span(ViewSpan {
                start: 0,
                end: text.len() as u32,
            });
            let mut before = 0;
            for pair in ends.windows(2) {
                let [start, end] = [pair[0], pair[1]];
                let span = view.original_span(ViewSpan { start, end });
                assert!(
                    original
                        .get(span.start as usize..span.end as usize)
                        .is_some()
                );
                assert!(span.start < span.end, "{original:?} {start}");
                assert!(span.start >= before && all.covers(span), "{original:?}");
                let longer = view.original_span(ViewSpan { start: 0, end });
                assert_eq!(
                    longer,
                    Span {
                        start: all.start,
                        end: span.end
                    }
                );
                before = span.start;
                if view.is_original() {
                    assert_eq!(span, Span { start, end });
                }
                let empty = view.original_span(ViewSpan { start, end: start });
                assert!(empty.is_empty() && original.is_char_boundary(empty.start as usize));
                // What was folded from this span alone is what the view shows.
                if view.view() == View::Folded {
                    let alone = Normalized::folded(span.of(original));
                    let shown = &text[start as usize..end as usize];
                    assert!(alone.as_str().contains(shown), "{original:?}");
                }
            }
        }
    }

    #[test]
    fn every_character_alone_and_between_letters() {
        for c in '\0'..=char::MAX {
            check(&c.to_string());
            check(&format!("a{c}b e{c}\u{301} {c}{c}x"));
            let once = Normalized::folded(&c.to_string()).as_str().to_owned();
            assert_eq!(
                Normalized::folded(&once).as_str(),
                once,
                "{c:?} folds to the folded"
            );
        }
    }

    #[test]
    fn invisible_characters_inside_a_span_are_covered_and_outside_are_not() {
        let original = "\u{200b}\u{feff}4\u{200b}1\u{2060}1\u{200d}1\u{200b} x";
        let folded = Normalized::folded(original);
        assert_eq!(folded.as_str(), "4111 x");
        let span = folded.original_span(ViewSpan { start: 0, end: 4 });
        assert_eq!(span.of(original), "4\u{200b}1\u{2060}1\u{200d}1");
    }

    #[test]
    fn floods_stay_linear() {
        for piece in [
            "\u{200b}",
            "\u{301}",
            "\u{336}",
            "a\u{301}",
            "\u{94d}",
            "\u{64b}\u{650}",
            "i ",
            "i-",
            "1a",
            "a1",
            "*a",
            "<b>",
            "a<!--",
            "a\u{8}",
            "忽 ",
            "忽*",
            "а",
            "🇮",
            "i😀",
            "ﷺ",
            "e\u{300}",
            "a\u{1b}[",
            "'+'",
            "a'+'",
            "_",
            "\u{1161}",
            "\u{3164}",
            "\u{93c}\u{94d}",
            "z0",
            "@",
            "a@a.",
            "é",
            "\u{ff9e}",
        ] {
            let text = piece.repeat(200_000 / piece.len());
            let started = std::time::Instant::now();
            views(&text);
            // Quadratic work on this many bytes would take minutes.
            assert!(started.elapsed().as_secs() < 10, "{piece:?}");
        }
    }

    fn odd() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[a-z0-9 .@$!|*_<>-]{1,8}",
            "[\u{300}-\u{36f}\u{200b}-\u{200f}\u{fe00}-\u{fe0f}\u{1100}-\u{11ff}\u{ff01}-\u{ff9f}]{1,6}",
            "[а-яіѕα-ω忽略之前😀🇮️ ]{1,5}",
            "([a-z1] ){3,6}",
            "\\PC{1,4}",
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn views_keep_their_promises(text in odd()) {
            check_loosely(&text);
        }
    }

    /// Like [`check`], for texts where a mark may stand on what is not beside it.
    fn check_loosely(original: &str) {
        for view in views(original) {
            let text = view.as_str();
            if view.view() != View::Skeleton {
                assert_eq!(view.is_original(), text == original);
            }
            let mut before = Span { start: 0, end: 0 };
            for (start, c) in text.char_indices() {
                let (start, end) = (start as u32, (start + c.len_utf8()) as u32);
                let span = view.original_span(ViewSpan { start, end });
                assert!(
                    original
                        .get(span.start as usize..span.end as usize)
                        .is_some()
                );
                assert!(
                    span.start < span.end && span.start >= before.start && span.end >= before.end
                );
                before = span;
            }
        }
    }
}
