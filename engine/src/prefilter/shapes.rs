//! Sequences of byte classes, 64 starts at a time.
//!
//! `\d{3}-\d{2}-\d{4}` has no literal, but it has a shape: three digits,
//! another byte, two digits. On the masks of [`crate::classes`] a shape is a
//! chain of `and`s over shifted words, and a chain that is empty after a step
//! or two is left. Shapes of all rules share a trie, so that what they have in
//! common is tested once. Most blocks of prose hold no digit at all, and are
//! passed over.

use crate::classes::{BLOCK, Block, Classes};

use super::need::{DIGIT, HIGH, Kind, LETTER, MAX_SHAPE, OTHER, SPACE, Shape};

/// A trie over shapes.
#[derive(Debug, Default)]
struct Trie {
    /// Node 0 is the root; its `kinds` means nothing.
    nodes: Vec<Node>,
}

/// A run of bytes of one class.
#[derive(Debug, Default)]
struct Node {
    kinds: Kind,
    /// How many bytes.
    len: u8,
    children: Vec<u32>,
    /// Triggers of the shapes that end here.
    ends: Vec<u32>,
}

/// Shapes of all rules.
#[derive(Debug)]
pub(crate) struct Shapes {
    /// Shapes with a digit in them, which start after a boundary, or anywhere.
    digits: [Trie; 2],
    /// Shapes that a text without digits may have, but that begin with
    /// [`SOLID`] bytes none of which is white space: keys.
    solid: [Trie; 2],
    /// Shapes with a mark in the middle, such as `aa-aa`.
    marked: [Trie; 2],
    /// All others.
    any: [Trie; 2],
    /// Every shape with a digit in it has at least so many.
    min_digits: u32,
}

/// Words of prose are shorter than this, with the comma behind them.
const SOLID: u8 = 14;

/// The masks of one block and the bits that follow it.
struct Window {
    /// By class; bit `i` speaks of byte `i` of the block, up to 64 past its end.
    masks: [u128; 5],
    /// Letters and digits, the pair most asked for.
    alphanumeric: u128,
    /// Bit `i`: a shape with a boundary may start at byte `i`.
    starts: u64,
}

impl Shapes {
    /// A search for shapes, each with its trigger.
    pub(crate) fn new(shapes: &[(&Shape, u32)]) -> Shapes {
        let mut built = Shapes {
            digits: Default::default(),
            solid: Default::default(),
            marked: Default::default(),
            any: Default::default(),
            min_digits: u32::MAX,
        };
        for (shape, trigger) in shapes {
            let head = shape.kinds.get(..usize::from(SOLID));
            let solid =
                head.is_some_and(|head| head.iter().all(|kinds| kinds & (SPACE | HIGH) == 0));
            let digits = shape.kinds.iter().filter(|kinds| **kinds == DIGIT).count() as u32;
            let mut pairs = shape.kinds.iter().zip(shape.kinds.iter().skip(1));
            let tries = if digits > 0 {
                built.min_digits = built.min_digits.min(digits);
                &mut built.digits
            } else if solid {
                &mut built.solid
            } else if pairs.any(|(mark, after)| *mark == OTHER && after & SPACE == 0) {
                &mut built.marked
            } else {
                &mut built.any
            };
            if let Some(trie) = tries.get_mut(usize::from(shape.word_start)) {
                trie.insert(&shape.kinds, *trigger);
            }
        }
        built
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.digits
            .iter()
            .chain(&self.solid)
            .chain(&self.marked)
            .chain(&self.any)
            .all(|trie| trie.nodes.is_empty())
    }

    /// Calls `found(trigger, start)` wherever a shape begins.
    pub(crate) fn find(&self, classes: &Classes, mut found: impl FnMut(u32, usize)) {
        let filled = |tries: &[Trie; 2]| tries.iter().any(|trie| !trie.nodes.is_empty());
        let (everywhere, solid) = (filled(&self.any), filled(&self.solid));
        let marked = filled(&self.marked);
        if !everywhere && !solid && !marked && classes.union().digits == 0 {
            return;
        }
        // Bytes of a shape that starts in a block may lie in the next one.
        const AHEAD: u64 = (1 << (MAX_SHAPE - 1)) - 1;
        let blocks = classes.blocks();
        let mut before = 0u64;
        for (i, block) in blocks.iter().enumerate() {
            let next = blocks.get(i + 1).copied().unwrap_or_default();
            let digits = block.digits.count_ones() + (next.digits & AHEAD).count_ones();
            let digits = digits >= self.min_digits;
            let keys = if solid { solid_runs(block, &next) } else { 0 };
            let marks = if marked {
                before_marks(block, &next)
            } else {
                0
            };
            if digits || everywhere || keys | marks != 0 {
                let window = Window::new(block, &next, before);
                let base = i * BLOCK;
                let mut emit = |trigger: u32, bit: u32| found(trigger, base + bit as usize);
                if digits {
                    self.digits[0].walk(0, u64::MAX, 0, &window, &mut emit);
                    self.digits[1].walk(0, window.starts, 0, &window, &mut emit);
                }
                if keys != 0 {
                    self.solid[0].walk(0, keys, 0, &window, &mut emit);
                    self.solid[1].walk(0, keys & window.starts, 0, &window, &mut emit);
                }
                if marks != 0 {
                    self.marked[0].walk(0, marks, 0, &window, &mut emit);
                    self.marked[1].walk(0, marks & window.starts, 0, &window, &mut emit);
                }
                if everywhere {
                    self.any[0].walk(0, u64::MAX, 0, &window, &mut emit);
                    self.any[1].walk(0, window.starts, 0, &window, &mut emit);
                }
            }
            before = (block.letters | block.digits) >> (BLOCK - 1);
        }
    }
}

/// Where [`SOLID`] bytes without white space begin.
fn solid_runs(block: &Block, next: &Block) -> u64 {
    let solid = |block: &Block| block.letters | block.digits | block.others;
    runs(
        u128::from(solid(block)) | u128::from(solid(next)) << 64,
        SOLID,
    ) as u64
}

/// Where a mark that no white space follows stands within the next
/// [`MAX_SHAPE`] bytes: prose has few such.
fn before_marks(block: &Block, next: &Block) -> u64 {
    let join = |of: fn(&Block) -> u64| u128::from(of(block)) | u128::from(of(next)) << 64;
    let solid = join(|b| b.letters | b.digits | b.others | b.high);
    let mut marks = join(|b| b.others) & (solid >> 1);
    let mut reach = 1;
    while reach < MAX_SHAPE {
        let step = reach.min(MAX_SHAPE - reach);
        marks |= marks >> step;
        reach += step;
    }
    marks as u64
}

/// Where `len` set bits begin, by doubling: after a step the bits mark runs of
/// up to twice the length.
#[inline(always)]
fn runs(mut mask: u128, len: u8) -> u128 {
    let mut run = 1;
    while run < len {
        let step = run.min(len - run);
        mask &= mask >> step;
        run += step;
    }
    mask
}

impl Window {
    fn new(block: &Block, next: &Block, before: u64) -> Window {
        let join = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        let alphanumeric = join(block.letters | block.digits, next.letters | next.digits);
        Window {
            alphanumeric,
            masks: [
                join(block.letters, next.letters),
                join(block.digits, next.digits),
                join(block.spaces, next.spaces),
                join(block.high, next.high),
                join(block.others, next.others),
            ],
            starts: !((block.letters | block.digits) << 1 | before),
        }
    }

    /// Where `len` bytes of these classes stand, `depth` bytes further on.
    #[inline(always)]
    fn mask(&self, kinds: Kind, len: u8, depth: usize) -> u64 {
        const ALPHANUMERIC: Kind = LETTER | DIGIT;
        let mut mask = match kinds {
            DIGIT => self.masks[1],
            ALPHANUMERIC => self.alphanumeric,
            OTHER => self.masks[4],
            _ => {
                let mut mask = 0u128;
                for (class, bit) in self.masks.iter().zip([LETTER, DIGIT, SPACE, HIGH, OTHER]) {
                    if kinds & bit != 0 {
                        mask |= class;
                    }
                }
                mask
            }
        };
        mask = runs(mask, len);
        (mask >> depth) as u64
    }
}

impl Trie {
    fn insert(&mut self, kinds: &[Kind], trigger: u32) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = 0usize;
        for run in kinds.chunk_by(|a, b| a == b) {
            let (kind, len) = (run.first().copied().unwrap_or_default(), run.len() as u8);
            let same = |node: &Node| node.kinds == kind && node.len == len;
            let child = self.nodes.get(at).and_then(|node| {
                node.children
                    .iter()
                    .copied()
                    .find(|&c| self.nodes.get(c as usize).is_some_and(same))
            });
            at = match child {
                Some(child) => child as usize,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(Node {
                        kinds: kind,
                        len,
                        ..Node::default()
                    });
                    if let Some(node) = self.nodes.get_mut(at) {
                        node.children.push(child as u32);
                    }
                    child
                }
            };
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.ends.push(trigger);
        }
    }

    /// `alive`: starts for which everything down to this node holds.
    fn walk(
        &self,
        node: usize,
        alive: u64,
        depth: usize,
        window: &Window,
        emit: &mut impl FnMut(u32, u32),
    ) {
        let Some(node) = self.nodes.get(node) else {
            return;
        };
        for &trigger in &node.ends {
            let mut bits = alive;
            while bits != 0 {
                emit(trigger, bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        for &child in &node.children {
            let Some((kinds, len)) = self
                .nodes
                .get(child as usize)
                .map(|node| (node.kinds, node.len))
            else {
                continue;
            };
            let alive = alive & window.mask(kinds, len, depth);
            if alive != 0 {
                self.walk(
                    child as usize,
                    alive,
                    depth + usize::from(len),
                    window,
                    emit,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::need::kind;
    use super::*;
    use proptest::prelude::*;

    fn find(shapes: &[Shape], text: &str) -> Vec<(u32, usize)> {
        let numbered: Vec<_> = shapes
            .iter()
            .enumerate()
            .map(|(i, s)| (s, i as u32))
            .collect();
        let mut classes = Classes::default();
        classes.compute(text.as_bytes());
        let mut found = Vec::new();
        Shapes::new(&numbered).find(&classes, |trigger, at| found.push((trigger, at)));
        found.sort();
        found
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_and_nothing_is_made_up(
            shapes in prop::collection::vec((prop::collection::vec(1u8..32, 1..=16), any::<bool>()), 1..12),
            text in "[a1 é,]{0,200}",
        ) {
            let mut shapes: Vec<Shape> =
                shapes.into_iter().map(|(kinds, word_start)| Shape { kinds, word_start }).collect();
            shapes.sort();
            shapes.dedup();
            let bytes = text.as_bytes();
            let mut expected = Vec::new();
            for (i, shape) in shapes.iter().enumerate() {
                for at in 0..bytes.len() {
                    let holds = shape.kinds.iter().enumerate().all(|(k, kinds)| {
                        bytes.get(at + k).is_some_and(|&b| kind(b) & kinds != 0)
                    });
                    let boundary = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
                    if holds && (boundary || !shape.word_start) {
                        expected.push((i as u32, at));
                    }
                }
            }
            prop_assert_eq!(find(&shapes, &text), expected);
        }
    }
}
