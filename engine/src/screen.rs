//! From an exchange to a verdict: the one path every text takes.

use std::sync::Arc;
use std::time::Instant;

use crate::finding::Finding;
use crate::policy::{Action, Degradation, Policy, Reason};
use crate::redact::Edit;
use crate::ruleset::{Fingerprint, Ruleset};
use crate::text::{Direction, Text};

/// Everything a verdict depends on, frozen.
pub struct Snapshot {
    /// What is looked for.
    pub ruleset: Ruleset,
    /// What is done about it.
    pub policies: Policies,
    /// Keys for hashes. Not part of the fingerprint.
    pub keys: Keys,
    /// Names ruleset and policies.
    pub fingerprint: Fingerprint,
}

/// The policies of a snapshot, by name.
pub struct Policies {
    /// All of them; the first is the default.
    pub all: Vec<Policy>,
}

/// Keys for hashes.
#[derive(Clone)]
pub struct Keys {
    /// For [`crate::redact::Redaction::Hash`].
    pub hash: [u8; 32],
}

/// What is to be screened: some texts, on their way, for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'t> {
    /// For whom; empty: nobody in particular.
    pub tenant: &'t str,
    /// Whose conversation; empty: none.
    pub session: &'t str,
    /// Which policy; `None`: the default.
    pub policy: Option<&'t str>,
    /// Which way.
    pub direction: Direction,
    /// What was said, in order.
    pub texts: &'t [Text<'t>],
    /// When to stop.
    pub deadline: Instant,
}

/// All that screening says about an exchange.
#[must_use]
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What is to be done.
    pub action: Action,
    /// What would be done if the policy were enforced; equals `action` if it is.
    pub wanted: Action,
    /// The policy that decided.
    pub policy: String,
    /// In order of text, span and rule.
    pub findings: Vec<Finding>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Replacements, in order of text and span; none overlap. Empty in monitor mode.
    pub edits: Vec<Edit>,
    /// What did not happen.
    pub degraded: Vec<Degradation>,
    /// Which snapshot spoke.
    pub snapshot: Fingerprint,
}

/// Screens exchanges with the current snapshot.
pub struct Screener {
    current: arc_swap::ArcSwap<Snapshot>,
}

impl Screener {
    /// A screener that starts with `snapshot`.
    pub fn new(snapshot: Arc<Snapshot>) -> Screener {
        Screener {
            current: arc_swap::ArcSwap::new(snapshot),
        }
    }

    /// Screens with the current snapshot. Never panics, never fails: what did
    /// not happen is named in [`Verdict::degraded`].
    pub fn screen(&self, exchange: &Exchange<'_>) -> Verdict {
        self.snapshot().screen(exchange)
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Makes `next` current and returns the snapshot that was current until now.
    pub fn swap(&self, next: Arc<Snapshot>) -> Arc<Snapshot> {
        self.current.swap(next)
    }
}

impl Snapshot {
    /// Screens with this snapshot.
    pub fn screen(&self, exchange: &Exchange<'_>) -> Verdict {
        let _ = exchange;
        todo!()
    }
}
