//! The strict part of YAML that rule files are written in, as a tree with positions.
//!
//! Anchors, aliases, tags, merge keys, directives and further documents are
//! faults, double keys too; size and depth are limited. No text is turned into
//! a number, a date or a truth value here: `no` stays the word no, and whoever
//! wants a number asks for one ([`crate::written`]).
//!
//! This is the only file that knows the YAML library. It reads the library's
//! events and not its serde front, because serde stops at the first mistake and
//! an officer wants to see all of them. Only where the text is not YAML at all
//! does reading stop.

use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::{self, ErrorKind, Event, Marker, Parser, ScalarStyle};

use crate::report::{self, File, Place, Report};

/// The longest YAML file, in bytes. The largest shipped file has a tenth of it;
/// long lists belong into `lists/*.txt` or `dictionaries/*.txt`.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The deepest nesting of lists and keys. A rule needs six levels.
const MAX_DEPTH: usize = 16;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Style {
    /// Without quotes.
    #[default]
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// `|` block.
    Literal,
    /// `>` block.
    Folded,
}

/// One node of a file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands, in bytes. A text in a block begins with its first character.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text; numbers and truth values too.
    Scalar {
        /// After unquoting and folding.
        text: String,
        /// As written.
        style: Style,
    },
    /// `- a`, `[a]`
    List(Vec<Node>),
    /// `a: b`, `{a: b}`
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands, in bytes.
    pub key_range: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// What it is, for messages.
    pub fn what(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { text, style } if is_nothing(text, *style) => "nothing",
            Kind::Scalar { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "keys with values",
        }
    }
}

/// Whether an unquoted text is YAML's way to say nothing.
pub fn is_nothing(text: &str, style: Style) -> bool {
    style == Style::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Reads a file. Faults go to `reports`; `None` if there is nothing to go on with.
pub fn parse(file: &Arc<File>, reports: &mut Vec<Report>) -> Option<Node> {
    if file.text.len() > MAX_BYTES {
        reports.push(Report::at(
            report::TOO_MUCH,
            Place::whole(file),
            format!(
                "a file of {} bytes is longer than {MAX_BYTES}",
                file.text.len()
            ),
            "split it by topic, or put long lists into lists/*.txt",
        ));
        return None;
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
    };
    Builder {
        file,
        reports,
        parser: Parser::new_from_str_with_options(&file.text, options),
        ended: false,
    }
    .document()
}

struct Builder<'f, 'r> {
    file: &'f Arc<File>,
    reports: &'r mut Vec<Report>,
    parser: Parser<'f, granit_parser::StrInput<'f>>,
    ended: bool,
}

type Next<'f> = (Event<'f>, Range<usize>);

impl<'f> Builder<'f, '_> {
    fn fault(&mut self, code: report::Code, range: Range<usize>, message: &str, remedy: &str) {
        self.reports.push(Report::at(
            code,
            Place::new(self.file, range),
            message,
            remedy,
        ));
    }

    /// The byte a marker stands at. The library counts bytes for texts in memory.
    fn offset(&self, marker: &Marker) -> usize {
        marker
            .byte_offset()
            .unwrap_or_default()
            .min(self.file.text.len())
    }

    fn next(&mut self) -> Option<Next<'f>> {
        if self.ended {
            return None;
        }
        match self.parser.next() {
            Some(Ok((event, span))) => {
                let range = self.offset(&span.start)..self.offset(&span.end);
                Some((event, range))
            }
            Some(Err(error)) => {
                self.ended = true;
                let at = self.offset(error.marker());
                let (message, remedy, code) = explain(error.kind());
                let report = Report::at(code, Place::new(self.file, at..at), message, remedy)
                    .note("note", "the file was read up to here");
                self.reports.push(report);
                None
            }
            None => None,
        }
    }

    fn document(mut self) -> Option<Node> {
        let mut root = None;
        let mut documents = 0;
        while let Some((event, range)) = self.next() {
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        self.fault(
                            report::FOREIGN_YAML,
                            range,
                            "a second document begins here",
                            "write one document a file, without `---`",
                        );
                        // What follows may be anything; one document was promised.
                        break;
                    }
                }
                event => root = self.node(event, range, 0),
            }
        }
        match root {
            Some(node) => Some(node),
            None => {
                if !self.ended && documents == 0 {
                    self.fault(
                        report::MISSING_KEY,
                        0..0,
                        "the file is empty",
                        "begin with `rules:`, `pack:` or `policy:`, see GUIDE.md",
                    );
                }
                None
            }
        }
    }

    /// The node that `event` begins. `None`: the text ended in the middle; what
    /// was complete before is lost only up to the enclosing list or key.
    fn node(&mut self, event: Event<'f>, range: Range<usize>, depth: usize) -> Option<Node> {
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag) => (*anchor != 0, tag.is_some()),
            _ => (false, false),
        };
        if anchor {
            self.fault(
                report::FOREIGN_YAML,
                range.clone(),
                "`&name` before a value is an anchor, which rule files do not have",
                "write the value out; put a text that begins with & in single quotes",
            );
        }
        if tag {
            self.fault(
                report::FOREIGN_YAML,
                range.clone(),
                "`!name` before a value is a tag, which rule files do not have",
                "leave it out; put a text that begins with ! in single quotes",
            );
        }
        match event {
            Event::Scalar(text, style, _, _) => {
                let (style, range) = match style {
                    ScalarStyle::Plain => (Style::Plain, range),
                    ScalarStyle::SingleQuoted => (Style::Single, range),
                    ScalarStyle::DoubleQuoted => (Style::Double, range),
                    // A block's range goes on to the next token; it ends with
                    // its last character.
                    ScalarStyle::Literal => (Style::Literal, self.trimmed(range)),
                    _ => (Style::Folded, self.trimmed(range)),
                };
                // An empty value is told of as `~`; nobody wrote that.
                let text = if range.is_empty() && style == Style::Plain {
                    String::new()
                } else {
                    text.into_owned()
                };
                Some(Node {
                    range,
                    kind: Kind::Scalar { text, style },
                })
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.fault(
                    report::FOREIGN_YAML,
                    range.clone(),
                    "`*name` is an alias, which rule files do not have",
                    "write the value out; put a text that begins with * in single quotes",
                );
                let text = self.file.text.get(range.clone()).unwrap_or_default();
                Some(Node {
                    kind: Kind::Scalar {
                        text: text.to_owned(),
                        style: Style::Plain,
                    },
                    range,
                })
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if depth >= MAX_DEPTH => {
                self.fault(
                    report::TOO_MUCH,
                    range,
                    &format!("lists and keys are nested more than {MAX_DEPTH} deep"),
                    "no rule needs so many levels; look for a stray `-`, `[` or `{`",
                );
                self.ended = true;
                None
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                let mut end = range.end;
                while let Some((event, at)) = self.next() {
                    if matches!(event, Event::SequenceEnd) {
                        end = at.end;
                        break;
                    }
                    match self.node(event, at, depth + 1) {
                        Some(item) => items.push(item),
                        None => break,
                    }
                }
                Some(Node {
                    range: self.trimmed(range.start..end),
                    kind: Kind::List(items),
                })
            }
            Event::MappingStart(..) => {
                let entries = self.entries(depth);
                let end = entries
                    .last()
                    .map_or(range.end, |e: &Entry| e.value.range.end);
                Some(Node {
                    range: self.trimmed(range.start..end.max(range.end)),
                    kind: Kind::Map(entries),
                })
            }
            _ => None,
        }
    }

    fn entries(&mut self, depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((event, at)) = self.next() {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let Some(key) = self.node(event, at, depth + 1) else {
                break;
            };
            let Some(value) = self.next().and_then(|(e, at)| self.node(e, at, depth + 1)) else {
                break;
            };
            let Kind::Scalar { text, style } = key.kind else {
                self.fault(
                    report::FOREIGN_YAML,
                    key.range,
                    "a list or keys with values cannot be a key",
                    "a key is a word, then `: `; put a text that begins with [ or { in single quotes",
                );
                continue;
            };
            if text == "<<" && style == Style::Plain {
                self.fault(
                    report::FOREIGN_YAML,
                    key.range,
                    "`<<` is a merge key, which rule files do not have",
                    "write the keys out",
                );
                continue;
            }
            if let Some(first) = entries.iter().find(|entry| entry.key == text) {
                let (line, _) = self.file.line_and_column(first.key_range.start);
                self.fault(
                    report::DOUBLE_KEY,
                    key.range,
                    &format!("the key `{text}` stands here twice, first in line {line}"),
                    "remove one, or join the two",
                );
                continue;
            }
            entries.push(Entry {
                key: text,
                key_range: key.range,
                value,
            });
        }
        entries
    }

    /// The range without white space at its end.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.file.text.get(range.clone()).unwrap_or_default();
        range.start..range.start + text.trim_end().len()
    }
}

/// What the library's complaint means to somebody who writes rules: a message,
/// a remedy and a code.
fn explain(kind: &ErrorKind) -> (String, &'static str, report::Code) {
    let quote = "put the whole text in single quotes";
    let (message, remedy) = match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "this `:` makes a key where none can stand",
            "put a text with `: ` in single quotes, or check the indentation",
        ),
        ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => (
            "a tab stands where the indentation is",
            "indent with spaces, two a level",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => (
            "a quote is opened and not closed",
            "close it; inside '...' a quote is written ''",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar => (
            "the text goes on after its closing quote",
            "inside '...' a quote is written ''",
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "this backslash is no escape that double quotes know",
            "put patterns in single quotes, where a backslash is only a backslash",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("an unquoted text cannot begin with `{character}`");
            return (message, quote, report::NOT_YAML);
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("an unquoted text cannot begin with `*` or `&`", quote)
        }
        ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation => (
            "this line does not fit the lines above it",
            "check the indentation: keys of one record stand in one column",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            "a key without `:`, or a text whose indentation is wrong",
            "write `key: value`, or indent the text below its key",
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofFlowMapping => (
            "`{` is not closed by `}`, or a `,` is missing",
            "write { key: value, key: value }",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => (
            "`[` is not closed by `]`, or a `,` is missing",
            "write [one, two], texts with , or : in single quotes",
        ),
        ErrorKind::DirectiveDisallowed => {
            return (
                "`%` at the start of a line is a directive, which rule files do not have"
                    .to_owned(),
                "remove the line",
                report::FOREIGN_YAML,
            );
        }
        ErrorKind::UndeclaredTagHandle => {
            return (
                "`!name!` before a value is a tag, which rule files do not have".to_owned(),
                quote,
                report::FOREIGN_YAML,
            );
        }
        other => {
            let name = format!("{other:?}");
            let name = name.split([' ', '{', '(']).next().unwrap_or_default();
            let message = format!("this is not YAML ({name})");
            return (
                message,
                "compare it with the example in GUIDE.md, quotes and indentation first",
                report::NOT_YAML,
            );
        }
    };
    (message.to_owned(), remedy, report::NOT_YAML)
}

/// Where the bytes `wanted` of an unquoted and folded text stand in its file.
///
/// `range` and `style` are the node's. Each character of the text is followed
/// through quotes, escapes, indentation and folded lines; a text that cannot be
/// followed (which would be a mistake here) is shown from where it was lost.
pub(crate) fn source_range(
    source: &str,
    range: &Range<usize>,
    style: Style,
    text: &str,
    wanted: Range<usize>,
) -> Range<usize> {
    let mut walk = Walk::new(source, range.clone(), style);
    let mut start = None;
    let mut end = range.start;
    for (at, c) in text.char_indices() {
        let from = walk.step(c);
        if at >= wanted.start && start.is_none() {
            start = Some(from);
        }
        if at >= wanted.end {
            break;
        }
        end = walk.at;
    }
    let close = match style {
        Style::Single | Style::Double => range.end.saturating_sub(1),
        _ => range.end,
    };
    let start = start.unwrap_or(close.max(range.start));
    start..end.max(start)
}

struct Walk<'s> {
    source: &'s str,
    at: usize,
    end: usize,
    style: Style,
    /// Columns that a block's lines are indented by.
    indent: usize,
}

impl<'s> Walk<'s> {
    fn new(source: &'s str, range: Range<usize>, style: Style) -> Walk<'s> {
        let at = match style {
            Style::Single | Style::Double => range.start + 1,
            _ => range.start,
        };
        let before = source.get(..range.start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        Walk {
            source,
            at,
            end: range.end,
            style,
            indent: range.start - line,
        }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..self.end).unwrap_or_default()
    }

    /// Passes over what stands for the character `c` and returns where that began.
    fn step(&mut self, c: char) -> usize {
        if c == '\n' {
            return self.line_break();
        }
        let rest = self.rest();
        // A folded line: one space of the text for a line break and indentation.
        if c == ' ' && (rest.starts_with('\n') || rest.starts_with("\r\n")) {
            let from = self.at;
            self.skip_white();
            return from;
        }
        if self.style == Style::Double && rest.starts_with('\\') {
            return self.escape(c);
        }
        if self.style != Style::Literal && c != ' ' && c != '\t' {
            // Indentation and line breaks that left nothing in the text.
            let spaces = rest.len() - rest.trim_start().len();
            if rest.get(..spaces).unwrap_or_default().contains('\n') {
                self.at += spaces;
            }
        }
        let from = self.at;
        let rest = self.rest();
        if self.style == Style::Single && rest.starts_with("''") {
            self.at += 2;
        } else {
            self.at += rest.chars().next().map_or(0, char::len_utf8);
        }
        from
    }

    /// A line break of the text: in a literal block one line break and the
    /// indentation after it, elsewhere a run of white space.
    fn line_break(&mut self) -> usize {
        let from = self.at;
        if self.style == Style::Double && self.rest().starts_with('\\') {
            return self.escape('\n');
        }
        if self.style == Style::Literal {
            let rest = self.rest();
            if rest.starts_with("\r\n") {
                self.at += 2;
            } else if rest.starts_with('\n') {
                self.at += 1;
            }
            let indent = self.indent;
            let rest = self.rest();
            let spaces = rest.bytes().take(indent).take_while(|b| *b == b' ').count();
            self.at += spaces;
        } else {
            // Of several line breaks each stands for one; pass over one at a time.
            let rest = self.rest();
            let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
            if rest.get(..line).unwrap_or_default().trim().is_empty() {
                self.at += line;
            }
        }
        from
    }

    fn skip_white(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// `\n`, `\x41`, `\u200b`, `\U0001f600`, and a backslash before a line break.
    fn escape(&mut self, _c: char) -> usize {
        let from = self.at;
        let length = match self.rest().as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            Some(b'\n') => {
                self.at += 2;
                self.skip_white();
                let next = self.at;
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                return next;
            }
            _ => 2,
        };
        self.at = (self.at + length).min(self.end);
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn read(text: &'static str) -> (Arc<File>, Option<Node>, Vec<Report>) {
        let file = Arc::new(File {
            name: "t.yaml".to_owned(),
            text: Cow::Borrowed(text),
        });
        let mut reports = Vec::new();
        let node = parse(&file, &mut reports);
        (file, node, reports)
    }

    fn codes(text: &'static str) -> Vec<u16> {
        read(text).2.iter().map(|report| report.code.0).collect()
    }

    fn value<'n>(node: &'n Node, key: &str) -> &'n Node {
        let Kind::Map(entries) = &node.kind else {
            panic!("no map")
        };
        &entries.iter().find(|e| e.key == key).unwrap().value
    }

    /// What stands in the file where the text says `part`.
    fn shown(text: &'static str, part: &str) -> String {
        let (file, node, reports) = read(text);
        assert!(reports.is_empty(), "{reports:?}");
        let node = node.unwrap();
        let node = value(&node, "a");
        let Kind::Scalar { text, style } = &node.kind else {
            panic!("no text")
        };
        let at = text.find(part).unwrap();
        let range = source_range(&file.text, &node.range, *style, text, at..at + part.len());
        file.text[range].to_owned()
    }

    #[test]
    fn keeps_words_as_words() {
        let (_, node, reports) = read("a: no\nb: 1.0\nc: null\n");
        assert!(reports.is_empty());
        let node = node.unwrap();
        assert!(matches!(&value(&node, "a").kind, Kind::Scalar { text, .. } if text == "no"));
        assert!(matches!(&value(&node, "b").kind, Kind::Scalar { text, .. } if text == "1.0"));
        assert_eq!(value(&node, "c").what(), "nothing");
    }

    #[test]
    fn refuses_what_is_not_ours_all_at_once() {
        assert_eq!(codes("a: &x 1\nb: *x\nc: !t v\n<<: {d: 1}\n"), [7, 7, 7, 7]);
        assert_eq!(codes("a: 1\n---\nb: 1\n"), [7]);
        assert_eq!(codes("%YAML 1.2\n---\na: 1\n"), [7]);
        assert_eq!(codes("a: 1\nb: 2\na: 3\nb: 4\n"), [3, 3]);
        assert_eq!(codes("a: b: c\n"), [1]);
        assert_eq!(codes(""), [4]);
        assert_eq!(codes("? [a]\n: b\n"), [7]);
    }

    #[test]
    fn depth_and_size_are_limited() {
        let deep: &'static str = Box::leak("- ".repeat(100).into_boxed_str());
        assert_eq!(codes(deep), [8]);
        let long: &'static str = Box::leak(" ".repeat(MAX_BYTES + 1).into_boxed_str());
        assert_eq!(codes(long), [8]);
    }

    #[test]
    fn what_came_before_a_broken_place_is_kept() {
        let (_, node, reports) = read("a: 1\nb: {c: d: e}\n");
        assert_eq!(reports.len(), 1);
        assert!(
            matches!(&value(&node.unwrap(), "a").kind, Kind::Scalar { text, .. } if text == "1")
        );
    }

    #[test]
    fn positions_go_through_quotes_escapes_blocks_and_folds() {
        assert_eq!(shown("a: plain text\n", "text"), "text");
        assert_eq!(shown("a: 'it''s \\d'\n", "s \\d"), "s \\d");
        assert_eq!(shown("a: 'it''s'\n", "'"), "''");
        assert_eq!(shown("a: \"\\u200bx\\ty\"\n", "\t"), "\\t");
        assert_eq!(shown("a: \"\\u200bx\\ty\"\n", "y"), "y");
        assert_eq!(shown("a: |-\n  (?x)\n    b c\n\n  d\nz: 1\n", "b c"), "b c");
        assert_eq!(shown("a: |-\n  (?x)\n    b c\n\n  d\nz: 1\n", "d"), "d");
        assert_eq!(
            shown("a: >-\n  one two\n  three\n\n  four\nz: 1\n", "three"),
            "three"
        );
        assert_eq!(
            shown("a: >-\n  one two\n  three\n\n  four\nz: 1\n", "four"),
            "four"
        );
        assert_eq!(shown("a: one\n  two three\n", "two"), "two");
        assert_eq!(shown("a: 'one\n  two'\n", "two"), "two");
        assert_eq!(shown("a: |-\r\n  b\r\n  c\r\n", "c"), "c");
    }

    #[test]
    fn the_end_of_a_text_has_a_place_too() {
        let source = "a: 'bc'\n";
        assert_eq!(
            source_range(source, &(3..7), Style::Single, "bc", 2..2),
            6..6
        );
    }
}
