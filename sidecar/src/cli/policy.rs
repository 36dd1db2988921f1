//! `lockgate policy`: policies and the tests they carry.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Subcommand;
use rules::report::Report;

use super::packs::{self, Packs};
use super::terminal::{self, Colour, Failure};

/// Works on policies: what is done about findings.
#[derive(Subcommand)]
pub(super) enum Policy {
    /// Runs the tests that policies carry: a finding, and the action it must lead to.
    ///
    /// Ends with 0 if all hold, with 1 if one does not, with 2 if the policies
    /// cannot be read.
    #[command(after_help = "\
Examples:
  lockgate policy test
  lockgate policy test default --rules my-rules/")]
    Test {
        /// Only the policy of this name
        name: Option<String>,
        #[command(flatten)]
        packs: Packs,
    },
}

impl Policy {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let Policy::Test { name, packs } = self;
        let loaded = packs.load()?;
        let known: Vec<String> = loaded
            .policies
            .iter()
            .map(|policy| policy.name.clone())
            .collect();
        if let Some(name) = &name
            && !known.contains(name)
        {
            return Err(packs::no_policy(name, &known));
        }
        let tested = rules::policy_test(&loaded, name.as_deref());
        let mut said = shown(&tested.failed, Colour::Auto);
        let ran = tested.ran;
        let tests = if ran == 1 { "test" } else { "tests" };
        let _ = match tested.failed.len() {
            0 if ran == 0 => writeln!(
                said,
                "no tests: add `tests:` to a policy to pin down what it decides"
            ),
            0 => writeln!(said, "{ran} {tests}, all hold"),
            failed => writeln!(said, "{ran} {tests}, {failed} failed"),
        };
        terminal::print(&said)?;
        Ok(ExitCode::from(u8::from(!tested.failed.is_empty())))
    }
}

/// Reports as text, a blank line after each.
pub(super) fn shown(reports: &[Report], colour: Colour) -> String {
    let mut out = String::new();
    let styled = colour.output().0;
    for report in reports {
        out.push_str(&if styled {
            report.render_styled()
        } else {
            report.render()
        });
        out.push_str("\n\n");
    }
    out
}
