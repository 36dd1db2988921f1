//! From an exchange to a verdict: the one path every text takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use regex_automata::util::pool::Pool;
use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::policy::{Action, Degradation, Policy, Reason};
use crate::redact::{Edit, Redactor, Scope, Vault};
use crate::ruleset::{Fingerprint, Ruleset, Scratch};
use crate::text::{Direction, Text};

/// Everything a verdict depends on, frozen.
pub struct Snapshot {
    ruleset: Ruleset,
    policies: Policies,
    keys: Keys,
    vault: Option<Arc<dyn Vault>>,
    max_text: usize,
    fingerprint: Fingerprint,
    scratch: Pool<
        Scratch,
        Box<dyn Fn() -> Scratch + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>,
    >,
}

/// The policies of a snapshot.
#[derive(Clone, Debug)]
pub struct Policies {
    /// In the order of their files.
    all: Vec<Policy>,
    default: usize,
}

/// There is no policy of the name that should be the default.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no policy named `{0}`")]
pub struct NoSuchPolicy(pub String);

impl Policies {
    /// Policies, of which the one named `default` speaks where none is asked for.
    pub fn new(all: Vec<Policy>, default: &str) -> Result<Policies, NoSuchPolicy> {
        let position = all.iter().position(|policy| policy.name == default);
        let default = position.ok_or_else(|| NoSuchPolicy(default.to_owned()))?;
        Ok(Policies { all, default })
    }

    /// All of them.
    pub fn all(&self) -> &[Policy] {
        &self.all
    }

    /// The policy of this name, or the default for `None`.
    pub fn get(&self, name: Option<&str>) -> Option<&Policy> {
        match name {
            None => self.all.get(self.default),
            Some(name) => self.all.iter().find(|policy| policy.name == name),
        }
    }
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
    /// Which policy; `None`: the default. A name that does not exist is the
    /// caller's to refuse: here the default speaks.
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
    /// Why: one a finding, then one a degradation.
    pub reasons: Vec<Reason>,
    /// Replacements, in order of text and span; none overlap. Empty in monitor mode.
    pub edits: Vec<Edit>,
    /// What did not happen.
    pub degraded: Vec<Degradation>,
    /// Times the token store failed and a label stands in place of a token.
    pub vault_failures: usize,
    /// Which snapshot spoke.
    pub snapshot: Fingerprint,
}

/// Screens exchanges with the current snapshot.
pub struct Screener {
    current: ArcSwap<Snapshot>,
}

impl Screener {
    /// A screener that starts with `snapshot`.
    pub fn new(snapshot: Arc<Snapshot>) -> Screener {
        Screener {
            current: ArcSwap::new(snapshot),
        }
    }

    /// Screens with the current snapshot. Never panics, never fails: what did
    /// not happen is named in [`Verdict::degraded`].
    pub fn screen(&self, exchange: &Exchange<'_>) -> Verdict {
        self.current.load().screen(exchange)
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
    /// Texts longer than this are not screened but named, unless said otherwise.
    pub const MAX_TEXT: usize = 16 << 20;

    /// A snapshot of a ruleset and policies.
    pub fn new(ruleset: Ruleset, policies: Policies, keys: Keys) -> Snapshot {
        let mut hasher = Sha256::new();
        hasher.update(ruleset.fingerprint().0);
        hasher.update((policies.default as u64).to_le_bytes());
        for policy in &policies.all {
            let said = format!("{policy:?}");
            hasher.update((said.len() as u64).to_le_bytes());
            hasher.update(said.as_bytes());
        }
        Snapshot {
            fingerprint: Fingerprint(hasher.finalize().into()),
            ruleset,
            policies,
            keys,
            vault: None,
            max_text: Snapshot::MAX_TEXT,
            scratch: Pool::new(Box::new(Scratch::default)),
        }
    }

    /// The same with a store for tokens.
    pub fn with_vault(mut self, vault: Arc<dyn Vault>) -> Snapshot {
        self.vault = Some(vault);
        self
    }

    /// The same with another limit, in bytes, on the length of one text; at most
    /// 4 GiB less one byte.
    pub fn with_max_text(mut self, bytes: usize) -> Snapshot {
        self.max_text = bytes.min(u32::MAX as usize);
        self
    }

    /// What is looked for.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// What is done about it.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Names ruleset and policies; keys are not part of it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Screens with this snapshot.
    pub fn screen(&self, exchange: &Exchange<'_>) -> Verdict {
        let mut findings = Vec::new();
        let mut degraded = Vec::new();
        let mut stopped = Vec::new();
        let mut scratch = self.scratch.get();
        for (number, text) in exchange.texts.iter().enumerate() {
            if text.body.is_empty() {
                continue;
            }
            if text.body.len() > self.max_text {
                degraded.push(Degradation::TextTooLong { text: number });
                continue;
            }
            // The clock is read between texts, not for the first: a text of the
            // longest length allowed takes milliseconds, and each rule's work in
            // it is bounded.
            if number > 0 && Instant::now() >= exchange.deadline {
                degraded.push(Degradation::Deadline { text: number });
                break;
            }
            let before = findings.len();
            let screened = catch_unwind(AssertUnwindSafe(|| {
                self.ruleset.find(
                    number,
                    exchange.direction,
                    text,
                    &mut scratch,
                    &mut findings,
                    &mut stopped,
                );
            }));
            if screened.is_err() {
                // Whatever the broken part left in the memory it shares with the
                // next text is thrown away with it.
                *scratch = Scratch::default();
                findings.truncate(before);
                degraded.push(Degradation::Panic { text: number });
            }
            degraded.extend(stopped.drain(..).map(|s| Degradation::Rule {
                rule: s.rule,
                text: number,
            }));
        }
        drop(scratch);
        self.decide(exchange, findings, degraded)
    }

    /// The verdict on an exchange that could not be screened, such as one that
    /// came while the service was too busy.
    pub fn unscreened(&self, exchange: &Exchange<'_>, why: Degradation) -> Verdict {
        self.decide(exchange, Vec::new(), vec![why])
    }

    fn decide(
        &self,
        exchange: &Exchange<'_>,
        findings: Vec<Finding>,
        degraded: Vec<Degradation>,
    ) -> Verdict {
        let named = self
            .policies
            .get(exchange.policy)
            .or_else(|| self.policies.get(None));
        let Some(policy) = named else {
            // `Policies::new` makes this impossible; blocking is the safe reading.
            return Verdict {
                action: Action::Block,
                wanted: Action::Block,
                policy: String::new(),
                findings,
                reasons: Vec::new(),
                edits: Vec::new(),
                degraded,
                vault_failures: 0,
                snapshot: self.fingerprint,
            };
        };
        let decision = policy.decide(exchange.tenant, exchange.direction, &findings, &degraded);
        let redactor = Redactor {
            scope: Scope {
                tenant: exchange.tenant,
                session: exchange.session,
            },
            hash_key: &self.keys.hash,
            vault: self.vault.as_deref(),
            max_reach: self.ruleset.max_reach(),
        };
        let redacted = policy.edits(exchange.texts, &findings, &decision, &redactor);
        Verdict {
            action: decision.action,
            wanted: decision.wanted,
            policy: policy.name.clone(),
            findings,
            reasons: decision.reasons,
            edits: redacted.edits,
            degraded,
            vault_failures: redacted.vault_failures.len(),
            snapshot: self.fingerprint,
        }
    }
}
