//! A rule that matched, where, and how sure it is; order and overlap of findings.

use crate::normalize::View;
use crate::rule::{Category, Confidence, RuleId, Severity, Status};
use crate::text::Span;

/// A rule that matched, where, and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Which text of the exchange.
    pub text: usize,
    /// Where in that text, as received.
    pub span: Span,
    /// What it is.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// 0 to 1: [`Confidence::score`] for rules, calibrated for models.
    pub score: f32,
    /// The view that showed it.
    pub view: View,
    /// The status of its rule.
    pub status: Status,
}

impl Finding {
    /// Whether this finding gives the replacement where it overlaps `other`:
    /// the worse, then the surer, then the longer, then the first by name.
    pub fn wins_over(&self, other: &Finding) -> bool {
        let rank = |f: &Finding| (f.severity, f.confidence, f.span.len());
        match rank(self).cmp(&rank(other)) {
            std::cmp::Ordering::Equal => self.rule < other.rule,
            order => order.is_gt(),
        }
    }
}
