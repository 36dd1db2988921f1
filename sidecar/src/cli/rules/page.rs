//! `lockgate rules page`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::super::packs::{self, Packs};
use super::super::terminal::{self, Failure};

/// Writes a rule's page, as auditors read it; without ID the table of all rules.
#[derive(Args)]
#[command(after_help = "\
Examples:
  lockgate rules page pii.payment-card
  lockgate rules page --to docs/rules/")]
pub(in crate::cli) struct Page {
    /// The rule
    id: Option<String>,
    /// Write the pages of all rules, and their table as README.md, into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "id")]
    to: Option<PathBuf>,
    #[command(flatten)]
    packs: Packs,
}

impl Page {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let loaded = self.packs.load()?;
        if let Some(folder) = &self.to {
            let mut files = vec![("README.md".to_owned(), rules::page::index(&loaded))];
            for rule in loaded.packs.iter().flat_map(|pack| &pack.rules) {
                let page = rules::page::page(&loaded, rule.id.as_str());
                files.extend(page.map(|page| (format!("{}.md", rule.id), page)));
            }
            return super::write_all(folder, &files);
        }
        let page = match &self.id {
            None => rules::page::index(&loaded),
            Some(id) => {
                rules::page::page(&loaded, id).ok_or_else(|| packs::no_rule(&loaded, id))?
            }
        };
        terminal::print(&page)?;
        Ok(ExitCode::SUCCESS)
    }
}
