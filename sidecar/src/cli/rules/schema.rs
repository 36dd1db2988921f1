//! `lockgate rules schema`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::super::terminal::{self, Failure};

/// Writes the schemas with which editors complete and check rule files.
#[derive(Args)]
#[command(after_help = "\
Examples:
  lockgate rules schema --to my-rules/schema/
  lockgate rules schema policy

A file names its schema in its first line:
  # yaml-language-server: $schema=../../schema/rules.schema.json")]
pub(in crate::cli) struct Schema {
    /// Of which files
    #[arg(value_enum, default_value = "rules")]
    of: Of,
    /// Write all three into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "of")]
    to: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    Rules,
    Pack,
    Policy,
}

impl Schema {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let files = rules::schema::files();
        if let Some(folder) = &self.to {
            let files: Vec<(String, String)> = files
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text))
                .collect();
            return super::write_all(folder, &files);
        }
        let name = match self.of {
            Of::Rules => "rules.schema.json",
            Of::Pack => "pack.schema.json",
            Of::Policy => "policy.schema.json",
        };
        let text = files
            .into_iter()
            .find(|(file, _)| *file == name)
            .map(|(_, text)| text);
        terminal::print(&text.unwrap_or_default())?;
        Ok(ExitCode::SUCCESS)
    }
}
