//! The prefilter that needs Rust alone: words, grams, rare bytes and shapes.

use super::bytes::Bytes;
use super::grams::{self, Grams};
use super::shapes::Shapes;
use super::words::{self, Words};
use super::{Candidate, Haystack, Plan, Prefilter, Scratch};

/// A look-up a word for words, grams for other literals, memchr for rare bytes,
/// masks for shapes.
#[derive(Debug)]
pub(crate) struct Portable {
    words: Words,
    grams: Grams,
    bytes: Bytes,
    shapes: Shapes,
}

impl Portable {
    /// A prefilter for what `plan` looks for.
    pub(crate) fn new(plan: &Plan) -> Portable {
        let literals = plan
            .literals
            .iter()
            .map(|(literal, trigger)| (literal, *trigger));
        let (words, others): (Vec<_>, Vec<_>) =
            literals.partition(|(literal, _)| words::suits(literal));
        let (grams, bytes): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|(literal, _)| grams::suits(literal));
        let shapes: Vec<_> = plan
            .shapes
            .iter()
            .map(|(shape, trigger)| (shape, *trigger))
            .collect();
        Portable {
            words: Words::new(&words),
            grams: Grams::new(&grams),
            bytes: Bytes::new(&bytes),
            shapes: Shapes::new(&shapes),
        }
    }
}

impl Prefilter for Portable {
    fn name(&self) -> &'static str {
        "portable"
    }

    fn candidates(
        &self,
        haystack: &Haystack<'_>,
        scratch: &mut Scratch,
        found: &mut Vec<Candidate>,
    ) {
        let text = haystack.text.as_bytes();
        let mut add = |trigger: u32, at: usize| {
            found.push(Candidate {
                trigger,
                at: at as u32,
            })
        };
        if !self.words.is_empty() {
            self.words.find(text, haystack.classes, &mut add);
        }
        if !self.grams.is_empty() {
            self.grams.find(text, &mut scratch.folded, &mut add);
        }
        self.bytes.find(text, &mut add);
        if !self.shapes.is_empty() {
            self.shapes.find(haystack.classes, &mut add);
        }
    }
}
