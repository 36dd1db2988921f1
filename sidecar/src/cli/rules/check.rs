//! `lockgate rules check`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use engine::ruleset::Backend;
use rules::report::{self, Level, Report};
use rules::{CheckOptions, Loaded};

use super::super::packs::{self, Packs};
use super::super::policy::shown;
use super::super::terminal::{self, Colour, Failure};

/// Says everything that is wrong with packs and policies: faults, examples that
/// do not hold on every backend built in, tests of policies that fail, and
/// advice.
///
/// Ends with 0 if all is well or there is only advice, with 1 on a fault.
#[derive(Args)]
#[command(after_help = "\
Examples:
  lockgate rules check
  lockgate rules check --rules my-rules/
  lockgate rules check --rules my-rules/ --alone --deny-advice --json")]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    packs: Packs,
    /// Faults only, no advice
    #[arg(long)]
    no_advice: bool,
    /// End with 1 on advice too
    #[arg(long, conflicts_with = "no_advice")]
    deny_advice: bool,
    /// As a JSON array, for editors and pipelines
    #[arg(long)]
    json: bool,
    /// When to use colours
    #[arg(
        long = "color",
        visible_alias = "colour",
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    colour: Colour,
}

impl Check {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let (loaded, mut reports) = match rules::load(&self.packs.source()) {
            Ok(loaded) => {
                let mut reports = rules::check(&loaded, &CheckOptions::default());
                reports.extend(rules::policy_test(&loaded, None).failed);
                report::sort(&mut reports);
                (Some(loaded), reports)
            }
            Err(reports) => (None, reports),
        };
        if self.no_advice {
            reports.retain(|report| report.level() == Level::Error);
        }
        let faults = reports
            .iter()
            .filter(|report| report.level() == Level::Error)
            .count();
        let advice = reports.len() - faults;
        if self.json {
            terminal::print(&format!("{:#}\n", report::to_json(&reports)))?;
        } else {
            terminal::print(&self.told(loaded.as_ref(), &reports, faults, advice)?)?;
        }
        let failed = faults > 0 || (self.deny_advice && advice > 0);
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn told(
        &self,
        loaded: Option<&Loaded>,
        reports: &[Report],
        faults: usize,
        advice: usize,
    ) -> Result<String, Failure> {
        let mut out = shown(reports, self.colour);
        let count = |count: usize, one: &str, many: &str| match count {
            0 => format!("no {many}"),
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let mut said = count(faults, "fault", "faults");
        if !self.no_advice {
            let advised = match advice {
                0 => "no advice".to_owned(),
                _ => count(advice, "piece of advice", "pieces of advice"),
            };
            let _ = write!(said, ", {advised}");
        }
        if let Some(loaded) = loaded {
            let rules: usize = loaded.packs.iter().map(|pack| pack.rules.len()).sum();
            let _ = write!(
                said,
                " in {}, {}, {}",
                count(loaded.packs.len(), "pack", "packs"),
                count(rules, "rule", "rules"),
                count(loaded.policies.len(), "policy", "policies"),
            );
        }
        let _ = writeln!(out, "{}", self.colour.output().bold(&said));
        if let Some(loaded) = loaded.filter(|_| faults == 0) {
            let names: Vec<&str> = Backend::ALL.iter().map(|backend| backend.name()).collect();
            let ruleset = packs::compile(loaded, Backend::Portable)?;
            let _ = writeln!(
                out,
                "every example holds on {}; a stream holds back at most {} bytes",
                names.join(" and "),
                ruleset.reach(),
            );
        }
        Ok(out)
    }
}
