//! `lockgate config check FILE`: every mistake of a configuration, with its place.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use rules::report::{self, Report};
use sidecar::config::{Config as Configuration, Document};

/// Works on configuration files.
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Says everything that is wrong with a configuration file.
    Check {
        /// The file.
        file: PathBuf,
    },
}

impl Config {
    pub(crate) fn run(self) -> ExitCode {
        let Config::Check { file } = self;
        match read(&file).and_then(|(document, config)| judge(&document, &config)) {
            Ok(()) => {
                let _ = writeln!(std::io::stdout(), "{}: no mistakes", file.display());
                ExitCode::SUCCESS
            }
            Err(message) => super::complain(message),
        }
    }
}

/// Reads a file, or shows what is wrong with its form.
pub(super) fn read(file: &Path) -> Result<(Document, Configuration), String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let (document, config, reports) = Document::read(&file.display().to_string(), text);
    if reports.is_empty() {
        return Ok((document, config));
    }
    // Values too, so that one look shows everything.
    let values = config.faults();
    let all = reports
        .into_iter()
        .chain(values.iter().map(|fault| document.report(fault)));
    Err(shown(all.collect()))
}

/// Judges the values, or shows what is wrong with them.
pub(super) fn judge(document: &Document, config: &Configuration) -> Result<(), String> {
    let faults = config.faults();
    if faults.is_empty() {
        return Ok(());
    }
    Err(shown(
        faults.iter().map(|fault| document.report(fault)).collect(),
    ))
}

fn shown(reports: Vec<Report>) -> String {
    format!(
        "the configuration has mistakes\n\n{}",
        report::render_all(&reports)
    )
}
