//! Packs compiled to one immutable [`Ruleset`], shared by all requests.

use std::fmt;

use crate::rule::{Pack, RuleId};

/// Packs, compiled. Immutable; shared by all requests.
pub struct Ruleset {}

/// SHA-256 over what a verdict depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How packs are compiled.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which prefilter.
    pub backend: Backend,
    /// The longest match a rule may have, in bytes.
    pub max_reach: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            backend: Backend::Portable,
            max_reach: 4096,
        }
    }
}

/// Which prefilter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Rust alone.
    Portable,
    /// libhs: hyperscan or vectorscan.
    #[cfg(feature = "hyperscan")]
    Hyperscan,
}

/// What is wrong with a rule, and in which part of it. The `rules` crate turns
/// it into a line and a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub rule: RuleId,
    /// Which part of it.
    pub part: Part,
    /// What is wrong, for people.
    pub message: String,
    /// What to write instead, for people.
    pub remedy: String,
}

/// A part of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The pattern; `at` and `end` are byte offsets in it.
    Pattern {
        /// First byte.
        at: usize,
        /// One past the last.
        end: usize,
    },
    /// `phrases[index]`.
    Phrase(usize),
    /// `validate[index]`.
    Validator(usize),
    /// `except[index]`.
    Exception(usize),
    /// The dictionary.
    Dictionary,
    /// The block.
    Block,
    /// The context.
    Context,
    /// The model.
    Model,
}

impl Ruleset {
    /// Compiles packs; reports every fault, not the first.
    pub fn compile(packs: &[Pack], options: &Options) -> Result<Ruleset, Vec<Fault>> {
        let _ = (packs, options);
        todo!()
    }

    /// The same packs and options give the same fingerprint on each machine,
    /// on each backend.
    pub fn fingerprint(&self) -> Fingerprint {
        todo!()
    }

    /// The most text, in bytes, that any rule needs to see at once: the
    /// worst-case hold-back of a stream.
    pub fn reach(&self) -> usize {
        todo!()
    }
}
