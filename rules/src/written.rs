//! The file formats as written: every key, with positions, anything may be missing.
//!
//! One table says what a file may hold: the structs below with their comments.
//! From it come the reading of the [`crate::yaml`] tree, with a fault for each
//! unknown, missing or wrong key, and the JSON schemas that editors complete
//! with ([`crate::schema`]). What the values mean together is the business of
//! [`crate::lower`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use engine::normalize::View;
use engine::policy::Action;
use engine::rule::{Confidence, Severity};
use engine::text::{Direction, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::report::{self, File, Place, Report, nearest};
use crate::yaml::{self, Entry, Kind, Node, Style};

/// A range of a file, in bytes.
pub type Spot = Range<usize>;

/// A text and where it stands.
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// After unquoting and folding.
    pub value: String,
    /// Where, quotes included.
    pub spot: Spot,
    /// As written.
    pub style: Style,
}

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Where the bytes `part` of the value stand in its file.
    pub fn part(&self, file: &File, part: Range<usize>) -> Spot {
        yaml::source_range(&file.text, &self.spot, self.style, &self.value, part)
    }
}

/// One word of a closed list, and where it stands.
#[derive(Clone, Debug)]
pub struct Word<T> {
    /// What it stands for.
    pub value: T,
    /// Where.
    pub spot: Spot,
}

/// A whole number, and where it stands.
#[derive(Clone, Debug)]
pub struct Number {
    /// The number.
    pub value: u64,
    /// Where.
    pub spot: Spot,
}

/// `true` or `false`, and where it stands.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The value.
    pub value: bool,
    /// Where.
    pub spot: Spot,
}

/// One text or a list of them.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub Vec<Text>);

/// Names of the author's choice, each with a value.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<(Text, T)>);

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named(Vec::new())
    }
}

/// A list whose items need not all be readable, and where it stands.
#[derive(Clone, Debug)]
pub struct List<T> {
    /// The items that could be read.
    pub items: Vec<T>,
    /// Where.
    pub spot: Spot,
}

/// What takes a match away: a phrase, or `{ pattern: '...' }`.
#[derive(Clone, Debug)]
pub enum Except {
    /// A phrase.
    Phrase(Text),
    /// A pattern.
    Pattern(Text),
}

impl Except {
    /// The phrase or pattern.
    pub fn text(&self) -> &Text {
        match self {
            Except::Phrase(text) | Except::Pattern(text) => text,
        }
    }
}

/// A closed list of words.
pub trait Words: Sized + Clone + 'static {
    /// What it is a list of, for messages: `a severity`.
    const WHAT: &'static str;
    /// The words.
    const WORDS: &'static [(&'static str, Self)];
}

macro_rules! words {
    ($($type:ty, $what:literal: $($word:literal => $value:expr),* ;)*) => {$(
        impl Words for $type {
            const WHAT: &'static str = $what;
            const WORDS: &'static [(&'static str, $type)] = &[$(($word, $value)),*];
        }
    )*};
}

/// The written form of [`engine::rule::Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Runs, but never acts above flag.
    Draft,
    /// Runs and acts.
    Stable,
    /// Still runs.
    Deprecated,
}

/// The written form of [`engine::redact::Redaction`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The category's name.
    Label,
    /// All hidden but the last characters.
    Mask,
    /// A keyed hash.
    Hash,
    /// A token that can be turned back.
    Token,
}

/// What is done when a part of the screening did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Pass it on.
    Allow,
    /// Pass it on and say so.
    Flag,
    /// Do not pass it on.
    Block,
}

words! {
    Severity, "a severity": "low" => Severity::Low, "medium" => Severity::Medium,
        "high" => Severity::High, "critical" => Severity::Critical;
    Confidence, "a confidence": "possible" => Confidence::Possible,
        "likely" => Confidence::Likely, "certain" => Confidence::Certain;
    Stage, "a status": "draft" => Stage::Draft, "stable" => Stage::Stable,
        "deprecated" => Stage::Deprecated;
    Direction, "a direction": "prompt" => Direction::Prompt, "output" => Direction::Output;
    Role, "a role": "system" => Role::System, "developer" => Role::Developer,
        "user" => Role::User, "assistant" => Role::Assistant, "tool" => Role::Tool,
        "document" => Role::Document;
    View, "a view": "raw" => View::Raw, "folded" => View::Folded,
        "skeleton" => View::Skeleton, "decoded" => View::Decoded;
    Action, "an action": "allow" => Action::Allow, "flag" => Action::Flag,
        "redact" => Action::Redact, "block" => Action::Block;
    Fallback, "an action": "allow" => Fallback::Allow, "flag" => Fallback::Flag,
        "block" => Fallback::Block;
    Manner, "a way to redact": "label" => Manner::Label, "mask" => Manner::Mask,
        "hash" => Manner::Hash, "token" => Manner::Token;
}

/// Reads nodes of one file and collects what is wrong with them.
pub struct Reader<'r> {
    /// The file.
    pub file: &'r Arc<File>,
    /// Where faults go.
    pub reports: &'r mut Vec<Report>,
    /// The rule that is being read.
    pub rule: Option<String>,
}

impl Reader<'_> {
    /// Adds a fault.
    pub fn fault(
        &mut self,
        code: report::Code,
        spot: Spot,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let mut report = Report::at(code, Place::new(self.file, spot), message, remedy);
        report.rule = self.rule.clone();
        self.reports.push(report);
    }

    fn wrong_kind(&mut self, node: &Node, wanted: &str, remedy: &str) {
        let message = match node.what() {
            "nothing" => format!("nothing stands here; {wanted} is needed"),
            other => format!("{wanted} is needed here, not {other}"),
        };
        self.fault(report::WRONG_KIND, node.range.clone(), message, remedy);
    }

    /// The text of a scalar.
    fn text(&mut self, node: &Node) -> Option<Text> {
        match &node.kind {
            Kind::Scalar { text, style } if !yaml::is_nothing(text, *style) => Some(Text {
                value: text.clone(),
                spot: node.range.clone(),
                style: *style,
            }),
            Kind::Map(entries) => {
                let remedy = match entries.first() {
                    Some(entry) => format!(
                        "put it in single quotes if `{}:` belongs to the text",
                        entry.key
                    ),
                    None => "put a text with { or } in single quotes".to_owned(),
                };
                self.wrong_kind(node, "a text", &remedy);
                None
            }
            Kind::List(_) => {
                self.wrong_kind(node, "a text", "put a text with [ or ] in single quotes");
                None
            }
            Kind::Scalar { .. } => {
                self.wrong_kind(node, "a text", "write it, or remove the key");
                None
            }
        }
    }

    /// The entries of a map whose keys are known; unknown and missing keys are told.
    fn entries<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        keys: &[&str],
        required: &[&str],
    ) -> Option<&'n [Entry]> {
        let Kind::Map(entries) = &node.kind else {
            let example = keys.first().copied().unwrap_or("key");
            let remedy = format!("write `{example}: ...` and the other keys");
            self.wrong_kind(node, what, &remedy);
            return None;
        };
        for entry in entries {
            if !keys.contains(&entry.key.as_str()) {
                let remedy = match nearest(&entry.key, keys.iter().copied()) {
                    Some(key) => format!("did you mean `{key}`?"),
                    None => format!("the keys are {}", join(keys)),
                };
                self.fault(
                    report::UNKNOWN_KEY,
                    entry.key_range.clone(),
                    format!("the key `{}` is not known here", entry.key),
                    remedy,
                );
            }
        }
        for key in required {
            if !entries.iter().any(|entry| entry.key == *key) {
                let spot = match entries.first() {
                    Some(entry) => entry.key_range.clone(),
                    None => node.range.clone(),
                };
                self.fault(
                    report::MISSING_KEY,
                    spot,
                    format!("the key `{key}` is missing"),
                    format!("add `{key}:` beside this"),
                );
            }
        }
        Some(entries)
    }
}

/// `a, b and c`, each in backticks.
pub fn join(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// What can be read from a node.
pub trait Read: Sized {
    /// Reads it; what is wrong goes to the reader.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

impl Read for Text {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Text> {
        reader.text(node)
    }
}

impl<T: Words> Read for Word<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Word<T>> {
        let text = reader.text(node)?;
        let found = T::WORDS.iter().find(|(word, _)| *word == text.value);
        if let Some((_, value)) = found {
            return Some(Word {
                value: value.clone(),
                spot: text.spot,
            });
        }
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        let remedy = match nearest(&text.value, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("write one of {}", join(&words)),
        };
        reader.fault(
            report::UNKNOWN_WORD,
            text.spot,
            format!("`{}` is not {}", text.value, T::WHAT),
            remedy,
        );
        None
    }
}

impl Read for Number {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Number> {
        if let Kind::Scalar { text, style } = &node.kind
            && *style == Style::Plain
            && let Ok(value) = text.replace('_', "").parse()
        {
            return Some(Number {
                value,
                spot: node.range.clone(),
            });
        }
        reader.wrong_kind(node, "a whole number", "write digits, without quotes");
        None
    }
}

impl Read for Flag {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Flag> {
        if let Kind::Scalar { text, style } = &node.kind
            && *style == Style::Plain
            && let Ok(value) = text.parse()
        {
            return Some(Flag {
                value,
                spot: node.range.clone(),
            });
        }
        reader.wrong_kind(
            node,
            "true or false",
            "write `true` or `false`, without quotes",
        );
        None
    }
}

impl Read for Texts {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Texts> {
        match &node.kind {
            Kind::List(items) => Some(Texts(
                items.iter().filter_map(|item| reader.text(item)).collect(),
            )),
            _ => reader.text(node).map(|text| Texts(vec![text])),
        }
    }
}

impl<T: Read> Read for List<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<List<T>> {
        let Kind::List(items) = &node.kind else {
            reader.wrong_kind(
                node,
                "a list",
                "write [one, two], or a line `- one` for each",
            );
            return None;
        };
        Some(List {
            items: items
                .iter()
                .filter_map(|item| T::read(item, reader))
                .collect(),
            spot: node.range.clone(),
        })
    }
}

impl<T: Read> Read for Named<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Named<T>> {
        let Kind::Map(entries) = &node.kind else {
            reader.wrong_kind(
                node,
                "names with values",
                "write a line `name: value` for each",
            );
            return None;
        };
        let read = |entry: &Entry, reader: &mut Reader<'_>| {
            let name = Text {
                value: entry.key.clone(),
                spot: entry.key_range.clone(),
                style: Style::Plain,
            };
            T::read(&entry.value, reader).map(|value| (name, value))
        };
        Some(Named(
            entries.iter().filter_map(|e| read(e, reader)).collect(),
        ))
    }
}

impl Read for Except {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Except> {
        if !matches!(node.kind, Kind::Map(_)) {
            return reader.text(node).map(Except::Phrase);
        }
        let entries = reader.entries(node, "a phrase or a pattern", &["pattern"], &["pattern"])?;
        let entry = entries.iter().find(|entry| entry.key == "pattern")?;
        reader.text(&entry.value).map(Except::Pattern)
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Version 1.0 and the phrase 911 are texts, with or without quotes.
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl<T: Words> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json_schema!({ "enum": words })
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0 })
    }
}

impl JsonSchema for Flag {
    fn schema_name() -> Cow<'static, str> {
        "Flag".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

impl JsonSchema for Texts {
    fn schema_name() -> Cow<'static, str> {
        "Texts".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = Text::json_schema(generator);
        json_schema!({ "anyOf": [text, { "type": "array", "items": text }] })
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("List of {}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item })
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Names of {}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}

impl JsonSchema for Except {
    fn schema_name() -> Cow<'static, str> {
        "Except".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": { "pattern": { "type": "string" } },
                "required": ["pattern"],
                "additionalProperties": false
            }
        ] })
    }
}

/// Declares the records of the file formats: `need "key" field: Type`, where
/// `need` is `must` or `may`.
macro_rules! records {
    ($(
        $(#[doc = $doc:literal])*
        $what:literal $name:ident { $(
            $(#[doc = $key_doc:literal])*
            $need:ident $key:literal $field:ident : $type:ty,
        )* }
    )*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, Default, JsonSchema)]
            #[schemars(deny_unknown_fields)]
            pub struct $name {
                /// Where it stands.
                #[schemars(skip)]
                pub spot: Spot,
                $(
                    $(#[doc = $key_doc])*
                    #[schemars(rename = $key)]
                    pub $field: Option<$type>,
                )*
            }

            impl $name {
                const KEYS: &'static [&'static str] = &[$($key),*];

                fn required() -> Vec<&'static str> {
                    let all = [$((stringify!($need), $key)),*];
                    all.iter().filter(|(need, _)| *need == "must").map(|(_, key)| *key).collect()
                }
            }

            impl Read for $name {
                fn read(node: &Node, reader: &mut Reader<'_>) -> Option<$name> {
                    let outer = reader.rule.clone();
                    named_rule(stringify!($name), node, reader);
                    let mut record = $name { spot: node.range.clone(), ..$name::default() };
                    let entries = reader.entries(node, $what, $name::KEYS, &$name::required());
                    if let Some(entries) = entries {
                        for entry in entries {
                            match entry.key.as_str() {
                                $($key => record.$field = Read::read(&entry.value, reader),)*
                                _ => {}
                            }
                        }
                    }
                    reader.rule = outer;
                    entries.map(|_| record)
                }
            }
        )*

        /// The keys that each record must have, for the schemas.
        pub(crate) fn required_keys() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$((stringify!($name), $name::required())),*]
        }
    };
}

/// Faults inside a rule name it, so its id is read before the rest.
fn named_rule(record: &str, node: &Node, reader: &mut Reader<'_>) {
    if record == "Rule"
        && let Kind::Map(entries) = &node.kind
        && let Some(entry) = entries.iter().find(|entry| entry.key == "id")
        && let Kind::Scalar { text, .. } = &entry.value.kind
    {
        reader.rule = Some(text.clone());
    }
}

records! {
    /// A file of rules: one topic of a pack.
    "a file of rules" RuleFile {
        /// The rules, in the order of the rule book.
        must "rules" rules: List<Rule>,
    }

    /// One rule: what a thing is. What to do about it is the policy's business.
    "a rule" Rule {
        /// Its name for ever: the pack, a dot, and words: `pii.payment-card`.
        must "id" id: Text,
        /// One line for people.
        must "title" title: Text,
        /// draft: runs, but never acts above flag. stable: runs and acts. deprecated: still runs.
        must "status" status: Word<Stage>,
        /// For a deprecated rule: the rule that takes its place.
        may "replaced_by" replaced_by: Text,
        /// What it finds: a path that begins in the closed list, `pii/financial/payment-card`.
        must "category" category: Text,
        /// How bad a finding is.
        must "severity" severity: Word<Severity>,
        /// Why it matters, in one to three plain sentences.
        must "rationale" rationale: Text,
        /// Clauses it serves, each named in pack.yaml: `GDPR/4.1`.
        may "regulations" regulations: List<Text>,
        /// Pages of the issuer or the standard, beginning with https://.
        may "references" references: List<Text>,
        /// Which ways of travel it looks at; both if not said.
        may "directions" directions: List<Word<Direction>>,
        /// How it looks at a text; by category if not said.
        may "views" views: List<Word<View>>,
        /// Who must have said the text; everybody if not said, but for injection: user, tool and document.
        may "roles" roles: List<Word<Role>>,
        /// Terms that take a finding away when they cover it.
        may "allow" allow: List<Text>,
        /// How it finds.
        must "detect" detect: Detect,
        /// What it must and must not find.
        must "examples" examples: Examples,
    }

    /// How a rule finds: exactly one of pattern, phrases, phrases_from, dictionary, block and model.
    "a way to detect" Detect {
        /// A pattern. Letters match in any case, every repeat has an end.
        may "pattern" pattern: Text,
        /// With pattern: the match goes on over following characters of its last class.
        may "run" run: Flag,
        /// Phrases: whole words, any case; `{a|b|}` for alternatives, `{*}` for up to three words.
        may "phrases" phrases: List<Text>,
        /// A list of phrases, one a line, in the pack's folder: `lists/overrides.txt`.
        may "phrases_from" phrases_from: Text,
        /// A long list of terms, from the rules root: `dictionaries/project-names.txt`.
        may "dictionary" dictionary: Text,
        /// With dictionary: how many typing mistakes a term may have, 0 or 1.
        may "max_typos" max_typos: Number,
        /// From a beginning up to an end: keys in armour.
        may "block" block: Block,
        /// A label of a model: `name/label`.
        may "model" model: Text,
        /// Checks beyond the pattern; all must pass.
        may "validate" validate: List<Text>,
        /// Phrases, or `{ pattern: '...' }`, that take a match away when they stand inside it.
        may "except" except: List<Except>,
        /// Words around a match that speak for it or against it.
        may "context" context: Context,
        /// How sure a match is before context speaks; likely if not said.
        may "confidence" confidence: Word<Confidence>,
    }

    /// A block with a beginning and an end.
    "a block" Block {
        /// Texts that open it, any case.
        must "begin" begin: Texts,
        /// Texts that close it, any case.
        must "end" end: Texts,
        /// A block that is not closed is found up to so many bytes.
        must "max_bytes" max_bytes: Number,
    }

    /// Words around a match.
    "a context" Context {
        /// How far to look on both sides, in characters.
        must "within_chars" within_chars: Number,
        /// Words that make a finding certain.
        may "raise" raise: List<Text>,
        /// Words that make a finding merely possible.
        may "lower" lower: List<Text>,
        /// Without a word of raise there is no finding at all.
        may "require" require: Flag,
    }

    /// The proof that a rule carries with it.
    "examples" Examples {
        /// Texts in which it must find, two or more.
        must "match" matches: List<MatchExample>,
        /// Texts in which it must not find, two or more; near misses above all.
        must "no_match" no_match: List<NoMatchExample>,
    }

    /// A text in which a rule must find.
    "an example" MatchExample {
        /// The text.
        must "text" text: Text,
        /// The exact text of the finding, or a list if there are several.
        must "finds" finds: Texts,
        /// How sure each finding must be.
        may "confidence" confidence: Word<Confidence>,
        /// The view that must show it.
        may "view" view: Word<View>,
    }

    /// A text in which a rule must not find.
    "an example" NoMatchExample {
        /// The text.
        must "text" text: Text,
        /// Why not, for the reader.
        must "because" because: Text,
    }

    /// pack.yaml: rules that are released together.
    "a pack" PackFile {
        /// Its name: the folder's.
        must "pack" pack: Text,
        /// Its version.
        must "version" version: Text,
        /// One line for people.
        must "title" title: Text,
        /// Who answers for it.
        must "owner" owner: Text,
        /// What `regulations` in its rules may name, with the title an auditor reads.
        may "regulations" regulations: Named<Text>,
        /// Lints switched off for this pack, each with a reason.
        may "lints" lints: Named<Text>,
        /// A shipped pack whose rules this one takes over; a rule of the same id replaces it.
        may "extends" extends: Text,
        /// With extends: rules that are left out.
        may "disable" disable: List<Text>,
    }

    /// A policy: what to do about findings.
    "a policy" PolicyFile {
        /// Its name: the file's.
        must "policy" policy: Text,
        /// One line for people.
        must "title" title: Text,
        /// A policy whose lines stand below these.
        may "extends" extends: Text,
        /// false: monitor mode, the verdict says what would have happened.
        may "enforce" enforce: Flag,
        /// Read from the top: the first line that fits a finding decides for it.
        may "decide" decide: List<Clause>,
        /// What happens to a finding that no line fits.
        may "otherwise" otherwise: Word<Action>,
        /// What happens when a part of the screening did not.
        may "when_degraded" when_degraded: WhenDegraded,
        /// What happens to what is not ours to read: images, audio, unknown parts.
        may "unjudged" unjudged: Word<Fallback>,
        /// Read from the top: how a finding is replaced.
        may "redact" redact: List<RedactClause>,
        /// Whether keys of JSON objects are rewritten too.
        may "rewrite_keys" rewrite_keys: Flag,
        /// What may be shown to the person whose text was blocked.
        may "block_message" block_message: Text,
        /// Tenants with lines of their own, which can only make it stricter.
        may "tenants" tenants: Named<Tenant>,
        /// Cases with the action they must lead to.
        may "tests" tests: List<Test>,
    }

    /// One line of a policy: which findings, and what is done about them.
    "a line of a policy" Clause {
        /// The finding's category is this or lies below it.
        may "category" category: Text,
        /// The finding's rule.
        may "rule" rule: Text,
        /// The way of travel.
        may "direction" direction: Word<Direction>,
        /// At least so bad.
        may "min_severity" min_severity: Word<Severity>,
        /// At least so sure.
        may "min_confidence" min_confidence: Word<Confidence>,
        /// What is done.
        must "then" then: Word<Action>,
        /// Whether a tenant's line may be milder than this one.
        may "tenant_may_weaken" tenant_may_weaken: Flag,
    }

    /// What happens when a part of the screening did not.
    "actions by part" WhenDegraded {
        /// A rule failed or ran out of time.
        may "rules" rules: Word<Fallback>,
        /// The service was too busy.
        may "overload" overload: Word<Fallback>,
        /// A text was too long.
        may "too_long" too_long: Word<Fallback>,
        /// A model gave no answer.
        may "model" model: Word<Fallback>,
    }

    /// One line of a policy: how findings are replaced.
    "a line on redaction" RedactClause {
        /// The finding's category is this or lies below it; any if not said.
        may "category" category: Text,
        /// label: `[payment-card]`. mask: hidden but for the end. hash: a keyed hash. token: can be turned back.
        must "how" how: Word<Manner>,
        /// With mask: how many letters and digits at the end stay.
        may "keep_last" keep_last: Number,
    }

    /// A tenant's own lines.
    "a tenant's lines" Tenant {
        /// Asked beside the base policy's; the stricter holds.
        may "decide" decide: List<Clause>,
        /// Asked before the base policy's.
        may "redact" redact: List<RedactClause>,
    }

    /// A finding, and the action it must lead to.
    "a test of a policy" Test {
        /// The finding's category.
        must "category" category: Text,
        /// The finding's rule; none in particular if not said.
        may "rule" rule: Text,
        /// How bad it is.
        must "severity" severity: Word<Severity>,
        /// How sure it is.
        must "confidence" confidence: Word<Confidence>,
        /// Whether its rule is a draft; stable if not said.
        may "status" status: Word<Stage>,
        /// The way of travel; prompt if not said.
        may "direction" direction: Word<Direction>,
        /// For whom; nobody in particular if not said.
        may "tenant" tenant: Text,
        /// The action it must lead to.
        must "then" then: Word<Action>,
        /// Why, for the reader.
        may "because" because: Text,
    }
}

/// Reads a file as `T`.
///
/// A file that stops being YAML is read up to there; that keys are missing then
/// is no news and is not told. [`is_cut_off`] says whether that was so.
pub fn read<T: Read>(file: &Arc<File>, reports: &mut Vec<Report>) -> Option<T> {
    let first = reports.len();
    let node = yaml::parse(file, reports)?;
    let cut_off = is_cut_off(file, reports);
    let mut reader = Reader {
        file,
        reports,
        rule: None,
    };
    let read = T::read(&node, &mut reader);
    if cut_off {
        let mut own = reports.split_off(first);
        own.retain(|report| report.code != report::MISSING_KEY);
        reports.append(&mut own);
    }
    read
}

/// Whether a file was read only up to a place where it is not YAML.
pub(crate) fn is_cut_off(file: &Arc<File>, reports: &[Report]) -> bool {
    reports.iter().any(|report| {
        let stops = [report::NOT_YAML, report::TOO_MUCH].contains(&report.code);
        let here = report.place.as_ref().map(|place| &place.file);
        stops && here.is_some_and(|other| Arc::ptr_eq(other, file))
    })
}
