//! A text, changed in places, with its surroundings and its map.
//!
//! The skeleton and the inline escapes of the decoder both change a few bytes
//! here and there. Only what is near a change is worth looking at again, so the
//! result is a list of regions, each a text of its own.

use std::ops::Range;

use super::offsets::OffsetMap;

/// How much unchanged text, in bytes, goes with a change on each side: the
/// longest phrases of shipped rules fit in it.
const AROUND: usize = 256;

/// How much further a cut may go to fall on white space.
const TO_SPACE: usize = 64;

/// Replacements, from left to right, none touching another's bytes.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    list: Vec<Edit>,
    /// All replacements, end to end.
    strings: String,
}

#[derive(Clone, Copy, Debug)]
struct Edit {
    start: u32,
    end: u32,
    /// Where the replacement ends in `strings`; it begins where the one before ended.
    upto: u32,
}

/// A stretch of a text, and which edits lie in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Bytes of the text.
    pub(crate) bytes: Range<usize>,
    /// Numbers of the edits.
    pub(crate) edits: Range<usize>,
}

impl Edits {
    /// Puts `by` in the place of `start..end`. Comes to nothing if an earlier
    /// edit has taken those bytes.
    pub(crate) fn push(&mut self, start: usize, end: usize, by: &str) {
        if start >= end || start < self.done() {
            return;
        }
        self.strings.push_str(by);
        self.list.push(Edit {
            start: start as u32,
            end: end as u32,
            upto: self.strings.len() as u32,
        });
    }

    /// One past the last byte edited so far.
    pub(crate) fn done(&self) -> usize {
        self.list.last().map_or(0, |edit| edit.end as usize)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.strings.clear();
    }

    /// Bytes that edit `i` replaces.
    pub(crate) fn bytes(&self, i: usize) -> Range<usize> {
        self.list
            .get(i)
            .map_or(0..0, |edit| edit.start as usize..edit.end as usize)
    }

    /// All of `text`, as one stretch.
    pub(crate) fn whole(&self, text: &str) -> Stretch {
        Stretch {
            bytes: 0..text.len(),
            edits: 0..self.list.len(),
        }
    }

    /// The edits with the text around them; what touches is one.
    pub(crate) fn regions(&self, text: &str) -> Vec<Stretch> {
        let mut regions: Vec<Stretch> = Vec::new();
        let mut edits = self.list.iter().enumerate();
        let Some((_, first)) = edits.next() else {
            return regions;
        };
        let (mut from, mut upto, mut number) = (first.start as usize, first.end as usize, 0);
        let mut finish = |from: usize, upto: usize, edits: Range<usize>| {
            let bytes = widened(text, from..upto);
            match regions.last_mut() {
                Some(last) if bytes.start <= last.bytes.end => {
                    last.bytes.end = bytes.end;
                    last.edits.end = edits.end;
                }
                _ => regions.push(Stretch { bytes, edits }),
            }
        };
        for (i, edit) in edits {
            if edit.start as usize - upto > 2 * AROUND {
                finish(from, upto, number..i);
                (from, number) = (edit.start as usize, i);
            }
            upto = edit.end as usize;
        }
        finish(from, upto, number..self.list.len());
        regions
    }

    /// The text of a stretch as edited, and its map to `text`.
    pub(crate) fn apply(&self, text: &str, stretch: &Stretch) -> (String, OffsetMap) {
        let mut edited = String::with_capacity(stretch.bytes.len());
        let mut offsets = OffsetMap::default();
        let mut at = stretch.bytes.start;
        let copy = |edited: &mut String, offsets: &mut OffsetMap, range: Range<usize>| {
            if let Some(run) = text.get(range.clone()) {
                edited.push_str(run);
                offsets.copied(run.len(), range.start);
            }
        };
        let before = stretch.edits.start.checked_sub(1);
        let mut string = before.map_or(0, |i| self.list.get(i).map_or(0, |edit| edit.upto));
        for edit in self.list.get(stretch.edits.clone()).unwrap_or_default() {
            let (start, end) = (edit.start as usize, edit.end as usize);
            copy(&mut edited, &mut offsets, at..start);
            let by = self.strings.get(string as usize..edit.upto as usize);
            let by = by.unwrap_or_default();
            edited.push_str(by);
            offsets.whole(by.len(), start, end - start);
            string = edit.upto;
            at = end;
        }
        copy(&mut edited, &mut offsets, at..stretch.bytes.end);
        (edited, offsets)
    }
}

/// `range` with the text around it, cut at white space where that is near.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = match range.start.checked_sub(AROUND) {
        None | Some(0) => 0,
        Some(target) => {
            let low = target.saturating_sub(TO_SPACE);
            let near = bytes.get(low..target).unwrap_or_default();
            match near.iter().rposition(u8::is_ascii_whitespace) {
                Some(space) => low + space + 1,
                None => char_start(text, target),
            }
        }
    };
    let target = range.end.saturating_add(AROUND);
    let end = if target >= text.len() {
        text.len()
    } else {
        let near = bytes.get(target..text.len().min(target + TO_SPACE));
        match near
            .unwrap_or_default()
            .iter()
            .position(u8::is_ascii_whitespace)
        {
            Some(space) => target + space,
            None => char_end(text, target),
        }
    };
    start..end
}

/// The character boundary at or before `at`.
pub(crate) fn char_start(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The character boundary at or after `at`.
pub(crate) fn char_end(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_carry_their_surroundings() {
        let text = format!(
            "{}ig*nore{}x*y",
            "far away ".repeat(60),
            " far away".repeat(100)
        );
        let first = text.find('*').unwrap();
        let second = text.rfind('*').unwrap();
        let mut edits = Edits::default();
        edits.push(first, first + 1, "");
        edits.push(second, second + 1, "+++");
        let regions = edits.regions(&text);
        assert_eq!(regions.len(), 2);
        let (edited, map) = edits.apply(&text, &regions[0]);
        assert!(edited.starts_with("far away") || edited.starts_with("away"));
        assert!(edited.contains(" ignore far"));
        assert!(edited.len() > 2 * AROUND && edited.len() < 2 * (AROUND + TO_SPACE) + 10);
        let at = edited.find("ignore").unwrap() as u32;
        assert_eq!(
            map.original(at, at + 6),
            (first as u32 - 2, first as u32 + 5)
        );
        let (edited, _) = edits.apply(&text, &regions[1]);
        assert!(edited.ends_with("x+++y"));
        assert_eq!(regions[1].bytes.end, text.len());
    }

    #[test]
    fn touching_regions_are_one() {
        let text = "a ".repeat(600);
        let mut edits = Edits::default();
        edits.push(10, 11, "");
        edits.push(10, 12, "lost: taken already");
        edits.push(500, 501, "");
        edits.push(1_060, 1_061, "");
        let regions = edits.regions(&text);
        assert_eq!(regions.len(), 2, "{regions:?}");
        assert_eq!(regions[0].edits, 0..2);
    }
}
