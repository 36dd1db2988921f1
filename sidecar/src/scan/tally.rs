//! What a scan comes to.

use std::collections::BTreeMap;

use engine::policy::Action;
use engine::rule::{RuleId, Severity};

/// What a scan comes to, or a part of one.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Files read.
    pub files: u64,
    /// Files passed over because they hold no text.
    pub binary: u64,
    /// Rows screened; a plain text is one row.
    pub rows: u64,
    /// Rows with findings.
    pub rows_found: u64,
    /// Bytes of text screened.
    pub text_bytes: u64,
    /// Rows, texts and files that were not, or not wholly, judged.
    pub unjudged: u64,
    /// Rows by action, from allow to block.
    pub actions: [u64; 4],
    /// Findings by rule.
    pub rules: BTreeMap<RuleId, RuleTally>,
    /// Replacements made in clean copies.
    pub edits: u64,
    /// The worst finding.
    pub worst: Option<Severity>,
}

/// What one rule came to.
#[derive(Clone, Debug)]
pub struct RuleTally {
    /// How bad it is.
    pub severity: Severity,
    /// Its findings.
    pub findings: u64,
    /// Rows with at least one of them.
    pub rows: u64,
}

impl Tally {
    /// Counts one finding. `again`: the row has one of this rule already.
    pub(super) fn finding(&mut self, rule: &RuleId, severity: Severity, again: bool) {
        let counted = self.rules.entry(rule.clone()).or_insert(RuleTally {
            severity,
            findings: 0,
            rows: 0,
        });
        counted.findings += 1;
        counted.rows += u64::from(!again);
        self.worst = self.worst.max(Some(severity));
    }

    /// Counts a row by what is done about it.
    pub(super) fn action(&mut self, action: Action) {
        if let Some(count) = self.actions.get_mut(action as usize) {
            *count += 1;
        }
    }

    /// All findings.
    pub fn findings_total(&self) -> u64 {
        self.rules.values().map(|rule| rule.findings).sum()
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: Tally) {
        self.files += part.files;
        self.binary += part.binary;
        self.rows += part.rows;
        self.rows_found += part.rows_found;
        self.text_bytes += part.text_bytes;
        self.unjudged += part.unjudged;
        self.edits += part.edits;
        self.worst = self.worst.max(part.worst);
        for (count, more) in self.actions.iter_mut().zip(part.actions) {
            *count += more;
        }
        for (rule, more) in part.rules {
            match self.rules.get_mut(&rule) {
                Some(counted) => {
                    counted.findings += more.findings;
                    counted.rows += more.rows;
                }
                None => {
                    self.rules.insert(rule, more);
                }
            }
        }
    }
}
