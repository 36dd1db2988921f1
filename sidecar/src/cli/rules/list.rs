//! `lockgate rules list` and `lockgate rules validators`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use engine::rule::{Rule, Status};
use engine::validate::VALIDATORS;
use sidecar::words;

use super::super::packs::Packs;
use super::super::terminal::{self, Colour, Failure};

/// Lists all rules.
#[derive(Args)]
#[command(after_help = "\
Examples:
  lockgate rules list
  lockgate rules list --category secret --json")]
pub(in crate::cli) struct List {
    #[command(flatten)]
    packs: Packs,
    /// Only this category and those below it
    #[arg(long, value_name = "PATH")]
    category: Option<String>,
    /// One JSON object a line
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

impl List {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let loaded = self.packs.load()?;
        let asked = |rule: &&Rule| {
            let within = |category: &String| rule.category.is_within(category);
            self.category.as_ref().is_none_or(within)
        };
        let paint = self.colour.output();
        let mut out = String::new();
        let mut any = false;
        for pack in &loaded.packs {
            let rules: Vec<&Rule> = pack.rules.iter().filter(asked).collect();
            let width = rules
                .iter()
                .map(|rule| rule.id.as_str().len())
                .max()
                .unwrap_or(0);
            if self.json {
                for rule in &rules {
                    let _ = writeln!(out, "{}", json(&pack.id, rule));
                }
            } else if !rules.is_empty() {
                let head = format!("{} {}: {}", pack.id, pack.version, pack.title);
                let _ = writeln!(out, "{}{}", if any { "\n" } else { "" }, paint.bold(&head));
                for rule in &rules {
                    let severity = format!("{:8}", words::severity(rule.severity));
                    let _ = writeln!(
                        out,
                        "  {:width$}  {}  {}{}",
                        rule.id.as_str(),
                        paint.severity(rule.severity, &severity),
                        rule.title,
                        match rule.status {
                            Status::Stable => "",
                            Status::Draft => " (draft)",
                            Status::Deprecated { .. } => " (deprecated)",
                        },
                    );
                }
            }
            any |= !rules.is_empty();
        }
        if let Some(category) = self.category.as_ref().filter(|_| !any) {
            let mut roots: Vec<&str> = loaded
                .packs
                .iter()
                .flat_map(|pack| &pack.rules)
                .map(|rule| rule.category.root())
                .collect();
            roots.sort_unstable();
            roots.dedup();
            return Err(Failure::said(format!(
                "no rule is of category `{category}`; categories begin with {}",
                roots.join(", ")
            )));
        }
        terminal::print(&out)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn json(pack: &str, rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "id": rule.id.as_str(),
        "pack": pack,
        "title": rule.title,
        "category": rule.category.as_str(),
        "severity": words::severity(rule.severity),
        "status": match rule.status {
            Status::Stable => "stable",
            Status::Draft => "draft",
            Status::Deprecated { .. } => "deprecated",
        },
        "regulations": rule.regulations,
    })
}

pub(super) fn validators() -> Result<ExitCode, Failure> {
    let width = VALIDATORS
        .iter()
        .map(|validator| validator.name.len())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for validator in VALIDATORS {
        let _ = writeln!(out, "{:width$}  {}", validator.name, validator.summary);
    }
    terminal::print(&out)?;
    Ok(ExitCode::SUCCESS)
}
