//! Runs that say nothing until they are opened: base64, base32, hexadecimal.
//!
//! Prose has no sixteen bytes without white space in most lines, so masks alone
//! pass over it. What is left is tried on its first characters: almost
//! everything that is no encoded text opens to bytes that are no text, within a
//! dozen of them.

use super::{OVERLAP, PIECE};
use crate::classes::{BLOCK, Block, Classes};
use crate::normalize::OffsetMap;

/// Shorter runs hold too little to matter and are too often words (bytes).
pub(super) const SHORTEST: usize = 16;

/// Lines from this length on may go on in the next one (bytes): encoders break
/// lines at 64 or 76.
const WRAPPED: usize = 48;

/// Receives a run: where it began, what it says, and the map of that.
pub(super) type Found<'f> = dyn FnMut(usize, String, OffsetMap) + 'f;

/// Finds and opens the runs of a text.
pub(super) fn find(text: &str, classes: &Classes, found: &mut Found<'_>) {
    let mut runs = Runs {
        bytes: text.as_bytes(),
        found,
        piece: Vec::new(),
    };
    let blocks = classes.blocks();
    let mut seen = 0;
    let mut before = 0;
    for (number, block) in blocks.iter().enumerate() {
        let solid = |block: &Block| block.letters | block.digits | block.others;
        let after = blocks.get(number + 1).map_or(0, solid);
        // Sixteen bytes in a row without white space or characters beyond ASCII.
        let mut long = u128::from(solid(block)) | u128::from(after) << 64;
        for by in [1, 2, 4, 8] {
            long &= long >> by;
        }
        // Spaces at equal distances: `49 67 6e`, `0x49 0x67`, `0x49, 0x67`.
        let mut listed = 0;
        let spaces = u128::from(before) | u128::from(block.spaces) << 64;
        let once = |by: u32| spaces & spaces << by;
        if ((once(3) | once(5) | once(6)) >> 64) as u64 != 0 {
            for by in [3, 5, 6] {
                let twice = once(by);
                listed |= (twice & twice << (2 * by)) >> 64;
            }
        }
        before = block.spaces;
        let mut signs = long as u64 | listed as u64;
        while signs != 0 {
            let bit = signs.trailing_zeros();
            let at = number * BLOCK + bit as usize;
            if at >= seen {
                seen = if listed as u64 >> bit & 1 == 1 {
                    runs.list(list_start(runs.bytes, at).max(seen))
                        .unwrap_or(at)
                } else {
                    runs.field(at)
                }
                .max(at + 1);
            }
            signs &= signs - 1;
            let skip = seen.saturating_sub(number * BLOCK);
            if skip >= BLOCK {
                break;
            }
            signs &= u64::MAX << skip;
        }
    }
}

/// Where the list that has its fourth space at `at` begins, or near it.
fn list_start(bytes: &[u8], at: usize) -> usize {
    let low = at.saturating_sub(4 * 6);
    let mut start = at;
    while start > low
        && bytes.get(start - 1).is_some_and(|b| {
            b.is_ascii_hexdigit() || matches!(b, b' ' | b',' | b'x' | b'X' | b'\n' | b'\t' | b'\r')
        })
    {
        start -= 1;
    }
    while start < at && !bytes.get(start).is_some_and(u8::is_ascii_hexdigit) {
        start += 1;
    }
    start
}

fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_')
}

fn base64_value(b: u8) -> Option<u8> {
    Some(match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn base32_value(b: u8) -> Option<u8> {
    Some(match b {
        b'A'..=b'Z' => b - b'A',
        b'2'..=b'7' => b - b'2' + 26,
        _ => return None,
    })
}

pub(super) fn hex_value(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|value| value as u8)
}

struct Runs<'a, 'f> {
    bytes: &'a [u8],
    found: &'a mut Found<'f>,
    /// The characters of the piece at hand: position and value.
    piece: Vec<(u32, u8)>,
}

impl Runs<'_, '_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Judges what stands from `at` up to the next white space.
    fn field(&mut self, mut at: usize) -> usize {
        loop {
            let byte = self.byte(at);
            if !is_base64(byte) {
                if at >= self.bytes.len() || byte >= 0x80 || byte.is_ascii_whitespace() {
                    return at;
                }
                at += 1;
                continue;
            }
            let mut end = at;
            while is_base64(self.byte(end)) {
                end += 1;
            }
            if end - at < SHORTEST {
                at = match self.list(at) {
                    Some(end) => end,
                    None => end,
                };
                continue;
            }
            at = self.run(at, end);
        }
    }

    /// Opens a run of base64 characters, whatever it is; returns where it ends.
    fn run(&mut self, start: usize, end: usize) -> usize {
        let run = self.bytes.get(start..end).unwrap_or_default();
        let digits = run.strip_prefix(b"0x").unwrap_or(run);
        if digits.len() >= SHORTEST && digits.iter().all(u8::is_ascii_hexdigit) {
            let from = end - digits.len();
            if self.straight(from, end - digits.len() % 2, 4, hex_value) {
                return end;
            }
        }
        if !run.iter().any(u8::is_ascii_lowercase) && self.straight(start, end, 5, base32_value) {
            return end;
        }
        let (opened, after) = self.base64(start, end);
        if opened {
            return after;
        }
        // A path or a name in front of the run spoils its grouping.
        let mut from = start;
        for part in run.split(|b| !b.is_ascii_alphanumeric()) {
            let to = from + part.len();
            if part.len() >= SHORTEST && part.len() < run.len() {
                let hex = part.iter().all(u8::is_ascii_hexdigit)
                    && self.straight(from, to - part.len() % 2, 4, hex_value);
                if !hex {
                    let (opened, after) = self.base64(from, end);
                    if opened {
                        return after;
                    }
                }
            }
            from = to + 1;
        }
        end
    }

    /// Opens `start..end`, each byte of it worth `bits` bits.
    fn straight(
        &mut self,
        start: usize,
        end: usize,
        bits: usize,
        value: fn(u8) -> Option<u8>,
    ) -> bool {
        let mut opened = false;
        self.piece.clear();
        for at in start..end {
            let Some(value) = value(self.byte(at)) else {
                return opened;
            };
            if !self.take(at, value, bits, &mut opened) {
                return false;
            }
        }
        opened | self.open_piece(bits)
    }

    /// Opens base64 from `start`, first as far as `end`, then over line breaks.
    fn base64(&mut self, start: usize, end: usize) -> (bool, usize) {
        let mut opened = false;
        let (mut at, mut end) = (start, end);
        self.piece.clear();
        loop {
            let line = at;
            while at < end {
                let Some(value) = base64_value(self.byte(at)) else {
                    break;
                };
                if !self.take(at, value, 6, &mut opened) {
                    return (false, end);
                }
                at += 1;
            }
            // The next line belongs to it if nothing else stands there.
            let mut next = at;
            next += usize::from(self.byte(next) == b'\r');
            if at - line < WRAPPED || self.byte(next) != b'\n' {
                break;
            }
            next += 1;
            let mut stop = next;
            while is_base64(self.byte(stop)) {
                stop += 1;
            }
            let ends = matches!(
                self.byte(stop),
                0 | b'\r' | b'\n' | b'=' | b'"' | b'\'' | b'<'
            );
            if stop == next || !ends {
                break;
            }
            (at, end) = (next, stop);
        }
        let opened = opened | self.open_piece(6);
        while self.byte(at) == b'=' {
            at += 1;
        }
        (opened, at)
    }

    /// Takes one character of a run; false if its beginning is no text.
    fn take(&mut self, at: usize, value: u8, bits: usize, opened: &mut bool) -> bool {
        self.piece.push((at as u32, value));
        if self.piece.len() == SHORTEST && !*opened && at + 1 < self.bytes.len() {
            return plausible(&bytes_of(&self.piece, bits));
        }
        if self.piece.len() == PIECE {
            *opened |= self.open_piece(bits);
            // Whole groups: 8 characters are whole bytes in each encoding.
            self.piece.drain(..PIECE - OVERLAP);
        }
        true
    }

    /// Opens the piece at hand, if it is text.
    fn open_piece(&mut self, bits: usize) -> bool {
        if self.piece.len() < SHORTEST {
            return false;
        }
        let bytes = bytes_of(&self.piece, bits);
        let piece = &self.piece;
        // The characters that hold bytes `from..to`.
        let place = |from: usize, to: usize| {
            let first = piece.get(from * 8 / bits);
            let last = piece.get((to * 8 - 1) / bits);
            match (first, last) {
                (Some(first), Some(last)) => (first.0 as usize, last.0 as usize + 1),
                _ => (0, 0),
            }
        };
        let Some((text, offsets)) = text_of(&bytes, place) else {
            return false;
        };
        let at = piece.first().map_or(0, |first| first.0 as usize);
        (self.found)(at, text, offsets);
        true
    }

    /// Opens a list of hexadecimal pairs, `49 67 6e`, `0x49, 0x67`; returns
    /// where it ends, or nothing if there is none worth the name.
    fn list(&mut self, start: usize) -> Option<usize> {
        self.piece.clear();
        let mut at = start;
        let mut end = start;
        let mut opened = false;
        loop {
            if self.byte(at) == b'0' && matches!(self.byte(at + 1), b'x' | b'X') {
                at += 2;
            }
            let (Some(high), Some(low)) = (hex_value(self.byte(at)), hex_value(self.byte(at + 1)))
            else {
                break;
            };
            if self.byte(at + 2).is_ascii_alphanumeric() {
                break;
            }
            if !self.take(at, high, 4, &mut opened) || !self.take(at + 1, low, 4, &mut opened) {
                return Some(at + 2);
            }
            at += 2;
            end = at;
            let gap = at;
            while at < gap + 3 && matches!(self.byte(at), b' ' | b',' | b':' | b'-' | b';' | b'\n')
            {
                at += 1;
            }
            if at == gap {
                break;
            }
        }
        if end == start {
            return None;
        }
        let _ = self.open_piece(4);
        Some(end)
    }
}

fn bytes_of(piece: &[(u32, u8)], bits: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(piece.len() * bits / 8);
    let (mut held, mut count) = (0u32, 0);
    for &(_, value) in piece {
        held = held << bits | u32::from(value);
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    bytes
}

/// Whether the first bytes of a run may be text. Three of four random bytes are
/// not, so this turns nearly everything away.
fn plausible(bytes: &[u8]) -> bool {
    let mut bad = 0;
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        let controls = chunk.valid().bytes().filter(|b| is_bad_byte(*b)).count();
        // The last character may be cut.
        let cut = chunks.peek().is_none();
        bad += controls + if cut { 0 } else { chunk.invalid().len() };
    }
    bad * 4 <= bytes.len() || wide(bytes)
}

/// Bytes that no text holds.
fn is_bad_byte(b: u8) -> bool {
    b < b'\t' || (0x0E..0x20).contains(&b) || matches!(b, 0x0B | 0x0C | 0x7F | 0xC0 | 0xC1 | 0xF5..)
}

/// Whether it looks like UTF-16 (little endian) of mostly Latin text.
fn wide(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    let latin = pairs
        .iter()
        .filter(|[low, high]| *high == 0 && !is_bad_byte(*low))
        .count();
    pairs.len() >= 3 && latin * 4 >= pairs.len() * 3
}

/// The text that bytes hold, if it is mostly printable, and its map; `place`
/// says where bytes `from..to` stand.
pub(super) fn text_of(
    bytes: &[u8],
    place: impl Fn(usize, usize) -> (usize, usize),
) -> Option<(String, OffsetMap)> {
    let mut text = String::with_capacity(bytes.len());
    let mut offsets = OffsetMap::default();
    let (mut good, mut bad) = (0, 0);
    let mut add = |c: char, from: usize, to: usize| {
        let (start, end) = place(from, to);
        text.push(c);
        offsets.whole(c.len_utf8(), start, end - start);
    };
    if wide(bytes) {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
        let mut at = 0;
        for unit in char::decode_utf16(units) {
            let (c, len) = unit.map_or(('\u{FFFD}', 2), |c| (c, c.len_utf16() * 2));
            let fine = c != '\u{FFFD}' && (!c.is_control() || c.is_whitespace());
            if fine {
                good += len
            } else {
                bad += len
            }
            add(c, at, at + len);
            at += len;
        }
    } else {
        let mut at = 0;
        // A piece may begin or end in the middle of a character.
        let head = bytes
            .iter()
            .take(3)
            .take_while(|b| (0x80..0xC0).contains(*b))
            .count();
        at += head;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let valid = match std::str::from_utf8(rest) {
                Ok(valid) => valid,
                Err(error) => {
                    std::str::from_utf8(rest.get(..error.valid_up_to()).unwrap_or_default())
                        .unwrap_or_default()
                }
            };
            for c in valid.chars() {
                let len = c.len_utf8();
                if c.is_control() && !c.is_whitespace() {
                    bad += len
                } else {
                    good += len
                }
                add(c, at, at + len);
                at += len;
            }
            if valid.len() < rest.len() {
                if rest.len() - valid.len() < 4 {
                    break;
                }
                add('\u{FFFD}', at, at + 1);
                bad += 1;
                at += 1;
                if bad * 8 > bytes.len() {
                    return None;
                }
            }
        }
    }
    // One stray byte in ten is forgiven: it is what a cut or a trick leaves.
    (good >= 6 && bad * 10 <= good + bad).then_some((text, offsets))
}
