//! Which packs and policies a command uses.

use std::path::PathBuf;

use clap::Args;
use engine::rule::Pack;
use engine::ruleset::{self, Ruleset};
use engine::screen::{Keys, Policies, Snapshot};
use rules::report::{self, Level, Report};
use rules::{CheckOptions, Loaded, Source};
use sidecar::config::BackendName;
use sidecar::state::Master;

use super::terminal::Failure;

/// Where packs come from.
#[derive(Args)]
pub(super) struct Packs {
    /// A folder of packs and policies, beside the built-in ones or in their place by name
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Use the folder of --rules alone, without the built-in packs
    #[arg(long, requires = "rules")]
    alone: bool,
}

impl Packs {
    pub(super) fn source(&self) -> Source {
        match &self.rules {
            None => Source::Embedded,
            Some(folder) if self.alone => Source::Folder(folder.clone()),
            Some(folder) => Source::Overlay(folder.clone()),
        }
    }

    /// The folder, if one was named.
    pub(super) fn folder(&self) -> Option<&PathBuf> {
        self.rules.as_ref()
    }

    /// Reads them; mistakes are told with their places.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        load(&self.source())
    }
}

/// Reads packs; mistakes are told with their places.
pub(super) fn load(source: &Source) -> Result<Loaded, Failure> {
    rules::load(source).map_err(|reports| mistaken(&reports))
}

/// Compiles packs; mistakes are told with their places.
pub(super) fn compile(loaded: &Loaded, backend: ruleset::Backend) -> Result<Ruleset, Failure> {
    let options = ruleset::Options {
        backend,
        ..ruleset::Options::default()
    };
    rules::compile(loaded, &options).map_err(|reports| mistaken(&reports))
}

/// Faults as text; advice is for `lockgate rules check`.
pub(super) fn mistaken(reports: &[Report]) -> Failure {
    let mut faults = reports.to_vec();
    faults.retain(|report| report.level() == Level::Error);
    let shown = report::render_all(&faults);
    Failure::said(format!("the packs have mistakes\n\n{}", shown.trim_end()))
}

/// Which prefilter runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Backend {
    /// Rust alone
    #[default]
    Portable,
    /// libhs, in a build with the feature `hyperscan`
    Hyperscan,
}

impl Backend {
    pub(super) fn name(self) -> BackendName {
        match self {
            Backend::Portable => BackendName::Portable,
            Backend::Hyperscan => BackendName::Hyperscan,
        }
    }

    /// The backend, if this build has it.
    pub(super) fn built_in(self) -> Result<ruleset::Backend, Failure> {
        self.name().backend().ok_or_else(|| {
            Failure::said(
                "this build has no hyperscan backend; build it with `--features hyperscan`, \
                 or leave --backend out: both find the same things",
            )
        })
    }
}

/// All that screening needs.
#[derive(Args)]
pub(super) struct Screening {
    #[command(flatten)]
    pub(super) packs: Packs,
    /// Which policy decides [default: default]
    #[arg(long, value_name = "NAME")]
    pub(super) policy: Option<String>,
    /// Whose lines of the policy hold
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) tenant: String,
    /// Which way the text travels
    #[arg(long, value_enum, default_value = "prompt")]
    pub(super) direction: Direction,
    /// Which prefilter runs; both find the same things
    #[arg(long, value_enum, default_value = "portable")]
    pub(super) backend: Backend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Direction {
    /// To the model
    Prompt,
    /// From the model
    Output,
}

impl From<Direction> for engine::text::Direction {
    fn from(direction: Direction) -> engine::text::Direction {
        match direction {
            Direction::Prompt => engine::text::Direction::Prompt,
            Direction::Output => engine::text::Direction::Output,
        }
    }
}

impl Screening {
    /// Loads, compiles, and makes sure that the policy is there. The rules of a
    /// folder must pass their own examples; those that are built in have.
    pub(super) fn snapshot(
        &self,
        master: &Master,
        max_text: usize,
    ) -> Result<(Snapshot, Vec<Pack>), Failure> {
        let backend = self.backend.built_in()?;
        let mut loaded = self.packs.load()?;
        let ruleset = compile(&loaded, backend)?;
        if self.packs.folder().is_some() {
            let check = CheckOptions {
                backends: vec![backend],
                lints: false,
                ..CheckOptions::default()
            };
            let reports = rules::check(&loaded, &check);
            if reports.iter().any(|report| report.level() == Level::Error) {
                return Err(mistaken(&reports));
            }
        }
        let policies = std::mem::take(&mut loaded.policies);
        let names: Vec<String> = policies.iter().map(|policy| policy.name.clone()).collect();
        let wanted = self.policy.as_deref().unwrap_or("default");
        let policies = Policies::new(policies, wanted).map_err(|_| no_policy(wanted, &names))?;
        let keys = Keys {
            hash: master.derive("redaction hash"),
        };
        Ok((
            Snapshot::new(ruleset, policies, keys).with_max_text(max_text),
            loaded.packs,
        ))
    }
}

/// Says which policies there are.
pub(super) fn no_policy(wanted: &str, names: &[String]) -> Failure {
    let near = report::nearest(wanted, names.iter().map(String::as_str));
    let meant = match near {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the policies are {}", names.join(", ")),
    };
    Failure::said(format!("there is no policy named `{wanted}`; {meant}"))
}

/// Says which rule may have been meant.
pub(super) fn no_rule(loaded: &Loaded, id: &str) -> Failure {
    let meant = match loaded.nearest_rule(id) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`lockgate rules list` shows all".to_owned(),
    };
    Failure::said(format!("there is no rule `{id}`; {meant}"))
}

/// The keys of a state folder, or keys that are forgotten at the end.
pub(super) fn master(state: Option<&PathBuf>) -> Result<Master, Failure> {
    let master = match state {
        Some(folder) => Master::of(folder),
        None => Master::ephemeral(),
    };
    master.map_err(|error| Failure::said(error.to_string()))
}
