//! `lockgate rules`: the tools of those who write rules.

mod check;
mod diff;
mod explain;
mod list;
mod page;
mod schema;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::terminal::{self, Failure};

/// Works on rules: what is looked for.
#[derive(Subcommand)]
pub(super) enum Rules {
    Check(check::Check),
    Explain(explain::Explain),
    Diff(diff::Diff),
    /// Writes a rule to fill in.
    #[command(after_help = "\
Example:
  lockgate rules new acme.badge-number > my-rules/packs/acme/badges.yaml")]
    New {
        /// The id of the rule: the pack's name, a dot, and a name with hyphens
        id: String,
    },
    Page(page::Page),
    List(list::List),
    /// Lists the validators that a rule can name, and what each checks.
    Validators,
    Schema(schema::Schema),
}

impl Rules {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Rules::Check(check) => check.run(),
            Rules::Explain(explain) => explain.run(),
            Rules::Diff(diff) => diff.run(),
            Rules::New { id } => new(&id),
            Rules::Page(page) => page.run(),
            Rules::List(list) => list.run(),
            Rules::Validators => list::validators(),
            Rules::Schema(schema) => schema.run(),
        }
    }
}

fn new(id: &str) -> Result<ExitCode, Failure> {
    let part = |part: &str| {
        let plain = part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        plain && part.starts_with(|c: char| c.is_ascii_lowercase()) && !part.ends_with('-')
    };
    if !id
        .split_once('.')
        .is_some_and(|(pack, name)| part(pack) && part(name))
    {
        return Err(Failure::said(format!(
            "`{id}` is no id of a rule; write the pack's name, a dot and a name of lower-case letters, \
             digits and hyphens, such as `acme.badge-number`"
        )));
    }
    terminal::print(&rules::page::template(id))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a file, making its folder.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::said(format!(
            "cannot write {}: {}",
            path.display(),
            sidecar::scan::why(&error)
        ))
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::File::create(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// Writes files into a folder and names them.
fn write_all(folder: &Path, files: &[(String, String)]) -> Result<ExitCode, Failure> {
    let mut said = String::new();
    for (name, text) in files {
        let path = folder.join(name);
        write(&path, text)?;
        said.push_str(&format!("{}\n", path.display()));
    }
    terminal::print(&said)?;
    Ok(ExitCode::SUCCESS)
}
