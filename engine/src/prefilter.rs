//! Names, in one pass over a text, every place where a rule may match.
//!
//! A prefilter may err in one direction only. It may name a place where nothing
//! matches; it must never leave out one where something does. Everything after
//! it is shared by all backends, so backends that keep this contract find the
//! same things; `tests/suite/oracle.rs` tries to break it.
//!
//! What is looked for is planned here, once for all backends: each pattern,
//! phrase or block is a *unit*, and each piece of evidence that a unit needs is
//! a *trigger* that says how far around it the match may reach. A unit of which
//! nothing can be said is not the prefilter's business: the matcher runs it over
//! the whole text, and lint R120 tells its author.

mod bytes;
mod grams;
#[cfg(feature = "hyperscan")]
mod hyperscan;
pub(crate) mod need;
mod portable;
mod rarity;
mod shapes;
mod words;

use crate::classes::Classes;

#[cfg(feature = "hyperscan")]
pub(crate) use self::hyperscan::Hyperscan;
use self::need::{Literal, Need, Shape};
pub(crate) use self::portable::Portable;

/// A place where a unit may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which evidence stands there.
    pub(crate) trigger: u32,
    /// Where it begins, in bytes of the view.
    pub(crate) at: u32,
}

/// Names every place where a unit may match.
pub trait Prefilter: Send + Sync {
    /// What it is called in `engine` of a reply.
    fn name(&self) -> &'static str;
    /// Adds the places to `found`, in no order.
    fn candidates(
        &self,
        haystack: &Haystack<'_>,
        scratch: &mut Scratch,
        found: &mut Vec<Candidate>,
    );
}

/// A text with its byte classes.
pub struct Haystack<'h> {
    pub(crate) text: &'h str,
    pub(crate) classes: &'h Classes,
}

/// Memory that prefilters use again from text to text.
#[derive(Default)]
pub struct Scratch {
    pub(crate) folded: Vec<u8>,
}

/// One piece of evidence, and how far a match may reach around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trigger {
    /// Whose evidence.
    pub unit: u32,
    /// A match begins at most so many bytes before the evidence.
    pub before: u32,
    /// A match ends at most so many bytes after the evidence *begins*.
    pub after: u32,
}

/// What a prefilter looks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub literals: Vec<(Literal, u32)>,
    pub shapes: Vec<(Shape, u32)>,
    pub triggers: Vec<Trigger>,
    /// Units that nothing can be said of.
    pub everywhere: Vec<Everywhere>,
}

/// A unit that runs over the whole text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Everywhere {
    pub unit: u32,
    /// But only if the text has a character beyond ASCII.
    pub beyond_ascii: bool,
}

impl Plan {
    /// Adds a unit whose longest match is `longest` bytes.
    pub(crate) fn add(&mut self, unit: u32, need: Need, longest: usize) {
        let (literals, shapes) = match need {
            Need::Some { literals, shapes } => (literals, shapes),
            Need::BeyondAscii => {
                return self.everywhere.push(Everywhere {
                    unit,
                    beyond_ascii: true,
                });
            }
            Need::Nothing => {
                return self.everywhere.push(Everywhere {
                    unit,
                    beyond_ascii: false,
                });
            }
        };
        for literal in literals {
            let trigger = self.triggers.len() as u32;
            self.triggers.push(Trigger {
                unit,
                before: literal.before as u32,
                after: (literal.bytes.len() + literal.after) as u32,
            });
            self.literals.push((literal, trigger));
        }
        if !shapes.is_empty() {
            // A shape begins the match, so one trigger serves all of them.
            let trigger = self.triggers.len() as u32;
            self.triggers.push(Trigger {
                unit,
                before: 0,
                after: longest as u32,
            });
            self.shapes
                .extend(shapes.into_iter().map(|shape| (shape, trigger)));
        }
    }

    /// What the units of this plan need, in words, for explanations.
    pub(crate) fn describe(&self, unit: u32) -> String {
        let of_unit = |trigger: &u32| {
            self.triggers
                .get(*trigger as usize)
                .is_some_and(|t| t.unit == unit)
        };
        let literals: Vec<String> = self
            .literals
            .iter()
            .filter(|(_, trigger)| of_unit(trigger))
            .map(|(literal, _)| {
                let shown = literal
                    .bytes
                    .iter()
                    .map(|&b| {
                        if matches!(b, need::LOOSE | need::ANY) {
                            b'?'
                        } else {
                            b
                        }
                    })
                    .collect::<Vec<_>>();
                format!("`{}`", String::from_utf8_lossy(&shown))
            })
            .collect();
        if !literals.is_empty() {
            let more = literals.len().saturating_sub(8);
            let shown = literals.into_iter().take(8).collect::<Vec<_>>().join(", ");
            return if more > 0 {
                format!("one of {shown} and {more} more")
            } else {
                format!("one of {shown}")
            };
        }
        let shapes: Vec<String> = self
            .shapes
            .iter()
            .filter(|(_, trigger)| of_unit(trigger))
            .map(|(shape, _)| {
                shape
                    .kinds
                    .iter()
                    .map(|&kinds| need::symbol(kinds))
                    .collect()
            })
            .collect();
        if shapes.is_empty() {
            return "nothing in particular: the whole text is searched".to_owned();
        }
        let shown = shapes
            .iter()
            .take(4)
            .map(|s| format!("`{s}`"))
            .collect::<Vec<_>>()
            .join(", ");
        format!(
            "a run of bytes of the shape {shown} (9 digit, a letter, n either, _ space, - other, ? any)"
        )
    }
}
