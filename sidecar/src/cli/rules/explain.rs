//! `lockgate rules explain ID TEXT`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use engine::ruleset::Backend;
use engine::text::{Role, Text};
use rules::report::visible;
use sidecar::words;

use super::super::packs::{self, Direction, Packs};
use super::super::terminal::{self, Colour, Failure};

/// Says step by step why a rule finds something in a text, or why not: what it
/// needs, what matches, what validators, exceptions and context say.
#[derive(Args)]
#[command(after_help = "\
Examples:
  lockgate rules explain pii.payment-card 'order 4111 1111 1111 1112'
  lockgate rules explain acme.badge-number --rules my-rules/ < mail.txt")]
pub(in crate::cli) struct Explain {
    /// The rule
    id: String,
    /// The text; standard input without it, or with `-`
    text: Option<String>,
    #[command(flatten)]
    packs: Packs,
    /// Which way the text travels
    #[arg(long, value_enum, default_value = "prompt")]
    direction: Direction,
    /// Who says it [default: user for a prompt, assistant for an output]
    #[arg(long, value_enum)]
    role: Option<Speaker>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Speaker {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Document,
}

impl Explain {
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let body = terminal::text(
            self.text.as_deref(),
            "lockgate rules explain pii.email 'to anna@example.org'",
        )?;
        let loaded = self.packs.load()?;
        let ruleset = packs::compile(&loaded, Backend::Portable)?;
        let text = Text {
            role: self.role(),
            body: &body,
        };
        let trace = ruleset.trace(&self.id, self.direction.into(), &text);
        let (Some(trace), Some((pack, rule))) = (trace, loaded.rule(&self.id)) else {
            return Err(packs::no_rule(&loaded, &self.id));
        };
        let paint = self.colour.output();
        let mut out = String::new();
        let about = format!("{}, pack {} {}", rule.title, pack.id, pack.version);
        let _ = writeln!(out, "{}  {}", paint.bold(&self.id), paint.dim(&about));
        for line in rules::explain::lines(&trace) {
            let _ = writeln!(out, "  {}", visible(&line));
        }
        match trace.findings.len() {
            0 => {
                let _ = writeln!(out, "{}", paint.bold("no finding"));
            }
            _ => {
                for finding in &trace.findings {
                    let said = format!(
                        "finding: '{}' at bytes {}..{}, {}, {}",
                        visible(finding.span.of(&body)),
                        finding.span.start,
                        finding.span.end,
                        words::severity(finding.severity),
                        words::confidence(finding.confidence),
                    );
                    let _ = writeln!(out, "{}", paint.severity(finding.severity, &said));
                }
            }
        }
        terminal::print(&out)?;
        Ok(ExitCode::SUCCESS)
    }

    fn role(&self) -> Role {
        match (self.role, self.direction) {
            (Some(Speaker::System), _) => Role::System,
            (Some(Speaker::Developer), _) => Role::Developer,
            (Some(Speaker::User), _) | (None, Direction::Prompt) => Role::User,
            (Some(Speaker::Assistant), _) | (None, Direction::Output) => Role::Assistant,
            (Some(Speaker::Tool), _) => Role::Tool,
            (Some(Speaker::Document), _) => Role::Document,
        }
    }
}
