//! Rows and findings as text, JSON lines, CSV and SARIF.

use std::io::{self, Write};

use engine::rule::{Rule, Severity};
use rules::report::visible;

use super::judge::{Found, Row};
use super::tally::Tally;
use super::{Output, Plan};
use crate::api::screen::quote;
use crate::paint::Paint;
use crate::wire::Unit;
use crate::words;

/// The columns of [`Output::Csv`].
const COLUMNS: &[&str] = &[
    "file",
    "line",
    "id",
    "path",
    "rule",
    "title",
    "category",
    "severity",
    "confidence",
    "score",
    "start",
    "end",
    "unit",
    "view",
    "action",
];

/// What stands before all rows.
pub(super) fn head(output: Output, rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    match output {
        Output::Text | Output::Jsonl => Ok(()),
        Output::Csv => writeln!(out, "{}", COLUMNS.join(",")),
        Output::Sarif => sarif_head(rules, out),
    }
}

/// What stands after all rows.
pub(super) fn foot(output: Output, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    match output {
        Output::Text | Output::Jsonl | Output::Csv => Ok(()),
        Output::Sarif => writeln!(
            out,
            "\n],\"invocations\":[{{\"executionSuccessful\":{}}}]}}]}}",
            tally.unjudged == 0
        ),
    }
}

/// One row. Writing to memory cannot fail, here and below.
pub(super) fn row(plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) {
    match plan.output {
        Output::Text => text(plan, row, out),
        Output::Jsonl => jsonl(plan, row, out),
        Output::Csv => csv(plan, row, out),
        Output::Sarif => sarif(plan, row, out),
    }
}

fn text(plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) {
    let paint = Paint(plan.colour);
    for found in &row.found {
        let (line, column) = match found.path {
            None => found.from,
            Some(_) => (row.line, found.from.1),
        };
        let severity = found.finding.severity;
        let _ = write!(
            out,
            "{}:{}:{column}: {} {} {}",
            paint.file(&visible(row.file)),
            paint.place(&line.to_string()),
            paint.severity(severity, words::severity(severity)),
            paint.bold(found.rule.id.as_str()),
            found.rule.title,
        );
        let path = found.path.as_deref().unwrap_or_default();
        let within = if path.is_empty() {
            String::new()
        } else {
            format!(", in {}", visible(path))
        };
        let said = format!(
            " ({}, {}{within})",
            words::confidence(found.finding.confidence),
            words::action(found.action),
        );
        let _ = writeln!(out, "{}", paint.dim(&said));
        if plan.show_matches {
            let _ = writeln!(out, "    {}", visible(found.text));
        }
    }
}

fn jsonl(plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    match row.id {
        Some(id) => out.extend_from_slice(id.as_bytes()),
        None => quote(out, &format!("{}:{}", row.file, row.line)),
    }
    out.extend_from_slice(b",\"file\":");
    quote(out, row.file);
    let _ = write!(out, ",\"line\":{},\"action\":", row.line);
    match row.action {
        Some(action) => quote(out, words::action(action)),
        None => out.extend_from_slice(b"null"),
    }
    if let Some(wanted) = row.wanted.filter(|_| row.wanted != row.action) {
        let _ = write!(out, ",\"wanted\":\"{}\"", words::action(wanted));
    }
    out.extend_from_slice(b",\"findings\":[");
    for (index, found) in row.found.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"rule\":");
        quote(out, found.rule.id.as_str());
        out.extend_from_slice(b",\"title\":");
        quote(out, &found.rule.title);
        properties(plan, found, b',', out);
        if let Some(path) = &found.path {
            out.extend_from_slice(b",\"path\":");
            quote(out, path);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"scores\":{");
    for (index, (category, score)) in row.scores.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        quote(out, category);
        let _ = write!(out, ":{score}");
    }
    out.push(b'}');
    if !row.unjudged.is_empty() {
        out.extend_from_slice(b",\"unjudged\":[");
        for (index, why) in row.unjudged.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            quote(out, why);
        }
        out.push(b']');
    }
    out.extend_from_slice(b"}\n");
}

/// What JSON lines and SARIF say alike of a finding.
fn properties(plan: &Plan, found: &Found<'_>, first: u8, out: &mut Vec<u8>) {
    let finding = found.finding;
    out.push(first);
    out.extend_from_slice(b"\"category\":");
    quote(out, finding.category.as_str());
    let _ = write!(
        out,
        ",\"severity\":\"{}\",\"confidence\":\"{}\",\"score\":{},\"start\":{},\"end\":{},\
         \"unit\":\"{}\",\"view\":\"{}\",\"action\":\"{}\"",
        words::severity(finding.severity),
        words::confidence(finding.confidence),
        finding.score,
        found.start,
        found.end,
        unit(plan.unit),
        rules::explain::view(finding.view),
        words::action(found.action),
    );
    if plan.show_matches {
        out.extend_from_slice(b",\"text\":");
        quote(out, found.text);
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Byte => "byte",
        Unit::Codepoint => "codepoint",
        Unit::Utf16 => "utf16",
    }
}

fn csv(plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) {
    if row.found.is_empty() {
        return;
    }
    let mut to = csv::Writer::from_writer(out);
    // A string without its quotes; a number as it is.
    let id = row.id.map_or_else(String::new, |id| {
        serde_json::from_str::<String>(id).unwrap_or_else(|_| id.to_owned())
    });
    for found in &row.found {
        let line = if found.path.is_some() {
            row.line
        } else {
            found.from.0
        };
        let finding = found.finding;
        let _ = to.write_record([
            row.file,
            &line.to_string(),
            &id,
            found.path.as_deref().unwrap_or_default(),
            found.rule.id.as_str(),
            &found.rule.title,
            finding.category.as_str(),
            words::severity(finding.severity),
            words::confidence(finding.confidence),
            &finding.score.to_string(),
            &found.start.to_string(),
            &found.end.to_string(),
            unit(plan.unit),
            rules::explain::view(finding.view),
            words::action(found.action),
        ]);
    }
    let _ = to.flush();
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

fn sarif_head(rules: &[Rule], out: &mut dyn Write) -> io::Result<()> {
    let mut head = Vec::new();
    let _ = write!(
        head,
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\
         \"tool\":{{\"driver\":{{\"name\":\"Lockgate\",\"semanticVersion\":\"{}\",\"rules\":[",
        env!("CARGO_PKG_VERSION"),
    );
    for (index, rule) in rules.iter().enumerate() {
        head.extend_from_slice(if index > 0 {
            b",\n{\"id\":"
        } else {
            b"\n{\"id\":"
        });
        quote(&mut head, rule.id.as_str());
        head.extend_from_slice(b",\"shortDescription\":{\"text\":");
        quote(&mut head, &rule.title);
        head.extend_from_slice(b"},\"fullDescription\":{\"text\":");
        quote(&mut head, &rule.rationale);
        let _ = write!(
            head,
            "}},\"defaultConfiguration\":{{\"level\":\"{}\"}}",
            level(rule.severity)
        );
        head.extend_from_slice(b",\"properties\":{\"category\":");
        quote(&mut head, rule.category.as_str());
        head.extend_from_slice(b"}}");
    }
    head.extend_from_slice(b"\n]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    out.write_all(&head)
}

fn sarif(plan: &Plan, row: &Row<'_>, out: &mut Vec<u8>) {
    for found in &row.found {
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(b"\n{\"ruleId\":");
        quote(out, found.rule.id.as_str());
        let _ = write!(
            out,
            ",\"ruleIndex\":{},\"level\":\"{}\",\"message\":{{\"text\":",
            found.index,
            level(found.finding.severity)
        );
        quote(out, &found.rule.title);
        out.extend_from_slice(
            b"},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":",
        );
        quote(out, &uri(row.file));
        out.extend_from_slice(b"},\"region\":{");
        match &found.path {
            None => {
                let ((line, column), (end_line, end_column)) = (found.from, found.to);
                let _ = write!(
                    out,
                    "\"startLine\":{line},\"startColumn\":{column},\"endLine\":{end_line},\"endColumn\":{end_column}}}}}"
                );
            }
            // Columns of the line would be those of its JSON or CSV.
            Some(path) => {
                let _ = write!(
                    out,
                    "\"startLine\":{}}}}},\"logicalLocations\":[{{\"fullyQualifiedName\":",
                    row.line
                );
                quote(out, path);
                out.extend_from_slice(b"}]");
            }
        }
        out.extend_from_slice(b"}],\"properties\":");
        properties(plan, found, b'{', out);
        out.extend_from_slice(b"}}");
    }
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    if path == "<stdin>" {
        return "stdin".to_owned();
    }
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
