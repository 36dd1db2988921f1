//! What to do about findings: a pure function of findings and degradations.
//!
//! A rule says what a thing is; a policy says what happens to it, here, for this
//! tenant. Four laws hold whatever is written in a policy file, and the tests
//! below try to break them:
//!
//! - the order of findings does not matter, and one more finding or degradation
//!   never makes the action milder;
//! - a tenant never weakens the base policy, except under a base clause that says
//!   `tenant_may_weaken`;
//! - a draft rule never acts above flag;
//! - with `enforce: false` nothing is rewritten and nothing is blocked.
//!
//! It reads no text and keeps no state. How a value is replaced is
//! [`crate::redact`]'s business; this module only says which manner a clause asks
//! for.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::redact::{Redacted, Redaction, Redactor};
use crate::rule::{Category, Confidence, RuleId, Severity, Status};
use crate::text::{Direction, Text};

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

impl Clause {
    /// Whether the clause speaks of this finding on its way. What a clause does
    /// not name fits everything.
    pub fn fits(&self, direction: Direction, finding: &Finding) -> bool {
        // The cheap comparisons stand first: most clauses name a category.
        self.direction.is_none_or(|d| d == direction)
            && self.min_severity.is_none_or(|s| finding.severity >= s)
            && self.min_confidence.is_none_or(|c| finding.confidence >= c)
            && self
                .category
                .as_deref()
                .is_none_or(|c| finding.category.is_within(c))
            && self.rule.as_ref().is_none_or(|r| *r == finding.rule)
    }
}

impl RedactClause {
    fn fits(&self, category: &Category) -> bool {
        self.category
            .as_deref()
            .is_none_or(|c| category.is_within(c))
    }
}

impl WhenDegraded {
    /// What is done about one degradation.
    ///
    /// What was not read cannot be rewritten, so `redact` means `block` here: the
    /// author asked that nothing passes in the clear.
    pub fn action(&self, degradation: &Degradation) -> Action {
        let asked = match degradation {
            Degradation::Model { .. } => self.model,
            Degradation::Rule { .. } | Degradation::Deadline { .. } | Degradation::Panic { .. } => {
                self.rules
            }
            Degradation::TextTooLong { .. } => self.too_long,
            Degradation::Overloaded => self.overload,
        };
        if asked == Action::Redact {
            Action::Block
        } else {
            asked
        }
    }
}

impl Policy {
    /// A pure function: the same findings always get the same decision, in any
    /// order. `tenant` is empty for nobody in particular.
    pub fn decide(
        &self,
        tenant: &str,
        direction: Direction,
        findings: &[Finding],
        degraded: &[Degradation],
    ) -> Decision {
        let own = self.tenant(tenant);
        let of_findings = findings.iter().enumerate().map(|(i, finding)| {
            let (action, because) = self.decide_one(own, direction, finding);
            Reason {
                about: About::Finding(i),
                because,
                action,
            }
        });
        let of_degradations = degraded.iter().enumerate().map(|(i, degradation)| Reason {
            about: About::Degradation(i),
            because: Because::WhenDegraded,
            action: self.when_degraded.action(degradation),
        });
        let reasons: Vec<Reason> = of_findings.chain(of_degradations).collect();
        let wanted = reasons
            .iter()
            .map(|reason| reason.action)
            .max()
            .unwrap_or(Action::Allow);
        Decision {
            action: self.enforced(wanted),
            wanted,
            reasons,
        }
    }

    /// What `wanted` comes to: in monitor mode, flag at most.
    pub fn enforced(&self, wanted: Action) -> Action {
        if self.enforce {
            wanted
        } else {
            wanted.min(Action::Flag)
        }
    }

    /// How a finding of this category is replaced: the tenant's clauses are asked
    /// first, then the policy's; where none fits, a label.
    pub fn redaction(&self, tenant: &str, category: &Category) -> Redaction {
        let own = self.tenant(tenant).map_or(&[][..], |own| &own.redact);
        own.iter()
            .chain(&self.redact)
            .find(|clause| clause.fits(category))
            .map_or(Redaction::Label, |clause| clause.how)
    }

    /// The replacements a decision of this policy leads to, for the tenant of
    /// `redactor`'s scope.
    ///
    /// Findings whose reason asks for redact or more are replaced, also when the
    /// whole is blocked: a masked copy may be stored. In monitor mode there are
    /// none, and no vault is asked.
    pub fn edits(
        &self,
        texts: &[Text<'_>],
        findings: &[Finding],
        decision: &Decision,
        redactor: &Redactor<'_>,
    ) -> Redacted {
        if !self.enforce {
            return Redacted::default();
        }
        let chosen: Vec<(usize, Redaction)> = decision
            .reasons
            .iter()
            .filter(|reason| reason.action >= Action::Redact)
            .filter_map(|reason| match reason.about {
                About::Finding(i) => {
                    let finding = findings.get(i)?;
                    let how = self.redaction(redactor.scope.tenant, &finding.category);
                    Some((i, how))
                }
                About::Degradation(_) => None,
            })
            .collect();
        redactor.edits(texts, findings, &chosen)
    }

    fn tenant(&self, tenant: &str) -> Option<&TenantClauses> {
        self.tenants.iter().find(|own| own.tenant == tenant)
    }

    fn decide_one(
        &self,
        own: Option<&TenantClauses>,
        direction: Direction,
        finding: &Finding,
    ) -> (Action, Because) {
        let first = |clauses: &[Clause]| clauses.iter().position(|c| c.fits(direction, finding));
        let (base, because, may_weaken) = match first(&self.clauses) {
            Some(i) => {
                let clause = &self.clauses[i];
                (clause.then, Because::Clause(i), clause.tenant_may_weaken)
            }
            None => (self.otherwise, Because::Otherwise, false),
        };
        let tenant = own.and_then(|own| {
            let i = first(&own.decide)?;
            Some((own.decide[i].then, Because::TenantClause(i)))
        });
        let (action, because) = match tenant {
            // Where both ask for the same, the base policy is named: it holds for
            // everyone, so it is what an auditor looks up.
            Some((asked, line)) if asked > base || (may_weaken && asked < base) => (asked, line),
            _ => (base, because),
        };
        if finding.status == Status::Draft && action > Action::Flag {
            (Action::Flag, Because::Draft)
        } else {
            (action, because)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalize::View;
    use crate::redact::Scope;
    use crate::text::{Role, Span};

    const CATEGORIES: [&str; 5] = [
        "pii/contact/email",
        "pii/financial/payment-card",
        "secret/token",
        "safety/hate",
        "confidential",
    ];

    fn finding(category: &str, severity: Severity, confidence: Confidence) -> Finding {
        Finding {
            rule: RuleId::new(&format!("rule.{}", category.replace('/', "-"))),
            text: 0,
            span: Span::new(0, 4),
            category: Category::new(category),
            severity,
            confidence,
            score: confidence.score(),
            view: View::Raw,
            status: Status::Stable,
        }
    }

    fn clause(category: Option<&str>, then: Action) -> Clause {
        Clause {
            category: category.map(str::to_owned),
            rule: None,
            direction: None,
            min_severity: None,
            min_confidence: None,
            then,
            tenant_may_weaken: false,
        }
    }

    fn policy(clauses: Vec<Clause>, tenants: Vec<TenantClauses>) -> Policy {
        Policy {
            name: "test".into(),
            title: String::new(),
            enforce: true,
            clauses,
            otherwise: Action::Allow,
            when_degraded: WhenDegraded {
                rules: Action::Block,
                overload: Action::Flag,
                too_long: Action::Redact,
                model: Action::Allow,
                unjudged: Action::Allow,
            },
            redact: Vec::new(),
            rewrite_keys: false,
            block_message: String::new(),
            tenants,
        }
    }

    fn tenant(decide: Vec<Clause>) -> TenantClauses {
        TenantClauses {
            tenant: "acme".into(),
            decide,
            redact: Vec::new(),
        }
    }

    /// What one finding comes to.
    fn one(policy: &Policy, tenant: &str, finding: &Finding) -> (Action, Because) {
        let decision = policy.decide(
            tenant,
            Direction::Prompt,
            std::slice::from_ref(finding),
            &[],
        );
        assert_eq!(decision.reasons.len(), 1);
        assert_eq!(decision.reasons[0].about, About::Finding(0));
        (decision.reasons[0].action, decision.reasons[0].because)
    }

    #[test]
    fn a_clause_fits_by_every_member_it_names() {
        use Confidence::{Certain, Likely, Possible};
        use Direction::{Output, Prompt};
        use Severity::{Critical, High, Low};

        let any = clause(None, Action::Block);
        let pii = clause(Some("pii"), Action::Block);
        let high = Clause {
            min_severity: Some(High),
            ..any.clone()
        };
        let sure = Clause {
            min_confidence: Some(Likely),
            ..any.clone()
        };
        let output = Clause {
            direction: Some(Output),
            ..any.clone()
        };
        let rule = Clause {
            rule: Some(RuleId::new("rule.pii-contact-email")),
            ..any.clone()
        };
        let all = Clause {
            category: Some("pii/contact".into()),
            direction: Some(Output),
            min_severity: Some(High),
            min_confidence: Some(Likely),
            rule: rule.rule.clone(),
            ..any.clone()
        };
        let email = "pii/contact/email";
        let table: &[(&Clause, Direction, &str, Severity, Confidence, bool)] = &[
            (&any, Prompt, email, Low, Possible, true),
            (&pii, Prompt, email, Low, Possible, true),
            (&pii, Prompt, "pii", Low, Possible, true),
            (&pii, Prompt, "piiano", Critical, Certain, false),
            (&pii, Prompt, "secret/token", Critical, Certain, false),
            (&high, Prompt, email, Critical, Possible, true),
            (&high, Prompt, email, High, Possible, true),
            (&high, Prompt, email, Low, Certain, false),
            (&sure, Prompt, email, Low, Likely, true),
            (&sure, Prompt, email, Low, Certain, true),
            (&sure, Prompt, email, Critical, Possible, false),
            (&output, Output, email, Low, Possible, true),
            (&output, Prompt, email, Critical, Certain, false),
            (&rule, Prompt, email, Low, Possible, true),
            (&rule, Prompt, "pii/contact/phone", Low, Possible, false),
            (&all, Output, email, High, Likely, true),
            (&all, Prompt, email, High, Likely, false),
            (&all, Output, email, Low, Likely, false),
            (&all, Output, email, High, Possible, false),
            (&all, Output, "pii/contact/phone", High, Likely, false),
        ];
        for (row, &(clause, direction, category, severity, confidence, fits)) in
            table.iter().enumerate()
        {
            let finding = finding(category, severity, confidence);
            assert_eq!(clause.fits(direction, &finding), fits, "row {row}");
        }
    }

    #[test]
    fn the_first_clause_that_fits_decides_for_a_finding() {
        let policy = policy(
            vec![
                clause(Some("pii/contact"), Action::Flag),
                clause(Some("pii"), Action::Block),
            ],
            vec![],
        );
        let find = |category| finding(category, Severity::Low, Confidence::Certain);
        for (category, expected) in [
            ("pii/contact/email", (Action::Flag, Because::Clause(0))),
            ("pii/health", (Action::Block, Because::Clause(1))),
            ("safety/hate", (Action::Allow, Because::Otherwise)),
        ] {
            assert_eq!(one(&policy, "", &find(category)), expected, "{category}");
        }
    }

    #[test]
    fn the_strictest_over_all_findings_is_the_action() {
        let policy = policy(
            vec![
                clause(Some("pii"), Action::Redact),
                clause(Some("secret"), Action::Block),
                clause(Some("safety"), Action::Flag),
            ],
            vec![],
        );
        let find = |category| finding(category, Severity::Low, Confidence::Certain);
        for (categories, action) in [
            (&[][..], Action::Allow),
            (&["confidential"][..], Action::Allow),
            (&["safety/hate", "confidential"], Action::Flag),
            (&["safety/hate", "pii/name"], Action::Redact),
            (&["secret/token", "pii/name"], Action::Block),
        ] {
            let findings: Vec<Finding> = categories.iter().map(|c| find(c)).collect();
            let decision = policy.decide("", Direction::Prompt, &findings, &[]);
            assert_eq!(decision.action, action, "{categories:?}");
            assert_eq!(decision.wanted, action);
            assert_eq!(decision.reasons.len(), findings.len());
        }
    }

    #[test]
    fn a_tenant_is_stricter_or_needs_leave() {
        use Action::{Allow, Block, Flag, Redact};
        use Because::{Clause as Base, Otherwise, TenantClause};

        // Base action, may weaken, tenant action, what comes out.
        let table = [
            (Flag, false, Some(Block), (Block, TenantClause(0))),
            (Flag, false, Some(Flag), (Flag, Base(0))),
            (Redact, false, Some(Allow), (Redact, Base(0))),
            (Redact, true, Some(Allow), (Allow, TenantClause(0))),
            (Redact, true, Some(Block), (Block, TenantClause(0))),
            (Redact, true, Some(Redact), (Redact, Base(0))),
            (Redact, true, None, (Redact, Base(0))),
        ];
        let email = finding("pii/contact/email", Severity::Low, Confidence::Likely);
        for (row, (base, tenant_may_weaken, own, expected)) in table.into_iter().enumerate() {
            let policy = policy(
                vec![Clause {
                    tenant_may_weaken,
                    ..clause(Some("pii"), base)
                }],
                vec![tenant(
                    own.map(|then| clause(Some("pii/contact"), then))
                        .into_iter()
                        .collect(),
                )],
            );
            assert_eq!(one(&policy, "acme", &email), expected, "row {row}");
            assert_eq!(one(&policy, "other", &email), (base, Base(0)), "row {row}");
            assert_eq!(one(&policy, "", &email), (base, Base(0)), "row {row}");
        }

        // Where no base clause fits nothing gives leave to weaken.
        let policy = Policy {
            otherwise: Flag,
            ..policy(
                vec![],
                vec![tenant(vec![
                    clause(Some("pii"), Allow),
                    clause(Some("safety"), Block),
                ])],
            )
        };
        assert_eq!(one(&policy, "acme", &email), (Flag, Otherwise));
        let hate = finding("safety/hate", Severity::Low, Confidence::Likely);
        assert_eq!(one(&policy, "acme", &hate), (Block, TenantClause(1)));
    }

    #[test]
    fn a_draft_never_acts_above_flag() {
        let mut draft = finding("pii/name", Severity::Critical, Confidence::Certain);
        draft.status = Status::Draft;
        for (asked, expected) in [
            (Action::Allow, (Action::Allow, Because::Clause(0))),
            (Action::Flag, (Action::Flag, Because::Clause(0))),
            (Action::Redact, (Action::Flag, Because::Draft)),
            (Action::Block, (Action::Flag, Because::Draft)),
        ] {
            let policy = policy(vec![clause(None, asked)], vec![]);
            assert_eq!(one(&policy, "", &draft), expected);
        }
        // Nor by a tenant's clause. A deprecated rule acts as a stable one.
        let policy = policy(vec![], vec![tenant(vec![clause(None, Action::Block)])]);
        assert_eq!(one(&policy, "acme", &draft), (Action::Flag, Because::Draft));
        draft.status = Status::Deprecated { replaced_by: None };
        assert_eq!(
            one(&policy, "acme", &draft),
            (Action::Block, Because::TenantClause(0))
        );
    }

    #[test]
    fn degradations_count_as_the_policy_says() {
        let policy = policy(vec![], vec![]);
        let rule = RuleId::new("a.b");
        let table = [
            (Degradation::Rule { rule, text: 0 }, Action::Block),
            (Degradation::Deadline { text: 0 }, Action::Block),
            (Degradation::Panic { text: 0 }, Action::Block),
            (Degradation::Overloaded, Action::Flag),
            // `redact` cannot be done to what was not read.
            (Degradation::TextTooLong { text: 0 }, Action::Block),
            (
                Degradation::Model {
                    name: "m".into(),
                    reason: "r".into(),
                },
                Action::Allow,
            ),
        ];
        for (degradation, action) in table {
            let decision = policy.decide(
                "",
                Direction::Prompt,
                &[],
                std::slice::from_ref(&degradation),
            );
            let reason = Reason {
                about: About::Degradation(0),
                because: Because::WhenDegraded,
                action,
            };
            assert_eq!(decision.reasons, [reason], "{degradation:?}");
            assert_eq!(decision.action, action);
        }
    }

    #[test]
    fn monitor_mode_flags_at_most_and_rewrites_nothing() {
        let mut policy = policy(vec![clause(None, Action::Redact)], vec![]);
        let findings = [finding("pii/name", Severity::Low, Confidence::Likely)];
        let texts = [Text {
            role: Role::User,
            body: "Anna came",
        }];
        let redactor = Redactor {
            scope: Scope {
                tenant: "",
                session: "",
            },
            hash_key: &[0; 32],
            vault: None,
            max_reach: 64,
        };
        for (enforce, action, edits) in [(true, Action::Redact, 1), (false, Action::Flag, 0)] {
            policy.enforce = enforce;
            let decision = policy.decide("", Direction::Prompt, &findings, &[]);
            assert_eq!(decision.wanted, Action::Redact);
            assert_eq!(decision.action, action);
            assert_eq!(decision.reasons[0].action, Action::Redact);
            let redacted = policy.edits(&texts, &findings, &decision, &redactor);
            assert_eq!(redacted.edits.len(), edits);
        }
        assert_eq!(
            policy.decide("", Direction::Prompt, &[], &[]).action,
            Action::Allow
        );
    }

    #[test]
    fn only_findings_that_ask_for_it_are_replaced_also_when_all_is_blocked() {
        let policy = policy(
            vec![
                clause(Some("pii"), Action::Redact),
                clause(Some("secret"), Action::Block),
                clause(Some("safety"), Action::Flag),
            ],
            vec![],
        );
        let at = |category, start, end| Finding {
            span: Span::new(start, end),
            ..finding(category, Severity::Low, Confidence::Likely)
        };
        let findings = [
            at("pii/name", 0, 4),
            at("safety/hate", 5, 10),
            at("secret/token", 11, 14),
        ];
        let texts = [Text {
            role: Role::User,
            body: "Anna hates xyz",
        }];
        let decision = policy.decide("", Direction::Prompt, &findings, &[Degradation::Overloaded]);
        assert_eq!(decision.action, Action::Block);
        let redactor = Redactor {
            scope: Scope {
                tenant: "",
                session: "",
            },
            hash_key: &[0; 32],
            vault: None,
            max_reach: 64,
        };
        let redacted = policy.edits(&texts, &findings, &decision, &redactor);
        assert_eq!(
            crate::redact::apply(texts[0].body, &redacted.edits),
            "[name] hates [token]"
        );
    }

    #[test]
    fn a_tenants_manner_goes_before_the_policys() {
        let mut policy = policy(vec![], vec![tenant(vec![])]);
        let how = |category: Option<&str>, how| RedactClause {
            category: category.map(str::to_owned),
            how,
        };
        policy.redact = vec![
            how(Some("pii/financial"), Redaction::Mask { keep_last: 4 }),
            how(Some("pii"), Redaction::Token),
        ];
        policy.tenants[0].redact = vec![how(Some("pii/financial/iban"), Redaction::Hash)];
        for (tenant, category, expected) in [
            ("", "pii/financial/iban", Redaction::Mask { keep_last: 4 }),
            ("acme", "pii/financial/iban", Redaction::Hash),
            (
                "acme",
                "pii/financial/payment-card",
                Redaction::Mask { keep_last: 4 },
            ),
            ("acme", "pii/name", Redaction::Token),
            ("acme", "secret/token", Redaction::Label),
        ] {
            assert_eq!(policy.redaction(tenant, &Category::new(category)), expected);
        }
        policy.redact = vec![how(None, Redaction::Hash)];
        assert_eq!(
            policy.redaction("", &Category::new("secret")),
            Redaction::Hash
        );
    }

    fn actions() -> impl Strategy<Value = Action> {
        prop::sample::select(vec![
            Action::Allow,
            Action::Flag,
            Action::Redact,
            Action::Block,
        ])
    }

    fn severities() -> impl Strategy<Value = Severity> {
        use Severity::{Critical, High, Low, Medium};
        prop::sample::select(vec![Low, Medium, High, Critical])
    }

    fn confidences() -> impl Strategy<Value = Confidence> {
        use Confidence::{Certain, Likely, Possible};
        prop::sample::select(vec![Possible, Likely, Certain])
    }

    fn clauses() -> impl Strategy<Value = Vec<Clause>> {
        let category = prop::sample::select(vec![
            "pii",
            "pii/contact",
            "secret",
            "safety",
            "confidential",
        ]);
        let direction = prop::sample::select(vec![Direction::Prompt, Direction::Output]);
        let members = (
            prop::option::of(category),
            prop::option::of(direction),
            prop::option::of(severities()),
            prop::option::of(confidences()),
            actions(),
        );
        let one = members.prop_map(
            |(category, direction, min_severity, min_confidence, then)| Clause {
                direction,
                min_severity,
                min_confidence,
                ..clause(category, then)
            },
        );
        prop::collection::vec(one, 0..6)
    }

    fn findings() -> impl Strategy<Value = Vec<Finding>> {
        let one = (
            prop::sample::select(CATEGORIES.to_vec()),
            severities(),
            confidences(),
            any::<bool>(),
        );
        let one = one.prop_map(|(category, severity, confidence, draft)| Finding {
            status: if draft { Status::Draft } else { Status::Stable },
            ..finding(category, severity, confidence)
        });
        prop::collection::vec(one, 0..6)
    }

    proptest! {
        #[test]
        fn order_never_weakens(
            clauses in clauses(),
            own in clauses(),
            otherwise in actions(),
            findings in findings(),
            by in 0..6usize,
        ) {
            let policy = Policy { otherwise, ..policy(clauses, vec![tenant(own)]) };
            let decide = |findings: &[Finding]| policy.decide("acme", Direction::Prompt, findings, &[]);
            let all = decide(&findings);
            let mut turned = findings.clone();
            turned.rotate_left(by.min(findings.len()));
            let other = decide(&turned);
            prop_assert_eq!(all.action, other.action);
            // Each finding keeps its reason wherever it stands.
            for (i, reason) in other.reasons.iter().enumerate() {
                let was = &all.reasons[(i + by.min(findings.len())) % findings.len()];
                prop_assert_eq!((reason.because, reason.action), (was.because, was.action));
            }
            // Fewer findings never lead to more.
            for n in 0..findings.len() {
                prop_assert!(decide(&findings[..n]).action <= all.action);
            }
        }

        #[test]
        fn a_tenant_never_weakens(
            clauses in clauses(),
            own in clauses(),
            otherwise in actions(),
            findings in findings(),
        ) {
            let policy = Policy { otherwise, ..policy(clauses, vec![tenant(own)]) };
            let base = policy.decide("", Direction::Output, &findings, &[]);
            let with = policy.decide("acme", Direction::Output, &findings, &[]);
            prop_assert!(with.action >= base.action);
            for (with, base) in with.reasons.iter().zip(&base.reasons) {
                prop_assert!(with.action >= base.action);
            }
        }

        #[test]
        fn a_degradation_never_weakens(clauses in clauses(), findings in findings()) {
            let policy = policy(clauses, vec![]);
            let without = policy.decide("", Direction::Prompt, &findings, &[]);
            let with = policy.decide("", Direction::Prompt, &findings, &[Degradation::Overloaded]);
            prop_assert_eq!(with.action, without.action.max(Action::Flag));
        }
    }
}
