//! The prefilter that needs Rust alone: grams, rare bytes and shapes.

use super::bytes::Bytes;
use super::grams::{self, Grams};
use super::shapes::Shapes;
use super::{Candidate, Haystack, Plan, Prefilter, Scratch};

/// Grams for literals, memchr for rare bytes, masks for shapes.
#[derive(Debug)]
pub(crate) struct Portable {
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
        let (grams, bytes): (Vec<_>, Vec<_>) =
            literals.partition(|(literal, _)| grams::suits(literal));
        let shapes: Vec<_> = plan
            .shapes
            .iter()
            .map(|(shape, trigger)| (shape, *trigger))
            .collect();
        Portable {
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
        if !self.grams.is_empty() {
            self.grams.find(text, &mut scratch.folded, &mut add);
        }
        self.bytes.find(text, &mut add);
        if !self.shapes.is_empty() {
            self.shapes.find(haystack.classes, &mut add);
        }
    }
}
