//! `POST /v1/screen`: the native call, from a body to a verdict.
//!
//! The body is read in place: members stay slices of it, and a text is copied
//! only if JSON escapes stand in it. The reply is written straight into one
//! buffer. Neither the reply nor the record holds matched text, unless the
//! caller may ask for `explain` and does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::time::{Instant, SystemTime};

use engine::finding::Finding;
use engine::normalize::View;
use engine::policy::{About, Action, Because, Degradation, Policy, Reason};
use engine::rule::{Confidence, Severity};
use engine::screen::{Exchange, Verdict};
use engine::text::{Direction, Role, Span, Text};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::problem::Problem;
use crate::callers::Caller;
use crate::decisions::{MOST_FINDINGS, timestamp};
use crate::limits::nests_within;
use crate::metrics::{ACTIONS, Budget, COMPONENTS, Component, Route, Stage, action_index};
use crate::service::{Active, Service};
use crate::wire::{self, Format, Reading, Unit, WireError};

/// The longest name of a tenant, a session or a policy, in bytes.
const LONGEST_NAME: usize = 256;

/// A verdict, and the reply that tells it.
pub struct Judged {
    /// The reply's body.
    pub reply: Vec<u8>,
    /// Which way the text travels.
    pub direction: Direction,
    /// What is to be done.
    pub action: Action,
}

/// Answers one request.
pub fn screen(
    service: &Service,
    caller: Option<&Caller>,
    body: &[u8],
    arrived: Instant,
) -> Result<Judged, Problem> {
    let began = Instant::now();
    let members = members(body, service.config.limits.json_depth, NAMES)?;
    let asked = Asked::of(&members)?;
    let tenant = tenant(caller, asked.tenant.as_deref())?;
    if asked.explain && !may_explain(service, caller) {
        return Err(Problem::explain_not_allowed());
    }
    let active = service.active();
    let policy = policy(&active, asked.policy.as_deref())?;
    let speaker = match asked.direction {
        Direction::Prompt => Role::User,
        Direction::Output => Role::Assistant,
    };
    let reading = Reading {
        at: asked.member.pointer(),
        speaker,
    };
    let wired = wire::read(asked.format, asked.sent.get().as_bytes(), reading)
        .map_err(|error| unreadable(&error, service.config.limits.json_depth))?;
    let texts = wired.texts();
    let parsed = Instant::now();
    service.metrics.stage(Stage::Parse, parsed - began);

    let verdict = active.snapshot.screen(&Exchange {
        tenant,
        session: asked.session.as_deref().unwrap_or_default(),
        policy: asked.policy.as_deref(),
        direction: asked.direction,
        texts: &texts,
        deadline: arrived + service.config.screen_time(),
    });
    let screened = Instant::now();
    service.metrics.stage(Stage::Screen, screened - parsed);

    let unjudged = wired.unjudged();
    let outcome = Outcome::of(
        service,
        &active,
        policy,
        &verdict,
        &texts,
        !unjudged.is_empty(),
    );

    // Everything that names a place in the body is made only for findings.
    let leaves = leaves_of(&verdict);
    let hidden_paths = wired.paths(&leaves, &leaves);
    let paths = Places {
        leaves: &leaves,
        paths: &hidden_paths,
    };
    let id = service.id();
    if service.decisions.is_some() {
        let spans = |unit| {
            offsets(&verdict.findings, |leaf, spans| {
                wired.offsets(leaf, spans, unit)
            })
        };
        Recorded {
            route: "screen",
            id: &id,
            caller,
            tenant,
            direction: asked.direction,
            active: &active,
            verdict: &verdict,
            outcome: &outcome,
            texts: &texts,
            paths: &paths,
            offsets: &spans(Unit::Byte),
            unjudged: unjudged.len(),
        }
        .append(service);
    }

    let shown_paths;
    let paths = if asked.explain {
        shown_paths = wired.paths(&leaves, &[]);
        Places {
            leaves: &leaves,
            paths: &shown_paths,
        }
    } else {
        paths
    };
    let masked = !verdict.edits.is_empty();
    let room = if masked {
        asked.sent.get().len() + 64
    } else {
        0
    };
    let mut reply = Vec::with_capacity(512 + 384 * verdict.findings.len() + room);
    reply.extend_from_slice(b"{\"id\":\"");
    reply.extend_from_slice(id.as_bytes());
    reply.extend_from_slice(b"\",\"action\":\"");
    reply.extend_from_slice(word(outcome.action).as_bytes());
    reply.extend_from_slice(b"\",\"block\":");
    if outcome.action == Action::Block {
        reply.extend_from_slice(b"true,\"block_message\":");
        quote(&mut reply, &policy.block_message);
    } else {
        reply.extend_from_slice(b"false,\"block_message\":null");
    }
    reply.extend_from_slice(if masked {
        b",\"masked\":true"
    } else {
        b",\"masked\":false"
    });
    if masked {
        reply.extend_from_slice(b",\"");
        reply.extend_from_slice(asked.member.name().as_bytes());
        reply.extend_from_slice(b"\":");
        reply.extend_from_slice(
            wired
                .rewrite(&verdict.edits, policy.rewrite_keys)
                .as_bytes(),
        );
    }

    reply.extend_from_slice(b",\"findings\":[");
    let unit = match asked.unit {
        Unit::Byte => "byte",
        Unit::Codepoint => "codepoint",
        Unit::Utf16 => "utf16",
    };
    let places = offsets(&verdict.findings, |leaf, spans| {
        wired.offsets(leaf, spans, asked.unit)
    });
    for (index, finding) in verdict.findings.iter().enumerate() {
        if index > 0 {
            reply.push(b',');
        }
        reply.extend_from_slice(b"{\"rule\":");
        quote(&mut reply, finding.rule.as_str());
        reply.extend_from_slice(b",\"title\":");
        match active.rules.get(&finding.rule) {
            Some(card) => reply.extend_from_slice(&card.title),
            None => reply.extend_from_slice(b"\"\""),
        }
        reply.extend_from_slice(b",\"category\":");
        quote(&mut reply, finding.category.as_str());
        let (start, end) = places.get(index).copied().unwrap_or_default();
        let _ = write!(
            reply,
            ",\"severity\":\"{}\",\"confidence\":\"{}\",\"score\":{},\"path\":",
            severity(finding.severity),
            confidence(finding.confidence),
            finding.score,
        );
        quote(&mut reply, paths.of(finding.text));
        let _ = write!(
            reply,
            ",\"start\":{start},\"end\":{end},\"unit\":\"{unit}\",\"view\":\"{}\"",
            view(finding.view),
        );
        let (action, because) = outcome.about(index);
        let _ = write!(reply, ",\"action\":\"{}\",\"because\":", word(action));
        because_of(&mut reply, because, tenant);
        if asked.explain {
            reply.extend_from_slice(b",\"text\":");
            let body = texts.get(finding.text).map_or("", |text| text.body);
            quote(&mut reply, finding.span.of(body));
        }
        reply.push(b'}');
    }

    reply.extend_from_slice(b"],\"scores\":{");
    for (index, (category, score)) in scores(&verdict.findings).into_iter().enumerate() {
        if index > 0 {
            reply.push(b',');
        }
        quote(&mut reply, category);
        let _ = write!(reply, ":{score}");
    }
    reply.extend_from_slice(b"},\"unjudged\":[");
    for (index, part) in unjudged.iter().enumerate() {
        if index > 0 {
            reply.push(b',');
        }
        reply.extend_from_slice(b"{\"path\":");
        quote(&mut reply, &part.path);
        reply.extend_from_slice(b",\"reason\":");
        quote(&mut reply, part.reason);
        reply.push(b'}');
    }
    reply.extend_from_slice(b"],\"degraded\":");
    degraded(&mut reply, &verdict, &paths);
    reply.extend_from_slice(b",\"policy\":");
    quote(&mut reply, &verdict.policy);
    let _ = writeln!(
        reply,
        ",\"wanted\":\"{}\",\"snapshot\":\"{}\",\"engine\":{{\"version\":\"{}\",\"backend\":\"{}\"}}}}",
        word(outcome.wanted),
        active.fingerprint,
        env!("CARGO_PKG_VERSION"),
        service.config.backend.as_str(),
    );
    service.metrics.stage(Stage::Reply, screened.elapsed());
    service
        .metrics
        .verdict(Route::Screen, asked.direction, outcome.action);
    Ok(Judged {
        reply,
        direction: asked.direction,
        action: outcome.action,
    })
}

/// Whom a request speaks for.
pub(super) fn tenant<'a>(
    caller: Option<&'a Caller>,
    asked: Option<&'a str>,
) -> Result<&'a str, Problem> {
    match caller {
        Some(caller) => caller.tenant(asked),
        None => Ok(asked.unwrap_or_default()),
    }
}

fn may_explain(service: &Service, caller: Option<&Caller>) -> bool {
    caller.map_or(service.config.explain, |caller| caller.explain)
}

/// The policy of this name; all names are told if there is none.
pub(super) fn policy<'a>(active: &'a Active, name: Option<&str>) -> Result<&'a Policy, Problem> {
    active.policy(name).ok_or_else(|| {
        let known = active.snapshot.policies().all().iter();
        let known: Vec<String> = known.map(|policy| format!("`{}`", policy.name)).collect();
        Problem::unknown_policy(known.join(", "))
    })
}

fn unreadable(error: &WireError, limit: usize) -> Problem {
    match error {
        WireError::NotJson { .. } => Problem::not_json(error.to_string()),
        WireError::TooDeep { .. } => Problem::too_deep(limit),
        _ => Problem::bad_request(
            error.to_string(),
            "send the member as docs/api.md describes it".to_owned(),
        ),
    }
}

/// A member of the request that carries what is to be screened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Text,
    Texts,
    Messages,
    Body,
}

impl Member {
    fn name(self) -> &'static str {
        self.pointer().get(1..).unwrap_or_default()
    }

    fn pointer(self) -> &'static str {
        match self {
            Member::Text => "/text",
            Member::Texts => "/texts",
            Member::Messages => "/messages",
            Member::Body => "/body",
        }
    }
}

/// Members of the request, in the order in which they are taken apart.
pub const NAMES: &[&str] = &[
    "text",
    "texts",
    "messages",
    "body",
    "format",
    "direction",
    "policy",
    "tenant",
    "session",
    "unit",
    "explain",
];

struct Asked<'b> {
    member: Member,
    format: Format,
    sent: &'b RawValue,
    direction: Direction,
    policy: Option<Cow<'b, str>>,
    tenant: Option<Cow<'b, str>>,
    session: Option<Cow<'b, str>>,
    unit: Unit,
    explain: bool,
}

impl<'b> Asked<'b> {
    fn of(members: &[Option<&'b RawValue>]) -> Result<Asked<'b>, Problem> {
        let [
            text,
            texts,
            messages,
            body,
            format,
            direction,
            policy,
            tenant,
            session,
            unit,
            explain,
        ] = members
        else {
            return Err(Problem::broken());
        };
        let candidates = [
            (Member::Text, Format::Text, *text),
            (Member::Texts, Format::Texts, *texts),
            (Member::Messages, Format::Messages, *messages),
            (Member::Body, Format::Json, *body),
        ];
        let mut given = candidates
            .into_iter()
            .filter_map(|(member, format, sent)| Some((member, format, sent?)));
        let one = || {
            Problem::bad_request(
                "exactly one of `text`, `texts`, `messages` and `body` is needed".to_owned(),
                "send what is to be screened in one of them".to_owned(),
            )
        };
        let (member, mut meant, sent) = given.next().ok_or_else(one)?;
        if given.next().is_some() {
            return Err(one());
        }
        let formats = || {
            let names: Vec<String> = Format::NAMES
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            names.join(", ")
        };
        match (member, name("format", *format)?) {
            (Member::Body, Some(named)) => {
                meant = Format::named(&named).ok_or_else(|| {
                    Problem::bad_request(
                        "`format` names no format".to_owned(),
                        format!("write one of {}", formats()),
                    )
                })?;
            }
            (Member::Body, None) => {
                return Err(Problem::bad_request(
                    "`body` needs `format`".to_owned(),
                    format!("add `format`: one of {}", formats()),
                ));
            }
            (_, Some(_)) => {
                return Err(Problem::bad_request(
                    "`format` belongs to `body`".to_owned(),
                    "leave it out, or send `body`".to_owned(),
                ));
            }
            (_, None) => {}
        }
        Ok(Asked {
            member,
            format: meant,
            sent,
            direction: one_of(
                "direction",
                *direction,
                &[("prompt", Direction::Prompt), ("output", Direction::Output)],
            )?
            .unwrap_or(Direction::Prompt),
            policy: name("policy", *policy)?,
            tenant: name("tenant", *tenant)?,
            session: name("session", *session)?,
            unit: one_of(
                "unit",
                *unit,
                &[
                    ("byte", Unit::Byte),
                    ("codepoint", Unit::Codepoint),
                    ("utf16", Unit::Utf16),
                ],
            )?
            .unwrap_or(Unit::Codepoint),
            explain: match explain.map(RawValue::get) {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => {
                    return Err(Problem::bad_request(
                        "`explain` is not a truth value".to_owned(),
                        "write true or false".to_owned(),
                    ));
                }
            },
        })
    }
}

/// The string that a raw JSON value is; borrowed if no escape stands in it.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

pub(super) fn name<'b>(
    member: &str,
    raw: Option<&'b RawValue>,
) -> Result<Option<Cow<'b, str>>, Problem> {
    let Some(raw) = raw else { return Ok(None) };
    match string(raw) {
        Some(name) if name.len() <= LONGEST_NAME => Ok(Some(name)),
        Some(_) => Err(Problem::bad_request(
            format!("`{member}` is longer than {LONGEST_NAME} bytes"),
            "send a shorter name".to_owned(),
        )),
        None => Err(Problem::bad_request(
            format!("`{member}` is not a string"),
            "send a string, or leave it out".to_owned(),
        )),
    }
}

fn one_of<T: Copy>(
    member: &str,
    raw: Option<&RawValue>,
    words: &[(&str, T)],
) -> Result<Option<T>, Problem> {
    let Some(named) = name(member, raw)? else {
        return Ok(None);
    };
    match words.iter().find(|(word, _)| *word == named) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            Err(Problem::bad_request(
                format!("`{member}` is none of its words"),
                format!("write one of {}", words.join(", ")),
            ))
        }
    }
}

/// The raw values of the members `names` of the object that `body` is, in their
/// order. `null` counts as absent; unknown and double members are refused,
/// since whoever sent them meant something that would not happen.
pub(super) fn members<'b>(
    body: &'b [u8],
    most_depth: usize,
    names: &'static [&'static str],
) -> Result<Vec<Option<&'b RawValue>>, Problem> {
    let body = std::str::from_utf8(body).map_err(|error| {
        Problem::not_json(format!("it is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    if !nests_within(body.as_bytes(), most_depth) {
        return Err(Problem::too_deep(most_depth));
    }
    let mut wrong = None;
    let mut json = serde_json::Deserializer::from_str(body);
    let seed = Members {
        names,
        wrong: &mut wrong,
    };
    let read = seed
        .deserialize(&mut json)
        .and_then(|found| json.end().map(|()| found));
    read.map_err(|error| {
        // Never the parser's own words: they may quote the body.
        let place = format!("line {}, column {}", error.line(), error.column());
        let known = || {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("the members are {}", names.join(", "))
        };
        match wrong {
            Some(Wrong::Unknown) => {
                Problem::bad_request(format!("a member is not known, before {place}"), known())
            }
            Some(Wrong::Double(name)) => Problem::bad_request(
                format!("the member `{name}` stands there twice, before {place}"),
                "send it once".to_owned(),
            ),
            None if error.is_data() => {
                Problem::bad_request("the body is not an object".to_owned(), known())
            }
            None if error.is_eof() => Problem::not_json(format!("it ends too early, at {place}")),
            None => Problem::not_json(format!("it is no JSON at {place}")),
        }
    })
}

enum Wrong {
    Unknown,
    Double(&'static str),
}

struct Members<'w> {
    names: &'static [&'static str],
    wrong: &'w mut Option<Wrong>,
}

impl<'b> DeserializeSeed<'b> for Members<'_> {
    type Value = Vec<Option<&'b RawValue>>;

    fn deserialize<D: Deserializer<'b>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'b> Visitor<'b> for Members<'_> {
    type Value = Vec<Option<&'b RawValue>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut seen = vec![false; self.names.len()];
        let mut found = vec![None; self.names.len()];
        while let Some(index) = map.next_key_seed(Name(self.names))? {
            let Some((index, name)) = index.and_then(|i| Some((i, *self.names.get(i)?))) else {
                *self.wrong = Some(Wrong::Unknown);
                return Err(M::Error::custom("unknown"));
            };
            let value: &RawValue = map.next_value()?;
            if std::mem::replace(&mut seen[index], true) {
                *self.wrong = Some(Wrong::Double(name));
                return Err(M::Error::custom("double"));
            }
            found[index] = (value.get() != "null").then_some(value);
        }
        Ok(found)
    }
}

/// The place of a name in the list; `None` if it is none of them.
struct Name(&'static [&'static str]);

impl<'b> DeserializeSeed<'b> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'b>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

/// What is done, findings and parts that are not ours to read taken together.
pub(super) struct Outcome<'v> {
    pub(super) action: Action,
    pub(super) wanted: Action,
    /// The reason of each finding, in the findings' order.
    reasons: Vec<Option<&'v Reason>>,
    /// What degradations ask for.
    pub(super) degraded: Action,
}

impl<'v> Outcome<'v> {
    /// Completes a verdict by what only the body shows, and counts it.
    pub(super) fn of(
        service: &Service,
        active: &Active,
        policy: &Policy,
        verdict: &'v Verdict,
        texts: &[Text<'_>],
        unjudged: bool,
    ) -> Outcome<'v> {
        let metrics = &service.metrics;
        let mut outcome = Outcome {
            action: verdict.action,
            wanted: verdict.wanted,
            reasons: vec![None; verdict.findings.len()],
            degraded: Action::Allow,
        };
        metrics
            .scanned_bytes
            .more(texts.iter().map(|text| text.body.len() as u64).sum());
        for reason in &verdict.reasons {
            match reason.about {
                About::Finding(index) => {
                    if let Some(place) = outcome.reasons.get_mut(index) {
                        *place = Some(reason);
                    }
                }
                About::Degradation(index) => {
                    outcome.degraded = outcome.degraded.max(reason.action);
                    if let Some(what) = verdict.degraded.get(index) {
                        metrics.failmode(component(what), reason.action == Action::Block);
                    }
                }
            }
        }
        metrics.vault_failures.more(verdict.vault_failures as u64);
        for what in &verdict.degraded {
            match what {
                Degradation::Deadline { .. } => metrics.budget(Budget::Time),
                Degradation::Rule { .. } => metrics.budget(Budget::Rule),
                Degradation::Panic { .. } => metrics.panics.one(),
                _ => {}
            }
        }
        if unjudged {
            let asked = policy.when_degraded.unjudged;
            metrics.failmode(Component::Unjudged, asked == Action::Block);
            outcome.wanted = outcome.wanted.max(asked);
            outcome.action = policy.enforced(outcome.wanted);
        }
        for (index, finding) in verdict.findings.iter().enumerate() {
            if let Some(card) = active.rules.get(&finding.rule) {
                let (action, _) = outcome.about(index);
                if let Some(counter) = card.matches.get(action_index(action)) {
                    counter.one();
                }
            }
        }
        outcome
    }

    /// What a finding asked for, and why.
    pub(super) fn about(&self, finding: usize) -> (Action, Because) {
        match self.reasons.get(finding).copied().flatten() {
            Some(reason) => (reason.action, reason.because),
            None => (Action::Allow, Because::Otherwise),
        }
    }
}

/// The pointers of texts with findings or degradations.
pub(super) struct Places<'p> {
    pub(super) leaves: &'p [usize],
    pub(super) paths: &'p [String],
}

impl Places<'_> {
    fn of(&self, leaf: usize) -> &str {
        let place = self.leaves.binary_search(&leaf).ok();
        place
            .and_then(|place| self.paths.get(place))
            .map_or("", String::as_str)
    }
}

/// The texts that findings or degradations are about, ascending.
pub(super) fn leaves_of(verdict: &Verdict) -> Vec<usize> {
    let findings = verdict.findings.iter().map(|finding| finding.text);
    let degraded = verdict.degraded.iter().filter_map(text_of);
    let mut leaves: Vec<usize> = findings.chain(degraded).collect();
    leaves.sort_unstable();
    leaves.dedup();
    leaves
}

fn text_of(what: &Degradation) -> Option<usize> {
    match what {
        Degradation::Rule { text, .. }
        | Degradation::TextTooLong { text }
        | Degradation::Deadline { text }
        | Degradation::Panic { text } => Some(*text),
        Degradation::Model { .. } | Degradation::Overloaded => None,
    }
}

fn component(what: &Degradation) -> Component {
    match what {
        Degradation::Model { .. } => Component::Model,
        Degradation::Rule { .. } | Degradation::Deadline { .. } | Degradation::Panic { .. } => {
            Component::Rules
        }
        Degradation::TextTooLong { .. } => Component::TooLong,
        Degradation::Overloaded => Component::Overload,
    }
}

/// Start and end of each finding, a text at a time: a text is counted through
/// once, however many findings it has.
pub(super) fn offsets(
    findings: &[Finding],
    convert: impl Fn(usize, &[Span]) -> Vec<(usize, usize)>,
) -> Vec<(usize, usize)> {
    let mut all = Vec::with_capacity(findings.len());
    let mut spans = Vec::new();
    for group in findings.chunk_by(|a, b| a.text == b.text) {
        spans.clear();
        spans.extend(group.iter().map(|finding| finding.span));
        let leaf = group.first().map_or(0, |finding| finding.text);
        all.extend(convert(leaf, &spans));
    }
    all
}

/// The highest score of each category.
fn scores(findings: &[Finding]) -> BTreeMap<&str, f32> {
    let mut scores = BTreeMap::new();
    for finding in findings {
        let score = scores.entry(finding.category.as_str()).or_insert(0.0f32);
        *score = score.max(finding.score);
    }
    scores
}

/// What a record is made of.
pub(super) struct Recorded<'r> {
    pub(super) route: &'static str,
    pub(super) id: &'r str,
    pub(super) caller: Option<&'r Caller>,
    pub(super) tenant: &'r str,
    pub(super) direction: Direction,
    pub(super) active: &'r Active,
    pub(super) verdict: &'r Verdict,
    pub(super) outcome: &'r Outcome<'r>,
    pub(super) texts: &'r [Text<'r>],
    pub(super) paths: &'r Places<'r>,
    /// In bytes.
    pub(super) offsets: &'r [(usize, usize)],
    pub(super) unjudged: usize,
}

impl Recorded<'_> {
    /// Appends the record to the file of decisions.
    pub(super) fn append(&self, service: &Service) {
        let Some(decisions) = &service.decisions else {
            return;
        };
        let verdict = self.verdict;
        let mut line = Vec::with_capacity(384 + 192 * verdict.findings.len().min(MOST_FINDINGS));
        let _ = write!(
            line,
            ",\"time\":\"{}\",\"id\":\"{}\",\"route\":\"{}\"",
            timestamp(SystemTime::now()),
            self.id,
            self.route,
        );
        if let Some(caller) = self.caller {
            line.extend_from_slice(b",\"caller\":");
            quote(&mut line, &caller.name);
        }
        line.extend_from_slice(b",\"tenant\":");
        quote(&mut line, self.tenant);
        let _ = write!(
            line,
            ",\"direction\":\"{}\",\"policy\":",
            match self.direction {
                Direction::Prompt => "prompt",
                Direction::Output => "output",
            }
        );
        quote(&mut line, &verdict.policy);
        let _ = write!(
            line,
            ",\"snapshot\":\"{}\",\"action\":\"{}\",\"wanted\":\"{}\",\"texts\":{},\"unjudged\":{},\"findings\":[",
            self.active.fingerprint,
            word(self.outcome.action),
            word(self.outcome.wanted),
            self.texts.len(),
            self.unjudged,
        );
        for (index, finding) in verdict.findings.iter().take(MOST_FINDINGS).enumerate() {
            if index > 0 {
                line.push(b',');
            }
            line.extend_from_slice(b"{\"rule\":");
            quote(&mut line, finding.rule.as_str());
            line.extend_from_slice(b",\"path\":");
            quote(&mut line, self.paths.of(finding.text));
            let (start, end) = self.offsets.get(index).copied().unwrap_or_default();
            let (action, because) = self.outcome.about(index);
            let body = self.texts.get(finding.text).map_or("", |text| text.body);
            let _ = write!(
                line,
                ",\"start\":{start},\"end\":{end},\"confidence\":\"{}\",\"action\":\"{}\",\"because\":",
                confidence(finding.confidence),
                word(action),
            );
            because_of(&mut line, because, self.tenant);
            let _ = write!(
                line,
                ",\"fingerprint\":\"{}\"}}",
                service.fingerprint(self.tenant, &finding.category, finding.span.of(body)),
            );
        }
        let more = verdict.findings.len().saturating_sub(MOST_FINDINGS);
        let _ = write!(line, "],\"more_findings\":{more},\"degraded\":");
        degraded(&mut line, verdict, self.paths);
        decisions.append(self.outcome.action, &line);
    }
}

fn degraded(out: &mut Vec<u8>, verdict: &Verdict, paths: &Places<'_>) {
    out.push(b'[');
    for (index, what) in verdict.degraded.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let part = COMPONENTS.get(component(what) as usize).copied();
        let reason = match what {
            Degradation::Model { reason, .. } => reason,
            Degradation::Rule { .. } => "the rule used up the work it may do in one text",
            Degradation::TextTooLong { .. } => "the text is too long",
            Degradation::Deadline { .. } => {
                "time ran out; this text and those after it were not wholly screened"
            }
            Degradation::Overloaded => "the service was too busy",
            Degradation::Panic { .. } => "a part broke",
        };
        let _ = write!(
            out,
            "{{\"part\":\"{}\",\"reason\":",
            part.unwrap_or_default()
        );
        quote(out, reason);
        match what {
            Degradation::Model { name, .. } => {
                out.extend_from_slice(b",\"model\":");
                quote(out, name);
            }
            Degradation::Rule { rule, .. } => {
                out.extend_from_slice(b",\"rule\":");
                quote(out, rule.as_str());
            }
            _ => {}
        }
        if let Some(text) = text_of(what) {
            out.extend_from_slice(b",\"path\":");
            quote(out, paths.of(text));
        }
        let reason = verdict
            .reasons
            .iter()
            .find(|reason| reason.about == About::Degradation(index));
        if let Some(reason) = reason {
            let _ = write!(out, ",\"action\":\"{}\"", word(reason.action));
        }
        out.push(b'}');
    }
    out.push(b']');
}

fn because_of(out: &mut Vec<u8>, because: Because, tenant: &str) {
    match because {
        Because::Clause(index) => {
            let _ = write!(out, "\"decide/{index}\"");
        }
        Because::TenantClause(index) => quote(out, &format!("tenants/{tenant}/decide/{index}")),
        Because::Otherwise => out.extend_from_slice(b"\"otherwise\""),
        Because::Draft => out.extend_from_slice(b"\"draft\""),
        Because::WhenDegraded => out.extend_from_slice(b"\"when_degraded\""),
    }
}

/// Appends a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    // Writing to a `Vec` cannot fail, and a string is always JSON.
    let _ = serde_json::to_writer(out, text);
}

/// The action's name.
pub(super) fn word(action: Action) -> &'static str {
    ACTIONS
        .get(action_index(action))
        .copied()
        .unwrap_or_default()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

fn view(view: View) -> &'static str {
    match view {
        View::Raw => "raw",
        View::Folded => "folded",
        View::Skeleton => "skeleton",
        View::Decoded => "decoded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Problem {
        let members = members(body.as_bytes(), 64, NAMES);
        match members.and_then(|members| Asked::of(&members).map(|_| ())) {
            Ok(()) => panic!("{body} was not refused"),
            Err(problem) => problem,
        }
    }

    #[test]
    fn members_are_read_in_place() {
        let body = r#" {"text":"a\nb","direction":"output","policy":null,"unit":"utf16","explain":false} "#;
        let members = members(body.as_bytes(), 64, NAMES).unwrap();
        let asked = Asked::of(&members).unwrap();
        assert_eq!(asked.sent.get(), r#""a\nb""#);
        assert_eq!(asked.direction, Direction::Output);
        assert!(asked.policy.is_none());
        assert!(matches!(asked.unit, Unit::Utf16));
        assert!(matches!(string(asked.sent), Some(Cow::Owned(text)) if text == "a\nb"));
    }

    #[test]
    fn refusals_name_the_mistake_and_never_the_text() {
        let cases = [
            (r#"{"text":"SECRET""#, "not-json", "ends too early"),
            (r#"{"text":SECRET}"#, "not-json", "line 1, column"),
            (r#""SECRET""#, "bad-request", "not an object"),
            (r#"["SECRET"]"#, "bad-request", "not an object"),
            (r#"{"text":"a","SECRET":1}"#, "bad-request", "not known"),
            (
                r#"{"text":"a","text":"SECRET"}"#,
                "bad-request",
                "`text` stands there twice",
            ),
            (
                r#"{"text":null,"te\u0078t":"SECRET"}"#,
                "bad-request",
                "`text` stands there twice",
            ),
            (r#"{"text":"a"} SECRET"#, "not-json", "no JSON"),
            (r#"{}"#, "bad-request", "exactly one"),
            (
                r#"{"text":"a","texts":["SECRET"]}"#,
                "bad-request",
                "exactly one",
            ),
            (
                r#"{"text":"a","direction":"SECRET"}"#,
                "bad-request",
                "`direction`",
            ),
            (r#"{"text":"a","unit":["SECRET"]}"#, "bad-request", "`unit`"),
            (
                r#"{"text":"a","explain":"SECRET"}"#,
                "bad-request",
                "`explain`",
            ),
            (
                r#"{"text":"a","format":"json"}"#,
                "bad-request",
                "belongs to `body`",
            ),
            (
                r#"{"body":{},"format":"SECRET"}"#,
                "bad-request",
                "`format`",
            ),
            (r#"{"body":{}}"#, "bad-request", "needs `format`"),
        ];
        for (body, slug, detail) in cases {
            let problem = refused(body);
            assert_eq!(problem.slug, slug, "{body}: {problem:?}");
            assert!(problem.detail.contains(detail), "{body}: {problem:?}");
            assert!(!format!("{problem:?}").contains("SECRET"), "{problem:?}");
        }
        assert_eq!(refused(&"[".repeat(65)).slug, "too-deep");
        let long = format!(r#"{{"text":"a","tenant":"{}"}}"#, "x".repeat(257));
        assert!(refused(&long).detail.contains("`tenant`"));
        let members = members(b"{\"text\":\"\xff\"}", 64, NAMES);
        assert!(members.unwrap_err().detail.contains("byte 9"));
    }
}
