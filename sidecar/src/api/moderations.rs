//! `POST /v1/moderations`: OpenAI's call, answered by our rules.
//!
//! One result a string, or one for a list of parts, with the thirteen
//! categories of that interface. A category is true if one of our findings of
//! likely or above falls into it; its score is the highest of those findings,
//! possible ones included. A result is flagged if a category is true, or if the
//! policy blocks: what has no category there (secrets, injections) must not
//! pass because of that.

use std::borrow::Cow;
use std::io::Write;
use std::time::Instant;

use engine::policy::Action;
use engine::rule::{Category, Confidence};
use engine::screen::Exchange;
use engine::text::{Direction, Role, Text};
use serde_json::value::RawValue;

use super::problem::Problem;
use super::screen::{
    Judged, Outcome, Places, Recorded, leaves_of, members, name, offsets, policy, quote, string,
    tenant, word,
};
use crate::callers::Caller;
use crate::metrics::{Route, Stage};
use crate::service::Service;
use crate::wire::Unit;

/// Their categories, in their order, and the ones of ours that fall into each.
/// A finding counts for every line it falls into.
const CATEGORIES: [(&str, &[&str]); 13] = [
    ("harassment", &["safety/harassment", "safety/toxicity"]),
    ("harassment/threatening", &["safety/harassment/threatening"]),
    ("hate", &["safety/hate"]),
    ("hate/threatening", &["safety/hate/threatening"]),
    ("illicit", &["safety/illicit", "security/code-abuse"]),
    ("illicit/violent", &["safety/illicit/weapons"]),
    ("self-harm", &["safety/self-harm"]),
    ("self-harm/intent", &["safety/self-harm/intent"]),
    ("self-harm/instructions", &["safety/self-harm/instructions"]),
    ("sexual", &["safety/sexual"]),
    ("sexual/minors", &["safety/sexual/minors"]),
    ("violence", &["safety/violence"]),
    ("violence/graphic", &["safety/violence/graphic"]),
];

/// The model that is named where the request names none.
const MODEL: &str = "omni-moderation-latest";

const NAMES: &[&str] = &["input", "model"];

/// What one result is about.
struct Input<'b> {
    texts: Vec<Item<'b>>,
    /// Strings give a result each, parts one together.
    each: bool,
    /// Parts that are not text.
    unjudged: usize,
}

struct Item<'b> {
    text: Cow<'b, str>,
    path: String,
}

/// Answers one request.
pub fn moderate(
    service: &Service,
    caller: Option<&Caller>,
    body: &[u8],
    arrived: Instant,
) -> Result<Judged, Problem> {
    let began = Instant::now();
    let members = members(body, service.config.limits.json_depth, NAMES)?;
    let [input, model] = members.as_slice() else {
        return Err(Problem::broken());
    };
    let model = name("model", *model)?;
    let tenant = tenant(caller, None)?;
    let active = service.active();
    let policy = policy(&active, None)?;
    let input = Input::of(input.as_deref())?;
    let texts: Vec<Text<'_>> = input
        .texts
        .iter()
        .map(|item| Text {
            role: Role::User,
            body: &item.text,
        })
        .collect();
    let parsed = Instant::now();
    service.metrics.stage(Stage::Parse, parsed - began);

    let verdict = active.snapshot.screen(&Exchange {
        tenant,
        session: "",
        policy: None,
        direction: Direction::Prompt,
        texts: &texts,
        deadline: arrived + service.config.screen_time(),
    });
    let screened = Instant::now();
    service.metrics.stage(Stage::Screen, screened - parsed);
    let outcome = Outcome::of(
        service,
        &active,
        policy,
        &verdict,
        &texts,
        input.unjudged > 0,
    );

    let id = service.id();
    let leaves = leaves_of(&verdict);
    if service.decisions.is_some() {
        let paths: Vec<String> = leaves
            .iter()
            .filter_map(|leaf| Some(input.texts.get(*leaf)?.path.clone()))
            .collect();
        let bytes = offsets(&verdict.findings, |leaf, spans| {
            let body = texts.get(leaf).map_or("", |text| text.body);
            crate::wire::units::convert(body, spans, Unit::Byte)
        });
        Recorded {
            route: "moderations",
            id: &id,
            caller,
            tenant,
            direction: Direction::Prompt,
            active: &active,
            verdict: &verdict,
            outcome: &outcome,
            texts: &texts,
            paths: &Places {
                leaves: &leaves,
                paths: &paths,
            },
            offsets: &bytes,
            unjudged: input.unjudged,
        }
        .append(service);
    }

    let results = if input.each { texts.len() } else { 1 };
    let mut found: Vec<Found> = (0..results).map(|_| Found::of(outcome.degraded)).collect();
    if input.unjudged > 0 {
        for found in &mut found {
            found.action = found.action.max(policy.when_degraded.unjudged);
        }
    }
    for (index, finding) in verdict.findings.iter().enumerate() {
        let result = if input.each { finding.text } else { 0 };
        if let Some(found) = found.get_mut(result) {
            let (action, _) = outcome.about(index);
            found.add(&finding.category, finding.confidence, finding.score, action);
        }
    }

    let mut reply = Vec::with_capacity(128 + 1280 * results);
    reply.extend_from_slice(b"{\"id\":\"modr-");
    reply.extend_from_slice(id.as_bytes());
    reply.extend_from_slice(b"\",\"model\":");
    quote(
        &mut reply,
        model
            .as_deref()
            .filter(|model| is_name(model))
            .unwrap_or(MODEL),
    );
    reply.extend_from_slice(b",\"results\":[");
    for (index, found) in found.iter().enumerate() {
        if index > 0 {
            reply.push(b',');
        }
        let action = policy.enforced(found.action);
        let block = action == Action::Block;
        let flagged = block || found.categories.iter().any(|(flagged, _)| *flagged);
        let _ = write!(reply, "{{\"flagged\":{flagged},\"categories\":{{");
        each_category(&mut reply, |at, out| {
            let flagged = found
                .categories
                .get(at)
                .is_some_and(|(flagged, _)| *flagged);
            let _ = write!(out, "{flagged}");
        });
        reply.extend_from_slice(b"},\"category_scores\":{");
        each_category(&mut reply, |at, out| {
            let score = found.categories.get(at).map_or(0.0, |(_, score)| *score);
            let _ = write!(out, "{score}");
        });
        reply.extend_from_slice(b"},\"category_applied_input_types\":{");
        each_category(&mut reply, |_, out| out.extend_from_slice(b"[\"text\"]"));
        let _ = write!(
            reply,
            "}},\"x-lockgate\":{{\"action\":\"{}\",\"degraded\":{},\"snapshot\":\"{}\"}}}}",
            word(action),
            !verdict.degraded.is_empty(),
            active.fingerprint,
        );
    }
    reply.extend_from_slice(b"]}\n");
    service.metrics.stage(Stage::Reply, screened.elapsed());
    service
        .metrics
        .verdict(Route::Moderations, Direction::Prompt, outcome.action);
    Ok(Judged {
        reply,
        direction: Direction::Prompt,
        action: outcome.action,
    })
}

/// What was found for one result.
struct Found {
    action: Action,
    /// Whether it is true, and its score, in the order of [`CATEGORIES`].
    categories: [(bool, f32); 13],
}

impl Found {
    fn of(degraded: Action) -> Found {
        Found {
            action: degraded,
            categories: [(false, 0.0); 13],
        }
    }

    fn add(&mut self, category: &Category, confidence: Confidence, score: f32, action: Action) {
        self.action = self.action.max(action);
        for ((_, ours), (flagged, highest)) in CATEGORIES.iter().zip(&mut self.categories) {
            if ours.iter().any(|ours| category.is_within(ours)) {
                *flagged |= confidence >= Confidence::Likely;
                *highest = highest.max(score);
            }
        }
    }
}

fn each_category(reply: &mut Vec<u8>, mut value: impl FnMut(usize, &mut Vec<u8>)) {
    for (at, (name, _)) in CATEGORIES.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(reply, "{comma}\"{name}\":");
        value(at, reply);
    }
}

/// Whether a model's name is a name, and not a place to smuggle text through.
fn is_name(model: &str) -> bool {
    model.len() <= 64
        && !model.is_empty()
        && model
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}

impl<'b> Input<'b> {
    fn of(raw: Option<&'b RawValue>) -> Result<Input<'b>, Problem> {
        let wrong = |detail: &str| {
            Problem::bad_request(
                detail.to_owned(),
                "send `input` as a string, a list of strings, or a list of parts with `type`"
                    .to_owned(),
            )
        };
        let raw = raw.ok_or_else(|| wrong("`input` is missing"))?;
        if let Some(text) = string(raw) {
            let path = "/input".to_owned();
            return Ok(Input {
                texts: vec![Item { text, path }],
                each: true,
                unjudged: 0,
            });
        }
        let items: Vec<&RawValue> = serde_json::from_str(raw.get())
            .map_err(|_| wrong("`input` is neither a string nor a list"))?;
        let each = match items.first() {
            None => return Err(wrong("`input` is empty")),
            Some(first) => first.get().starts_with('"'),
        };
        let mut input = Input {
            texts: Vec::with_capacity(items.len()),
            each,
            unjudged: 0,
        };
        for (index, item) in items.into_iter().enumerate() {
            if each {
                let text = string(item)
                    .ok_or_else(|| wrong("`input` mixes strings with something else"))?;
                let path = format!("/input/{index}");
                input.texts.push(Item { text, path });
                continue;
            }
            // A part may hold anything beside what its type says; only that is read.
            let part: Part<'b> = serde_json::from_str(item.get())
                .map_err(|_| wrong("a part of `input` is no object with a `type`"))?;
            let kind =
                string(part.kind).ok_or_else(|| wrong("the `type` of a part is no string"))?;
            if kind != "text" {
                input.unjudged += 1;
                continue;
            }
            let text = part
                .text
                .and_then(string)
                .ok_or_else(|| wrong("a part of type `text` has no string `text`"))?;
            let path = format!("/input/{index}/text");
            input.texts.push(Item { text, path });
        }
        Ok(input)
    }
}

#[derive(serde::Deserialize)]
struct Part<'b> {
    #[serde(borrow, rename = "type")]
    kind: &'b RawValue,
    #[serde(borrow, default)]
    text: Option<&'b RawValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths and texts, whether each has a result, and what is not text.
    type Seen = (Vec<(String, String)>, bool, usize);

    fn input(json: &str) -> Result<Seen, Problem> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        Input::of(Some(raw)).map(|input| {
            let texts = input.texts.iter();
            let texts = texts.map(|item| (item.path.clone(), item.text.to_string()));
            (texts.collect(), input.each, input.unjudged)
        })
    }

    #[test]
    fn strings_lists_and_parts() {
        let pair = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        assert_eq!(
            input(r#""a\"b""#).unwrap(),
            (vec![pair("/input", "a\"b")], true, 0)
        );
        assert_eq!(
            input(r#"["a", "b"]"#).unwrap(),
            (vec![pair("/input/0", "a"), pair("/input/1", "b")], true, 0)
        );
        let parts = r#"[{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"a"}]"#;
        assert_eq!(
            input(parts).unwrap(),
            (vec![pair("/input/1/text", "a")], false, 1)
        );
        for wrong in [
            "1",
            "{}",
            "[]",
            "[1]",
            r#"["a",1]"#,
            r#"[{"type":"text"}]"#,
            r#"[{"text":"a"}]"#,
        ] {
            assert_eq!(input(wrong).unwrap_err().slug, "bad-request", "{wrong}");
        }
    }

    #[test]
    fn a_finding_counts_for_its_ancestors() {
        let mut found = Found::of(Action::Allow);
        let minors = Category::new("safety/sexual/minors");
        found.add(&minors, Confidence::Certain, 0.95, Action::Block);
        let weapons = Category::new("safety/illicit/weapons");
        found.add(&weapons, Confidence::Possible, 0.35, Action::Flag);
        let of = |name: &str| {
            let at = CATEGORIES
                .iter()
                .position(|(known, _)| *known == name)
                .unwrap();
            found.categories[at]
        };
        assert_eq!(of("sexual"), (true, 0.95));
        assert_eq!(of("sexual/minors"), (true, 0.95));
        assert_eq!(of("illicit"), (false, 0.35));
        assert_eq!(of("illicit/violent"), (false, 0.35));
        assert_eq!(of("violence"), (false, 0.0));
        assert_eq!(found.action, Action::Block);
    }
}
