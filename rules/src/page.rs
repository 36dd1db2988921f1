//! A rule as auditors read it: a Markdown page, and an index of all rules.
//!
//! A page says everything that the rule file says, in words, and nothing more:
//! what it finds, why, for whom, how, and the proof.

use std::fmt::Write as _;

use engine::rule::{Exception, Pack, Rule, Status, What};
use engine::text::{Direction, Role};
use engine::validate::validator;

use crate::explain;
use crate::load::Loaded;
use crate::report::visible;

/// How many phrases a page shows before it only counts them.
const MAX_PHRASES: usize = 40;

/// The page of a rule; `None`: there is no such rule.
pub fn page(loaded: &Loaded, id: &str) -> Option<String> {
    let (pack, rule) = loaded.rule(id)?;
    let mut out = String::new();
    header(&mut out, loaded, pack, rule);
    detection(&mut out, rule);
    examples(&mut out, rule);
    Some(out)
}

/// All rules in a table by pack, each linked to `<id>.md`.
pub fn index(loaded: &Loaded) -> String {
    let mut out = String::from("# Rules\n");
    for pack in &loaded.packs {
        let count = pack.rules.len();
        let _ = write!(
            out,
            "\n## {} ({} {})\n\nOwner: {}. {count} rules.\n\n",
            pack.title, pack.id, pack.version, pack.owner
        );
        out.push_str("| Rule | What it finds | Category | Severity | Status | Regulations |\n");
        out.push_str("|---|---|---|---|---|---|\n");
        for rule in &pack.rules {
            let _ = writeln!(
                out,
                "| [{id}]({id}.md) | {} | `{}` | {} | {} | {} |",
                cell(&rule.title),
                rule.category,
                severity(rule),
                status(rule),
                cell(&rule.regulations.join(", ")),
                id = rule.id,
            );
        }
    }
    out
}

/// A rule to fill in, as `lockgate rules new` writes it.
pub fn template(id: &str) -> String {
    format!(
        "# yaml-language-server: $schema=../../schema/rules.schema.json\n\
         \n\
         rules:\n\
         \n\
         \x20 - id: {id}\n\
         \x20   title: What it finds, in one line\n\
         \x20   status: draft               # runs, but never acts above flag\n\
         \x20   category: pii/contact/email # begins in the closed list, see GUIDE.md\n\
         \x20   severity: medium            # low, medium, high, critical\n\
         \x20   rationale: >-\n\
         \x20     Why it matters, in one to three sentences: who is harmed if this text goes on, and how.\n\
         \x20   # regulations: [LAW/1]      # each named in pack.yaml; a stable rule needs one\n\
         \n\
         \x20   detect:\n\
         \x20     phrases:\n\
         \x20       - 'words to {{look|search}} for'\n\
         \x20     confidence: likely\n\
         \n\
         \x20   examples:\n\
         \x20     match:\n\
         \x20       - text: 'Here are words to look for.'\n\
         \x20         finds: 'words to look for'\n\
         \x20       - text: 'Words to  search for, with other spaces'\n\
         \x20         finds: 'Words to  search for'\n\
         \x20     no_match:\n\
         \x20       - text: 'a word to look for'\n\
         \x20         because: it is one word, and the phrase says words\n\
         \x20       - text: 'crosswords to look for'\n\
         \x20         because: a phrase consists of whole words\n"
    )
}

fn severity(rule: &Rule) -> &'static str {
    use engine::rule::Severity;
    match rule.severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn status(rule: &Rule) -> String {
    match &rule.status {
        Status::Draft => "draft".to_owned(),
        Status::Stable => "stable".to_owned(),
        Status::Deprecated {
            replaced_by: Some(heir),
        } => format!("deprecated, replaced by [{heir}]({heir}.md)"),
        Status::Deprecated { replaced_by: None } => "deprecated".to_owned(),
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Prompt => "prompt",
        Direction::Output => "output",
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Document => "document",
    }
}

fn header(out: &mut String, loaded: &Loaded, pack: &Pack, rule: &Rule) {
    let _ = write!(
        out,
        "# {}\n\n`{}`\n\n{}\n\n",
        rule.title,
        rule.id,
        rule.rationale.trim()
    );
    out.push_str("| | |\n|---|---|\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(out, "| {name} | {value} |");
    };
    row(
        "Pack",
        format!("{} {} ({})", pack.id, pack.version, cell(&pack.title)),
    );
    row("Owner", cell(&pack.owner));
    row("Status", status(rule));
    row("Category", format!("`{}`", rule.category));
    row("Severity", severity(rule).to_owned());
    let directions: Vec<&str> = rule.directions.iter().map(|d| direction(*d)).collect();
    row("Directions", directions.join(", "));
    let roles: Vec<&str> = rule.roles.iter().map(|r| role(*r)).collect();
    row("Said by", roles.join(", "));
    let views: Vec<&str> = rule.views.iter().map(|v| explain::view(*v)).collect();
    row("Views", views.join(", "));
    row(
        "Confidence",
        explain::confidence(rule.detect.confidence).to_owned(),
    );
    if !rule.regulations.is_empty() {
        out.push_str("\n## Regulations\n\n");
        for name in &rule.regulations {
            let title = loaded.regulations.get(name).map_or("", String::as_str);
            let _ = writeln!(out, "- **{name}** {title}");
        }
    }
    if !rule.references.is_empty() {
        out.push_str("\n## References\n\n");
        for link in &rule.references {
            let _ = writeln!(out, "- <{link}>");
        }
    }
}

fn detection(out: &mut String, rule: &Rule) {
    out.push_str("\n## How it finds\n\n");
    match &rule.detect.what {
        What::Pattern { pattern, run } => {
            out.push_str("It looks for this pattern, in any case of letters:\n\n");
            fenced(out, pattern);
            if *run {
                out.push_str(
                    "\nA match goes on over all following characters of its last class.\n",
                );
            }
        }
        What::Phrases(phrases) => {
            let _ = write!(
                out,
                "It looks for {} phrases, as whole words in any case:\n\n",
                phrases.len()
            );
            let shown: Vec<&str> = phrases
                .iter()
                .take(MAX_PHRASES)
                .map(String::as_str)
                .collect();
            fenced(out, &shown.join("\n"));
            if phrases.len() > shown.len() {
                let _ = write!(out, "\nand {} more.\n", phrases.len() - shown.len());
            }
        }
        What::Dictionary {
            name,
            terms,
            max_typos,
        } => {
            let _ = writeln!(
                out,
                "It looks for the {} terms of `{name}`, as whole words in any case.",
                terms.len()
            );
            if *max_typos > 0 {
                out.push_str(
                    "A term may have one typing mistake; then the finding is less sure.\n",
                );
            }
        }
        What::Block {
            begin,
            end,
            max_bytes,
        } => {
            out.push_str("It looks for a block that begins with one of\n\n");
            fenced(out, &begin.join("\n"));
            out.push_str("\nand ends with one of\n\n");
            fenced(out, &end.join("\n"));
            let _ = write!(out, "\nor, if it is not closed, after {max_bytes} bytes.\n");
        }
        What::Model { model, label } => {
            let _ = writeln!(
                out,
                "The model `{model}` judges the text; its label `{label}` is meant."
            );
        }
    }
    if !rule.detect.validate.is_empty() {
        out.push_str("\nA match must pass:\n\n");
        for name in &rule.detect.validate {
            let summary = validator(name).map_or("", |validator| validator.summary);
            let _ = writeln!(out, "- `{name}`: {summary}");
        }
    }
    if !rule.detect.except.is_empty() {
        out.push_str("\nA match is taken away when one of these stands inside it:\n\n");
        for exception in rule.detect.except.iter().take(MAX_PHRASES) {
            let _ = match exception {
                Exception::Phrase(text) => writeln!(out, "- the phrase {}", code(text)),
                Exception::Pattern(text) => writeln!(out, "- the pattern {}", code(text)),
            };
        }
    }
    if !rule.allow.is_empty() {
        let terms: Vec<String> = rule.allow.iter().map(|term| code(term)).collect();
        let _ = write!(out, "\nNo finding within: {}.\n", terms.join(", "));
    }
    if let Some(context) = &rule.detect.context {
        let _ = write!(
            out,
            "\nWords within {} characters on both sides:\n\n",
            context.within_chars
        );
        if !context.raise.is_empty() {
            let verb = if context.require {
                "are needed, and"
            } else {
                ""
            };
            let words: Vec<String> = context.raise.iter().map(|word| code(word)).collect();
            let _ = writeln!(out, "- {} {verb} make it certain", words.join(", "));
        }
        if !context.lower.is_empty() {
            let words: Vec<String> = context.lower.iter().map(|word| code(word)).collect();
            let _ = writeln!(out, "- {} make it merely possible", words.join(", "));
        }
    }
}

fn examples(out: &mut String, rule: &Rule) {
    out.push_str("\n## Examples\n\n");
    out.push_str("Each holds, on every backend; the pack does not load otherwise.\n\n");
    out.push_str("| Text | Finding |\n|---|---|\n");
    for example in &rule.examples.matches {
        let found: Vec<String> = example.finds.iter().map(|text| code(text)).collect();
        let sure = example
            .confidence
            .map_or(String::new(), |c| format!(" ({})", explain::confidence(c)));
        let _ = writeln!(
            out,
            "| {} | {}{sure} |",
            code(&example.text),
            found.join(", ")
        );
    }
    out.push_str("\n| Text | No finding, because |\n|---|---|\n");
    for example in &rule.examples.no_match {
        let _ = writeln!(
            out,
            "| {} | {} |",
            code(&example.text),
            cell(&example.because)
        );
    }
}

/// A text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// A text as code in a line or a cell, whatever it holds: the fence is longer
/// than any row of backticks inside.
fn code(text: &str) -> String {
    let shown = cell(&visible(text));
    let longest = shown
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() {
        return format!("{fence} {shown} {fence}");
    }
    format!("{fence}{shown}{fence}")
}

fn fenced(out: &mut String, text: &str) {
    let lines: Vec<String> = text.lines().map(visible).collect();
    let text = lines.join("\n");
    let fence = if text.contains("```") { "````" } else { "```" };
    let _ = write!(out, "{fence}text\n{text}\n{fence}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_what_it_holds() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a\\nb`");
    }
}
