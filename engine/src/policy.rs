//! What to do about findings: a pure function of findings and degradations.

use serde::{Deserialize, Serialize};

use crate::redact::Redaction;
use crate::rule::RuleId;
use crate::rule::{Confidence, Severity};
use crate::text::Direction;

/// From mildest to strictest; the order is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Pass it on.
    Allow,
    /// Pass it on and say so.
    Flag,
    /// Pass it on with the findings replaced.
    Redact,
    /// Do not pass it on.
    Block,
}

/// A part of the screening that should have happened and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Degradation {
    /// A model gave no answer.
    Model {
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
    /// A rule used up the work it is allowed in one text.
    Rule {
        /// Which.
        rule: RuleId,
        /// Which text.
        text: usize,
    },
    /// A text is longer than the limit.
    TextTooLong {
        /// Which text.
        text: usize,
    },
    /// The deadline came before every text was screened.
    Deadline {
        /// The first text that was not wholly screened.
        text: usize,
    },
    /// The service was too busy to screen at all.
    Overloaded,
    /// A part broke; the rest went on.
    Panic {
        /// Which text was being screened.
        text: usize,
    },
}

/// What a policy does when a part of the screening did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhenDegraded {
    /// A rule, or the code that runs rules, failed or ran out of time.
    pub rules: Action,
    /// The service was too busy.
    pub overload: Action,
    /// A text was too long.
    pub too_long: Action,
    /// A model gave no answer.
    pub model: Action,
    /// Something was not ours to read (images, audio, unknown parts).
    pub unjudged: Action,
}

/// One line of a policy: which findings, and what is done about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The finding's category is this or lies below it.
    pub category: Option<String>,
    /// The finding's rule.
    pub rule: Option<RuleId>,
    /// The way of travel.
    pub direction: Option<Direction>,
    /// At least so bad.
    pub min_severity: Option<Severity>,
    /// At least so sure.
    pub min_confidence: Option<Confidence>,
    /// What is done.
    pub then: Action,
    /// Whether a tenant's clause may be milder than this one.
    pub tenant_may_weaken: bool,
}

/// One line of a policy: how findings of a category are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactClause {
    /// The finding's category is this or lies below it; `None`: any.
    pub category: Option<String>,
    /// The manner.
    pub how: Redaction,
}

/// A tenant's own clauses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantClauses {
    /// The tenant's name.
    pub tenant: String,
    /// Asked beside the base policy's clauses; the stricter holds.
    pub decide: Vec<Clause>,
    /// Asked before the base policy's.
    pub redact: Vec<RedactClause>,
}

/// What happens to findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// `false`: monitor mode, the verdict says what would have happened.
    pub enforce: bool,
    /// Read from the top: the first clause that fits a finding decides for it.
    pub clauses: Vec<Clause>,
    /// What happens to a finding that no clause fits.
    pub otherwise: Action,
    /// What happens when a part of the screening did not.
    pub when_degraded: WhenDegraded,
    /// Read from the top: how a finding is replaced. None fits: a label.
    pub redact: Vec<RedactClause>,
    /// Whether keys of JSON objects are rewritten too.
    pub rewrite_keys: bool,
    /// What the caller may show to the person whose text was blocked.
    pub block_message: String,
    /// Tenants with clauses of their own.
    pub tenants: Vec<TenantClauses>,
}

/// What was decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is done.
    pub action: Action,
    /// What would be done if the policy were enforced.
    pub wanted: Action,
    /// One reason a finding, in the findings' order, then one a degradation.
    pub reasons: Vec<Reason>,
}

/// Why a finding, or a degradation, led to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What is spoken of.
    pub about: About,
    /// The clause that decided.
    pub because: Because,
    /// What it asked for, before monitor mode.
    pub action: Action,
}

/// What a reason speaks of: a position in the verdict's findings or degradations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// `findings[i]`
    Finding(usize),
    /// `degraded[i]`
    Degradation(usize),
}

/// Which line of the policy decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// `decide[i]` of the policy.
    Clause(usize),
    /// `decide[i]` of the tenant.
    TenantClause(usize),
    /// No clause fitted.
    Otherwise,
    /// A clause asked for more, but the rule is a draft.
    Draft,
    /// `when_degraded`.
    WhenDegraded,
}
