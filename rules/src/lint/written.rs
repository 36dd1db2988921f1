//! Lints on how a file is written: quotes, repeated and missing parts, order of lines.

use std::sync::Arc;

use engine::policy::Action;

use crate::report::{self, File, Place, Report};
use crate::written::{Clause, List, PolicyFile, Rule, Stage, Text, Texts};
use crate::yaml::Style;

/// The longest title, in code points: what a table of findings shows.
const MAX_TITLE_CHARS: usize = 80;

/// The shortest rationale, in code points. Less than this says what a rule
/// finds, which the title has said, and not why it matters.
const MIN_RATIONALE_CHARS: usize = 24;

/// Lints of one rule.
pub(crate) fn rule(file: &Arc<File>, rule: &Rule, reports: &mut Vec<Report>) {
    let first = reports.len();
    for text in data(rule) {
        quoting(file, text, reports);
    }
    examples(file, rule, reports);
    shape(file, rule, reports);
    let name = rule.id.as_ref().map(|id| id.value.clone());
    for report in reports.iter_mut().skip(first) {
        report.rule.clone_from(&name);
    }
}

fn lint(
    code: report::Code,
    file: &Arc<File>,
    text: &Text,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Report {
    Report::at(code, Place::new(file, text.spot.clone()), message, remedy)
}

/// The texts of a rule that are data: what is looked for and looked at.
fn data(rule: &Rule) -> Vec<&Text> {
    fn list(list: &Option<List<Text>>) -> impl Iterator<Item = &Text> {
        list.iter().flat_map(|list| &list.items)
    }
    fn texts(texts: &Option<Texts>) -> impl Iterator<Item = &Text> {
        texts.iter().flat_map(|texts| &texts.0)
    }
    let mut all: Vec<&Text> = list(&rule.allow).collect();
    if let Some(detect) = &rule.detect {
        all.extend(&detect.pattern);
        all.extend(list(&detect.phrases));
        let except = detect.except.iter().flat_map(|list| &list.items);
        all.extend(except.map(|item| item.text()));
        if let Some(context) = &detect.context {
            all.extend(list(&context.raise));
            all.extend(list(&context.lower));
        }
        if let Some(block) = &detect.block {
            all.extend(texts(&block.begin));
            all.extend(texts(&block.end));
        }
    }
    if let Some(examples) = &rule.examples {
        for example in examples.matches.iter().flat_map(|list| &list.items) {
            all.extend(&example.text);
            all.extend(texts(&example.finds));
        }
        for example in examples.no_match.iter().flat_map(|list| &list.items) {
            all.extend(&example.text);
        }
    }
    all
}

fn quoting(file: &Arc<File>, text: &Text, reports: &mut Vec<Report>) {
    if text.style == Style::Plain {
        let rest = file.text.get(text.spot.end..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        if line.trim_start().starts_with('#') {
            reports.push(lint(
                report::UNQUOTED,
                file,
                text,
                "what follows ` #` is not part of this unquoted text",
                "put the text in single quotes, or the comment on a line of its own",
            ));
        }
    }
    let is_pattern = text.value.contains("(?") || text.value.contains("\\b");
    if text.style == Style::Single && !is_pattern {
        let source = file.text.get(text.spot.clone()).unwrap_or_default();
        let found = ["\\n", "\\t", "\\r", "\\u", "\\x"]
            .iter()
            .filter_map(|escape| source.find(escape).map(|at| (at, *escape)))
            .min();
        if let Some((at, escape)) = found
            && !looks_like_pattern(&text.value)
        {
            let start = text.spot.start + at;
            reports.push(Report::at(
                report::ESCAPE_IN_SINGLE_QUOTES,
                Place::new(file, start..start + escape.len()),
                format!("in single quotes `{escape}` is two characters"),
                "write the text in double quotes if the character is meant",
            ));
        }
    }
}

/// Patterns use backslashes for themselves: `\d`, `\.`, a class or a count.
fn looks_like_pattern(text: &str) -> bool {
    let marks = ["\\d", "\\w", "\\s", "\\.", "[", "{", "(", "\\x20"];
    marks.iter().any(|mark| text.contains(mark))
}

fn examples(file: &Arc<File>, rule: &Rule, reports: &mut Vec<Report>) {
    let Some(examples) = &rule.examples else {
        return;
    };
    let matches = examples.matches.iter().flat_map(|list| &list.items);
    let no_match = examples.no_match.iter().flat_map(|list| &list.items);
    let texts: Vec<&Text> = matches
        .filter_map(|example| example.text.as_ref())
        .chain(no_match.filter_map(|example| example.text.as_ref()))
        .collect();
    for (index, text) in texts.iter().enumerate() {
        let before = texts.get(..index).unwrap_or_default();
        if let Some(first) = before.iter().find(|other| other.value == text.value) {
            let (line, _) = file.line_and_column(first.spot.start);
            reports.push(lint(
                report::DOUBLE_EXAMPLE,
                file,
                text,
                format!("the example text stands twice, first in line {line}"),
                "remove it, or show another case",
            ));
        }
    }
}

fn shape(file: &Arc<File>, rule: &Rule, reports: &mut Vec<Report>) {
    let stable = rule
        .status
        .as_ref()
        .is_some_and(|s| s.value == Stage::Stable);
    let regulated = rule
        .regulations
        .as_ref()
        .is_some_and(|l| !l.items.is_empty());
    if stable
        && !regulated
        && let Some(id) = &rule.id
    {
        reports.push(lint(
            report::NO_REGULATION,
            file,
            id,
            "a stable rule names no regulation",
            "add `regulations:`, so that an auditor sees whom it serves",
        ));
    }
    if let Some(title) = &rule.title {
        let chars = title.value.chars().count();
        if chars > MAX_TITLE_CHARS {
            reports.push(lint(
                report::LONG_TITLE,
                file,
                title,
                format!("a title of {chars} characters does not fit a table"),
                format!("write at most {MAX_TITLE_CHARS}; the rationale has room for more"),
            ));
        }
    }
    if let Some(rationale) = &rule.rationale
        && rationale.value.chars().count() < MIN_RATIONALE_CHARS
        && rationale.value.is_ascii()
    {
        reports.push(lint(
            report::THIN_RATIONALE,
            file,
            rationale,
            "this hardly says why it matters",
            "write one to three sentences: who is harmed, and how",
        ));
    }
    for text in rule.references.iter().flat_map(|list| &list.items) {
        if !text.value.starts_with("https://") {
            reports.push(lint(
                report::UNSAFE_REFERENCE,
                file,
                text,
                "a reference is not an https:// address",
                "link the page of the issuer or the standard",
            ));
        }
    }
}

/// Lints of a policy: lines that no finding can reach.
pub(crate) fn policy(file: &Arc<File>, policy: &PolicyFile, reports: &mut Vec<Report>) {
    let clauses: Vec<&Clause> = policy.decide.iter().flat_map(|list| &list.items).collect();
    for (index, clause) in clauses.iter().enumerate() {
        let before = clauses.get(..index).unwrap_or_default();
        if clause.then.is_some()
            && let Some(first) = before.iter().find(|first| takes_all_of(first, clause))
        {
            let (line, _) = file.line_and_column(first.spot.start);
            reports.push(Report::at(
                report::UNREACHED_CLAUSE,
                Place::new(file, clause.spot.clone()),
                format!("line {line} takes every finding that fits this line"),
                "move the narrower line up, or remove it",
            ));
        }
    }
    for (_, tenant) in policy.tenants.iter().flat_map(|named| &named.0) {
        for clause in tenant.decide.iter().flat_map(|list| &list.items) {
            if clause
                .then
                .as_ref()
                .is_some_and(|then| then.value == Action::Allow)
            {
                let weak = clauses.iter().any(|base| {
                    base.tenant_may_weaken
                        .as_ref()
                        .is_some_and(|flag| flag.value)
                });
                if !weak && policy.extends.is_none() {
                    reports.push(Report::at(
                        report::UNREACHED_CLAUSE,
                        Place::new(file, clause.spot.clone()),
                        "a tenant's `allow` changes nothing: the stricter line holds",
                        "put `tenant_may_weaken: true` on the line that it should weaken",
                    ));
                }
            }
        }
    }
}

/// Whether every finding that fits `later` fits `first` too.
fn takes_all_of(first: &Clause, later: &Clause) -> bool {
    let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let category = match (value(&first.category), value(&later.category)) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => engine::rule::Category::new(&narrow).is_within(&wide),
        (Some(_), None) => false,
    };
    let rule = first.rule.is_none() || value(&first.rule) == value(&later.rule);
    let direction = match (&first.direction, &later.direction) {
        (None, _) => true,
        (Some(one), Some(other)) => one.value == other.value,
        (Some(_), None) => false,
    };
    let severity = match (&first.min_severity, &later.min_severity) {
        (None, _) => true,
        (Some(one), Some(other)) => one.value <= other.value,
        (Some(_), None) => false,
    };
    let confidence = match (&first.min_confidence, &later.min_confidence) {
        (None, _) => true,
        (Some(one), Some(other)) => one.value <= other.value,
        (Some(_), None) => false,
    };
    category && rule && direction && severity && confidence
}
