//! Positions as callers count them.
//!
//! Inside, every position is a byte of UTF-8. Python counts code points,
//! JavaScript, Java and C# count UTF-16 units; a caller who cuts at the wrong
//! unit leaves part of a name standing.

use engine::text::Span;
use serde::{Deserialize, Serialize};

/// What a position counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes of UTF-8.
    Byte,
    /// Unicode code points.
    #[default]
    Codepoint,
    /// UTF-16 code units.
    Utf16,
}

/// The spans of `text` in `unit`, in the order given, as start and end.
///
/// One pass over the text up to the last position, whatever the number of spans;
/// ASCII is not counted at all.
///
/// ```
/// use engine::text::Span;
/// use sidecar::wire::units::{Unit, convert};
///
/// let spans = [Span::new(5, 6)];
/// assert_eq!(convert("😀 x", &spans, Unit::Codepoint), [(2, 3)]);
/// assert_eq!(convert("😀 x", &spans, Unit::Utf16), [(3, 4)]);
/// ```
pub fn convert(text: &str, spans: &[Span], unit: Unit) -> Vec<(usize, usize)> {
    let last = spans.iter().map(|span| span.end as usize).max();
    let counted = text.as_bytes();
    let counted = counted.get(..last.unwrap_or_default()).unwrap_or(counted);
    if unit == Unit::Byte || counted.is_ascii() {
        return in_order(spans, |at| at);
    }
    let (mut done, mut count) = (0, 0);
    in_order(spans, |at| {
        let at = at.min(counted.len());
        let piece = counted.get(done..at).unwrap_or_default();
        // Continuation bytes are 10xxxxxx; leads of four bytes are 11110xxx and
        // take a surrogate pair.
        count += piece.iter().filter(|&&b| b & 0xC0 != 0x80).count();
        if unit == Unit::Utf16 {
            count += piece.iter().filter(|&&b| b >= 0xF0).count();
        }
        done = at;
        count
    })
}

/// Maps both ends of every span by `map`, which is asked in ascending order.
pub(super) fn in_order(spans: &[Span], mut map: impl FnMut(usize) -> usize) -> Vec<(usize, usize)> {
    let mut ends: Vec<(u32, usize, bool)> = spans
        .iter()
        .enumerate()
        .flat_map(|(i, span)| [(span.start, i, false), (span.end, i, true)])
        .collect();
    ends.sort_unstable();
    let mut mapped = vec![(0, 0); spans.len()];
    for (at, i, is_end) in ends {
        let to = map(at as usize);
        match &mut mapped[i] {
            (_, end) if is_end => *end = to,
            (start, _) => *start = to,
        }
    }
    mapped
}
