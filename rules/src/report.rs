//! A mistake shown with file, line, caret and what to write instead.
//!
//! Every message an officer can get from this crate is a [`Report`] with a code
//! of [`CODES`]: `R0xx` is a fault, the file does not load; `R1xx` is a lint,
//! advice that a pack may switch off with a reason. The same report comes as
//! plain text ([`Report::render`]) and as JSON ([`to_json`]).
//!
//! It does not decide what is a mistake; it only knows how to show one.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level as Grade, Origin, Renderer, Snippet};
use serde::Serialize;

/// A file as read, for messages.
#[derive(Debug)]
pub struct File {
    /// Its path from the rules root, with `/`: `packs/pii/payment.yaml`.
    pub name: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

impl File {
    /// The 1-based line and column, in code points, of the byte at `offset`.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = head(&self.text, offset);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// The part of `text` before `offset`, cut back to a character boundary.
fn head(text: &str, offset: usize) -> &str {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    text.get(..offset).unwrap_or_default()
}

/// A range of a file, in bytes.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub file: Arc<File>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// The place `range` of `file`.
    pub fn new(file: &Arc<File>, range: Range<usize>) -> Place {
        Place {
            file: Arc::clone(file),
            start: range.start,
            end: range.end.max(range.start),
        }
    }

    /// The file as a whole.
    pub fn whole(file: &Arc<File>) -> Place {
        Place::new(file, 0..0)
    }
}

/// Whether a file with this report loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The file does not load.
    Error,
    /// Advice.
    Warning,
}

/// The number of a kind of mistake: `R014`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl Code {
    /// Lints begin at 100.
    pub fn is_lint(self) -> bool {
        self.0 >= 100
    }

    /// Its row in [`CODES`].
    pub fn info(self) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{:03}", self.0)
    }
}

/// What a code means. `GUIDE.md` has a section on each.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Its name, as the golden cases spell it.
    pub name: &'static str,
}

macro_rules! codes {
    ($($constant:ident $number:literal $name:literal,)*) => {
        $(
            #[doc = concat!("`", $name, "`: see `GUIDE.md`.")]
            pub const $constant: Code = Code($number);
        )*
        /// Every code there is, in order.
        pub static CODES: &[CodeInfo] = &[
            $(CodeInfo { code: $constant, name: $name },)*
        ];
    };
}

codes! {
    NOT_YAML 1 "not-yaml",
    UNKNOWN_KEY 2 "unknown-key",
    DOUBLE_KEY 3 "double-key",
    MISSING_KEY 4 "missing-key",
    WRONG_KIND 5 "wrong-kind",
    UNKNOWN_WORD 6 "unknown-word",
    FOREIGN_YAML 7 "foreign-yaml",
    TOO_MUCH 8 "too-much",
    UNREADABLE 9 "unreadable",
    BAD_RULE_ID 10 "bad-rule-id",
    DOUBLE_RULE 11 "double-rule",
    UNKNOWN_CATEGORY 12 "unknown-category",
    BAD_PATTERN 13 "bad-pattern",
    SPACE_IN_CLASS 14 "space-in-class",
    BAD_DETECT 15 "bad-detect",
    UNKNOWN_VALIDATOR 16 "unknown-validator",
    UNKNOWN_REGULATION 17 "unknown-regulation",
    UNKNOWN_RULE 18 "unknown-rule",
    BAD_PHRASE 19 "bad-phrase",
    BAD_EXCEPTION 20 "bad-exception",
    BAD_DICTIONARY 21 "bad-dictionary",
    BAD_BLOCK 22 "bad-block",
    BAD_CONTEXT 23 "bad-context",
    BAD_MODEL 24 "bad-model",
    OUT_OF_RANGE 25 "out-of-range",
    BAD_STATUS 26 "bad-status",
    NO_EXAMPLES 27 "no-examples",
    BAD_EXAMPLE 28 "bad-example",
    NOT_FOUND 30 "example-not-found",
    OTHER_CONFIDENCE 31 "example-other-confidence",
    OTHER_VIEW 32 "example-other-view",
    FOUND 33 "example-found",
    BACKENDS_DIFFER 34 "backends-differ",
    BAD_PACK 40 "bad-pack",
    BAD_EXTENDS 41 "bad-extends",
    BAD_LINT_SWITCH 42 "bad-lint-switch",
    BAD_CLAUSE 50 "bad-clause",
    BAD_REDACT 51 "bad-redact",
    BAD_POLICY 52 "bad-policy",
    POLICY_TEST 53 "policy-test",
    UNQUOTED 101 "unquoted",
    ESCAPE_IN_SINGLE_QUOTES 102 "escape-in-single-quotes",
    DOUBLE_PHRASE 103 "double-phrase",
    DOUBLE_EXAMPLE 104 "double-example",
    NO_REGULATION 105 "no-regulation",
    LOOSE_BOUNDARY 106 "loose-boundary",
    CONTEXT_IN_PATTERN 107 "context-in-pattern",
    OTHER_SEVERITY 108 "other-severity",
    FOUND_BY_OTHER 109 "found-by-other",
    LONG_TITLE 110 "long-title",
    THIN_RATIONALE 111 "thin-rationale",
    UNSAFE_REFERENCE 112 "unsafe-reference",
    UNREACHED_CLAUSE 113 "unreached-clause",
    NO_LITERAL 120 "no-literal",
}

/// One mistake.
#[derive(Clone, Debug)]
pub struct Report {
    /// What kind.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to write instead; stands beside the caret.
    pub remedy: String,
    /// Where; `None`: nowhere in a file.
    pub place: Option<Place>,
    /// The rule it is about.
    pub rule: Option<String>,
    /// More to know: a name and a line each.
    pub notes: Vec<(&'static str, String)>,
}

impl Report {
    /// A report on a place of a file.
    pub fn at(
        code: Code,
        place: Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Report {
        Report {
            code,
            message: message.into(),
            remedy: remedy.into(),
            place: Some(place),
            rule: None,
            notes: Vec::new(),
        }
    }

    /// A report that belongs to no place in a file.
    pub fn nowhere(code: Code, message: impl Into<String>, remedy: impl Into<String>) -> Report {
        Report {
            code,
            message: message.into(),
            remedy: remedy.into(),
            place: None,
            rule: None,
            notes: Vec::new(),
        }
    }

    /// The same report, about this rule.
    #[must_use]
    pub fn about(mut self, rule: impl Into<String>) -> Report {
        self.rule = Some(rule.into());
        self
    }

    /// The same report, with one more line.
    #[must_use]
    pub fn note(mut self, name: &'static str, text: impl Into<String>) -> Report {
        self.notes.push((name, text.into()));
        self
    }

    /// Faults stop loading, lints advise.
    pub fn level(&self) -> Level {
        if self.code.is_lint() {
            Level::Warning
        } else {
            Level::Error
        }
    }

    /// 1-based line and column (code points), if it has a place.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let place = self.place.as_ref()?;
        Some(place.file.line_and_column(place.start))
    }

    /// The report as text of a few lines, without a line break at its end.
    pub fn render(&self) -> String {
        self.render_with(&Renderer::plain())
    }

    /// The report with terminal colours.
    pub fn render_styled(&self) -> String {
        self.render_with(&Renderer::styled())
    }

    fn render_with(&self, renderer: &Renderer) -> String {
        let grade = match self.level() {
            Level::Error => Grade::ERROR,
            Level::Warning => Grade::WARNING,
        };
        let code = self.code.to_string();
        let title = grade.primary_title(visible(&self.message)).id(code);
        let window = self.place.as_ref().map(Window::of);
        let mut group = match (&self.place, &window) {
            (Some(place), Some(window)) if !window.text.is_empty() => title.element(
                Snippet::source(window.text)
                    .path(place.file.name.as_str())
                    .line_start(window.line)
                    .annotation(
                        AnnotationKind::Primary
                            .span(window.range.clone())
                            .label(visible(&self.remedy)),
                    ),
            ),
            (Some(place), _) => title
                .element(Origin::path(place.file.name.as_str()))
                .element(Grade::HELP.message(visible(&self.remedy))),
            (None, _) => title.element(Grade::HELP.message(visible(&self.remedy))),
        };
        for (name, text) in &self.notes {
            group = group.element(Grade::NOTE.with_name(*name).message(visible(text)));
        }
        if let Some(rule) = &self.rule {
            group = group.element(Grade::NOTE.with_name("rule").message(visible(rule)));
        }
        let rendered = renderer.render(&[group]);
        // The library pads the gutter; officers paste these into mails.
        let lines: Vec<&str> = rendered.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

/// The one line of a file that a report shows, and the caret's range in it.
struct Window<'f> {
    text: &'f str,
    line: usize,
    range: Range<usize>,
}

impl<'f> Window<'f> {
    /// A place over several lines is shown by its first: the caret says where
    /// it begins, and an officer does not want twenty lines of pattern back.
    fn of(place: &'f Place) -> Window<'f> {
        let text: &str = &place.file.text;
        let before = head(text, place.start);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let from = before.len() - start;
        let to = head(text, place.end).len().saturating_sub(start);
        let to = to.clamp(from, line.len().max(from));
        Window {
            text: line,
            line: place.file.line_and_column(place.start).0,
            range: from.min(line.len())..to.min(line.len()),
        }
    }
}

/// Control and invisible characters spelled out, so that a message about them
/// can be read and a terminal cannot be driven by a rule file.
pub fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{e0000}'..='\u{e0fff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Puts reports in the order of files, places and codes, each once.
pub fn sort(reports: &mut Vec<Report>) {
    let key = |r: &Report| {
        r.place
            .as_ref()
            .map(|p| (p.file.name.clone(), p.start, p.end))
    };
    let same =
        |a: &Report, b: &Report| key(a) == key(b) && a.code == b.code && a.message == b.message;
    reports.sort_by(|a, b| match key(a).cmp(&key(b)) {
        Ordering::Equal => (a.code, &a.message).cmp(&(b.code, &b.message)),
        order => order,
    });
    reports.dedup_by(|a, b| same(a, b));
}

/// All reports as text, a blank line between two.
pub fn render_all(reports: &[Report]) -> String {
    let mut out = String::new();
    for report in reports {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&report.render());
        out.push('\n');
    }
    out
}

/// A report as JSON shows it.
#[derive(Serialize)]
struct JsonReport<'r> {
    code: String,
    name: &'static str,
    level: Level,
    message: &'r str,
    remedy: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<JsonNote<'r>>,
}

#[derive(Serialize)]
struct JsonNote<'r> {
    name: &'r str,
    text: &'r str,
}

/// All reports as a JSON array, for editors and pipelines: code, name, level,
/// message, remedy, rule, file, line, column (1-based, code points), notes.
pub fn to_json(reports: &[Report]) -> serde_json::Value {
    let all: Vec<serde_json::Value> = reports
        .iter()
        .map(|report| {
            let start = report.line_and_column();
            let end = report
                .place
                .as_ref()
                .map(|place| place.file.line_and_column(place.end));
            let shown = JsonReport {
                code: report.code.to_string(),
                name: report.code.info().map_or("", |info| info.name),
                level: report.level(),
                message: &report.message,
                remedy: &report.remedy,
                rule: report.rule.as_deref(),
                file: report.place.as_ref().map(|p| p.file.name.as_str()),
                line: start.map(|at| at.0),
                column: start.map(|at| at.1),
                end_line: end.map(|at| at.0),
                end_column: end.map(|at| at.1),
                notes: report
                    .notes
                    .iter()
                    .map(|(name, text)| JsonNote { name, text })
                    .collect(),
            };
            serde_json::to_value(shown).unwrap_or_default()
        })
        .collect();
    serde_json::Value::Array(all)
}

/// The word of `known` that is nearest to `word`, if near enough to suggest.
///
/// Near enough is a third of the word's letters: `payment_crad` finds
/// `payment_card`, `foo` finds nothing.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, changes and swaps of neighbours turn one
/// word into the other (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let width = b.len() + 1;
    let mut rows = vec![0usize; (a.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let value = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut best = (rows[at(i - 1, j)] + 1)
                    .min(rows[at(i, j - 1)] + 1)
                    .min(rows[at(i - 1, j - 1)] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[at(i - 2, j - 2)] + 1);
                }
                best
            };
            rows[at(i, j)] = value;
        }
    }
    rows.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &'static str) -> Arc<File> {
        Arc::new(File {
            name: "packs/a/a.yaml".to_owned(),
            text: Cow::Borrowed(text),
        })
    }

    #[test]
    fn shows_file_line_caret_and_remedy() {
        let file = file("rules:\n  - id: x\n    pattern: '[ -]'\n");
        let report = Report::at(
            SPACE_IN_CLASS,
            Place::new(&file, 32..33),
            "a space",
            "write \\x20",
        )
        .about("a.x");
        assert_eq!(
            report.render(),
            "error[R014]: a space\n --> packs/a/a.yaml:3:16\n  |\n3 |     pattern: '[ -]'\n  |                ^ write \\x20\n  |\n  = rule: a.x"
        );
    }

    #[test]
    fn a_place_over_several_lines_is_shown_by_its_first() {
        let file = file("a: |-\n  one\n  two\n");
        let report = Report::at(BAD_PATTERN, Place::new(&file, 8..17), "m", "r");
        assert!(
            report.render().contains("2 |   one\n  |   ^^^ r"),
            "{}",
            report.render()
        );
    }

    #[test]
    fn columns_count_code_points() {
        let file = file("a: 'größe x'\n");
        let at = file.text.find('x').unwrap();
        assert_eq!(file.line_and_column(at), (1, 11));
    }

    #[test]
    fn nothing_invisible_reaches_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb\u{200b}"), "a\\u{1b}[2Jb\\u{200b}");
    }

    #[test]
    fn suggests_only_near_words() {
        let known = ["payment_card", "luhn", "iban"];
        assert_eq!(nearest("payment_crad", known), Some("payment_card"));
        assert_eq!(nearest("lunh", known), Some("luhn"));
        assert_eq!(nearest("zebra", known), None);
    }

    #[test]
    fn codes_are_in_order_and_named_once() {
        assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
        let mut names: Vec<_> = CODES.iter().map(|info| info.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
    }

    #[test]
    fn json_has_line_and_column() {
        let file = file("a: b\n");
        let value = to_json(&[Report::at(UNKNOWN_KEY, Place::new(&file, 3..4), "m", "r")]);
        assert_eq!(value[0]["line"], 1);
        assert_eq!(value[0]["column"], 4);
        assert_eq!(value[0]["name"], "unknown-key");
    }
}
