//! Literals with a rare byte in them: `@`, `://`.
//!
//! Too short for grams, or with nothing but punctuation in them, but memchr
//! finds their rarest byte faster than anything else finds anything.

use super::grams::Verify;
use super::need::Literal;

/// The literals that share a rare byte.
#[derive(Debug)]
struct Group {
    byte: u8,
    literals: Vec<Wanted>,
    /// Bytes that may stand before and after the rare one in any of them.
    before: Box<[bool; 256]>,
    after: Box<[bool; 256]>,
}

#[derive(Debug)]
struct Wanted {
    literal: Verify,
    /// Where in the literal the rare byte stands.
    offset: usize,
    trigger: u32,
}

/// Literals, by their rarest byte.
#[derive(Debug)]
pub(crate) struct Bytes {
    groups: Vec<Group>,
}

/// The share of bytes in ordinary text that are this one: counts over ordinary
/// prompts, documents and code, rounded up. Letters, digits, white space and the
/// marks of every sentence are never worth it.
fn share(byte: u8) -> Option<f64> {
    Some(match byte {
        b'@' | b'^' | b'~' | b'|' | b'&' | b'%' | b'\\' | b'#' | b'+' | b'!' => 0.0008,
        b'<' | b'>' | b'{' | b'}' | b'[' | b']' | b'$' | b'?' | b';' => 0.0012,
        b'*' | b'=' | b'_' => 0.003,
        b'/' | b':' => 0.004,
        _ => return None,
    })
}

/// The rarest byte of a literal: where it stands and its share of ordinary text.
pub(super) fn rarest(bytes: &[u8]) -> Option<(usize, f64)> {
    bytes
        .iter()
        .enumerate()
        .filter_map(|(i, &byte)| Some((i, share(byte)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

impl Bytes {
    /// A search for literals with a rare byte, each with its trigger.
    pub(crate) fn new(literals: &[(&Literal, u32)]) -> Bytes {
        let mut groups: Vec<Group> = Vec::new();
        for (literal, trigger) in literals {
            let Some((offset, _)) = rarest(&literal.bytes) else {
                continue;
            };
            let Some(&byte) = literal.bytes.get(offset) else {
                continue;
            };
            let before = offset
                .checked_sub(1)
                .map_or([true; 256], |i| literal.allows(i));
            let after = literal.allows(offset + 1);
            let wanted = Wanted {
                literal: Verify::new(literal),
                offset,
                trigger: *trigger,
            };
            match groups.iter_mut().find(|group| group.byte == byte) {
                Some(group) => {
                    group.literals.push(wanted);
                    group
                        .before
                        .iter_mut()
                        .zip(before)
                        .for_each(|(all, one)| *all |= one);
                    group
                        .after
                        .iter_mut()
                        .zip(after)
                        .for_each(|(all, one)| *all |= one);
                }
                None => groups.push(Group {
                    byte,
                    literals: vec![wanted],
                    before: Box::new(before),
                    after: Box::new(after),
                }),
            }
        }
        Bytes { groups }
    }

    /// Calls `found(trigger, start of the literal)` for every literal in `text`.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(u32, usize)) {
        for group in &self.groups {
            for at in memchr::memchr_iter(group.byte, text) {
                let before = at
                    .checked_sub(1)
                    .and_then(|i| text.get(i))
                    .copied()
                    .unwrap_or(b'\n');
                let after = text.get(at + 1).copied().unwrap_or(b'\n');
                if !(group.before[usize::from(before)] && group.after[usize::from(after)]) {
                    continue;
                }
                for wanted in &group.literals {
                    let Some(start) = at.checked_sub(wanted.offset) else {
                        continue;
                    };
                    if wanted.literal.stands_at(text, start) {
                        found(wanted.trigger, start);
                    }
                }
            }
        }
    }
}
