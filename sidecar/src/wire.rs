//! Which strings of a body are speech, whose, and how edits are written back.
//!
//! A [`Format`] says where speech stands; [`read`] lists it as [`Leaf`]s, whose
//! order is the order of texts in an exchange, so that findings and edits name
//! them by position. [`Body::rewrite`] puts edits back and leaves every other byte
//! of the body as it came: JSON stays JSON, in the body and in the JSON that tool
//! calls carry as strings.
//!
//! The promise is to lose nothing silently. A string that is speech is a leaf,
//! doubled keys included; what is not ours to read (images, audio, files, unknown
//! parts) is named in [`Body::unjudged`]; where speech is expected and something
//! else stands, all its leaves are screened. A copy of the text that cannot be
//! edited with it (log probabilities, token by token) is emptied when the text is.
//!
//! What it leaves out: identifiers, names of tools and models, and all other
//! members that steer a call and say nothing.
//!
//! # Paths
//!
//! A path is a JSON pointer (RFC 6901) into what the caller sent. JSON inside a
//! string goes on behind `#`: `/messages/1/tool_calls/0/function/arguments#/to`.
//! A key, which a pointer cannot name, is its member's path and `#key`.
//!
//! ```
//! use engine::redact::Edit;
//! use engine::text::{Role, Span};
//! use sidecar::wire::{self, Format, Reading};
//!
//! let sent = br#"[{"role": "user", "content": "I am Anna"}]"#;
//! let reading = Reading { at: "/messages", speaker: Role::User };
//! let body = wire::read(Format::Messages, sent, reading)?;
//! assert_eq!(body.texts()[0].body, "I am Anna");
//! assert_eq!(body.path(0, &[]), "/messages/0/content");
//!
//! let edit = Edit { text: 0, span: Span::new(5, 9), replacement: "[name]".into() };
//! let masked = body.rewrite(&[edit], false);
//! assert_eq!(masked, r#"[{"role": "user", "content": "I am [name]"}]"#);
//! # Ok::<(), wire::WireError>(())
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use engine::redact::{self, Edit};
use engine::text::{Role, Span, Text};

use json::{Change, Fault, Kind, Tree};
pub use units::Unit;

mod anthropic;
mod json;
mod openai;
mod parts;
mod plain;
pub mod units;

#[cfg(test)]
mod tests;

/// What shape a body has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One string.
    Text,
    /// A list of strings, or of `{role, text}`.
    Texts,
    /// A list of messages as OpenAI's and Anthropic's chat APIs have it.
    Messages,
    /// A request or an answer of OpenAI's chat completions.
    OpenaiChat,
    /// A request or an answer of OpenAI's responses.
    OpenaiResponses,
    /// A request or an answer of Anthropic's messages.
    AnthropicMessages,
    /// Any JSON: every string, number and key.
    Json,
}

impl Format {
    /// The formats a caller can name, and their names.
    pub const NAMES: &[(&str, Format)] = &[
        ("openai.chat", Format::OpenaiChat),
        ("openai.responses", Format::OpenaiResponses),
        ("anthropic.messages", Format::AnthropicMessages),
        ("json", Format::Json),
    ];

    /// The format of this name.
    pub fn named(name: &str) -> Option<Format> {
        let row = Format::NAMES.iter().find(|(known, _)| *known == name);
        row.map(|&(_, format)| format)
    }
}

/// What a body itself does not say.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The pointer of the body in what the caller sent; empty: it is all of it.
    pub at: &'a str,
    /// Who says what names nobody.
    pub speaker: Role,
}

/// Why a body cannot be read. No variant carries text of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not JSON in UTF-8.
    #[error("not JSON: {what} at byte {at}")]
    NotJson {
        /// Where, in bytes.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Containers lie too deep in one another.
    #[error("nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// It is longer than 4 GiB.
    #[error("longer than 4 GiB")]
    TooLarge,
    /// It is JSON, but not of its format.
    #[error("{} should be {expected}", if path.is_empty() { "the body" } else { path })]
    Shape {
        /// Which part; made of the format's own names and of positions.
        path: String,
        /// What should stand there.
        expected: &'static str,
    },
}

/// What a leaf is in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafKind {
    /// A string.
    Text,
    /// A number, as written. If any of it is replaced it becomes a string.
    Number,
    /// A key of an object. Rewritten only where the policy says so.
    Key,
    /// A string that should hold JSON and does not, with escapes undone once
    /// more. Positions still count in the string itself: see [`Body::offsets`].
    Fragment,
}

/// One piece of speech.
#[derive(Debug)]
pub struct Leaf<'b> {
    /// Who says it.
    pub role: Role,
    /// What it is in the body.
    pub kind: LeafKind,
    /// Where it stands.
    place: Place,
    text: Cow<'b, str>,
}

impl Leaf<'_> {
    /// What it says, decoded.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A token of the body, or of a document inside one of its strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Position in [`Found::inner`], or [`OUTER`].
    document: u32,
    node: u32,
}

/// Stands for the body itself where a document is named.
const OUTER: u32 = u32::MAX;

/// Something that was not screened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// Where it stands.
    pub path: String,
    /// Why not.
    pub reason: &'static str,
}

/// A document inside a string of the body.
#[derive(Debug)]
struct Inner<'b> {
    /// The string.
    node: u32,
    tree: Tree<Cow<'b, str>>,
}

/// A copy of texts that cannot be edited with them.
#[derive(Debug)]
struct Echo {
    node: u32,
    /// The leaves it repeats.
    of: Range<usize>,
}

/// What reading a body yields.
#[derive(Debug, Default)]
struct Found<'b> {
    leaves: Vec<Leaf<'b>>,
    inner: Vec<Inner<'b>>,
    unjudged: Vec<(u32, &'static str)>,
    echoes: Vec<Echo>,
}

/// A body, read.
#[derive(Debug)]
pub struct Body<'b> {
    at: String,
    tree: Tree<&'b str>,
    found: Found<'b>,
}

/// Reads a body: one pass over its bytes, strings borrowed where they have no
/// escapes.
pub fn read<'b>(
    format: Format,
    body: &'b [u8],
    reading: Reading<'_>,
) -> Result<Body<'b>, WireError> {
    let text = std::str::from_utf8(body).map_err(|error| WireError::NotJson {
        at: error.valid_up_to(),
        what: "it is not UTF-8",
    })?;
    let tree = Tree::parse(text).map_err(|fault| match fault {
        Fault::Syntax { at, what } => WireError::NotJson { at, what },
        Fault::TooLarge => WireError::TooLarge,
        Fault::TooDeep => WireError::TooDeep {
            limit: json::MAX_DEPTH,
        },
    })?;
    let mut reader = Reader {
        tree: &tree,
        text,
        speaker: reading.speaker,
        found: Found::default(),
    };
    let read = match format {
        Format::Text => plain::text(&mut reader),
        Format::Texts => plain::texts(&mut reader),
        Format::Json => {
            reader.all(0, reading.speaker);
            Ok(())
        }
        Format::Messages => openai::messages(&mut reader, 0),
        Format::OpenaiChat => openai::chat(&mut reader),
        Format::OpenaiResponses => openai::responses(&mut reader),
        Format::AnthropicMessages => anthropic::messages(&mut reader),
    };
    let found = reader.found;
    match read {
        Ok(()) => Ok(Body {
            at: reading.at.to_owned(),
            tree,
            found,
        }),
        Err(Misshapen { node, expected }) => Err(WireError::Shape {
            path: pointers(&tree, reading.at, &[node], &|_| false)
                .pop()
                .unwrap_or_default(),
            expected,
        }),
    }
}

/// A node that is not what its format wants.
struct Misshapen {
    node: u32,
    expected: &'static str,
}

/// Collects what the formats name.
struct Reader<'t, 'b> {
    tree: &'t Tree<&'b str>,
    text: &'b str,
    speaker: Role,
    found: Found<'b>,
}

impl<'t, 'b> Reader<'t, 'b> {
    /// What a string of the body says, borrowed from the body where it can be.
    fn said(&self, node: u32) -> Cow<'b, str> {
        match self.tree.string(node) {
            Cow::Owned(undone) => Cow::Owned(undone),
            Cow::Borrowed(_) => {
                let inside = self.tree.inside(node);
                Cow::Borrowed(self.text.get(inside).unwrap_or_default())
            }
        }
    }

    fn leaf(&mut self, node: u32, role: Role, kind: LeafKind) {
        let text = self.said(node);
        self.found.leaves.push(Leaf {
            role,
            kind,
            place: Place {
                document: OUTER,
                node,
            },
            text,
        });
    }

    /// A place where one string of speech is expected.
    fn string(&mut self, node: u32, role: Role) {
        match self.tree.kind(node) {
            Kind::String => self.leaf(node, role, LeafKind::Text),
            _ => self.all(node, role),
        }
    }

    /// Every key, string and number from `node` down.
    fn all(&mut self, node: u32, role: Role) {
        for at in node..self.tree.node(node).next {
            if let Some(kind) = leaf_kind(self.tree.kind(at)) {
                self.leaf(at, role, kind);
            }
        }
    }

    /// Every string from `node` down that stands under one of these keys,
    /// directly or in a list.
    fn under(&mut self, node: u32, names: &[&str], role: Role) {
        // Where a container ends, and whether its strings count.
        let mut open: Vec<(u32, bool)> = Vec::new();
        let mut counts = false;
        for at in node..self.tree.node(node).next {
            while let Some(&(end, _)) = open.last() {
                if end > at {
                    break;
                }
                open.pop();
            }
            let inherited = open.last().is_some_and(|&(_, counts)| counts);
            match self.tree.kind(at) {
                Kind::Key => {
                    counts = names.contains(&&*self.tree.string(at));
                    continue;
                }
                Kind::Object => open.push((self.tree.node(at).next, false)),
                Kind::Array => open.push((self.tree.node(at).next, counts || inherited)),
                Kind::String if counts || inherited => self.leaf(at, role, LeafKind::Text),
                Kind::String | Kind::Number | Kind::Word => {}
            }
            counts = false;
        }
    }

    /// A string that holds JSON; each of its leaves is a leaf. One that does not
    /// parse is a leaf of the kind `broken`: a fragment where it should be JSON, a
    /// text where it may be anything.
    fn document(&mut self, node: u32, role: Role, broken: LeafKind) {
        if self.tree.kind(node) != Kind::String {
            return self.all(node, role);
        }
        let said = self.said(node);
        let Ok(tree) = Tree::parse(said.clone()) else {
            let text = match broken {
                LeafKind::Fragment if said.contains('\\') => Cow::Owned(json::undo_escapes(&said)),
                _ => said,
            };
            self.found.leaves.push(Leaf {
                role,
                kind: broken,
                place: Place {
                    document: OUTER,
                    node,
                },
                text,
            });
            return;
        };
        let document = self.found.inner.len() as u32;
        for at in 0..tree.nodes().len() as u32 {
            let Some(kind) = leaf_kind(tree.kind(at)) else {
                continue;
            };
            self.found.leaves.push(Leaf {
                role,
                kind,
                place: Place { document, node: at },
                text: Cow::Owned(match kind {
                    LeafKind::Number => tree.raw(at).to_owned(),
                    _ => tree.string(at).into_owned(),
                }),
            });
        }
        self.found.inner.push(Inner { node, tree });
    }

    fn unjudged(&mut self, node: u32, reason: &'static str) {
        self.found.unjudged.push((node, reason));
    }

    /// Names the log probabilities among the members of `object` as copies of all
    /// leaves since there were `from`.
    fn echoes(&mut self, object: u32, from: usize) {
        let of = from..self.found.leaves.len();
        for (key, node) in self.tree.members(object) {
            if self.tree.string(key) == "logprobs" {
                let of = of.clone();
                self.found.echoes.push(Echo { node, of });
            }
        }
    }

    /// What the member `name` says if it is a string. Doubled members that say
    /// different things say nothing: which of them counts, readers disagree.
    fn word(&self, object: u32, name: &str) -> Option<Cow<'b, str>> {
        let mut word = None;
        for (key, value) in self.tree.members(object) {
            if self.tree.kind(value) != Kind::String || self.tree.string(key) != name {
                continue;
            }
            let next = self.said(value);
            if word.as_ref().is_some_and(|word| *word != next) {
                return None;
            }
            word = Some(next);
        }
        word
    }

    /// Who speaks in a message. A word we do not know, or two that disagree, is
    /// the user: no rule looks away from what users say.
    fn role(&self, message: u32) -> Option<Role> {
        let named = self
            .tree
            .members(message)
            .any(|(key, _)| self.tree.string(key) == "role");
        let word = self.word(message, "role");
        named.then(|| word.and_then(|word| role(&word)).unwrap_or(Role::User))
    }

    fn expect(&self, node: u32, kind: Kind, expected: &'static str) -> Result<(), Misshapen> {
        if self.tree.kind(node) == kind {
            Ok(())
        } else {
            Err(Misshapen { node, expected })
        }
    }
}

fn role(word: &str) -> Option<Role> {
    Some(match word {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" | "model" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        "document" => Role::Document,
        _ => return None,
    })
}

fn leaf_kind(kind: Kind) -> Option<LeafKind> {
    match kind {
        Kind::Key => Some(LeafKind::Key),
        Kind::String => Some(LeafKind::Text),
        Kind::Number => Some(LeafKind::Number),
        Kind::Object | Kind::Array | Kind::Word => None,
    }
}

impl Body<'_> {
    /// The texts of an exchange: `texts()[i]` is `leaves()[i]`.
    pub fn texts(&self) -> Vec<Text<'_>> {
        let mut texts = Vec::with_capacity(self.found.leaves.len());
        for leaf in &self.found.leaves {
            texts.push(Text {
                role: leaf.role,
                body: &leaf.text,
            });
        }
        texts
    }

    /// All speech, in the order of the body.
    pub fn leaves(&self) -> &[Leaf<'_>] {
        &self.found.leaves
    }

    /// What was not screened.
    pub fn unjudged(&self) -> Vec<Unjudged> {
        let mut found = self.found.unjudged.clone();
        found.sort_unstable();
        let nodes: Vec<u32> = found.iter().map(|&(node, _)| node).collect();
        // A key may hold what a rule would find, and no rule reads these. The
        // names that formats have are made like this; others are hidden.
        let plain = |b: u8| b.is_ascii_lowercase() || b == b'_';
        let hidden = |key| !self.tree.raw(key).bytes().all(plain);
        let paths = pointers(&self.tree, &self.at, &nodes, &hidden);
        let unjudged = |(path, (_, reason))| Unjudged { path, reason };
        paths.into_iter().zip(found).map(unjudged).collect()
    }

    /// Where a leaf stands; see [`Body::paths`].
    pub fn path(&self, leaf: usize, hidden: &[usize]) -> String {
        self.paths(&[leaf], hidden).pop().unwrap_or_default()
    }

    /// Where these leaves stand, in the order given. One pass over the body for
    /// all of them.
    ///
    /// A path names keys, and a key may be what was found: `hidden` are the
    /// leaves with findings, and a key among them is shown as `[key 3]` by its
    /// position in its object. So is a key of more than 128 bytes.
    pub fn paths(&self, leaves: &[usize], hidden: &[usize]) -> Vec<String> {
        let place = |&leaf: &usize| self.found.leaves.get(leaf).map(|leaf| leaf.place);
        let mut hidden: Vec<Place> = hidden.iter().filter_map(place).collect();
        hidden.sort_unstable();

        // Per document the nodes to name; the strings that hold documents too.
        let mut wanted: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for place in leaves.iter().filter_map(place) {
            wanted.entry(place.document).or_default().push(place.node);
        }
        let holders: Vec<(u32, u32)> = wanted
            .keys()
            .filter_map(|&document| Some((document, self.inner(document)?.node)))
            .collect();
        let outer = wanted.entry(OUTER).or_default();
        outer.extend(holders.iter().map(|&(_, node)| node));

        let mut named: BTreeMap<Place, String> = BTreeMap::new();
        // The body comes first: documents begin with a path in it.
        for (&document, nodes) in wanted.iter_mut().rev() {
            nodes.sort_unstable();
            nodes.dedup();
            let is_hidden = |node| hidden.binary_search(&Place { document, node }).is_ok();
            let paths = match self.inner(document) {
                None => pointers(&self.tree, &self.at, nodes, &is_hidden),
                Some(inner) => {
                    let holder = Place {
                        document: OUTER,
                        node: inner.node,
                    };
                    let from = named.get(&holder).map_or("", String::as_str);
                    pointers(&inner.tree, &format!("{from}#"), nodes, &is_hidden)
                }
            };
            let places = nodes.iter().map(|&node| Place { document, node });
            named.extend(places.zip(paths));
        }
        let path = |leaf| place(leaf).and_then(|place| named.get(&place).cloned());
        leaves
            .iter()
            .map(|leaf| path(leaf).unwrap_or_default())
            .collect()
    }

    /// Spans of a leaf as positions in the string at its path, in the order given.
    pub fn offsets(&self, leaf: usize, spans: &[Span], unit: Unit) -> Vec<(usize, usize)> {
        let Some(leaf) = self.found.leaves.get(leaf) else {
            return vec![(0, 0); spans.len()];
        };
        if leaf.kind != LeafKind::Fragment {
            return units::convert(&leaf.text, spans, unit);
        }
        let said = self.tree.string(leaf.place.node);
        let mut walk = json::Walk::new(&said);
        let spans: Vec<Span> = units::in_order(spans, |at| walk.written(at))
            .into_iter()
            .map(|(start, end)| Span::new(start, end))
            .collect();
        units::convert(&said, &spans, unit)
    }

    /// The body with the edits made, as JSON. `edits` are sorted by text and span
    /// and do not overlap; keys are changed only with `rewrite_keys`.
    ///
    /// Bytes that no edit covers stay as they are, escapes and white space too. A
    /// number of which a part is replaced becomes a string. Keys may come to be
    /// equal: `[email]` twice in one object. Log probabilities of
    /// an edited text are emptied: they repeat it token by token.
    pub fn rewrite(&self, edits: &[Edit], rewrite_keys: bool) -> String {
        let mut tokens: Vec<Change> = Vec::new();
        let mut within: BTreeMap<u32, Vec<Change>> = BTreeMap::new();
        let mut edited: Vec<usize> = Vec::new();
        let mut rest = edits;
        while let Some(first) = rest.first() {
            let (now, later) = rest.split_at(redact::of_text(rest, first.text).len().max(1));
            rest = later;
            let Some(leaf) = self.found.leaves.get(first.text) else {
                continue;
            };
            if leaf.kind == LeafKind::Key && !rewrite_keys {
                continue;
            }
            edited.push(first.text);
            match self.inner(leaf.place.document) {
                Some(inner) => {
                    let changes = within.entry(leaf.place.document).or_default();
                    changes_of(leaf, &inner.tree, now, changes);
                }
                None => changes_of(leaf, &self.tree, now, &mut tokens),
            }
        }
        for (&document, changes) in &mut within {
            let Some(inner) = self.inner(document) else {
                continue;
            };
            changes.sort_by_key(|change| change.start);
            let from = self.tree.node(inner.node).start as usize + 1;
            let raw = self.tree.raw(inner.node);
            tokens.extend(json::in_writing(raw, changes.drain(..), from));
        }
        for echo in &self.found.echoes {
            let first = edited.partition_point(|&leaf| leaf < echo.of.start);
            let node = self.tree.node(echo.node);
            if edited.get(first).is_some_and(|leaf| echo.of.contains(leaf)) {
                let empty = if node.kind == Kind::Array {
                    "[]"
                } else {
                    "null"
                };
                tokens.push(Change {
                    start: node.start as usize,
                    end: node.end as usize,
                    with: empty.to_owned(),
                });
            }
        }
        tokens.sort_by_key(|change| change.start);
        let mut out = String::with_capacity(self.tree.text().len() + 16 * tokens.len());
        json::write_changed(self.tree.text(), &tokens, &mut out);
        out
    }

    fn inner(&self, document: u32) -> Option<&Inner<'_>> {
        self.found.inner.get(document as usize)
    }
}

/// Adds the changes that `edits` of one leaf make in the text of its document.
fn changes_of<T: AsRef<str>>(
    leaf: &Leaf<'_>,
    tree: &Tree<T>,
    edits: &[Edit],
    changes: &mut Vec<Change>,
) {
    let node = tree.node(leaf.place.node);
    if leaf.kind == LeafKind::Number {
        let mut with = String::from("\"");
        json::write_escaped(&redact::apply(&leaf.text, edits), &mut with);
        with.push('"');
        changes.push(Change {
            start: node.start as usize,
            end: node.end as usize,
            with,
        });
        return;
    }
    let said = edits.iter().map(|edit| {
        let span = edit.span.widened(&leaf.text);
        Change {
            start: span.start as usize,
            end: span.end as usize,
            with: edit.replacement.clone(),
        }
    });
    let raw = tree.raw(leaf.place.node);
    let from = node.start as usize + 1;
    if leaf.kind == LeafKind::Fragment {
        // Undone twice, so written twice.
        let once = tree.string(leaf.place.node);
        let once: Vec<Change> = json::in_writing(&once, said, 0).collect();
        changes.extend(json::in_writing(raw, once, from));
    } else {
        changes.extend(json::in_writing(raw, said, from));
    }
}

/// The longest key, in bytes as written, that a path shows. A path repeats the keys
/// above it for each finding below, so one long key could make a reply many times
/// as large as the body.
const LONGEST_KEY: usize = 128;

/// The pointers of nodes, which ascend, led by `at`. One pass; what holds none of
/// them is stepped over.
fn pointers<T: AsRef<str>>(
    tree: &Tree<T>,
    at: &str,
    nodes: &[u32],
    hidden: &dyn Fn(u32) -> bool,
) -> Vec<String> {
    struct Open {
        end: u32,
        /// The key of the member at hand; `None` in arrays.
        key: Option<u32>,
        /// Members or items begun.
        count: u32,
        is_object: bool,
    }
    let pointer = |open: &[Open], node: u32| {
        let mut path = String::from(at);
        for Open { key, count, .. } in open {
            path.push('/');
            match key {
                Some(key) if tree.raw(*key).len() > LONGEST_KEY || hidden(*key) => {
                    path.push_str(&format!("[key {}]", count - 1));
                }
                Some(key) => {
                    path.push_str(&tree.string(*key).replace('~', "~0").replace('/', "~1"))
                }
                None => path.push_str(&(count - 1).to_string()),
            }
        }
        if tree.kind(node) == Kind::Key {
            path.push_str("#key");
        }
        path
    };
    let mut paths = Vec::with_capacity(nodes.len());
    let mut open: Vec<Open> = Vec::new();
    let mut node = 0;
    while let Some(&wanted) = nodes.get(paths.len()) {
        if wanted < node || node as usize >= tree.nodes().len() {
            // Not ascending: a mistake of ours; the path is left empty.
            paths.push(String::new());
            continue;
        }
        while open.last().is_some_and(|open| open.end <= node) {
            open.pop();
        }
        let is_key = tree.kind(node) == Kind::Key;
        if let Some(open) = open.last_mut() {
            if is_key {
                open.key = Some(node);
            }
            if is_key || !open.is_object {
                open.count += 1;
            }
        }
        // The same node may be wanted twice.
        while nodes.get(paths.len()) == Some(&node) {
            paths.push(pointer(&open, node));
        }
        let next = tree.node(node).next;
        match nodes.get(paths.len()) {
            Some(&wanted) if wanted >= next => node = next,
            _ => {
                let kind = tree.kind(node);
                if matches!(kind, Kind::Object | Kind::Array) {
                    open.push(Open {
                        end: next,
                        key: None,
                        count: 0,
                        is_object: kind == Kind::Object,
                    });
                }
                node += 1;
            }
        }
    }
    paths
}
