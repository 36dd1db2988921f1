//! Escapes inside readable text: percent, entities, backslashes, quoted-printable.

use std::ops::Range;

use super::runs::hex_value;
use super::{OVERLAP, PIECE};
use crate::classes::{BLOCK, Block, Classes};
use crate::normalize::{Edits, Stretch, char_end};

/// Backslashes before one escape, from strings quoted within strings.
const MOST_BACKSLASHES: usize = 8;

/// How far an escape vouches for weaker ones beside it, such as `\n` (bytes).
const NEAR: usize = 256;

/// Quoted-printable escapes in a row that are no accident (`x=42` is one).
const LEAST_QUOTED: usize = 3;

/// Notes what each escape of a text stands for.
pub(super) fn find(text: &str, classes: &Classes, edits: &mut Edits) {
    let union = classes.union();
    if union.others == 0 {
        return;
    }
    let mut escapes = Escapes {
        text,
        bytes: text.as_bytes(),
        edits,
    };
    let blocks = classes.blocks();
    let mut seen = 0;
    for (number, block) in blocks.iter().enumerate() {
        let after = blocks.get(number + 1).copied().unwrap_or_default();
        let solid = |block: &Block| block.letters | block.digits | block.others;
        // Each escape goes on with something other than white space.
        let mut signs = block.others & (solid(block) >> 1 | solid(&after) << 63);
        while signs != 0 {
            let at = number * BLOCK + signs.trailing_zeros() as usize;
            signs &= signs - 1;
            if at >= seen {
                seen = match escapes.byte(at) {
                    b'%' => escapes.percent(at),
                    b'&' => escapes.entity(at),
                    b'\\' => escapes.backslash(at),
                    b'=' => escapes.quoted(at),
                    _ => continue,
                };
            }
        }
    }
}

/// The regions of the edits, the long ones cut in overlapping pieces.
pub(super) fn pieces(text: &str, edits: &Edits) -> Vec<Stretch> {
    let mut pieces = Vec::new();
    for region in edits.regions(text) {
        let mut start = region.bytes.start;
        let mut first = region.edits.start;
        loop {
            if region.bytes.end - start <= PIECE + OVERLAP {
                pieces.push(Stretch {
                    bytes: start..region.bytes.end,
                    edits: first..region.edits.end,
                });
                break;
            }
            // No cut inside an escape.
            let mut end = char_end(text, start + PIECE);
            let last = first_ending_after(edits, first..region.edits.end, end);
            let cut = edits.bytes(last);
            let mut upto = last;
            if last < region.edits.end && cut.start < end {
                end = cut.end;
                upto += 1;
            }
            pieces.push(Stretch {
                bytes: start..end,
                edits: first..upto,
            });
            if end >= region.bytes.end {
                break;
            }
            let mut next = char_end(text, end - OVERLAP);
            let number = first_ending_after(edits, first..region.edits.end, next);
            let cut = edits.bytes(number);
            if number < region.edits.end && cut.start < next {
                next = cut.start;
            }
            start = next.max(start + 1);
            first = number;
        }
    }
    pieces
}

/// The first of the edits that ends after `at`.
fn first_ending_after(edits: &Edits, mut among: Range<usize>, at: usize) -> usize {
    while among.start < among.end {
        let middle = among.start + (among.end - among.start) / 2;
        if edits.bytes(middle).end <= at {
            among.start = middle + 1;
        } else {
            among.end = middle;
        }
    }
    among.start
}

struct Escapes<'a> {
    text: &'a str,
    bytes: &'a [u8],
    edits: &'a mut Edits,
}

impl Escapes<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// `digits` hexadecimal digits at `at`.
    fn hex(&self, at: usize, digits: usize) -> Option<u32> {
        self.bytes
            .get(at..at + digits)?
            .iter()
            .try_fold(0, |value, &b| Some(value << 4 | u32::from(hex_value(b)?)))
    }

    /// Puts `c` for `start..end`, unless it is a control nobody reads.
    fn put(&mut self, start: usize, end: usize, c: char) {
        if !c.is_control() || c.is_whitespace() {
            self.edits.push(start, end, c.encode_utf8(&mut [0; 4]));
        }
    }

    /// A run of escaped bytes: each begins with `lead` and has two digits.
    /// Notes the characters they form; returns where the run ends.
    fn bytes_run(&mut self, at: usize, lead: &[u8], least: usize) -> usize {
        let step = lead.len() + 2;
        let mut at = at;
        // Longer runs are opened in parts, which costs at most one character each.
        loop {
            let mut buffer = [0u8; 256];
            let mut starts = [0usize; 257];
            let mut count = 0;
            let mut end = at;
            while count < buffer.len() {
                let soft = self.soft_break(end, lead);
                let here = end + soft;
                if !self
                    .bytes
                    .get(here..)
                    .is_some_and(|rest| rest.starts_with(lead))
                {
                    break;
                }
                let Some(value) = self.hex(here + lead.len(), 2) else {
                    break;
                };
                buffer[count] = value as u8;
                starts[count] = end;
                count += 1;
                end = here + step;
            }
            starts[count] = end;
            if count == 0 {
                return end;
            }
            let high = buffer[..count].iter().any(|b| *b >= 0x80);
            let mut i = 0;
            let enough = count >= least || high;
            while i < count && enough {
                let rest = &buffer[i..count];
                let Some(c) = rest
                    .utf8_chunks()
                    .next()
                    .and_then(|chunk| chunk.valid().chars().next())
                else {
                    // Perhaps cut by the buffer: begin the next part here.
                    if count == buffer.len() && count - i < 4 && i > 0 {
                        break;
                    }
                    i += 1;
                    continue;
                };
                let len = c.len_utf8();
                // A line break in front of an escape goes with it.
                self.put(starts[i], starts[i + len], c);
                i += len;
            }
            if count < buffer.len() {
                return end.max(at + 1);
            }
            at = if enough { starts[i] } else { end };
        }
    }

    /// Length of a soft line break of quoted-printable at `at`.
    fn soft_break(&self, at: usize, lead: &[u8]) -> usize {
        match (lead, self.byte(at), self.byte(at + 1), self.byte(at + 2)) {
            (b"=", b'=', b'\n', _) => 2,
            (b"=", b'=', b'\r', b'\n') => 3,
            _ => 0,
        }
    }

    fn percent(&mut self, at: usize) -> usize {
        if matches!(self.byte(at + 1), b'u' | b'U') {
            return match self.utf16(at, |escapes, at| {
                let lead = escapes.byte(at) == b'%' && matches!(escapes.byte(at + 1), b'u' | b'U');
                let unit = escapes.hex(at + 2, 4)?;
                lead.then_some((unit, at + 6))
            }) {
                Some(end) => end,
                None => at + 1,
            };
        }
        if self.hex(at + 1, 2).is_none() {
            return at + 1;
        }
        // In such a field a plus between words is a space.
        let low = self.edits.done().max(at.saturating_sub(64));
        let mut start = at;
        while start > low && !self.byte(start - 1).is_ascii_whitespace() {
            start -= 1;
        }
        for i in start..at {
            self.plus(i);
        }
        let mut at = self.bytes_run(at, b"%", 1);
        while self.byte(at) == b'+' || self.byte(at).is_ascii_alphanumeric() {
            self.plus(at);
            at += 1;
        }
        at
    }

    fn plus(&mut self, at: usize) {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'%' || b >= 0x80;
        if self.byte(at) == b'+' && at > 0 && word(self.byte(at - 1)) && word(self.byte(at + 1)) {
            self.edits.push(at, at + 1, " ");
        }
    }

    /// UTF-16 units in escapes; `unit` reads one and says where it ends.
    fn utf16(
        &mut self,
        at: usize,
        unit: impl Fn(&Self, usize) -> Option<(u32, usize)>,
    ) -> Option<usize> {
        let (first, mut end) = unit(self, at)?;
        let mut code = first;
        if (0xD800..0xDC00).contains(&first)
            && let Some((second, after)) = unit(self, end)
            && (0xDC00..0xE000).contains(&second)
        {
            code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            end = after;
        }
        if let Some(c) = char::from_u32(code) {
            self.put(at, end, c);
        }
        Some(end)
    }

    fn entity(&mut self, at: usize) -> usize {
        if self.byte(at + 1) == b'#' {
            let hex = matches!(self.byte(at + 2), b'x' | b'X');
            let digits = at + 2 + usize::from(hex);
            let mut end = digits;
            let mut code = 0u32;
            while let Some(value) = (self.byte(end) as char).to_digit(if hex { 16 } else { 10 }) {
                code = code
                    .saturating_mul(if hex { 16 } else { 10 })
                    .saturating_add(value);
                end += 1;
            }
            if end == digits {
                return at + 1;
            }
            end += usize::from(self.byte(end) == b';');
            if let Some(c) = char::from_u32(code) {
                self.put(at, end, c);
            }
            return end;
        }
        let name = self.bytes.get(at + 1..).unwrap_or_default();
        let len = name
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let end = at + 1 + len;
        if len < 2 || self.byte(end) != b';' {
            return at + 1;
        }
        let name = self.text.get(at + 1..end).unwrap_or_default();
        match ENTITIES.iter().find(|(known, _)| *known == name) {
            Some((_, c)) => {
                self.put(at, end + 1, *c);
                end + 1
            }
            None => at + 1,
        }
    }

    fn backslash(&mut self, at: usize) -> usize {
        let run = self.bytes.get(at..).unwrap_or_default();
        let count = run
            .iter()
            .take(MOST_BACKSLASHES)
            .take_while(|&&b| b == b'\\')
            .count();
        let letter = at + count;
        let slashes = &[b'\\'; MOST_BACKSLASHES][..count];
        match self.byte(letter) {
            b'u' if self.byte(letter + 1) == b'{' => {
                let digits = run
                    .get(count + 2..)
                    .unwrap_or_default()
                    .iter()
                    .take(8)
                    .take_while(|b| b.is_ascii_hexdigit())
                    .count();
                let close = letter + 2 + digits;
                match self.hex(letter + 2, digits).and_then(char::from_u32) {
                    Some(c) if digits > 0 && self.byte(close) == b'}' => {
                        self.put(at, close + 1, c);
                        close + 1
                    }
                    _ => letter + 1,
                }
            }
            b'u' => {
                let unit = |escapes: &Self, at: usize| {
                    let lead = escapes.bytes.get(at..at + count)? == slashes
                        && escapes.byte(at + count) == b'u';
                    let unit = escapes.hex(at + count + 1, 4)?;
                    lead.then_some((unit, at + count + 5))
                };
                self.utf16(at, unit).unwrap_or(letter + 1)
            }
            b'U' => match self.hex(letter + 1, 8).and_then(char::from_u32) {
                Some(c) => {
                    self.put(at, letter + 9, c);
                    letter + 9
                }
                None => letter + 1,
            },
            b'x' if self.hex(letter + 1, 2).is_some() => {
                let mut lead = [b'\\'; MOST_BACKSLASHES + 1];
                lead[count] = b'x';
                self.bytes_run(at, &lead[..=count], 1)
            }
            // Too frequent in code and paths to mean anything by themselves.
            c @ (b'n' | b't' | b'r' | b'"' | b'\'' | b'/') if self.beside_an_escape(at) => {
                let c = match c {
                    b'n' | b'r' => '\n',
                    b't' => '\t',
                    quote => quote as char,
                };
                self.put(at, letter + 1, c);
                letter + 1
            }
            _ => letter.max(at + 1),
        }
    }

    fn beside_an_escape(&self, at: usize) -> bool {
        !self.edits.is_empty() && at - self.edits.done() <= NEAR
    }

    fn quoted(&mut self, at: usize) -> usize {
        if self.hex(at + 1, 2).is_none() {
            return at + 1;
        }
        let least = if self.beside_an_escape(at) {
            1
        } else {
            LEAST_QUOTED
        };
        self.bytes_run(at, b"=", least)
    }
}

/// The named entities that stand for what a keyboard has, and a few spaces.
const ENTITIES: [(&str, char); 47] = [
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("lowbar", '_'),
    ("grave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("vert", '|'),
    ("verbar", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("shy", '\u{ad}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];
