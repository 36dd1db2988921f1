//! `lockgate rules diff OLD NEW`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use engine::rule::Rule;
use engine::text::{Direction as Way, Role};
use rules::{DiffOptions, Loaded, Sample, Source};
use sidecar::scan::{self, Kind};

use super::super::packs::{self, Direction};
use super::super::terminal::{self, Failure};

/// Says which findings appear, vanish or change their confidence when one folder
/// of rules takes the place of another.
///
/// Without --corpus the texts are the examples of all rules of both. Found text
/// is shown only with --show-matches: a corpus may be real traffic.
#[derive(Args)]
#[command(after_help = "\
Ends with 0 if nothing changes, with 1 if something does.

Examples:
  lockgate rules diff built-in my-rules/
  lockgate rules diff old-rules/ new-rules/ --corpus traffic.jsonl --instances 10")]
pub(in crate::cli) struct Diff {
    /// A folder of packs, or `built-in`
    old: PathBuf,
    /// The one that takes its place
    new: PathBuf,
    /// Texts to look at: files, folders, `.jsonl` by row. May be given several times
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// The member of a row that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    field: String,
    /// Which way the texts of the corpus travel
    #[arg(long, value_enum, default_value = "prompt")]
    direction: Direction,
    /// How many places are named for each rule and kind of change
    #[arg(long, value_name = "N", default_value_t = 3)]
    instances: usize,
    /// Show the found text
    #[arg(long)]
    show_matches: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A text of the corpus.
struct Line {
    corpus: String,
    line: usize,
    body: String,
}

impl Diff {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let old = packs::load(&source(&self.old))?;
        let new = packs::load(&source(&self.new))?;
        let lines = if self.corpus.is_empty() {
            examples(&old, &new)
        } else {
            self.corpus()?
        };
        let direction = Way::from(self.direction);
        let role = match direction {
            Way::Prompt => Role::User,
            Way::Output => Role::Assistant,
        };
        let samples = lines.iter().map(|line| Sample {
            corpus: &line.corpus,
            line: line.line,
            role,
            direction,
            body: &line.body,
        });
        let options = DiffOptions {
            instances: self.instances,
            show_text: self.show_matches,
        };
        let diff = rules::diff(&old, &new, samples, &options)
            .map_err(|reports| packs::mistaken(&reports))?;
        if self.json {
            let said = serde_json::to_string_pretty(&diff).unwrap_or_default();
            terminal::print(&format!("{said}\n"))?;
        } else {
            terminal::print(&diff.render())?;
        }
        let same = diff.is_empty() && diff.added.is_empty() && diff.removed.is_empty();
        Ok(ExitCode::from(u8::from(!same)))
    }

    fn corpus(&self) -> Result<Vec<Line>, Failure> {
        let listing = scan::list(&self.corpus, None);
        if let Some(problem) = listing.problems.first() {
            return Err(Failure::said(problem.clone()));
        }
        let mut lines = Vec::new();
        for file in &listing.files {
            let Some(path) = &file.path else {
                return Err(Failure::said(
                    "--corpus reads files and folders, not standard input",
                ));
            };
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::said(format!("{}: {}", file.name, scan::why(&error))))?;
            if file.kind != Kind::Jsonl {
                lines.push(Line {
                    corpus: file.name.clone(),
                    line: 1,
                    body: text,
                });
                continue;
            }
            for (number, row) in (1..)
                .zip(text.lines())
                .filter(|(_, row)| !row.trim().is_empty())
            {
                let row: serde_json::Value = serde_json::from_str(row).map_err(|error| {
                    Failure::said(format!(
                        "{}:{number}: not JSON (column {})",
                        file.name,
                        error.column()
                    ))
                })?;
                let Some(body) = row.get(&self.field).and_then(serde_json::Value::as_str) else {
                    return Err(Failure::said(format!(
                        "{}:{number}: the row has no text in `{}`; name its field with --field",
                        file.name, self.field
                    )));
                };
                lines.push(Line {
                    corpus: file.name.clone(),
                    line: number,
                    body: body.to_owned(),
                });
            }
        }
        Ok(lines)
    }
}

fn source(path: &Path) -> Source {
    if path.as_os_str() == "built-in" {
        Source::Embedded
    } else {
        Source::Folder(path.to_owned())
    }
}

/// The examples of all rules of both, each text once; `line` counts the examples
/// of a rule.
fn examples(old: &Loaded, new: &Loaded) -> Vec<Line> {
    let mut seen = std::collections::BTreeSet::new();
    let mut lines = Vec::new();
    let of = |rule: &Rule| -> Vec<String> {
        let found = rule
            .examples
            .matches
            .iter()
            .map(|example| example.text.clone());
        let clean = rule
            .examples
            .no_match
            .iter()
            .map(|example| example.text.clone());
        found.chain(clean).collect()
    };
    for rule in [old, new]
        .iter()
        .flat_map(|loaded| &loaded.packs)
        .flat_map(|pack| &pack.rules)
    {
        for (number, body) in (1..).zip(of(rule)) {
            if seen.insert(body.clone()) {
                lines.push(Line {
                    corpus: format!("examples of {}", rule.id),
                    line: number,
                    body,
                });
            }
        }
    }
    lines
}
