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
    let mut before = Block::default();
    for (number, block) in blocks.iter().enumerate() {
        let after = blocks.get(number + 1).copied().unwrap_or_default();
        let words = words_begin(&before, block, &after);
        let listed = if block.digits == 0 {
            0
        } else {
            listed(&before, block)
        };
        let mut signs = words | listed;
        while signs != 0 {
            let bit = signs.trailing_zeros();
            signs &= signs - 1;
            let at = number * BLOCK + bit as usize;
            if at < seen {
                continue;
            }
            if listed >> bit & 1 == 1 {
                seen = runs.listed(at, seen);
            } else if solid_around(&before, block, &after, bit) >= SHORTEST as u32 {
                seen = runs.around(at, seen);
            }
        }
        before = *block;
    }
}

/// Places where twelve or more letters and digits in a row begin. Base64 of
/// ASCII has no other characters, but for a few `>`, `?` and `~`; of Chinese one
/// in twenty, so a short run of that may be missed. Eight would find it, and
/// cost as much again on English, which has a word of eight in every line.
#[inline(always)]
fn words_begin(before: &Block, block: &Block, after: &Block) -> u64 {
    let word = |block: &Block| block.letters | block.digits;
    let (mut long, mut next) = (word(block), word(after));
    let first = !(long << 1 | word(before) >> 63);
    for by in [1, 2, 4, 4] {
        long &= long >> by | next << (64 - by);
        next &= next >> by;
    }
    long & first
}

/// Places of the fourth of digits at equal distances, each at the start of a
/// word: `49 67 6e`, `0x49 0x67`. Escaped ASCII begins with a digit in every pair.
#[inline(always)]
fn listed(before: &Block, block: &Block) -> u64 {
    let word = |block: &Block| block.letters | block.digits;
    let digits = block.digits & !(word(block) << 1 | word(before) >> 63);
    let earlier = before.digits & !(word(before) << 1);
    let mut found = 0;
    for by in [3, 4, 5, 6] {
        let step = |n: u32| digits << (by * n) | earlier >> (64 - by * n);
        found |= digits & step(1) & step(2) & step(3);
    }
    found
}

/// Bytes around bit `bit` without white space or characters beyond ASCII, as far
/// as the blocks beside it show.
fn solid_around(before: &Block, block: &Block, after: &Block, bit: u32) -> u32 {
    let solid = |block: &Block| u128::from(block.letters | block.digits | block.others);
    let ahead = (solid(block) | solid(after) << 64) >> bit;
    let back = (solid(before) | solid(block) << 64) << (64 - bit);
    ahead.trailing_ones() + back.leading_ones()
}

/// Where the list that has its fourth entry at `at` begins, or near it.
fn list_start(bytes: &[u8], at: usize) -> usize {
    let low = at.saturating_sub(4 * 6 + 1);
    let mut start = at;
    while start > low
        && bytes
            .get(start - 1)
            .is_some_and(|b| b.is_ascii_hexdigit() || matches!(b, b'x' | b'X') || is_gap(*b))
    {
        start -= 1;
    }
    while start < at && !bytes.get(start).is_some_and(u8::is_ascii_hexdigit) {
        start += 1;
    }
    start
}

/// What may stand between the entries of a list.
fn is_gap(b: u8) -> bool {
    matches!(b, b' ' | b',' | b':' | b'-' | b';' | b'\n' | b'\r' | b'\t')
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

    /// Judges the run of base64 characters around `at`; returns where it ends.
    fn around(&mut self, at: usize, seen: usize) -> usize {
        let mut start = at;
        while start > seen && is_base64(self.byte(start - 1)) {
            start -= 1;
        }
        let mut end = at;
        while is_base64(self.byte(end)) {
            end += 1;
        }
        if end - start < SHORTEST {
            return end;
        }
        self.run(start, end)
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
        if self.straight(start, end, 5, base32_value) {
            return end;
        }
        let (opened, after) = self.base64(start, end);
        if opened {
            return after;
        }
        if digits.iter().all(u8::is_ascii_alphanumeric) {
            return end;
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
        if !self.begins_as_text(start, bits, value) {
            return false;
        }
        let mut opened = false;
        self.piece.clear();
        for at in start..end {
            let Some(value) = value(self.byte(at)) else {
                return opened;
            };
            opened |= self.take(at, value, bits);
        }
        opened | self.open_piece(bits)
    }

    /// Whether the first characters from `start` on open to text, perhaps.
    fn begins_as_text(&self, start: usize, bits: usize, value: fn(u8) -> Option<u8>) -> bool {
        let mut bytes = [0u8; SHORTEST];
        let (mut held, mut count, mut len) = (0u32, 0, 0);
        for at in start..start + SHORTEST {
            let Some(value) = value(self.byte(at)) else {
                return false;
            };
            held = held << bits | u32::from(value);
            count += bits;
            if count >= 8 {
                count -= 8;
                bytes[len] = (held >> count) as u8;
                len += 1;
            }
        }
        plausible(&bytes[..len])
    }

    /// Opens base64 from `start`, first as far as `end`, then over line breaks.
    fn base64(&mut self, start: usize, end: usize) -> (bool, usize) {
        if !self.begins_as_text(start, 6, base64_value) {
            return (false, end);
        }
        let mut opened = false;
        let (mut at, mut end) = (start, end);
        self.piece.clear();
        loop {
            let line = at;
            while at < end {
                let Some(value) = base64_value(self.byte(at)) else {
                    break;
                };
                opened |= self.take(at, value, 6);
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

    /// Takes one character of a run; whether that opened a piece.
    fn take(&mut self, at: usize, value: u8, bits: usize) -> bool {
        self.piece.push((at as u32, value));
        if self.piece.len() < PIECE {
            return false;
        }
        let opened = self.open_piece(bits);
        // Whole groups: 8 characters are whole bytes in each encoding.
        self.piece.drain(..PIECE - OVERLAP);
        opened
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

    /// Opens the list whose fourth entry is at `at`; returns where it ends.
    fn listed(&mut self, at: usize, seen: usize) -> usize {
        let mut start = list_start(self.bytes, at).max(seen);
        // A word in front of it may look like a part of it.
        while start < at {
            if let Some(end) = self.list(start)
                && end > at
            {
                return end;
            }
            while start < at && self.byte(start).is_ascii_alphanumeric() {
                start += 1;
            }
            while start < at && !self.byte(start).is_ascii_alphanumeric() {
                start += 1;
            }
        }
        self.list(at).unwrap_or(at)
    }

    /// Opens a list of hexadecimal pairs, `49 67 6e`, `0x49, 0x67`; returns
    /// where it ends, or nothing if there is none worth the name.
    fn list(&mut self, start: usize) -> Option<usize> {
        self.piece.clear();
        let mut at = start;
        let mut end = start;
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
            self.take(at, high, 4);
            self.take(at + 1, low, 4);
            at += 2;
            end = at;
            let gap = at;
            while at < gap + 3 && is_gap(self.byte(at)) {
                at += 1;
            }
            if at == gap {
                break;
            }
        }
        if end == start {
            return None;
        }
        self.open_piece(4);
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
    if good < 6 || bad * 10 > good + bad {
        return None;
    }
    // Chance makes symbols where people make words.
    let (mut words, mut all) = (0, 0);
    for c in text.chars() {
        words += usize::from(c.is_alphanumeric() || c.is_whitespace());
        all += 1;
    }
    (words * 2 >= all).then_some((text, offsets))
}
