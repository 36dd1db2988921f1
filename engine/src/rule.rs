//! A rule as meant: complete, checked for form, not yet compiled.
//!
//! A rule says what a thing *is*. What to do about it is the policy's business.
//! The written form with positions is `rules::written`; the compiled form lives
//! in [`crate::ruleset`].

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::normalize::View;
use crate::text::{Direction, Role};

/// A stable, readable name: `pii.payment-card`. Never reused, never renumbered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// A rule id of this name.
    pub fn new(name: &str) -> RuleId {
        RuleId(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path in the category tree: `pii/financial/payment-card`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(Arc<str>);

impl Category {
    /// A category of this path.
    pub fn new(path: &str) -> Category {
        Category(path.into())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first segment: `pii` of `pii/contact/email`.
    pub fn root(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The last segment: `email` of `pii/contact/email`.
    pub fn leaf(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether this is `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &str) -> bool {
        self.0
            .strip_prefix(ancestor)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth looking at.
    Medium,
    /// Harm is likely if it passes.
    High,
    /// Harm is certain if it passes.
    Critical,
}

/// How sure we are. Three words instead of a number, because somebody has to
/// defend the difference. Model scores become one of them at their thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It may be this.
    Possible,
    /// It is probably this.
    Likely,
    /// It is this.
    Certain,
}

impl Confidence {
    /// The number that stands for the word in replies, 0 to 1.
    ///
    /// Rules have no probability of their own; these are the middles of the
    /// three thirds, kept off the ends so that no rule claims 0 or 1.
    pub fn score(self) -> f32 {
        match self {
            Confidence::Possible => 0.35,
            Confidence::Likely => 0.65,
            Confidence::Certain => 0.95,
        }
    }
}

/// Where a rule stands in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Runs, but never acts above flag.
    Draft,
    /// Runs and acts.
    Stable,
    /// Still runs; `replaced_by` names its heir.
    Deprecated {
        /// The rule that takes its place.
        replaced_by: Option<RuleId>,
    },
}

/// A rule as meant.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// One line for people.
    pub title: String,
    /// Why it exists, in plain sentences.
    pub rationale: String,
    /// Where it stands in its life.
    pub status: Status,
    /// What it finds.
    pub category: Category,
    /// How bad a finding is.
    pub severity: Severity,
    /// Clauses it serves: `GDPR/4.1`.
    pub regulations: Vec<String>,
    /// Pages of the issuer or the standard.
    pub references: Vec<String>,
    /// Which ways of travel it looks at.
    pub directions: Vec<Direction>,
    /// How it looks at a text.
    pub views: Vec<View>,
    /// Who must have said the text.
    pub roles: Vec<Role>,
    /// Terms that take a finding away when they cover it.
    pub allow: Vec<String>,
    /// How it finds.
    pub detect: Detect,
    /// What it must and must not find.
    pub examples: Examples,
}

/// How a rule finds.
#[derive(Clone, Debug)]
pub struct Detect {
    /// What is looked for.
    pub what: What,
    /// Names from [`crate::validate::VALIDATORS`]; all must pass.
    pub validate: Vec<String>,
    /// What takes a match away when it stands inside it.
    pub except: Vec<Exception>,
    /// Words around a match that speak for it or against it.
    pub context: Option<ContextSpec>,
    /// How sure a match is before context speaks.
    pub confidence: Confidence,
}

/// What a rule looks for.
#[derive(Clone, Debug)]
pub enum What {
    /// A pattern in our dialect, see [`crate::pattern`].
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// The match goes on over following characters of its last class,
        /// without limit.
        run: bool,
    },
    /// Phrases: whole words, any case, any run of white space for a space.
    Phrases(Vec<String>),
    /// A long list of terms.
    Dictionary {
        /// The file, for messages.
        name: String,
        /// One term an entry.
        terms: Arc<Vec<String>>,
        /// 0 or 1: how many typing mistakes a term may have.
        max_typos: u8,
    },
    /// From one of `begin` up to one of `end`: keys in armour.
    Block {
        /// Literals that open it, any case.
        begin: Vec<String>,
        /// Literals that close it, any case.
        end: Vec<String>,
        /// A block that is not closed is found up to so many bytes.
        max_bytes: usize,
    },
    /// A label of a model.
    Model {
        /// The model's name.
        model: String,
        /// One of its labels.
        label: String,
    },
}

/// What takes a match away when it stands inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A phrase.
    Phrase(String),
    /// A pattern in our dialect.
    Pattern(String),
}

/// Words around a match that speak for it or against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextSpec {
    /// How far to look on both sides, in code points.
    pub within_chars: usize,
    /// Words that make a finding certain.
    pub raise: Vec<String>,
    /// Words that make a finding merely possible; `raise` beats them.
    pub lower: Vec<String>,
    /// Without a word of `raise` there is no finding at all.
    pub require: bool,
}

/// What a rule must and must not find.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// Texts with findings.
    pub matches: Vec<MatchExample>,
    /// Texts without.
    pub no_match: Vec<NoMatchExample>,
}

/// A text in which a rule must find.
#[derive(Clone, Debug)]
pub struct MatchExample {
    /// The text.
    pub text: String,
    /// The findings' exact texts, in order.
    pub finds: Vec<String>,
    /// The confidence of each finding, if the example cares.
    pub confidence: Option<Confidence>,
    /// The view that shows each finding, if the example cares.
    pub view: Option<View>,
}

/// A text in which a rule must not find.
#[derive(Clone, Debug)]
pub struct NoMatchExample {
    /// The text.
    pub text: String,
    /// Why not, for the reader.
    pub because: String,
}

/// Rules that are released together.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line for people.
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// Its rules.
    pub rules: Vec<Rule>,
}
