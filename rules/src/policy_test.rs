//! Runs the tests that policies carry: a finding, and the action it must lead to.

use engine::finding::Finding;
use engine::normalize::View;
use engine::policy::{Action, Because};
use engine::rule::{Category, RuleId, Status};
use engine::text::{Direction, Span};

use crate::load::Loaded;
use crate::lower::LoweredPolicy;
use crate::report::{self, Place, Report};
use crate::written::{Stage, Test};

/// How many tests ran, and what failed.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// Tests that ran.
    pub ran: usize,
    /// A report for each that failed.
    pub failed: Vec<Report>,
}

/// Runs the tests of the policy of this name, or of all policies.
pub fn policy_test(loaded: &Loaded, name: Option<&str>) -> Tested {
    let mut tested = Tested::default();
    for lowered in &loaded.lowered_policies {
        if name.is_some_and(|name| name != lowered.policy.name) {
            continue;
        }
        for test in lowered.written.tests.iter().flat_map(|list| &list.items) {
            tested.ran += 1;
            tested.failed.extend(run(lowered, test));
        }
    }
    tested
}

fn run(lowered: &LoweredPolicy, test: &Test) -> Option<Report> {
    let policy = &lowered.policy;
    let status = match test.status.as_ref().map(|word| word.value) {
        Some(Stage::Draft) => Status::Draft,
        _ => Status::Stable,
    };
    let confidence = test.confidence.as_ref()?.value;
    let finding = Finding {
        rule: RuleId::new(test.rule.as_ref().map_or("", |text| text.as_str())),
        text: 0,
        span: Span::new(0, 0),
        category: Category::new(&test.category.as_ref()?.value),
        severity: test.severity.as_ref()?.value,
        confidence,
        score: confidence.score(),
        view: View::Raw,
        status,
    };
    let tenant = test.tenant.as_ref().map_or("", |text| text.as_str());
    let direction = test
        .direction
        .as_ref()
        .map_or(Direction::Prompt, |word| word.value);
    let decision = policy.decide(tenant, direction, &[finding], &[]);
    let wanted = test.then.as_ref()?;
    if decision.wanted == wanted.value {
        return None;
    }
    let because = match decision.reasons.first().map(|reason| reason.because) {
        Some(Because::Clause(index)) => clause_line(lowered, index),
        Some(Because::TenantClause(index)) => format!("line {} of the tenant", index + 1),
        Some(Because::Otherwise) => "no line fits, so `otherwise` decides".to_owned(),
        Some(Because::Draft) => "the rule is a draft, which never acts above flag".to_owned(),
        Some(Because::WhenDegraded) | None => "nothing was decided".to_owned(),
    };
    let place = Place::new(&lowered.file, wanted.spot.clone());
    Some(
        Report::at(
            report::POLICY_TEST,
            place,
            format!("the policy says `{}` here", action(decision.wanted)),
            "correct the test, or the lines of the policy",
        )
        .note("why", because),
    )
}

/// Where the deciding line stands: in this policy, or in one that it extends.
fn clause_line(lowered: &LoweredPolicy, index: usize) -> String {
    let own = lowered
        .written
        .decide
        .as_ref()
        .and_then(|list| list.items.get(index));
    match own {
        Some(clause) => {
            let (line, _) = lowered.file.line_and_column(clause.spot.start);
            format!("line {line} of {} decides", lowered.file.name)
        }
        None => "a line of the extended policy decides".to_owned(),
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "allow",
        Action::Flag => "flag",
        Action::Redact => "redact",
        Action::Block => "block",
    }
}
