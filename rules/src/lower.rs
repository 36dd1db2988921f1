//! The written form to the form as meant: [`engine::rule::Rule`] and [`engine::policy::Policy`].
//!
//! Everything that can be wrong with a value is told here, all of it at once,
//! each with its place; whether a pattern compiles is the engine's business.
//! For each rule an [`Origin`] remembers where its parts stand, so that what the
//! engine says later finds its line and column.

mod phrases;
mod policy;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use engine::normalize::View;
use engine::rule::{
    Category, Confidence, ContextSpec, Detect, Examples, Exception, MatchExample, NoMatchExample,
    Rule, RuleId, Status, What,
};
use engine::ruleset::{Fault, Part};
use engine::text::{Direction, Role};
use engine::validate::{VALIDATORS, validator};

use crate::category;
use crate::files::{self, Tree};
use crate::report::{self, File, Place, Report, nearest};
use crate::written::{self, Except, List, Reader, Spot, Stage, Text, Texts};

pub(crate) use policy::{LoweredPolicy, lower_policy};

/// The widest context, in code points on each side. It counts for the reach of
/// a rule, and words further away seldom speak of the match.
const MAX_WITHIN_CHARS: u64 = 512;

/// The longest block, in bytes. The largest keys in armour have a few thousand.
const MAX_BLOCK_BYTES: u64 = 65_536;

/// What a pack says that its rules need.
pub(crate) struct PackContext<'t> {
    /// The pack's folder: `packs/pii`.
    pub(crate) folder: String,
    /// What an id must begin with: `pii.`, and for taken-over rules the base's.
    pub(crate) prefixes: Vec<String>,
    /// What `regulations` may name.
    pub(crate) regulations: BTreeMap<String, String>,
    /// The files that lists and dictionaries come from.
    pub(crate) tree: &'t Tree,
    /// Where they are looked for next: the shipped files.
    pub(crate) beneath: &'t Tree,
}

/// Where the parts of a rule stand.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The rule file.
    pub(crate) file: Arc<File>,
    /// The rule as written.
    pub(crate) written: Arc<written::Rule>,
    /// Where each phrase was written: here or in a list.
    pub(crate) phrases: Vec<Place>,
}

impl Origin {
    /// The place of a spot of the rule file.
    pub(crate) fn place(&self, spot: &Spot) -> Place {
        Place::new(&self.file, spot.clone())
    }

    /// Where the rule's name stands, else the rule.
    pub(crate) fn id_place(&self) -> Place {
        match &self.written.id {
            Some(id) => self.place(&id.spot),
            None => self.place(&self.written.spot),
        }
    }

    /// The report on what the engine found wrong.
    pub(crate) fn report(&self, fault: &Fault) -> Report {
        let detect = self.written.detect.as_ref();
        let of = |text: Option<&Text>| text.map(|text| text.spot.clone());
        let (code, place) = match fault.part {
            Part::Pattern { at, end } => {
                let text = detect.and_then(|d| d.pattern.as_ref());
                let spot = text.map(|text| text.part(&self.file, at..end.max(at)));
                let in_class = text.is_some_and(|text| is_space_in_class(&text.value, at, end));
                let code = if in_class {
                    report::SPACE_IN_CLASS
                } else {
                    report::BAD_PATTERN
                };
                (code, spot.map(|spot| self.place(&spot)))
            }
            Part::Phrase(index) => (report::BAD_PHRASE, self.phrases.get(index).cloned()),
            Part::Validator(index) => {
                let list = detect.and_then(|d| d.validate.as_ref());
                let spot = of(list.and_then(|list| list.items.get(index)));
                (report::UNKNOWN_VALIDATOR, spot.map(|s| self.place(&s)))
            }
            Part::Exception(index) => {
                let list = detect.and_then(|d| d.except.as_ref());
                let item = list.and_then(|list| list.items.get(index));
                let spot = of(item.map(Except::text));
                (report::BAD_EXCEPTION, spot.map(|s| self.place(&s)))
            }
            Part::Allow(index) => {
                let list = self.written.allow.as_ref();
                let item = list.and_then(|list| list.items.get(index));
                (report::BAD_PHRASE, of(item).map(|s| self.place(&s)))
            }
            Part::Rule => (report::BAD_DETECT, None),
            Part::Dictionary => {
                let spot = of(detect.and_then(|d| d.dictionary.as_ref()));
                (report::BAD_DICTIONARY, spot.map(|s| self.place(&s)))
            }
            Part::Block => {
                let spot = detect.and_then(|d| d.block.as_ref()).map(|b| &b.spot);
                (report::BAD_BLOCK, spot.map(|s| self.place(s)))
            }
            Part::Context => {
                let spot = detect.and_then(|d| d.context.as_ref()).map(|c| &c.spot);
                (report::BAD_CONTEXT, spot.map(|s| self.place(s)))
            }
            Part::Model => {
                let spot = of(detect.and_then(|d| d.model.as_ref()));
                (report::BAD_MODEL, spot.map(|s| self.place(&s)))
            }
        };
        Report::at(
            code,
            place.unwrap_or_else(|| self.id_place()),
            fault.message.clone(),
            fault.remedy.clone(),
        )
        .about(fault.rule.as_str())
    }
}

/// Whether a pattern fault is about a space inside `[...]`: it has a code of its
/// own, because it is the mistake that everybody makes once.
fn is_space_in_class(pattern: &str, at: usize, end: usize) -> bool {
    let flagged = pattern.get(at..end).unwrap_or_default();
    let before = pattern.get(..at).unwrap_or_default();
    let open = before.rfind('[') > before.rfind(']');
    flagged == " " && open
}

/// A rule as meant, and where it was written.
pub(crate) struct Lowered {
    pub(crate) rule: Rule,
    pub(crate) origin: Origin,
}

/// The roles that hear injection: who writes the instructions does not attack them.
const OUTSIDERS: [Role; 3] = [Role::User, Role::Tool, Role::Document];

const EVERYBODY: [Role; 6] = [
    Role::System,
    Role::Developer,
    Role::User,
    Role::Assistant,
    Role::Tool,
    Role::Document,
];

/// The views of a rule that names none.
pub(crate) fn default_views(category: &Category) -> Vec<View> {
    if category.is_within("security/hidden-channel") {
        return vec![View::Raw];
    }
    match category.root() {
        "secret" | "pii" => vec![View::Folded, View::Decoded],
        _ => vec![View::Folded, View::Skeleton, View::Decoded],
    }
}

/// The roles of a rule that names none.
pub(crate) fn default_roles(category: &Category) -> Vec<Role> {
    let attack =
        category.is_within("security/prompt-injection") || category.is_within("security/jailbreak");
    if attack {
        OUTSIDERS.to_vec()
    } else {
        EVERYBODY.to_vec()
    }
}

/// The rule that `written` means; `None` if it has faults, which are then told.
pub(crate) fn lower_rule(
    file: &Arc<File>,
    written: written::Rule,
    pack: &PackContext<'_>,
    reports: &mut Vec<Report>,
) -> Option<Lowered> {
    let before = reports.len();
    let mut reader = Reader {
        file,
        reports,
        rule: written.id.as_ref().map(|id| id.value.clone()),
    };
    let parts = Lowering {
        reader: &mut reader,
        pack,
        phrases: Vec::new(),
    }
    .rule(&written);
    let (rule, phrases) = parts?;
    if reports.len() > before {
        return None;
    }
    Some(Lowered {
        rule,
        origin: Origin {
            file: Arc::clone(file),
            written: Arc::new(written),
            phrases,
        },
    })
}

struct Lowering<'l, 'r, 't> {
    reader: &'l mut Reader<'r>,
    pack: &'l PackContext<'t>,
    phrases: Vec<Place>,
}

impl Lowering<'_, '_, '_> {
    fn rule(mut self, written: &written::Rule) -> Option<(Rule, Vec<Place>)> {
        // Each part is looked at even if one before it is wrong.
        let id = self.id(written);
        let category = self.category(written);
        let status = self.status(written);
        let regulations = self.regulations(written);
        let detect = self.detect(written);
        let allow = self.terms(written.allow.as_ref());
        let examples = self.examples(written);
        let directions = self.chosen(written.directions.as_ref());
        let views = self.chosen(written.views.as_ref());
        let roles = self.chosen(written.roles.as_ref());
        let category = category?;
        let rule = Rule {
            id: id?,
            title: written.title.as_ref()?.value.clone(),
            rationale: written.rationale.as_ref()?.value.clone(),
            status: status?,
            severity: written.severity.as_ref()?.value,
            regulations,
            references: values(written.references.as_ref()),
            directions: directions.unwrap_or_else(|| vec![Direction::Prompt, Direction::Output]),
            views: views.unwrap_or_else(|| default_views(&category)),
            roles: roles.unwrap_or_else(|| default_roles(&category)),
            allow,
            detect: detect?,
            examples: examples?,
            category,
        };
        Some((rule, self.phrases))
    }

    fn id(&mut self, written: &written::Rule) -> Option<RuleId> {
        let id = written.id.as_ref()?;
        let prefix = self
            .pack
            .prefixes
            .iter()
            .find(|prefix| id.value.starts_with(prefix.as_str()));
        let Some(prefix) = prefix else {
            let wanted = self.pack.prefixes.first().cloned().unwrap_or_default();
            let name = id.value.rsplit('.').next().unwrap_or_default();
            self.reader.fault(
                report::BAD_RULE_ID,
                id.spot.clone(),
                format!("the id does not begin with its pack, `{wanted}`"),
                format!("write `{wanted}{name}`"),
            );
            return None;
        };
        let name = id.value.get(prefix.len()..).unwrap_or_default();
        let kebab = !name.is_empty()
            && name.split('-').all(|word| {
                let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
                !word.is_empty() && word.bytes().all(small)
            });
        if !kebab {
            self.reader.fault(
                report::BAD_RULE_ID,
                id.spot.clone(),
                format!("`{}` is not a rule id", id.value),
                "after the pack and a dot: small letters and digits, `-` between words",
            );
            return None;
        }
        Some(RuleId::new(&id.value))
    }

    fn category(&mut self, written: &written::Rule) -> Option<Category> {
        let text = written.category.as_ref()?;
        if let Some((message, remedy)) = category::fault_of_rule(&text.value) {
            self.reader
                .fault(report::UNKNOWN_CATEGORY, text.spot.clone(), message, remedy);
            return None;
        }
        Some(Category::new(&text.value))
    }

    fn status(&mut self, written: &written::Rule) -> Option<Status> {
        let stage = written.status.as_ref()?;
        if stage.value != Stage::Deprecated
            && let Some(heir) = &written.replaced_by
        {
            self.reader.fault(
                report::BAD_STATUS,
                heir.spot.clone(),
                "`replaced_by` belongs to a deprecated rule",
                "remove it, or write `status: deprecated`",
            );
        }
        Some(match stage.value {
            Stage::Draft => Status::Draft,
            Stage::Stable => Status::Stable,
            Stage::Deprecated => Status::Deprecated {
                replaced_by: written
                    .replaced_by
                    .as_ref()
                    .map(|id| RuleId::new(&id.value)),
            },
        })
    }

    fn regulations(&mut self, written: &written::Rule) -> Vec<String> {
        let Some(list) = &written.regulations else {
            return Vec::new();
        };
        for text in &list.items {
            if self.pack.regulations.contains_key(&text.value) {
                continue;
            }
            let known = self.pack.regulations.keys().map(String::as_str);
            let remedy = match nearest(&text.value, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add it to `regulations:` in pack.yaml, with its title".to_owned(),
            };
            self.reader.fault(
                report::UNKNOWN_REGULATION,
                text.spot.clone(),
                format!("pack.yaml does not name the regulation `{}`", text.value),
                remedy,
            );
        }
        values(Some(list))
    }

    /// The words of a list that was written; an empty one is a fault, since
    /// nobody means a rule that never looks.
    fn chosen<T: Clone + PartialEq>(
        &mut self,
        list: Option<&List<written::Word<T>>>,
    ) -> Option<Vec<T>> {
        let list = list?;
        self.not_empty(list.items.len(), &list.spot);
        let mut chosen: Vec<T> = Vec::new();
        for word in &list.items {
            if !chosen.contains(&word.value) {
                chosen.push(word.value.clone());
            }
        }
        Some(chosen)
    }

    fn not_empty(&mut self, items: usize, spot: &Spot) {
        // A list that has unreadable items has been told of already.
        let text = self.reader.file.text.get(spot.clone()).unwrap_or_default();
        if items == 0 && text.bytes().all(|b| b"[] \n".contains(&b)) {
            self.reader.fault(
                report::OUT_OF_RANGE,
                spot.clone(),
                "this list is empty",
                "remove the key, or write what belongs in it",
            );
        }
    }

    /// A number within bounds.
    fn number(&mut self, number: &written::Number, range: std::ops::RangeInclusive<u64>) -> usize {
        if !range.contains(&number.value) {
            self.reader.fault(
                report::OUT_OF_RANGE,
                number.spot.clone(),
                format!("{} is out of range", number.value),
                format!("write {} to {}", range.start(), range.end()),
            );
        }
        usize::try_from(number.value).unwrap_or(usize::MAX)
    }

    /// A phrase with single spaces; mistakes in its braces are told.
    fn phrase(&mut self, text: &Text) -> String {
        if let Some(bad) = phrases::mistake(&text.value) {
            let spot = text.part(self.reader.file, bad.at);
            self.reader
                .fault(report::BAD_PHRASE, spot, bad.message, bad.remedy);
        }
        spaced(&text.value)
    }

    fn terms(&mut self, list: Option<&List<Text>>) -> Vec<String> {
        let Some(list) = list else {
            return Vec::new();
        };
        self.not_empty(list.items.len(), &list.spot);
        list.items.iter().map(|text| self.phrase(text)).collect()
    }

    fn detect(&mut self, written: &written::Rule) -> Option<Detect> {
        let detect = written.detect.as_ref()?;
        let what = self.what(detect);
        let validate = self.validators(detect);
        let except = self.exceptions(detect);
        let context = detect.context.as_ref().and_then(|c| self.context(c));
        Some(Detect {
            what: what?,
            validate,
            except,
            context,
            confidence: detect
                .confidence
                .as_ref()
                .map_or(Confidence::Likely, |word| word.value),
        })
    }

    fn what(&mut self, detect: &written::Detect) -> Option<What> {
        let of = |text: &Option<Text>| text.as_ref().map(|text| text.spot.clone());
        let kinds: [(&str, Option<Spot>); 6] = [
            ("pattern", of(&detect.pattern)),
            ("phrases", detect.phrases.as_ref().map(|l| l.spot.clone())),
            ("phrases_from", of(&detect.phrases_from)),
            ("dictionary", of(&detect.dictionary)),
            ("block", detect.block.as_ref().map(|b| b.spot.clone())),
            ("model", of(&detect.model)),
        ];
        let mut said = kinds
            .into_iter()
            .filter_map(|(name, spot)| spot.map(|spot| (name, spot)));
        let Some((first, _)) = said.next() else {
            // A key that is there with an unreadable value has its fault already.
            let text = self.reader.file.text.get(detect.spot.clone());
            let named = [
                "pattern:",
                "phrases:",
                "phrases_from:",
                "dictionary:",
                "block:",
                "model:",
            ];
            let tried = text.is_some_and(|text| named.iter().any(|key| text.contains(key)));
            if !tried {
                self.reader.fault(
                    report::BAD_DETECT,
                    detect.spot.clone(),
                    "it does not say what to look for",
                    "add one of `pattern`, `phrases`, `phrases_from`, `dictionary`, `block`, `model`",
                );
            }
            return None;
        };
        for (name, spot) in said {
            self.reader.fault(
                report::BAD_DETECT,
                spot,
                format!("`{name}` stands beside `{first}`"),
                "a rule looks for one kind of thing: make it two rules",
            );
        }
        if let Some(run) = &detect.run
            && first != "pattern"
        {
            self.foreign("run", "pattern", &run.spot);
        }
        if let Some(typos) = &detect.max_typos
            && first != "dictionary"
        {
            self.foreign("max_typos", "dictionary", &typos.spot);
        }
        match first {
            "pattern" => Some(What::Pattern {
                pattern: detect.pattern.as_ref()?.value.clone(),
                run: detect.run.as_ref().is_some_and(|run| run.value),
            }),
            "phrases" => {
                let list = detect.phrases.as_ref()?;
                self.not_empty(list.items.len(), &list.spot);
                let mut all = Vec::new();
                for text in &list.items {
                    all.push(self.phrase(text));
                    self.phrases
                        .push(Place::new(self.reader.file, text.spot.clone()));
                }
                Some(What::Phrases(all))
            }
            "phrases_from" => self.phrases_from(detect.phrases_from.as_ref()?),
            "dictionary" => self.dictionary(detect),
            "block" => self.block(detect.block.as_ref()?),
            _ => self.model(detect.model.as_ref()?),
        }
    }

    fn foreign(&mut self, key: &str, owner: &str, spot: &Spot) {
        self.reader.fault(
            report::BAD_DETECT,
            spot.clone(),
            format!("`{key}` belongs to `{owner}`"),
            "remove it",
        );
    }

    /// The file of a list or dictionary.
    fn list_file(&mut self, folder: &str, path: &Text) -> Option<Arc<File>> {
        let Some(name) = files::join(folder, &path.value) else {
            self.reader.fault(
                report::UNREADABLE,
                path.spot.clone(),
                format!("`{}` is not a path below its folder", path.value),
                "write names with `/` between them, without `..`",
            );
            return None;
        };
        let found = self.pack.tree.get(&name);
        if let Some(file) = found.or_else(|| self.pack.beneath.get(&name)) {
            return Some(Arc::clone(file));
        }
        let beside = self.pack.tree.keys().chain(self.pack.beneath.keys());
        let lists = beside.filter(|known| known.ends_with(".txt"));
        let remedy = match nearest(&name, lists.map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "the path begins at the pack's folder, for a dictionary at the rules root; the name ends in .txt".to_owned(),
        };
        self.reader.fault(
            report::UNREADABLE,
            path.spot.clone(),
            format!("there is no file {name}"),
            remedy,
        );
        None
    }

    fn phrases_from(&mut self, path: &Text) -> Option<What> {
        let folder = self.pack.folder.clone();
        let file = self.list_file(&folder, path)?;
        let mut all: Vec<String> = Vec::new();
        for (range, line) in files::lines(&file.text) {
            if let Some(bad) = phrases::mistake(line) {
                let at = range.start + bad.at.start..range.start + bad.at.end;
                let place = Place::new(&file, at);
                let mut report = Report::at(report::BAD_PHRASE, place, bad.message, bad.remedy);
                report.rule = self.reader.rule.clone();
                self.reader.reports.push(report);
            }
            all.push(spaced(line));
            self.phrases.push(Place::new(&file, range));
        }
        if all.is_empty() {
            self.empty_list(&file, path);
        }
        Some(What::Phrases(all))
    }

    fn empty_list(&mut self, file: &File, path: &Text) {
        self.reader.fault(
            report::BAD_DICTIONARY,
            path.spot.clone(),
            format!("{} holds no line", file.name),
            "write one entry a line; `#` begins a comment",
        );
    }

    fn dictionary(&mut self, detect: &written::Detect) -> Option<What> {
        let path = detect.dictionary.as_ref()?;
        let max_typos = match &detect.max_typos {
            Some(number) => self.number(number, 0..=1),
            None => 0,
        };
        let file = self.list_file("", path)?;
        let terms: Vec<String> = files::lines(&file.text)
            .map(|(_, line)| spaced(line))
            .collect();
        if terms.is_empty() {
            self.empty_list(&file, path);
        }
        Some(What::Dictionary {
            name: file.name.clone(),
            terms: Arc::new(terms),
            max_typos: u8::try_from(max_typos).unwrap_or(1),
        })
    }

    fn block(&mut self, block: &written::Block) -> Option<What> {
        let max_bytes = block
            .max_bytes
            .as_ref()
            .map(|n| self.number(n, 1..=MAX_BLOCK_BYTES));
        let ends = |texts: &Option<Texts>| -> Option<Vec<String>> {
            Some(texts.as_ref()?.0.iter().map(|t| t.value.clone()).collect())
        };
        Some(What::Block {
            begin: ends(&block.begin)?,
            end: ends(&block.end)?,
            max_bytes: max_bytes?,
        })
    }

    fn model(&mut self, text: &Text) -> Option<What> {
        match text.value.split_once('/') {
            Some((model, label)) if !model.is_empty() && !label.is_empty() => Some(What::Model {
                model: model.to_owned(),
                label: label.to_owned(),
            }),
            _ => {
                self.reader.fault(
                    report::BAD_MODEL,
                    text.spot.clone(),
                    format!("`{}` does not name a label of a model", text.value),
                    "write the model, a slash and the label: `tier1/toxicity`",
                );
                None
            }
        }
    }

    fn validators(&mut self, detect: &written::Detect) -> Vec<String> {
        let Some(list) = &detect.validate else {
            return Vec::new();
        };
        self.not_empty(list.items.len(), &list.spot);
        for text in &list.items {
            if validator(&text.value).is_some() {
                continue;
            }
            let remedy = match nearest(&text.value, VALIDATORS.iter().map(|v| v.name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "see the list of validators in GUIDE.md".to_owned(),
            };
            self.reader.fault(
                report::UNKNOWN_VALIDATOR,
                text.spot.clone(),
                format!("there is no validator `{}`", text.value),
                remedy,
            );
        }
        values(Some(list))
    }

    fn exceptions(&mut self, detect: &written::Detect) -> Vec<Exception> {
        let Some(list) = &detect.except else {
            return Vec::new();
        };
        self.not_empty(list.items.len(), &list.spot);
        let lower = |item: &Except| match item {
            Except::Pattern(text) => Exception::Pattern(text.value.clone()),
            Except::Phrase(text) => Exception::Phrase(self.phrase(text)),
        };
        list.items.iter().map(lower).collect()
    }

    fn context(&mut self, context: &written::Context) -> Option<ContextSpec> {
        let within = context
            .within_chars
            .as_ref()
            .map(|n| self.number(n, 1..=MAX_WITHIN_CHARS));
        let raise = self.terms(context.raise.as_ref());
        let lower = self.terms(context.lower.as_ref());
        let require = context.require.as_ref().is_some_and(|flag| flag.value);
        if context.raise.is_none() && context.lower.is_none() {
            self.reader.fault(
                report::BAD_CONTEXT,
                context.spot.clone(),
                "this context has no words",
                "add `raise:` or `lower:`, or remove the context",
            );
        } else if require && context.raise.is_none() {
            self.reader.fault(
                report::BAD_CONTEXT,
                context.spot.clone(),
                "`require: true` without `raise:` never finds anything",
                "add the words of which one is required",
            );
        }
        for (word, other) in pairs(context) {
            if word.value.eq_ignore_ascii_case(&other.value) {
                self.reader.fault(
                    report::BAD_CONTEXT,
                    other.spot.clone(),
                    format!("`{}` stands in `raise` and in `lower`", other.value),
                    "keep it in one; `raise` would win",
                );
            }
        }
        Some(ContextSpec {
            within_chars: within?,
            raise,
            lower,
            require,
        })
    }

    fn examples(&mut self, written: &written::Rule) -> Option<Examples> {
        let examples = written.examples.as_ref()?;
        let spot = &examples.spot;
        for (key, items) in [
            ("match", examples.matches.as_ref().map(|l| l.items.len())),
            (
                "no_match",
                examples.no_match.as_ref().map(|l| l.items.len()),
            ),
        ] {
            if items == Some(0) {
                self.reader.fault(
                    report::NO_EXAMPLES,
                    spot.clone(),
                    format!("`{key}` has no example"),
                    "add one or more: a rule without proof does not load",
                );
            }
        }
        let matches = examples.matches.as_ref()?;
        let mut lowered = Examples::default();
        for example in &matches.items {
            let (Some(text), Some(finds)) = (&example.text, &example.finds) else {
                continue;
            };
            self.finds(text, finds);
            lowered.matches.push(MatchExample {
                text: text.value.clone(),
                finds: finds.0.iter().map(|t| t.value.clone()).collect(),
                confidence: example.confidence.as_ref().map(|word| word.value),
                view: example.view.as_ref().map(|word| word.value),
            });
        }
        for example in &examples.no_match.as_ref()?.items {
            let Some(text) = &example.text else {
                continue;
            };
            lowered.no_match.push(NoMatchExample {
                text: text.value.clone(),
                because: example
                    .because
                    .as_ref()
                    .map(|t| t.value.clone())
                    .unwrap_or_default(),
            });
        }
        Some(lowered)
    }

    /// What an example finds must stand in its text, in order.
    fn finds(&mut self, text: &Text, finds: &Texts) {
        let mut at = 0;
        for found in &finds.0 {
            let rest = text.value.get(at..).unwrap_or_default();
            match rest.find(&found.value) {
                // Findings may overlap, so the next may begin within this one.
                Some(start) => at += start,
                None => self.reader.fault(
                    report::BAD_EXAMPLE,
                    found.spot.clone(),
                    "what it finds does not stand in the text, or not in this order",
                    "copy it from `text`, letter for letter",
                ),
            }
        }
    }
}

/// A phrase or term with one space wherever there is white space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn values(list: Option<&List<Text>>) -> Vec<String> {
    list.map(|list| list.items.iter().map(|text| text.value.clone()).collect())
        .unwrap_or_default()
}

/// Each raising word with each lowering word.
fn pairs(context: &written::Context) -> Vec<(&Text, &Text)> {
    let words = |list: &'_ Option<List<Text>>| -> Range<usize> {
        0..list.as_ref().map_or(0, |list| list.items.len())
    };
    let mut pairs = Vec::new();
    for raise in words(&context.raise) {
        for lower in words(&context.lower) {
            let raise = context.raise.as_ref().and_then(|l| l.items.get(raise));
            let lower = context.lower.as_ref().and_then(|l| l.items.get(lower));
            pairs.extend(raise.zip(lower));
        }
    }
    pairs
}
