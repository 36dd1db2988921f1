//! Where each byte of a view came from.
//!
//! A map is a list of pieces, one for each change of shift, so that a text that
//! was merely copied costs one piece and a run of full-width letters another.
//! Pieces stand in the order of the view *and* of the original: what a view
//! drops (invisible characters) lies between two pieces, and so inside every
//! span that has something on both sides of it.
//!
//! The map knows nothing of characters. Its callers ask only at character
//! boundaries of the view; see [`super::Normalized::original_span`].

/// A stretch of a view. It ends where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// First byte in the view.
    view: u32,
    /// First byte in the original.
    start: u32,
    /// How the two belong together: see the constants below.
    shape: u32,
}

/// Copied: byte for byte.
const COPIED: u32 = 0;

/// Shapes from 1 up to here: each byte of the view stands for so many bytes of
/// the original. The longest UTF-8 character has 4; an escape such as `\u0041`
/// has 6 and `\u{000041}` 10.
const LONGEST_STEP: u32 = 15;

/// Shapes from here on: the piece stands as a whole for `shape - WHOLE` bytes of
/// the original.
const WHOLE: u32 = LONGEST_STEP + 1;

/// The map from a view to its original. An empty map is the identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OffsetMap {
    pieces: Vec<Piece>,
    /// Bytes of the view that the pieces cover.
    len: u32,
}

impl OffsetMap {
    /// Adds `len` bytes of the view that were copied from `start` of the original.
    pub(crate) fn copied(&mut self, len: usize, start: usize) {
        self.push(len as u32, start as u32, COPIED);
    }

    /// Adds `len` bytes of the view that stand, each byte alone, for `step`
    /// bytes of the original.
    pub(crate) fn stepped(&mut self, len: usize, start: usize, step: usize) {
        match step as u32 {
            1 => self.push(len as u32, start as u32, COPIED),
            step if (2..=LONGEST_STEP).contains(&step) => self.push(len as u32, start as u32, step),
            step => {
                for i in 0..len as u32 {
                    let start = (start as u32).saturating_add(i.saturating_mul(step));
                    self.push(1, start, WHOLE.saturating_add(step));
                }
            }
        }
    }

    /// Adds `len` bytes of the view that stand together for `original_len`
    /// bytes of the original.
    pub(crate) fn whole(&mut self, len: usize, start: usize, original_len: usize) {
        if len == 1 {
            return self.stepped(1, start, original_len);
        }
        let shape = WHOLE.saturating_add(original_len as u32);
        self.push(len as u32, start as u32, shape);
    }

    fn push(&mut self, len: u32, start: u32, shape: u32) {
        if len == 0 {
            return;
        }
        let joins = self.pieces.last().is_some_and(|last| {
            let before = self.len - last.view;
            match shape {
                COPIED => last.shape == COPIED && last.start.wrapping_add(before) == start,
                step if step < WHOLE => {
                    last.shape == step
                        && u64::from(last.start) + u64::from(before) * u64::from(step)
                            == u64::from(start)
                }
                _ => false,
            }
        });
        if !joins {
            self.pieces.push(Piece {
                view: self.len,
                start,
                shape,
            });
        }
        self.len += len;
    }

    /// Whether nothing has been added, so that the map changes no place.
    pub(crate) fn is_identity(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The piece that holds byte `at` of the view, with its number.
    fn piece(&self, at: u32) -> Option<Piece> {
        let after = self.pieces.partition_point(|piece| piece.view <= at);
        self.pieces.get(after.checked_sub(1)?).copied()
    }

    /// The bytes of the original that bytes `start..end` of the view need.
    pub(crate) fn original(&self, start: u32, end: u32) -> (u32, u32) {
        if self.pieces.is_empty() {
            return (start, end);
        }
        if start >= end {
            let at = match self.piece(start) {
                Some(_) if start >= self.len => self.last_end(self.len),
                Some(piece) => first_of(piece, start),
                None => 0,
            };
            return (at, at);
        }
        let first = self.piece(start).map_or(0, |piece| first_of(piece, start));
        (first, self.last_end(end).max(first))
    }

    /// One past the last byte of the original that byte `end - 1` needs.
    fn last_end(&self, end: u32) -> u32 {
        match self.piece(end.saturating_sub(1)) {
            Some(piece) => end_of(piece, end),
            None => 0,
        }
    }

    /// The map of a view of a view: `self` leads to the text that `outer` maps.
    pub(crate) fn through(&self, outer: &OffsetMap) -> OffsetMap {
        if outer.pieces.is_empty() {
            return self.clone();
        }
        let mut both = OffsetMap::default();
        for (i, piece) in self.pieces.iter().enumerate() {
            let view_end = self.pieces.get(i + 1).map_or(self.len, |next| next.view);
            let len = view_end - piece.view;
            match piece.shape {
                COPIED => both.follow(outer, piece.start, len),
                step if step < WHOLE => {
                    for k in 0..len {
                        let from = piece.start + k * step;
                        let (start, end) = outer.original(from, from + step);
                        both.whole(1, start as usize, (end - start) as usize);
                    }
                }
                shape => {
                    let from = piece.start;
                    let (start, end) = outer.original(from, from.saturating_add(shape - WHOLE));
                    both.whole(len as usize, start as usize, (end - start) as usize);
                }
            }
        }
        both
    }

    /// Like [`OffsetMap::through`], where `self` may be the empty identity.
    pub(crate) fn then(&self, outer: &OffsetMap) -> OffsetMap {
        if self.pieces.is_empty() {
            return outer.clone();
        }
        self.through(outer)
    }

    /// Adds the pieces of `outer` for `len` bytes from `from` on.
    fn follow(&mut self, outer: &OffsetMap, from: u32, len: u32) {
        let end = from.saturating_add(len);
        let mut at = from;
        let mut i = outer.pieces.partition_point(|piece| piece.view <= at);
        while at < end {
            let Some(piece) = i.checked_sub(1).and_then(|i| outer.pieces.get(i)) else {
                return;
            };
            let next = outer.pieces.get(i).map_or(u32::MAX, |next| next.view);
            let stop = end.min(next);
            let len = (stop - at) as usize;
            let start = first_of(*piece, at) as usize;
            match piece.shape {
                COPIED => self.copied(len, start),
                step if step < WHOLE => self.stepped(len, start, step as usize),
                shape => self.whole(len, start, (shape - WHOLE) as usize),
            }
            at = stop;
            i += 1;
        }
    }
}

fn first_of(piece: Piece, at: u32) -> u32 {
    let within = at - piece.view;
    match piece.shape {
        COPIED => piece.start.saturating_add(within),
        step if step < WHOLE => piece.start.saturating_add(within.saturating_mul(step)),
        _ => piece.start,
    }
}

fn end_of(piece: Piece, end: u32) -> u32 {
    let within = end - piece.view;
    match piece.shape {
        COPIED => piece.start.saturating_add(within),
        step if step < WHOLE => piece.start.saturating_add(within.saturating_mul(step)),
        shape => piece.start.saturating_add(shape - WHOLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_shift_are_one_piece() {
        let mut map = OffsetMap::default();
        map.copied(3, 10);
        map.copied(2, 13);
        map.stepped(1, 15, 3);
        map.stepped(1, 18, 3);
        map.copied(4, 24);
        assert_eq!(map.pieces.len(), 3);
        assert_eq!(map.original(0, 5), (10, 15));
        assert_eq!(map.original(5, 6), (15, 18));
        assert_eq!(map.original(6, 7), (18, 21));
        assert_eq!(map.original(6, 8), (18, 25), "what was dropped lies inside");
        assert_eq!(map.original(11, 11), (28, 28));
    }

    #[test]
    fn a_whole_is_never_cut() {
        let mut map = OffsetMap::default();
        map.whole(3, 5, 3);
        map.copied(2, 8);
        assert_eq!(map.original(1, 2), (5, 8));
        assert_eq!(map.original(2, 4), (5, 9));
    }

    #[test]
    fn maps_chain() {
        let mut outer = OffsetMap::default();
        outer.copied(2, 0); // ab
        outer.whole(2, 2, 6); // cd
        outer.copied(2, 8); // ef
        let mut inner = OffsetMap::default();
        inner.copied(3, 1); // bcd
        inner.whole(1, 4, 2); // x for ef
        let both = inner.through(&outer);
        assert_eq!(both.original(0, 1), (1, 2));
        assert_eq!(both.original(1, 2), (2, 8));
        assert_eq!(both.original(0, 4), (1, 10));
    }
}
