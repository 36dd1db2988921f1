//! Everything that can be said of packs before they go to work: faults of the
//! patterns, the rules' own examples on every backend, and the lints.

use engine::ruleset::{Backend, Options, Ruleset};

use crate::examples;
use crate::lint;
use crate::load::Loaded;
use crate::report::{self, Report};

/// What [`check`] looks at.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The backends that each example must hold on; all that are built in unless said otherwise.
    pub backends: Vec<Backend>,
    /// The longest match a rule may have, in bytes.
    pub max_reach: usize,
    /// Whether lints are told.
    pub lints: bool,
}

impl Default for CheckOptions {
    fn default() -> CheckOptions {
        CheckOptions {
            backends: Backend::ALL.to_vec(),
            max_reach: Options::default().max_reach,
            lints: true,
        }
    }
}

/// Compiles the packs; what the engine finds wrong comes with line and column.
pub fn compile(loaded: &Loaded, options: &Options) -> Result<Ruleset, Vec<Report>> {
    Ruleset::compile(&loaded.packs, options).map_err(|faults| {
        let mut reports: Vec<Report> = faults
            .iter()
            .map(|fault| match loaded.origins.get(&fault.rule) {
                Some(origin) => origin.report(fault),
                None => Report::nowhere(
                    report::BAD_PATTERN,
                    fault.message.clone(),
                    fault.remedy.clone(),
                )
                .about(fault.rule.as_str()),
            })
            .collect();
        report::sort(&mut reports);
        reports
    })
}

/// Compiles on each backend, runs every example of every rule and every lint.
/// Reports come in the order of files and lines; none means that all is well.
pub fn check(loaded: &Loaded, options: &CheckOptions) -> Vec<Report> {
    let mut reports = Vec::new();
    for (index, backend) in options.backends.iter().enumerate() {
        let compile_options = Options {
            backend: *backend,
            max_reach: options.max_reach,
        };
        let ruleset = match compile(loaded, &compile_options) {
            Ok(ruleset) => ruleset,
            Err(mut faults) => {
                reports.append(&mut faults);
                // What does not compile here does not compile elsewhere: the
                // language is one for all backends.
                break;
            }
        };
        let bench = examples::Bench::new(ruleset);
        examples::run(
            loaded,
            &bench,
            (index > 0).then_some(*backend),
            &mut reports,
        );
        if index == 0 && options.lints {
            let mut advice = Vec::new();
            lint::overlap::all(loaded, &bench, &mut advice);
            add_advice(loaded, advice, &mut reports);
        }
    }
    if options.lints {
        let mut advice = loaded.warnings.clone();
        for rule in loaded.packs.iter().flat_map(|pack| &pack.rules) {
            if let Some(origin) = loaded.origins.get(&rule.id) {
                lint::meant::rule(rule, origin, &mut advice);
            }
        }
        add_advice(loaded, advice, &mut reports);
    }
    report::sort(&mut reports);
    reports
}

/// Adds lints, but for those that a pack has switched off.
fn add_advice(loaded: &Loaded, advice: Vec<Report>, reports: &mut Vec<Report>) {
    reports.extend(advice.into_iter().filter(|report| {
        let rule = report.rule.as_deref().map(engine::rule::RuleId::new);
        let quiet = rule.and_then(|id| loaded.quiet.get(&id));
        !quiet.is_some_and(|codes| codes.contains(&report.code))
    }));
}
