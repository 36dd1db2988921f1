//! One piece, screened: what is told of it, its clean copy, and the count.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use csv::ByteRecord;
use engine::policy::{About, Action, Policy};
use engine::redact::{self, Edit};
use engine::rule::{Rule, RuleId};
use engine::screen::{Exchange, Snapshot, Verdict};
use engine::text::{Direction, Role, Span, Text};
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::input::File;
use super::rows::{Content, Piece, Table};
use super::tally::Tally;
use super::{Plan, render};
use crate::wire::units;
use crate::wire::{self, Body, Format, Reading, Unit};
use crate::words;

/// Nobody waits for a row of a scan; each rule's work is bounded by itself.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What a piece came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Which file.
    pub(super) file: usize,
    /// What is told of it.
    pub(super) told: Vec<u8>,
    /// Its part of the clean copy.
    pub(super) clean: Vec<u8>,
    /// Whether the file has no clean copy at all.
    pub(super) no_copy: bool,
    /// What was not judged: where and why.
    pub(super) problems: Vec<String>,
    /// The count.
    pub(super) tally: Tally,
    /// How many bytes of the file it is.
    pub(super) bytes: u64,
    /// Whether the file begins with it.
    pub(super) first: bool,
    /// Whether the file ends with it.
    pub(super) last: bool,
}

/// One row as it is told.
pub(super) struct Row<'r> {
    pub(super) file: &'r str,
    pub(super) line: u64,
    /// What the row calls itself, as JSON.
    pub(super) id: Option<&'r str>,
    /// What is done; `None`: nothing of it could be judged.
    pub(super) action: Option<Action>,
    pub(super) wanted: Option<Action>,
    pub(super) found: Vec<Found<'r>>,
    pub(super) scores: BTreeMap<&'r str, f32>,
    /// What was not judged.
    pub(super) unjudged: Vec<String>,
}

/// One finding as it is told.
pub(super) struct Found<'r> {
    pub(super) finding: &'r engine::finding::Finding,
    pub(super) rule: &'r Rule,
    /// Its position in the ruleset.
    pub(super) index: usize,
    /// Where in the row its text stands; `None`: the file is the text.
    pub(super) path: Option<Cow<'r, str>>,
    /// In the unit asked for.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Lines and columns from 1, columns in code points: in the file for a
    /// text, in the field for a row.
    pub(super) from: (u64, u64),
    pub(super) to: (u64, u64),
    pub(super) text: &'r str,
    pub(super) action: Action,
}

/// What every thread needs.
pub(super) struct Judge<'j> {
    plan: &'j Plan,
    snapshot: &'j Snapshot,
    policy: Option<&'j Policy>,
    rules: HashMap<&'j RuleId, (usize, &'j Rule)>,
    role: Role,
}

/// Where the texts of a row stand in it.
enum Places<'b> {
    /// The file is the text.
    Whole,
    /// Cells of a record.
    Cells(&'b [String]),
    /// Values in a JSON object.
    Json(&'b [Member<'b>]),
}

/// A screened value of a JSON object.
struct Member<'b> {
    body: Body<'b>,
    /// The position of its first text among those of the row.
    first: usize,
    /// Where it is written in the line.
    at: std::ops::Range<usize>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(plan: &'j Plan, snapshot: &'j Snapshot) -> Judge<'j> {
        let rules = snapshot.ruleset().rules().iter().enumerate();
        Judge {
            plan,
            snapshot,
            policy: snapshot.policies().get(plan.policy.as_deref()),
            rules: rules
                .map(|(index, rule)| (&rule.id, (index, rule)))
                .collect(),
            role: match plan.direction {
                Direction::Prompt => Role::User,
                Direction::Output => Role::Assistant,
            },
        }
    }

    pub(super) fn piece(&self, files: &[File], piece: Piece) -> Done {
        let mut done = Done {
            file: piece.file,
            bytes: piece.bytes,
            first: piece.first,
            last: piece.last,
            ..Done::default()
        };
        done.tally.files = u64::from(piece.first);
        let name = files.get(piece.file).map_or("", |file| file.name.as_str());
        match piece.content {
            Content::Text(body) => self.text(name, &body, &mut done),
            Content::Lines(first, data) => self.lines(name, first, &data, &mut done),
            Content::Records(table, rows) => self.records(name, &table, &rows, &mut done),
            Content::Binary => {
                done.tally.files = 0;
                done.tally.binary = 1;
                done.no_copy = true;
            }
            Content::Unjudged(Some(line), why) => self.unjudged(name, line, None, why, &mut done),
            Content::Unjudged(None, why) => {
                done.no_copy = true;
                self.unjudged(name, 1, None, why, &mut done);
            }
        }
        done
    }

    fn text(&self, name: &str, bytes: &[u8], done: &mut Done) {
        let (body, whole) = decoded(bytes);
        let texts = [Text {
            role: self.role,
            body: &body,
        }];
        let verdict = self.screen(&texts);
        let mut notes = Vec::new();
        if !whole {
            notes.push("it is not UTF-8; only what can be read was screened".to_owned());
        }
        let judged = self.row(name, 1, None, &texts, &Places::Whole, &verdict, notes, done);
        done.no_copy = !judged;
        if self.plan.copies.is_some() && judged {
            done.tally.edits += verdict.edits.len() as u64;
            done.clean = redact::apply(&body, &verdict.edits).into_bytes();
        }
    }

    fn lines(&self, name: &str, first: u64, data: &[u8], done: &mut Done) {
        let mut rest = data;
        let mut number = first;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after;
            // A mark at the beginning of a file is no part of its first row.
            let line = match line.strip_prefix(b"\xef\xbb\xbf") {
                Some(line) if number == 1 => line,
                _ => line,
            };
            self.line(name, number, line, done);
            number += 1;
        }
    }

    fn line(&self, name: &str, number: u64, line: &[u8], done: &mut Done) {
        if line.trim_ascii().is_empty() {
            done.clean.extend_from_slice(if self.plan.copies.is_some() {
                line
            } else {
                b""
            });
            return;
        }
        let Ok(line) = std::str::from_utf8(line) else {
            return self.unjudged(name, number, None, "the line is not UTF-8".to_owned(), done);
        };
        let members = match members(line) {
            Ok(members) => members,
            Err(error) => {
                let place = match error.column() {
                    0 => String::new(),
                    column => format!(" (column {column})"),
                };
                let why = format!(
                    "the line is not a JSON object{place}; say --input text if it is not JSONL"
                );
                return self.unjudged(name, number, None, why, done);
            }
        };
        let id = members
            .iter()
            .find(|(key, _)| key == "id")
            .map(|(_, value)| value.get());
        let id = id.filter(|id| !id.starts_with(['{', '[', 'n']));

        let mut values = Vec::new();
        for field in &self.plan.fields {
            reach(&members, field, "", &mut values);
        }
        if values.is_empty() {
            let why = format!(
                "the row has no field {}; name one with --field",
                self.plan.fields.join(" or ")
            );
            return self.unjudged(name, number, id, why, done);
        }
        let mut found: Vec<Member<'_>> = Vec::with_capacity(values.len());
        let mut texts = 0;
        for (at, value) in values {
            let reading = Reading {
                at: &at,
                speaker: self.role,
            };
            let body = match wire::read(Format::Json, value.as_bytes(), reading) {
                Ok(body) => body,
                Err(error) => return self.unjudged(name, number, id, error.to_string(), done),
            };
            // `value` is a slice of `line`.
            let start = (value.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
            let first = texts;
            texts += body.leaves().len();
            found.push(Member {
                body,
                first,
                at: start..start + value.len(),
            });
        }
        let texts: Vec<Text<'_>> = found
            .iter()
            .flat_map(|member| member.body.texts())
            .collect();
        let verdict = self.screen(&texts);
        let judged = self.row(
            name,
            number,
            id,
            &texts,
            &Places::Json(&found),
            &verdict,
            Vec::new(),
            done,
        );
        if self.plan.copies.is_some() && judged {
            done.tally.edits += verdict.edits.len() as u64;
            self.clean_line(line, &mut found, &verdict.edits, &mut done.clean);
        }
    }

    /// The line with the edits made; every other byte stays.
    fn clean_line(
        &self,
        line: &str,
        members: &mut [Member<'_>],
        edits: &[Edit],
        clean: &mut Vec<u8>,
    ) {
        let keys = self.policy.is_some_and(|policy| policy.rewrite_keys);
        members.sort_unstable_by_key(|member| member.at.start);
        let mut at = 0;
        for member in members {
            let last = member.first + member.body.leaves().len();
            let own: Vec<Edit> = edits
                .iter()
                .filter(|edit| (member.first..last).contains(&edit.text))
                .map(|edit| Edit {
                    text: edit.text - member.first,
                    ..edit.clone()
                })
                .collect();
            if own.is_empty() {
                continue;
            }
            clean.extend_from_slice(line.get(at..member.at.start).unwrap_or_default().as_bytes());
            clean.extend_from_slice(member.body.rewrite(&own, keys).as_bytes());
            at = member.at.end;
        }
        clean.extend_from_slice(line.get(at..).unwrap_or_default().as_bytes());
    }

    fn records(&self, name: &str, table: &Table, rows: &[(u64, ByteRecord)], done: &mut Done) {
        let mut clean = self.plan.copies.is_some().then(|| {
            csv::WriterBuilder::new()
                .delimiter(table.delimiter)
                .terminator(table.terminator)
                .flexible(true)
                .from_writer(Vec::new())
        });
        if let Some(clean) = &mut clean
            && done.first
        {
            // Writing to memory cannot fail, here and below.
            let _ = clean.write_record(&table.header);
        }
        let column = |at: usize| table.header.get(at).unwrap_or_default();
        let paths: Vec<String> = table
            .screened
            .iter()
            .map(|at| pointer("", column(*at)))
            .collect();
        for (line, record) in rows {
            let cell = |at: usize| record.get(at).map(std::str::from_utf8);
            let id = table.id.and_then(cell).and_then(Result::ok).map(quoted);
            let id = id.as_deref();
            let mut texts = Vec::with_capacity(table.screened.len());
            let mut fault = None;
            for at in &table.screened {
                match cell(*at) {
                    Some(Ok(body)) => texts.push(Text {
                        role: self.role,
                        body,
                    }),
                    Some(Err(_)) => {
                        fault = Some(format!("the column {} is not UTF-8", column(*at)))
                    }
                    None => fault = Some(format!("the record has no column {}", column(*at))),
                }
            }
            if let Some(why) = fault {
                self.unjudged(name, *line, id, why, done);
                continue;
            }
            let verdict = self.screen(&texts);
            let places = Places::Cells(&paths);
            let judged = self.row(name, *line, id, &texts, &places, &verdict, Vec::new(), done);
            let Some(clean) = clean.as_mut().filter(|_| judged) else {
                continue;
            };
            done.tally.edits += verdict.edits.len() as u64;
            let cells = record.iter().enumerate().map(|(at, cell)| {
                let number = table.screened.iter().position(|screened| *screened == at);
                let text = number.and_then(|number| Some((number, texts.get(number)?)));
                match text {
                    Some((number, text)) => {
                        let edits = redact::of_text(&verdict.edits, number);
                        Cow::Owned(redact::apply(text.body, edits).into_bytes())
                    }
                    None => Cow::Borrowed(cell),
                }
            });
            let _ = clean.write_record(cells);
        }
        if let Some(clean) = clean {
            done.clean = clean.into_inner().unwrap_or_default();
        }
    }

    fn screen(&self, texts: &[Text<'_>]) -> Verdict {
        self.snapshot.screen(&Exchange {
            tenant: &self.plan.tenant,
            session: "",
            policy: self.plan.policy.as_deref(),
            direction: self.plan.direction,
            texts,
            deadline: Instant::now() + PATIENCE,
        })
    }

    /// Tells of a row and counts it. Whether all of it was judged.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call for three kinds of rows"
    )]
    fn row(
        &self,
        name: &str,
        line: u64,
        id: Option<&str>,
        texts: &[Text<'_>],
        places: &Places<'_>,
        verdict: &Verdict,
        mut unjudged: Vec<String>,
        done: &mut Done,
    ) -> bool {
        for what in &verdict.degraded {
            unjudged.push(words::degradation(what, self.plan.max_text));
        }
        let found = self.found(texts, places, verdict);
        let tally = &mut done.tally;
        tally.rows += 1;
        tally.text_bytes += texts.iter().map(|text| text.body.len() as u64).sum::<u64>();
        tally.rows_found += u64::from(!found.is_empty());
        tally.action(verdict.action);
        let mut seen: Vec<&RuleId> = Vec::new();
        for one in &found {
            let id = &one.finding.rule;
            tally.finding(id, one.finding.severity, seen.contains(&id));
            seen.push(id);
        }
        let mut scores = BTreeMap::new();
        for one in &found {
            let score = scores
                .entry(one.finding.category.as_str())
                .or_insert(0.0f32);
            *score = score.max(one.finding.score);
        }
        let judged = unjudged.is_empty();
        if !judged {
            tally.unjudged += 1;
            self.problem(name, line, places, &unjudged, done);
        }
        let row = Row {
            file: name,
            line,
            id,
            action: Some(verdict.action),
            wanted: Some(verdict.wanted),
            found,
            scores,
            unjudged,
        };
        render::row(self.plan, &row, &mut done.told);
        judged
    }

    fn problem(
        &self,
        name: &str,
        line: u64,
        places: &Places<'_>,
        whys: &[String],
        done: &mut Done,
    ) {
        let place = match places {
            Places::Whole => name.to_owned(),
            _ => format!("{name}:{line}"),
        };
        done.problems
            .extend(whys.iter().map(|why| format!("{place}: {why}")));
    }

    /// Tells of a row, or a file, that could not be judged at all.
    fn unjudged(&self, name: &str, line: u64, id: Option<&str>, why: String, done: &mut Done) {
        done.tally.unjudged += 1;
        let place = if done.no_copy {
            name.to_owned()
        } else {
            format!("{name}:{line}")
        };
        done.problems.push(format!("{place}: {why}"));
        let row = Row {
            file: name,
            line,
            id,
            action: None,
            wanted: None,
            found: Vec::new(),
            scores: BTreeMap::new(),
            unjudged: vec![why],
        };
        render::row(self.plan, &row, &mut done.told);
    }

    /// The findings that are told, with their places.
    fn found<'r>(
        &'r self,
        texts: &[Text<'r>],
        places: &Places<'_>,
        verdict: &'r Verdict,
    ) -> Vec<Found<'r>> {
        let mut all = Vec::new();
        let mut index = 0;
        for group in verdict.findings.chunk_by(|a, b| a.text == b.text) {
            let first = index;
            index += group.len();
            let number = group.first().map_or(0, |finding| finding.text);
            let body = texts.get(number).map_or("", |text| text.body);
            let spans: Vec<Span> = group.iter().map(|finding| finding.span).collect();
            let (path, offsets) = self.placed(places, number, body, &spans);
            let lines = match places {
                Places::Whole => lines_and_columns(body, &spans),
                _ => Vec::new(),
            };
            let columns = match places {
                Places::Whole => Vec::new(),
                _ => units::convert(body, &spans, Unit::Codepoint),
            };
            for (at, finding) in group.iter().enumerate() {
                let Some(&(rule_index, rule)) = self.rules.get(&finding.rule) else {
                    continue;
                };
                if finding.severity < self.plan.severity {
                    continue;
                }
                let (start, end) = offsets.get(at).copied().unwrap_or_default();
                let column = columns.get(at).copied().unwrap_or_default();
                let in_field = ((1, column.0 as u64 + 1), (1, column.1 as u64 + 1));
                let (from, to) = lines.get(at).copied().unwrap_or(in_field);
                all.push(Found {
                    finding,
                    rule,
                    index: rule_index,
                    path: path.clone().map(Cow::Owned),
                    start,
                    end,
                    from,
                    to,
                    text: finding.span.of(body),
                    action: self.action(verdict, first + at),
                });
            }
        }
        all
    }

    fn action(&self, verdict: &Verdict, finding: usize) -> Action {
        let about = About::Finding(finding);
        let reason = verdict.reasons.iter().find(|reason| reason.about == about);
        let asked = reason.map_or(Action::Allow, |reason| reason.action);
        self.policy.map_or(asked, |policy| policy.enforced(asked))
    }

    /// The path of a text, and spans of it in the unit asked for.
    fn placed(
        &self,
        places: &Places<'_>,
        number: usize,
        body: &str,
        spans: &[Span],
    ) -> (Option<String>, Vec<(usize, usize)>) {
        let unit = self.plan.unit;
        match places {
            Places::Whole => (None, units::convert(body, spans, unit)),
            Places::Cells(paths) => (
                paths.get(number).cloned(),
                units::convert(body, spans, unit),
            ),
            Places::Json(members) => {
                let own = members.iter().rev().find(|member| member.first <= number);
                let Some(member) = own else {
                    return (None, units::convert(body, spans, unit));
                };
                let leaf = number - member.first;
                // A key may itself be what was found.
                let hidden: &[usize] = if self.plan.show_matches { &[] } else { &[leaf] };
                let path = member.body.path(leaf, hidden);
                (Some(path), member.body.offsets(leaf, spans, unit))
            }
        }
    }
}

/// A file as text, and whether all of it could be read.
fn decoded(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let wide = |swap: bool| {
        let (pairs, odd) = bytes.get(2..).unwrap_or_default().as_chunks::<2>();
        let unit = |pair: &[u8; 2]| {
            if swap {
                u16::from_be_bytes(*pair)
            } else {
                u16::from_le_bytes(*pair)
            }
        };
        let mut whole = odd.is_empty();
        let read = |c: Result<char, _>| {
            c.unwrap_or_else(|_| {
                whole = false;
                char::REPLACEMENT_CHARACTER
            })
        };
        let text: String = char::decode_utf16(pairs.iter().map(unit))
            .map(read)
            .collect();
        (Cow::Owned(text), whole)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(false),
        [0xfe, 0xff, ..] => wide(true),
        _ => match String::from_utf8_lossy(bytes) {
            Cow::Owned(text) => (Cow::Owned(text), false),
            borrowed => (borrowed, true),
        },
    }
}

/// The members of a JSON object, in order.
fn members(line: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

    struct Members;

    impl<'k> Visitor<'k> for Members {
        type Value = Vec<(Cow<'k, str>, &'k RawValue)>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an object")
        }

        fn visit_map<A: MapAccess<'k>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::with_capacity(12);
            while let Some((Key(key), value)) = map.next_entry::<Key<'k>, &'k RawValue>()? {
                all.push((key, value));
            }
            Ok(all)
        }
    }

    let mut json = serde_json::Deserializer::from_str(line);
    let members = json.deserialize_map(Members)?;
    json.end()?;
    Ok(members)
}

/// Adds what `field` names: a member of that name, or, with dots, members of
/// members; a list on the way is gone through. A name that stands there twice is
/// taken twice: readers differ in which of them they see.
fn reach<'l>(
    members: &[(Cow<'l, str>, &'l RawValue)],
    field: &str,
    at: &str,
    found: &mut Vec<(String, &'l str)>,
) {
    for (key, value) in members {
        if key == field {
            // Nothing is said by nothing.
            let value = if value.get() == "null" {
                "\"\""
            } else {
                value.get()
            };
            found.push((pointer(at, key), value));
            continue;
        }
        let inner = field
            .strip_prefix(key.as_ref())
            .and_then(|rest| rest.strip_prefix('.'));
        if let Some(inner) = inner {
            within(value, inner, &pointer(at, key), found);
        }
    }
}

fn within<'l>(value: &'l RawValue, field: &str, at: &str, found: &mut Vec<(String, &'l str)>) {
    if let Ok(members) = members(value.get()) {
        return reach(&members, field, at, found);
    }
    // Lists in lists are no deeper than the JSON library allows.
    if let Ok(items) = serde_json::from_str::<Vec<&'l RawValue>>(value.get()) {
        for (index, item) in items.into_iter().enumerate() {
            within(item, field, &format!("{at}/{index}"), found);
        }
    }
}

/// A JSON pointer, one step longer.
fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

type At = (u64, u64);

/// Line and column of both ends of each span, from 1, columns in code points.
/// One pass over the text.
fn lines_and_columns(text: &str, spans: &[Span]) -> Vec<(At, At)> {
    let mut ends: Vec<usize> = spans
        .iter()
        .flat_map(|span| [span.start as usize, span.end as usize])
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let (mut done, mut line, mut column) = (0, 1, 1);
    let mut known: HashMap<usize, At> = HashMap::with_capacity(ends.len());
    for end in ends {
        let piece = text.get(done..end).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', piece.as_bytes()).count() as u64;
        line += breaks;
        let tail = match piece.rfind('\n') {
            Some(at) => {
                column = 1;
                piece.get(at + 1..).unwrap_or_default()
            }
            None => piece,
        };
        column += tail.chars().count() as u64;
        done = end;
        known.insert(end, (line, column));
    }
    let at = |end: u32| known.get(&(end as usize)).copied().unwrap_or((1, 1));
    spans
        .iter()
        .map(|span| (at(span.start), at(span.end)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_code_points() {
        let text = "a😀b\nçd\n";
        let spans = [Span::new(5, 6), Span::new(7, 9), Span::new(1, 10)];
        let places = lines_and_columns(text, &spans);
        assert_eq!(
            places,
            [((1, 3), (1, 4)), ((2, 1), (2, 2)), ((1, 2), (2, 3))]
        );
    }

    fn reached(line: &str, field: &str) -> Vec<(String, String)> {
        let members = members(line).unwrap();
        let mut found = Vec::new();
        reach(&members, field, "", &mut found);
        found
            .into_iter()
            .map(|(at, value)| (at, value.to_owned()))
            .collect()
    }

    #[test]
    fn fields_are_names_paths_and_go_through_lists() {
        let line =
            r#"{"a":1,"b":{"c":"x","c":"y"},"l":[{"c":"p"},{"d":0},{"c":"q"}],"b.c":"z","n":null}"#;
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(a, b)| (a.to_string(), b.to_string()))
                .collect()
        };
        assert_eq!(reached(line, "a"), pairs(&[("/a", "1")]));
        let dotted = [("/b/c", "\"x\""), ("/b/c", "\"y\""), ("/b.c", "\"z\"")];
        assert_eq!(reached(line, "b.c"), pairs(&dotted));
        assert_eq!(
            reached(line, "l.c"),
            pairs(&[("/l/0/c", "\"p\""), ("/l/2/c", "\"q\"")])
        );
        assert_eq!(reached(line, "n"), pairs(&[("/n", "\"\"")]));
        assert_eq!(reached(line, "x"), []);
        assert!(members("[1]").is_err());
        assert!(members("{} {}").is_err());
    }

    #[test]
    fn wide_texts_are_read_and_broken_ones_told() {
        let wide: Vec<u8> = "\u{feff}é!"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decoded(&wide), (Cow::Borrowed("é!"), true));
        let wide: Vec<u8> = "\u{feff}é!"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(decoded(&wide), (Cow::Borrowed("é!"), true));
        assert!(!decoded(&wide[..3]).1);
        assert!(!decoded(b"caf\xe9").1);
        assert_eq!(decoded("é".as_bytes()), (Cow::Borrowed("é"), true));
    }
}
