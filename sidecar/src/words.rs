//! The closed lists as replies, tables and terminals spell them.

use engine::policy::{Action, Because, Degradation, Policy};
use engine::rule::{Confidence, Severity};
use engine::text::Direction;

/// `low` to `critical`.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// `possible` to `certain`.
pub fn confidence(confidence: Confidence) -> &'static str {
    rules::explain::confidence(confidence)
}

/// `allow` to `block`.
pub fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "allow",
        Action::Flag => "flag",
        Action::Redact => "redact",
        Action::Block => "block",
    }
}

/// `prompt` or `output`.
pub fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Prompt => "prompt",
        Direction::Output => "output",
    }
}

/// What did not happen, in a few words.
pub fn degradation(what: &Degradation, max_text: usize) -> String {
    match what {
        Degradation::Model { name, .. } => format!("the model {name} gave no answer"),
        Degradation::Rule { rule, .. } => {
            format!("the rule {rule} used up the work it is allowed in one text")
        }
        Degradation::TextTooLong { .. } => {
            format!("the text is longer than {max_text} bytes; raise the limit with --max-text")
        }
        Degradation::Deadline { .. } => "the time ran out".to_owned(),
        Degradation::Overloaded => "there was no room to screen it".to_owned(),
        Degradation::Panic { .. } => "a part of lockgate broke here; please report it".to_owned(),
    }
}

/// The line of a policy that decided, as its file writes it, and where it stands.
pub fn because(policy: &Policy, tenant: &str, because: Because) -> String {
    let line = |clauses: &[engine::policy::Clause], index: usize| {
        clauses.get(index).map(clause).unwrap_or_default()
    };
    match because {
        Because::Clause(index) => {
            format!(
                "line {} of `decide` in policy `{}`: {}",
                index + 1,
                policy.name,
                line(&policy.clauses, index)
            )
        }
        Because::TenantClause(index) => {
            let own = policy.tenants.iter().find(|own| own.tenant == tenant);
            let said = own.map(|own| line(&own.decide, index)).unwrap_or_default();
            format!(
                "line {} of tenant `{tenant}` in policy `{}`: {said}",
                index + 1,
                policy.name
            )
        }
        Because::Otherwise => {
            format!(
                "no line of policy `{}` fits, so `otherwise: {}` holds",
                policy.name,
                action(policy.otherwise)
            )
        }
        Because::Draft => "the rule is a draft, which never acts above flag".to_owned(),
        Because::WhenDegraded => format!("`when_degraded` of policy `{}`", policy.name),
    }
}

fn clause(clause: &engine::policy::Clause) -> String {
    let mut parts = Vec::new();
    if let Some(category) = &clause.category {
        parts.push(format!("category: {category}"));
    }
    if let Some(rule) = &clause.rule {
        parts.push(format!("rule: {rule}"));
    }
    if let Some(way) = clause.direction {
        parts.push(format!("direction: {}", direction(way)));
    }
    if let Some(least) = clause.min_severity {
        parts.push(format!("min_severity: {}", severity(least)));
    }
    if let Some(least) = clause.min_confidence {
        parts.push(format!("min_confidence: {}", confidence(least)));
    }
    parts.push(format!("then: {}", action(clause.then)));
    parts.join(", ")
}
