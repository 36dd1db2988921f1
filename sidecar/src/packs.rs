//! Where snapshots come from: the one place that knows how packs are loaded.

use std::path::{Path, PathBuf};

use engine::ruleset::{Backend, Options};
use engine::screen::{Keys, Policies, Snapshot};
use rules::CheckOptions;
use rules::report::{self, Level, Report};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::service::Active;

/// Where packs and policies are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the binary.
    Embedded,
    /// In a folder with `packs/`, `policies/` and `dictionaries/`: beside those
    /// in the binary, or by name in their place.
    Overlay(PathBuf),
    /// In such a folder alone.
    Folder(PathBuf),
}

impl Source {
    /// What a configuration asks for.
    pub fn of(config: &Config) -> Source {
        match &config.rules {
            None => Source::Embedded,
            Some(folder) if config.shipped => Source::Overlay(folder.clone()),
            Some(folder) => Source::Folder(folder.clone()),
        }
    }

    /// The folder that may change.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Source::Embedded => None,
            Source::Overlay(folder) | Source::Folder(folder) => Some(folder),
        }
    }

    /// Loads and compiles everything, aside from whatever answers now. All
    /// mistakes are reported, examples that do not hold among them.
    pub fn snapshot(
        &self,
        config: &Config,
        backend: Backend,
        hash_key: [u8; 32],
        metrics: &Metrics,
    ) -> Result<Active, Vec<Report>> {
        let source = match self {
            Source::Embedded => rules::Source::Embedded,
            Source::Overlay(folder) => rules::Source::Overlay(folder.clone()),
            Source::Folder(folder) => rules::Source::Folder(folder.clone()),
        };
        // Advice is `lockgate rules check`'s business.
        let faults = |mut reports: Vec<Report>| {
            reports.retain(|report| report.level() == Level::Error);
            reports
        };
        let mut loaded = rules::load(&source).map_err(faults)?;
        let options = Options {
            backend,
            ..Options::default()
        };
        let ruleset = rules::compile(&loaded, &options).map_err(faults)?;
        // The examples of the shipped packs are run by the tests of every build;
        // running them again would cost each start some of its 300 ms.
        if self.folder().is_some() {
            let check = CheckOptions {
                backends: vec![backend],
                max_reach: options.max_reach,
                lints: false,
            };
            let found = faults(rules::check(&loaded, &check));
            if !found.is_empty() {
                return Err(found);
            }
        }
        let policies = std::mem::take(&mut loaded.policies);
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let remedy = format!(
            "`policy` in the configuration can name {}",
            names.join(", ")
        );
        let policies = Policies::new(policies, &config.policy).map_err(|error| {
            vec![Report::nowhere(
                report::BAD_POLICY,
                error.to_string(),
                remedy,
            )]
        })?;
        let snapshot = Snapshot::new(ruleset, policies, Keys { hash: hash_key });
        Ok(Active::of(snapshot, &loaded.packs, metrics))
    }
}
