//! JSON as a flat list of tokens over the bytes as received.
//!
//! Reading makes one [`Node`] a token and copies nothing; writing back replaces
//! single tokens, or parts of strings, and leaves all other bytes as they came:
//! white space, order, number forms and escapes. That is why there is no tree of
//! values here: it could not say where a value stood.
//!
//! What is accepted is exactly RFC 8259, with a limit on depth. Escapes of lone
//! surrogates (`\ud83d` without its other half), which the grammar allows, are read
//! as U+FFFD and written back as they came.

use std::borrow::Cow;
use std::ops::Range;

/// Containers within containers. Real bodies stay below 20; the limit keeps a
/// hostile one from costing memory for its brackets.
pub(super) const MAX_DEPTH: usize = 64;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    /// A member's name.
    Key,
    String,
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// One token; for a container all of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// First byte, the quote of a string included.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
    /// The first node that is not within this one.
    pub(super) next: u32,
    pub(super) kind: Kind,
    /// Whether a string has a backslash.
    escaped: bool,
}

/// Why a text is not JSON we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Syntax { at: usize, what: &'static str },
    TooDeep,
    TooLarge,
}

/// A text and its tokens. Node 0 is the value itself.
#[derive(Debug)]
pub(super) struct Tree<T> {
    text: T,
    nodes: Vec<Node>,
}

/// What may stand next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    /// A value, or the end of the array just begun.
    Item,
    Key,
    /// A key, or the end of the object just begun.
    Member,
    /// A comma or the end of the container.
    More,
}

impl<T: AsRef<str>> Tree<T> {
    /// Reads `text`. Loops instead of recursing: a body cannot exhaust the stack.
    pub(super) fn parse(text: T) -> Result<Tree<T>, Fault> {
        let nodes = tokens(text.as_ref())?;
        Ok(Tree { text, nodes })
    }

    pub(super) fn text(&self) -> &str {
        self.text.as_ref()
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node at this position. Positions come from the tree itself; node 0
    /// always exists.
    pub(super) fn node(&self, at: u32) -> Node {
        self.nodes[at as usize]
    }

    pub(super) fn kind(&self, at: u32) -> Kind {
        self.node(at).kind
    }

    /// The bytes of a token; of a string those between the quotes.
    pub(super) fn inside(&self, at: u32) -> Range<usize> {
        let node = self.node(at);
        let quotes = u32::from(matches!(node.kind, Kind::String | Kind::Key));
        (node.start + quotes) as usize..(node.end - quotes) as usize
    }

    /// A token as it stands; of a string what is between the quotes.
    pub(super) fn raw(&self, at: u32) -> &str {
        self.text().get(self.inside(at)).unwrap_or_default()
    }

    /// What a string says.
    pub(super) fn string(&self, at: u32) -> Cow<'_, str> {
        if self.node(at).escaped {
            Cow::Owned(undo_escapes(self.raw(at)))
        } else {
            Cow::Borrowed(self.raw(at))
        }
    }

    /// The members of an object, in order, doubles too: key node and value node.
    pub(super) fn members(&self, object: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let end = match self.kind(object) {
            Kind::Object => self.node(object).next,
            _ => 0,
        };
        let mut at = object + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let key = at;
                at = self.node(key + 1).next;
                (key, key + 1)
            })
        })
    }

    /// The items of an array, in order.
    pub(super) fn items(&self, array: u32) -> impl Iterator<Item = u32> + '_ {
        let end = match self.kind(array) {
            Kind::Array => self.node(array).next,
            _ => 0,
        };
        let mut at = array + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let item = at;
                at = self.node(item).next;
                item
            })
        })
    }
}

fn tokens(text: &str) -> Result<Vec<Node>, Fault> {
    let bytes = text.as_bytes();
    if u32::try_from(bytes.len()).is_err() {
        return Err(Fault::TooLarge);
    }
    // A chat body has a token every 12 to 30 bytes. Long arrays grow it.
    let mut nodes: Vec<Node> = Vec::with_capacity(bytes.len() / 16 + 4);
    let mut open = [0u32; MAX_DEPTH];
    let mut depth = 0;
    let mut expect = Expect::Value;
    let mut at = 0;
    loop {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
            at += 1;
        }
        let fault = |what| Err(Fault::Syntax { at, what });
        let Some(&byte) = bytes.get(at) else {
            return fault("it ends too early");
        };
        match (expect, byte) {
            (Expect::Member | Expect::More, b'}') | (Expect::Item | Expect::More, b']') => {
                let container = open[depth - 1] as usize;
                let next = nodes.len() as u32;
                let node = &mut nodes[container];
                if (node.kind == Kind::Object) != (byte == b'}') {
                    return fault("the wrong bracket closes");
                }
                at += 1;
                node.end = at as u32;
                node.next = next;
                depth -= 1;
            }
            (Expect::More, b',') => {
                at += 1;
                let object = nodes[open[depth - 1] as usize].kind == Kind::Object;
                expect = if object { Expect::Key } else { Expect::Value };
                continue;
            }
            (Expect::More, _) => return fault("a comma or a closing bracket is missing"),
            (Expect::Key | Expect::Member, b'"') => {
                at = string(bytes, at, Kind::Key, &mut nodes)?;
                while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
                    at += 1;
                }
                if bytes.get(at) != Some(&b':') {
                    let what = "a colon is missing";
                    return Err(Fault::Syntax { at, what });
                }
                at += 1;
                expect = Expect::Value;
                continue;
            }
            (Expect::Key | Expect::Member, _) => return fault("a key is missing"),
            (_, b'{' | b'[') => {
                if depth == MAX_DEPTH {
                    return Err(Fault::TooDeep);
                }
                open[depth] = nodes.len() as u32;
                depth += 1;
                let (kind, then) = match byte {
                    b'{' => (Kind::Object, Expect::Member),
                    _ => (Kind::Array, Expect::Item),
                };
                nodes.push(Node {
                    start: at as u32,
                    end: 0,
                    next: 0,
                    kind,
                    escaped: false,
                });
                at += 1;
                expect = then;
                continue;
            }
            (_, b'"') => at = string(bytes, at, Kind::String, &mut nodes)?,
            (_, b'-' | b'0'..=b'9') => {
                let end = number(bytes, at)?;
                leaf(&mut nodes, Kind::Number, at, end, false);
                at = end;
            }
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                let word = [&b"true"[..], b"false", b"null"];
                let Some(word) = word.into_iter().find(|w| rest.starts_with(w)) else {
                    return fault("a value is missing");
                };
                leaf(&mut nodes, Kind::Word, at, at + word.len(), false);
                at += word.len();
            }
        }
        // A value is complete.
        if depth == 0 {
            let rest = bytes.get(at..).unwrap_or_default();
            let space = |b: &u8| matches!(b, b' ' | b'\n' | b'\r' | b'\t');
            return match rest.iter().position(|b| !space(b)) {
                None => Ok(nodes),
                Some(more) => Err(Fault::Syntax {
                    at: at + more,
                    what: "something follows the value",
                }),
            };
        }
        expect = Expect::More;
    }
}

fn leaf(nodes: &mut Vec<Node>, kind: Kind, start: usize, end: usize, escaped: bool) {
    nodes.push(Node {
        start: start as u32,
        end: end as u32,
        next: nodes.len() as u32 + 1,
        kind,
        escaped,
    });
}

/// Adds the string that begins at `start` and gives the position behind it.
fn string(bytes: &[u8], start: usize, kind: Kind, nodes: &mut Vec<Node>) -> Result<usize, Fault> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at += plain(bytes.get(at..).unwrap_or_default());
        let fault = |what| Err(Fault::Syntax { at, what });
        match bytes.get(at) {
            Some(b'"') => {
                leaf(nodes, kind, start, at + 1, escaped);
                return Ok(at + 1);
            }
            Some(b'\\') => match escape(bytes, at) {
                Some((_, len)) => {
                    escaped = true;
                    at += len;
                }
                None => return fault("an escape is not one of JSON's"),
            },
            Some(_) => return fault("a control character stands in a string"),
            None => return fault("a string is not closed"),
        }
    }
}

/// How many bytes stand before the first quote, backslash or control character.
/// Eight at a time: most of a body is the inside of strings.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // A byte's high bit is set where it is below `n`; a borrow can set bits above
    // the first such byte only, so the lowest is right.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGHS;

    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let hit = quote | backslash | below(word, 0x20);
        if hit != 0 {
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let special = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    at + rest.iter().position(special).unwrap_or(rest.len())
}

fn number(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    let digits = |at: &mut usize| {
        let from = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        if *at > from {
            Ok(())
        } else {
            let what = "a number is not complete";
            Err(Fault::Syntax { at: *at, what })
        }
    };
    if bytes.get(at) == Some(&b'0') {
        at += 1;
        if bytes.get(at).is_some_and(u8::is_ascii_digit) {
            let what = "a number begins with a zero";
            return Err(Fault::Syntax { at, what });
        }
    } else {
        digits(&mut at)?;
    }
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        digits(&mut at)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        digits(&mut at)?;
    }
    Ok(at)
}

/// The character that the escape at `at` stands for, and its length in bytes;
/// `None` if it is no escape. Two halves of a surrogate pair are one escape; half
/// a pair alone is U+FFFD.
fn escape(bytes: &[u8], at: usize) -> Option<(char, usize)> {
    let c = match bytes.get(at + 1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = hex(bytes, at + 2)?;
            if let (0xD800..0xDC00, Some(b"\\u")) = (unit, bytes.get(at + 6..at + 8))
                && let Some(low @ 0xDC00..0xE000) = hex(bytes, at + 8)
            {
                let pair = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Some((char::from_u32(pair)?, 12));
            }
            let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
            return Some((c, 6));
        }
        _ => return None,
    };
    Some((c, 2))
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.iter().try_fold(0, |sum, &b| {
        let digit = char::from(b).to_digit(16)?;
        Some(sum << 4 | digit)
    })
}

/// The inside of a string with its escapes undone. A backslash that begins none
/// stays: what does not parse is read this way too.
pub(super) fn undo_escapes(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(plain) = raw.get(at..).and_then(|rest| rest.find('\\')) {
        out.push_str(raw.get(at..at + plain).unwrap_or_default());
        at += plain;
        match escape(raw.as_bytes(), at) {
            Some((c, len)) => {
                out.push(c);
                at += len;
            }
            None => {
                out.push('\\');
                at += 1;
            }
        }
    }
    out.push_str(raw.get(at..).unwrap_or_default());
    out
}

/// Adds `text` as it stands inside a JSON string.
pub(super) fn write_escaped(text: &str, out: &mut String) {
    use std::fmt::Write;

    let mut at = 0;
    for (i, b) in text.bytes().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        out.push_str(text.get(at..i).unwrap_or_default());
        at = i + 1;
        // Writing into a String cannot fail.
        let _ = match b {
            b'\n' => out.write_str("\\n"),
            b'\r' => out.write_str("\\r"),
            b'\t' => out.write_str("\\t"),
            b'"' | b'\\' => write!(out, "\\{}", char::from(b)),
            _ => write!(out, "\\u{b:04x}"),
        };
    }
    out.push_str(text.get(at..).unwrap_or_default());
}

/// Walks along the inside of a string and tells, for positions in what it says
/// ([`undo_escapes`]), where they stand in what is written. Positions must not go
/// back: the walk is one pass.
pub(super) struct Walk<'r> {
    raw: &'r str,
    /// Bytes written, and bytes said, up to here.
    written: usize,
    said: usize,
}

impl<'r> Walk<'r> {
    pub(super) fn new(raw: &'r str) -> Walk<'r> {
        Walk {
            raw,
            written: 0,
            said: 0,
        }
    }

    /// Where the character begins that begins at `said`; the end for the end.
    pub(super) fn written(&mut self, said: usize) -> usize {
        let bytes = self.raw.as_bytes();
        while self.said < said && self.written < bytes.len() {
            let rest = bytes.get(self.written..).unwrap_or_default();
            let plain = rest
                .iter()
                .position(|&b| b == b'\\')
                .unwrap_or(rest.len())
                .min(said - self.said);
            if plain > 0 {
                self.written += plain;
                self.said += plain;
                continue;
            }
            let (c, len) = escape(bytes, self.written).unwrap_or(('\\', 1));
            self.written += len;
            self.said += c.len_utf8();
        }
        self.written
    }
}

/// A replacement in what a string says, or in what is written: which, the place
/// that takes it says.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) with: String,
}

/// Turns changes in what a string says into changes in what is written: `with` is
/// escaped, and positions count `from` on. Sorted, apart, on characters.
pub(super) fn in_writing(
    raw: &str,
    changes: impl IntoIterator<Item = Change>,
    from: usize,
) -> impl Iterator<Item = Change> {
    let mut walk = Walk::new(raw);
    changes.into_iter().map(move |change| {
        let mut with = String::with_capacity(change.with.len());
        write_escaped(&change.with, &mut with);
        Change {
            start: from + walk.written(change.start),
            end: from + walk.written(change.end),
            with,
        }
    })
}

/// Adds `text` with the changes made. Sorted and apart.
pub(super) fn write_changed(text: &str, changes: &[Change], out: &mut String) {
    let mut done = 0;
    for change in changes {
        out.push_str(text.get(done..change.start).unwrap_or_default());
        out.push_str(&change.with);
        done = change.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
}
