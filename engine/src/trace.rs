//! Why a rule did or did not fire, step by step.

use crate::finding::Finding;
use crate::normalize::{Normalized, View, ViewSpan};
use crate::rule::{Confidence, RuleId};
use crate::text::Span;

/// What one rule did with one text.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The rule.
    pub rule: RuleId,
    /// What happened, in order, a view at a time.
    pub steps: Vec<Step>,
    /// What came of it.
    pub findings: Vec<Finding>,
}

/// One thing that happened. Spans are in the text as received.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The rule does not look at this direction or role.
    OutOfScope {
        /// Why not.
        why: String,
    },
    /// The rule looked at this view.
    View {
        /// Which.
        view: View,
        /// What the view shows.
        text: String,
    },
    /// What the rule needs before its pattern is tried at all.
    Needs {
        /// The literals or shapes, for people.
        what: String,
        /// Where one of them stands; empty: nowhere, so the rule cannot match.
        places: Vec<Span>,
    },
    /// The pattern, phrase, term or block matches here.
    Match {
        /// Where.
        span: Span,
        /// What matched.
        text: String,
    },
    /// The pattern matches nowhere.
    NoMatch,
    /// The rule used up the work it is allowed in one text.
    Exhausted,
    /// A validator spoke.
    Validator {
        /// Its name.
        name: String,
        /// Whether the match passed.
        passed: bool,
    },
    /// An exception stands inside the match and takes it away.
    Exception {
        /// The phrase or pattern.
        what: String,
    },
    /// An allow term covers the match and takes it away.
    Allowed {
        /// The term.
        term: String,
    },
    /// A context word stands near.
    Context {
        /// The word; `None`: no context word stands near.
        word: Option<String>,
        /// The confidence it leads to; `None`: no finding without a word.
        confidence: Option<Confidence>,
    },
}

impl Step {
    /// Turns spans of a view into spans of the text as received.
    pub(crate) fn place_in_original(&mut self, view: &Normalized<'_>) {
        let place = |span: &mut Span| {
            *span = view.original_span(ViewSpan {
                start: span.start,
                end: span.end,
            });
        };
        match self {
            Step::Needs { places, .. } => places.iter_mut().for_each(place),
            Step::Match { span, .. } => place(span),
            _ => {}
        }
    }
}
