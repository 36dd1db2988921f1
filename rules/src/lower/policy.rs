//! Policies as written to [`engine::policy::Policy`].

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::policy::{Action, Clause, Policy, RedactClause, TenantClauses, WhenDegraded};
use engine::redact::Redaction;
use engine::rule::RuleId;

use crate::category;
use crate::report::{self, File, nearest};
use crate::written::{self, Fallback, List, Manner, Reader, Text, Word};

/// What may stand of a masked value at most: more is no mask.
const MAX_KEEP_LAST: u64 = 8;

/// What is done when a policy says nothing: rules that did not run block, since
/// nobody knows what they would have found; a missing model does not, since
/// rules still stand.
const WHEN_DEGRADED: WhenDegraded = WhenDegraded {
    rules: Action::Block,
    overload: Action::Block,
    too_long: Action::Block,
    model: Action::Allow,
    unjudged: Action::Allow,
};

/// What may be shown to the person, if the policy says nothing.
const BLOCK_MESSAGE: &str = "This text was not sent: it goes against the rules in force here.";

/// A policy as meant, and its tests as written.
#[derive(Clone)]
pub(crate) struct LoweredPolicy {
    pub(crate) policy: Policy,
    pub(crate) file: Arc<File>,
    pub(crate) written: Arc<written::PolicyFile>,
}

/// The policy that `written` means, on top of `base`; `None` if it has faults.
/// `rules` are the ids that lines may name.
pub(crate) fn lower_policy(
    file: &Arc<File>,
    written: written::PolicyFile,
    base: Option<&Policy>,
    rules: &BTreeMap<RuleId, super::Origin>,
    reports: &mut Vec<report::Report>,
) -> Option<LoweredPolicy> {
    let before = reports.len();
    let mut reader = Reader {
        file,
        reports,
        rule: None,
    };
    let policy = Lowering {
        reader: &mut reader,
        rules,
    }
    .policy(&written, base);
    let policy = policy?;
    if reports.len() > before {
        return None;
    }
    Some(LoweredPolicy {
        policy,
        file: Arc::clone(file),
        written: Arc::new(written),
    })
}

struct Lowering<'l, 'r> {
    reader: &'l mut Reader<'r>,
    rules: &'l BTreeMap<RuleId, super::Origin>,
}

fn act(word: Option<&Word<Fallback>>, otherwise: Action) -> Action {
    word.map_or(otherwise, |word| match word.value {
        Fallback::Allow => Action::Allow,
        Fallback::Flag => Action::Flag,
        Fallback::Block => Action::Block,
    })
}

impl Lowering<'_, '_> {
    fn policy(&mut self, written: &written::PolicyFile, base: Option<&Policy>) -> Option<Policy> {
        let mut clauses = self.clauses(written.decide.as_ref(), true);
        let mut redact = self.redact(written.redact.as_ref());
        let mut tenants: Vec<TenantClauses> = base.map(|b| b.tenants.clone()).unwrap_or_default();
        for (name, lines) in written.tenants.iter().flat_map(|named| &named.0) {
            let own = TenantClauses {
                tenant: name.value.clone(),
                decide: self.clauses(lines.decide.as_ref(), false),
                redact: self.redact(lines.redact.as_ref()),
            };
            match tenants.iter_mut().find(|t| t.tenant == name.value) {
                Some(known) => *known = own,
                None => tenants.push(own),
            }
        }
        if base.is_none() && written.extends.is_none() && written.decide.is_none() {
            self.reader.fault(
                report::BAD_POLICY,
                written.spot.start..written.spot.start,
                "this policy decides nothing",
                "add `decide:`, or `extends: default`",
            );
        }
        if let Some(base) = base {
            clauses.extend(base.clauses.iter().cloned());
            redact.extend(base.redact.iter().cloned());
        }
        let degraded = base.map_or(WHEN_DEGRADED, |base| base.when_degraded);
        let said = written.when_degraded.clone().unwrap_or_default();
        let flag = |flag: &Option<written::Flag>, otherwise: bool| {
            flag.as_ref().map_or(otherwise, |flag| flag.value)
        };
        Some(Policy {
            name: written.policy.as_ref()?.value.clone(),
            title: written.title.as_ref()?.value.clone(),
            enforce: flag(&written.enforce, base.is_none_or(|base| base.enforce)),
            clauses,
            otherwise: written
                .otherwise
                .as_ref()
                .map_or(base.map_or(Action::Allow, |b| b.otherwise), |w| w.value),
            when_degraded: WhenDegraded {
                rules: act(said.rules.as_ref(), degraded.rules),
                overload: act(said.overload.as_ref(), degraded.overload),
                too_long: act(said.too_long.as_ref(), degraded.too_long),
                model: act(said.model.as_ref(), degraded.model),
                unjudged: act(written.unjudged.as_ref(), degraded.unjudged),
            },
            redact,
            rewrite_keys: flag(
                &written.rewrite_keys,
                base.is_some_and(|base| base.rewrite_keys),
            ),
            block_message: match (&written.block_message, base) {
                (Some(text), _) => text.value.clone(),
                (None, Some(base)) => base.block_message.clone(),
                (None, None) => BLOCK_MESSAGE.to_owned(),
            },
            tenants,
        })
    }

    fn clauses(&mut self, list: Option<&List<written::Clause>>, base: bool) -> Vec<Clause> {
        let Some(list) = list else {
            return Vec::new();
        };
        let mut clauses = Vec::new();
        for line in &list.items {
            let category = self.category(line.category.as_ref());
            let rule = line.rule.as_ref().and_then(|text| self.rule(text));
            if let (false, Some(flag)) = (base, &line.tenant_may_weaken) {
                self.reader.fault(
                    report::BAD_CLAUSE,
                    flag.spot.clone(),
                    "a tenant cannot allow itself to weaken a line",
                    "put `tenant_may_weaken: true` on the line of the base policy",
                );
            }
            let Some(then) = &line.then else {
                continue;
            };
            clauses.push(Clause {
                category,
                rule,
                direction: line.direction.as_ref().map(|word| word.value),
                min_severity: line.min_severity.as_ref().map(|word| word.value),
                min_confidence: line.min_confidence.as_ref().map(|word| word.value),
                then: then.value,
                tenant_may_weaken: line.tenant_may_weaken.as_ref().is_some_and(|f| f.value),
            });
        }
        clauses
    }

    fn category(&mut self, text: Option<&Text>) -> Option<String> {
        let text = text?;
        if let Some((message, remedy)) = category::fault_of_clause(&text.value) {
            self.reader
                .fault(report::UNKNOWN_CATEGORY, text.spot.clone(), message, remedy);
        }
        Some(text.value.clone())
    }

    fn rule(&mut self, text: &Text) -> Option<RuleId> {
        let id = RuleId::new(&text.value);
        if !self.rules.contains_key(&id) {
            let remedy = match nearest(&text.value, self.rules.keys().map(RuleId::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write the id of a rule that is loaded".to_owned(),
            };
            self.reader.fault(
                report::UNKNOWN_RULE,
                text.spot.clone(),
                format!("there is no rule `{}`", text.value),
                remedy,
            );
        }
        Some(id)
    }

    fn redact(&mut self, list: Option<&List<written::RedactClause>>) -> Vec<RedactClause> {
        let Some(list) = list else {
            return Vec::new();
        };
        let mut clauses = Vec::new();
        for line in &list.items {
            let category = self.category(line.category.as_ref());
            let Some(how) = &line.how else {
                continue;
            };
            let how = match (how.value, &line.keep_last) {
                (Manner::Mask, keep) => {
                    if let Some(number) = keep
                        && number.value > MAX_KEEP_LAST
                    {
                        self.reader.fault(
                            report::BAD_REDACT,
                            number.spot.clone(),
                            format!("{} characters would stay readable", number.value),
                            format!("write 0 to {MAX_KEEP_LAST}"),
                        );
                    }
                    let keep = keep.as_ref().map_or(0, |number| number.value);
                    Redaction::Mask {
                        keep_last: u8::try_from(keep).unwrap_or(0),
                    }
                }
                (other, Some(number)) => {
                    self.reader.fault(
                        report::BAD_REDACT,
                        number.spot.clone(),
                        "`keep_last` belongs to `how: mask`",
                        "remove it, or write `how: mask`",
                    );
                    manner(other)
                }
                (other, None) => manner(other),
            };
            clauses.push(RedactClause { category, how });
        }
        clauses
    }
}

fn manner(manner: Manner) -> Redaction {
    match manner {
        Manner::Label => Redaction::Label,
        Manner::Mask => Redaction::Mask { keep_last: 0 },
        Manner::Hash => Redaction::Hash,
        Manner::Token => Redaction::Token,
    }
}
