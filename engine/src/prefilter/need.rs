//! What every match of a pattern must contain.
//!
//! From the parsed pattern come two kinds of necessary evidence: a set of
//! literals of which every match contains at least one, and a set of shapes
//! (sequences of byte classes such as "three digits, other, two digits") of
//! which every match begins with one. The rarer of the two is what a prefilter
//! looks for. Both are supersets by construction: where something cannot be
//! said exactly it is said loosely, never tightly.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind, Look};
use regex_syntax::utf8::Utf8Sequences;

/// How many literals a part of a pattern may stand for before it is given up.
const MAX_LITERALS: usize = 2048;

/// The longest literal kept while parts are put together, in bytes.
const MAX_LITERAL_LEN: usize = 32;

/// How many literals with classes in them a part of a pattern may stand for.
const MAX_LOOSE: usize = 48;

/// How many copies of a repeated part are added to a literal before it.
const MAX_HEAD: u32 = 20;

/// The longest shape, in bytes: enough to tell a card from a phone number.
pub(crate) const MAX_SHAPE: usize = 16;

/// How many shapes a pattern may have before they are cut shorter.
const MAX_SHAPES: usize = 48;

/// A byte class in a shape: a union of the bits below.
pub(crate) type Kind = u8;
/// `A-Z a-z`
pub(crate) const LETTER: Kind = 1;
/// `0-9`
pub(crate) const DIGIT: Kind = 2;
/// Space, tab, line feed, carriage return.
pub(crate) const SPACE: Kind = 4;
/// Any byte of a character beyond ASCII.
pub(crate) const HIGH: Kind = 8;
/// Every other byte.
pub(crate) const OTHER: Kind = 16;

/// The class of one byte.
pub(crate) fn kind(byte: u8) -> Kind {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' => LETTER,
        b'0'..=b'9' => DIGIT,
        b' ' | b'\t' | b'\n' | b'\r' => SPACE,
        0x80.. => HIGH,
        _ => OTHER,
    }
}

/// Stands in [`Literal::bytes`] where one of several bytes may stand, none of
/// them a letter or digit.
pub(crate) const LOOSE: u8 = 0;

/// Stands in [`Literal::bytes`] where one of several ASCII bytes may stand.
pub(crate) const ANY: u8 = 1;

/// How a class is written in explanations.
pub(crate) fn symbol(kinds: Kind) -> char {
    match kinds {
        DIGIT => '9',
        LETTER => 'a',
        SPACE => '_',
        OTHER => '-',
        HIGH => '\u{b7}',
        _ if kinds == LETTER | DIGIT => 'n',
        _ if kinds == SPACE | OTHER => '-',
        _ => '?',
    }
}

/// A literal as a pattern over bytes in any case, and its length. Every byte but a letter or digit
/// is written as a number, so that no byte can mean more than itself; classes
/// behind the last fixed byte only make the automaton larger, so a few are kept.
pub(crate) fn literal_pattern(literal: &Literal) -> (String, usize) {
    const TAIL: usize = 6;
    let fixed = literal
        .bytes
        .iter()
        .rposition(|&byte| !matches!(byte, LOOSE | ANY))
        .map_or(0, |last| last + 1);
    let len = literal.bytes.len().min(fixed + TAIL);
    let mut pattern = String::with_capacity(len * 4);
    for (at, &byte) in literal.bytes.iter().enumerate().take(len) {
        match literal
            .loose
            .iter()
            .find(|(loose, _)| usize::from(*loose) == at)
        {
            Some((_, set)) => {
                pattern.push('[');
                for byte in (0..128u8).filter(|byte| set >> byte & 1 == 1) {
                    pattern.push_str(&format!("\\x{byte:02x}"));
                }
                pattern.push(']');
            }
            None if byte.is_ascii_alphanumeric() => pattern.push(char::from(byte)),
            None => pattern.push_str(&format!("\\x{byte:02x}")),
        }
    }
    (pattern, len)
}

/// A sequence of classes as a pattern over bytes, for engines that read patterns.
pub(crate) fn pattern(kinds: &[Kind]) -> String {
    const RANGES: [(Kind, &str); 5] = [
        (LETTER, "A-Za-z"),
        (DIGIT, "0-9"),
        (SPACE, r"\x09\x0a\x0d\x20"),
        (HIGH, r"\x80-\xff"),
        (
            OTHER,
            r"\x00-\x08\x0b\x0c\x0e-\x1f\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f",
        ),
    ];
    let mut pattern = String::new();
    for run in kinds.chunk_by(|a, b| a == b) {
        pattern.push('[');
        let of = run.first().copied().unwrap_or_default();
        for (_, ranges) in RANGES.iter().filter(|(kind, _)| of & kind != 0) {
            pattern.push_str(ranges);
        }
        pattern.push(']');
        if run.len() > 1 {
            pattern.push_str(&format!("{{{}}}", run.len()));
        }
    }
    pattern
}

/// A literal that stands in a match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Literal {
    /// ASCII letters are lower case and stand for both cases.
    pub bytes: Vec<u8>,
    /// Positions at which any of several ASCII bytes may stand, and which; in
    /// order. `bytes` has [`LOOSE`] or [`ANY`] there.
    pub loose: Vec<(u8, u128)>,
    /// If set: white space follows, and then one of these pairs of bytes.
    pub next: Option<Pairs>,
    /// A byte that is no ASCII letter, digit or `_` stands before it.
    pub word_start: bool,
    /// A byte that is no ASCII letter, digit or `_` stands after it.
    pub word_end: bool,
    /// The match begins at most so many bytes before the literal.
    pub before: usize,
    /// The match ends at most so many bytes after the literal.
    pub after: usize,
}

/// A set of pairs of bytes with which a word may begin, by a hash of seven bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pairs(u128);

impl Pairs {
    fn bit(first: u8, second: u8) -> u128 {
        let second = if second.is_ascii_alphanumeric() {
            second.to_ascii_lowercase()
        } else {
            b' '
        };
        let hash = u32::from(first.to_ascii_lowercase())
            .wrapping_mul(31)
            .wrapping_add(u32::from(second));
        1 << (hash & 127)
    }

    /// Adds the beginning of a word; a word of one letter ends in a space.
    pub(crate) fn add(&mut self, first: u8, second: u8) {
        self.0 |= Pairs::bit(first, second);
    }

    /// The share of words in ordinary text that begin so, roughly: a pair hashes
    /// with four others, and a word begins with one of some hundred.
    fn share(self) -> f64 {
        (f64::from(self.0.count_ones()) * 0.025).min(1.0)
    }

    /// Whether what follows byte `at` may be white space and one of the pairs.
    pub(crate) fn may_follow(self, text: &[u8], at: usize) -> bool {
        let mut rest = text
            .get(at..)
            .unwrap_or_default()
            .iter()
            .copied()
            .peekable();
        let mut spaces = 0;
        while rest
            .next_if(|byte| byte.is_ascii_whitespace() || *byte == 0x0B)
            .is_some()
        {
            spaces += 1;
            if spaces > 64 {
                return false;
            }
        }
        match (rest.next(), rest.next()) {
            // Scripts beyond ASCII may stand without a space, or be one.
            (Some(0x80..), _) => true,
            (Some(first), second) => {
                spaces > 0 && self.0 & Pairs::bit(first, second.unwrap_or(b' ')) != 0
            }
            (None, _) => false,
        }
    }
}

/// A sequence of byte classes with which a match begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    /// One class a byte, at most [`MAX_SHAPE`].
    pub kinds: Vec<Kind>,
    /// Neither an ASCII letter nor a digit stands before it.
    pub word_start: bool,
}

/// What every match must contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// At least one of these literals, or it begins with one of these shapes.
    Some {
        literals: Vec<Literal>,
        shapes: Vec<Shape>,
    },
    /// Nothing that a prefilter could look for, but a character beyond ASCII.
    BeyondAscii,
    /// Nothing that a prefilter could look for.
    Nothing,
}

/// Evidence that stands at a larger share of positions than this in ordinary
/// text is no evidence: confirming would cost more than searching everywhere.
pub(crate) const TOO_COMMON: f64 = 0.02;

impl Need {
    /// Literals alone.
    pub(crate) fn literals(literals: Vec<Literal>) -> Need {
        Need::Some {
            literals,
            shapes: Vec::new(),
        }
    }

    /// The rarest evidence that `hir` allows.
    pub(crate) fn of(hir: &Hir) -> Need {
        let whole = Need::of_one(hir);
        // Branches of a choice may each have their own kind of evidence.
        let mut top = hir;
        while let HirKind::Capture(capture) = top.kind() {
            top = &capture.sub;
        }
        let HirKind::Alternation(branches) = top.kind() else {
            return whole.need(hir);
        };
        let parts: Vec<Evidence> = branches.iter().map(Need::of_one).collect();
        let cost: f64 = parts.iter().map(|part| part.cost).sum();
        if cost >= whole.cost {
            return whole.need(hir);
        }
        let mut joined = Evidence {
            literals: Vec::new(),
            shapes: Vec::new(),
            cost,
        };
        for part in parts {
            joined.literals.extend(part.literals);
            joined.shapes.extend(part.shapes);
        }
        joined.need(hir)
    }

    /// The share of positions in ordinary text at which it stands.
    pub(crate) fn cost(&self) -> f64 {
        match self {
            Need::Some { literals, shapes } => {
                cost(literals) + shapes.iter().map(chance).sum::<f64>()
            }
            Need::BeyondAscii | Need::Nothing => 1.0,
        }
    }

    fn of_one(hir: &Hir) -> Evidence {
        let literals = literals(hir).map(|literals| (cost(&literals), literals));
        let mut shapes = shapes(hir);
        // A shape of nothing but foreign bytes stands everywhere in foreign text.
        if shapes
            .iter()
            .any(|shape| shape.kinds.iter().all(|&kinds| kinds == HIGH))
        {
            shapes.clear();
        }
        let shape_cost = if shapes.is_empty() {
            1.0
        } else {
            shapes.iter().map(chance).sum()
        };
        match literals {
            // A literal is looked up in the one pass that runs anyway, shapes
            // cost a little beside it: hence the factor.
            Some((cost, literals)) if cost <= shape_cost * 4.0 => Evidence {
                literals,
                shapes: Vec::new(),
                cost,
            },
            _ => Evidence {
                literals: Vec::new(),
                shapes,
                cost: shape_cost,
            },
        }
    }
}

/// Evidence, and the share of positions in ordinary text at which it stands.
struct Evidence {
    literals: Vec<Literal>,
    shapes: Vec<Shape>,
    cost: f64,
}

impl Evidence {
    fn need(self, hir: &Hir) -> Need {
        if self.cost < TOO_COMMON && !(self.literals.is_empty() && self.shapes.is_empty()) {
            return Need::Some {
                literals: self.literals,
                shapes: self.shapes,
            };
        }
        if beyond_ascii(hir) {
            Need::BeyondAscii
        } else {
            Need::Nothing
        }
    }
}

/// Whether every match has a character beyond ASCII in it.
fn beyond_ascii(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => !literal.0.is_ascii(),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().all(|range| !range.start().is_ascii())
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Repetition(repetition) => repetition.min > 0 && beyond_ascii(&repetition.sub),
        HirKind::Capture(capture) => beyond_ascii(&capture.sub),
        HirKind::Concat(parts) => parts.iter().any(beyond_ascii),
        HirKind::Alternation(parts) => parts.iter().all(beyond_ascii),
    }
}

/// The longest match of a part, in bytes; parts are bounded by the dialect.
fn longest(hir: &Hir) -> usize {
    hir.properties().maximum_len().unwrap_or(usize::MAX / 4)
}

/// What is known of the literals of a part of a pattern.
struct Facts {
    /// Every string that the part matches, if they are few.
    exact: Option<Vec<Exact>>,
    /// Literals of which every match of the part contains one.
    needed: Option<Vec<Literal>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Exact {
    bytes: Vec<u8>,
    loose: Vec<(u8, u128)>,
    word_start: bool,
    word_end: bool,
}

fn literals(hir: &Hir) -> Option<Vec<Literal>> {
    let facts = facts(hir);
    let exact = facts
        .exact
        .and_then(|exact| needed(&exact, 0, 0, longest(hir)));
    better(exact, facts.needed)
}

/// The exact strings of a part as needed literals, if all of them can be.
fn needed(exact: &[Exact], before: usize, rest: usize, span: usize) -> Option<Vec<Literal>> {
    if exact.is_empty() || exact.iter().any(|e| e.bytes.is_empty()) {
        return None;
    }
    let literals = exact.iter().map(|e| Literal {
        bytes: e.bytes.clone(),
        loose: e.loose.clone(),
        next: None,
        word_start: e.word_start,
        word_end: e.word_end,
        before,
        after: (rest + span).saturating_sub(e.bytes.len()),
    });
    let mut literals: Vec<Literal> = literals.collect();
    literals.sort();
    literals.dedup();
    Some(literals)
}

fn better(a: Option<Vec<Literal>>, b: Option<Vec<Literal>>) -> Option<Vec<Literal>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if cost(&a) <= cost(&b) { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// The share of positions in ordinary text at which one of the literals will
/// have to be looked at. Literals that a filter cannot tell apart count once.
pub(crate) fn cost(literals: &[Literal]) -> f64 {
    let mut places: Vec<(Vec<u8>, f64)> = literals
        .iter()
        .map(super::grams::place_and_chance)
        .collect();
    places.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    places.dedup_by(|a, b| a.0 == b.0);
    places.iter().map(|(_, chance)| chance).sum()
}

impl Literal {
    /// Which bytes may stand at a position, the one after its end included; at
    /// the edges of a text a line feed stands for what is not there.
    pub(crate) fn allows(&self, at: usize) -> [bool; 256] {
        let mut allowed = [true; 256];
        let Some(&byte) = self.bytes.get(at) else {
            return allowed;
        };
        let set = self
            .loose
            .iter()
            .find(|(loose, _)| usize::from(*loose) == at)
            .map(|(_, set)| *set);
        for (other, slot) in (0..=255u8).zip(&mut allowed) {
            *slot = match set {
                Some(set) => other.is_ascii() && set >> other & 1 == 1,
                None => other.eq_ignore_ascii_case(&byte),
            };
        }
        allowed
    }

    /// The share of this literal's places that its next word leaves.
    pub(crate) fn share_after(&self) -> f64 {
        self.next.map_or(1.0, Pairs::share)
    }
}

fn facts(hir: &Hir) -> Facts {
    match hir.kind() {
        HirKind::Empty => Facts {
            exact: Some(vec![Exact::default()]),
            needed: None,
        },
        HirKind::Look(Look::WordAscii) => Facts {
            exact: Some(vec![Exact {
                word_start: true,
                word_end: true,
                ..Exact::default()
            }]),
            needed: None,
        },
        HirKind::Look(_) => Facts {
            exact: Some(vec![Exact::default()]),
            needed: None,
        },
        HirKind::Literal(literal) => Facts {
            exact: Some(vec![Exact {
                bytes: literal.0.to_ascii_lowercase(),
                ..Exact::default()
            }]),
            needed: None,
        },
        HirKind::Class(class) => Facts {
            exact: class_strings(class),
            needed: class_heads(class),
        },
        HirKind::Capture(capture) => facts(&capture.sub),
        HirKind::Repetition(repetition) => {
            let sub = facts(&repetition.sub);
            let max = repetition.max.unwrap_or(u32::MAX);
            let exact = sub
                .exact
                .as_ref()
                .and_then(|exact| powers(exact, repetition.min, max));
            let span = longest(&repetition.sub);
            let others = (max.saturating_sub(1) as usize).saturating_mul(span);
            let needed = if repetition.min == 0 {
                None
            } else {
                let own = sub.exact.as_deref().and_then(|e| {
                    // As many copies as are few; word boundaries hold for the
                    // whole only if the whole is one copy.
                    let plain: Vec<Exact> = e
                        .iter()
                        .map(|e| Exact {
                            bytes: e.bytes.clone(),
                            loose: e.loose.clone(),
                            ..Exact::default()
                        })
                        .collect();
                    let mut copies = plain.clone();
                    for _ in 1..repetition.min.min(4) {
                        match cross(&copies, &plain) {
                            Some(more) if more.len() <= MAX_LOOSE => copies = more,
                            _ => break,
                        }
                    }
                    needed(&copies, others, others, span)
                });
                let inner = sub.needed.map(|mut literals| {
                    for literal in &mut literals {
                        literal.before += others;
                        literal.after += others;
                    }
                    literals
                });
                better(own, inner)
            };
            Facts { exact, needed }
        }
        HirKind::Alternation(parts) => {
            let parts: Vec<(Facts, usize)> = parts.iter().map(|p| (facts(p), longest(p))).collect();
            let mut exact = Some(Vec::new());
            let mut needs = Some(Vec::new());
            for (part, span) in parts {
                let own = part.exact.as_deref().and_then(|e| needed(e, 0, 0, span));
                exact = match (exact, part.exact) {
                    (Some(mut all), Some(more)) if all.len() + more.len() <= MAX_LITERALS => {
                        all.extend(more);
                        Some(all)
                    }
                    _ => None,
                };
                needs = match (needs, better(own, part.needed)) {
                    (Some(mut all), Some(more)) if all.len() + more.len() <= MAX_LITERALS => {
                        all.extend(more);
                        Some(all)
                    }
                    _ => None,
                };
            }
            let exact = exact.map(|mut all| {
                all.sort();
                all.dedup();
                all
            });
            Facts {
                exact,
                needed: needs.filter(|needs: &Vec<Literal>| !needs.is_empty()),
            }
        }
        HirKind::Concat(parts) => concat(parts),
    }
}

fn concat(parts: &[Hir]) -> Facts {
    let total: usize = parts.iter().map(longest).fold(0, usize::saturating_add);
    let mut best: Option<Vec<Literal>> = None;
    // What has been put together since the last part that was not exact, where
    // it began, and how long it can be.
    let mut open = vec![Exact::default()];
    let mut open_at = 0usize;
    let mut open_span = 0usize;
    let mut at = 0usize;
    let mut whole = true;

    for part in parts {
        let span = longest(part);
        let facts = facts(part);
        let joined = facts.exact.as_deref().and_then(|exact| cross(&open, exact));
        match joined {
            Some(joined) => {
                open = joined;
                open_span += span;
            }
            None => {
                whole = false;
                let rest = total.saturating_sub(open_at + open_span);
                // What the next part begins with makes the literal longer, and
                // what stands behind a short prefix tells a key from a word.
                let longer = head(part).and_then(|head| cross(&open, &head));
                best = better(
                    best,
                    needed(longer.as_ref().unwrap_or(&open), open_at, rest, open_span),
                );
                let rest = total.saturating_sub(at + span);
                best = better(
                    best,
                    facts.needed.map(|mut literals| {
                        for literal in &mut literals {
                            literal.before += at;
                            literal.after += rest;
                        }
                        literals
                    }),
                );
                match facts.exact {
                    Some(exact) => {
                        // Too many together; begin anew with this part alone.
                        open = exact;
                        open_at = at;
                        open_span = span;
                    }
                    None => {
                        open = vec![Exact::default()];
                        open_at = at + span;
                        open_span = 0;
                    }
                }
            }
        }
        at = at.saturating_add(span);
    }
    if whole {
        return Facts {
            exact: Some(open),
            needed: best,
        };
    }
    let rest = total.saturating_sub(open_at + open_span);
    best = better(best, needed(&open, open_at, rest, open_span));
    Facts {
        exact: None,
        needed: best,
    }
}

/// What a part begins with, as far as it can be said.
fn head(hir: &Hir) -> Option<Vec<Exact>> {
    match hir.kind() {
        HirKind::Capture(capture) => head(&capture.sub),
        HirKind::Class(class) => class_strings(class),
        HirKind::Repetition(repetition) => {
            let one = facts(&repetition.sub).exact?;
            let mut all = vec![Exact::default()];
            for _ in 0..repetition.min.min(MAX_HEAD) {
                match cross(&all, &one) {
                    Some(more) => all = more,
                    None => break,
                }
            }
            all.iter().all(|e| !e.bytes.is_empty()).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Exact::default()];
            for part in parts {
                let exact = facts(part).exact;
                let whole = exact.is_some();
                match exact
                    .or_else(|| head(part))
                    .and_then(|next| cross(&all, &next))
                {
                    Some(more) => all = more,
                    None => break,
                }
                if !whole {
                    break;
                }
            }
            all.iter().all(|e| !e.bytes.is_empty()).then_some(all)
        }
        _ => None,
    }
}

/// Every string of `a` followed by every string of `b`, if they are few and
/// short.
fn cross(a: &[Exact], b: &[Exact]) -> Option<Vec<Exact>> {
    if a.len().checked_mul(b.len())? > MAX_LITERALS {
        return None;
    }
    // Grams look at five bytes: where those are there already, a class behind
    // them would only make many literals of one.
    if b.len() > 4 && a.iter().all(|e| e.bytes.len() >= 5) {
        return None;
    }
    // Strings with classes in them are compared one by one wherever a rare byte
    // stands, so they have to be few.
    let loose = a.iter().chain(b).any(|e| !e.loose.is_empty());
    if loose && a.len() * b.len() > MAX_LOOSE {
        return None;
    }
    let mut all = Vec::with_capacity(a.len() * b.len());
    for left in a {
        for right in b {
            let mut bytes = left.bytes.clone();
            bytes.extend_from_slice(&right.bytes);
            if bytes.len() > MAX_LITERAL_LEN {
                return None;
            }
            let shift = left.bytes.len() as u8;
            let moved = right.loose.iter().map(|&(at, set)| (at + shift, set));
            all.push(Exact {
                word_start: left.word_start || (left.bytes.is_empty() && right.word_start),
                word_end: right.word_end || (right.bytes.is_empty() && left.word_end),
                loose: left.loose.iter().copied().chain(moved).collect(),
                bytes,
            });
        }
    }
    all.sort();
    all.dedup();
    Some(all)
}

fn powers(exact: &[Exact], min: u32, max: u32) -> Option<Vec<Exact>> {
    if max > 8 {
        return None;
    }
    let mut power = vec![Exact::default()];
    let mut all = Vec::new();
    for count in 0..=max {
        if count >= min {
            all.extend(power.iter().cloned());
        }
        if all.len() > MAX_LITERALS {
            return None;
        }
        if count < max {
            power = cross(&power, exact)?;
        }
    }
    all.sort();
    all.dedup();
    Some(all)
}

/// The characters of a small class, in UTF-8, ASCII letters in lower case.
fn class_strings(class: &Class) -> Option<Vec<Exact>> {
    // Provinces on licence plates are 31 characters; digits (10) and letters
    // (52) are better told by shape.
    const MAX_CLASS: usize = 40;
    let Class::Unicode(class) = class else {
        return None;
    };
    let count: usize = class.iter().map(|range| range.len()).sum();
    let ascii = class.iter().all(|range| range.end().is_ascii());
    // A letter in both cases is one string; a few letters are a few.
    const FEW: usize = 6;
    if ascii && count > 1 {
        let chars = class.iter().flat_map(|range| range.start()..=range.end());
        let set = chars.fold(0u128, |set, c| set | 1 << u32::from(c));
        let alphanumeric = (b'0'..=b'z')
            .filter(u8::is_ascii_alphanumeric)
            .fold(0u128, |set, b| set | 1 << b);
        if set & alphanumeric == 0 || count > FEW {
            let byte = if set & alphanumeric == 0 { LOOSE } else { ANY };
            return Some(vec![Exact {
                bytes: vec![byte],
                loose: vec![(0, set)],
                ..Exact::default()
            }]);
        }
    }
    if count > MAX_CLASS {
        return None;
    }
    let mut strings: Vec<Exact> = Vec::new();
    for range in class.iter() {
        for c in range.start()..=range.end() {
            let c = c.to_ascii_lowercase();
            strings.push(Exact {
                bytes: c.to_string().into_bytes(),
                ..Exact::default()
            });
        }
    }
    strings.sort();
    strings.dedup();
    Some(strings)
}

/// The first bytes that the characters of a large class beyond ASCII share:
/// planes of symbols and marks have few.
fn class_heads(class: &Class) -> Option<Vec<Literal>> {
    const MAX_HEADS: usize = 24;
    let Class::Unicode(class) = class else {
        return None;
    };
    let mut heads: BTreeSet<[u8; 3]> = BTreeSet::new();
    for range in class.iter() {
        for sequence in Utf8Sequences::new(range.start(), range.end()) {
            let [first, second, third, ..] = sequence.as_slice() else {
                return None;
            };
            for a in first.start..=first.end {
                for b in second.start..=second.end {
                    for c in third.start..=third.end {
                        heads.insert([a, b, c]);
                        if heads.len() > MAX_HEADS {
                            return None;
                        }
                    }
                }
            }
        }
    }
    let literal = |head: [u8; 3]| Literal {
        bytes: head.to_vec(),
        loose: Vec::new(),
        next: None,
        word_start: false,
        word_end: false,
        before: 0,
        after: 1,
    };
    Some(heads.into_iter().map(literal).collect())
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    kinds: Vec<Kind>,
    word_start: bool,
    /// Nothing may follow: what comes next could not be said.
    closed: bool,
}

fn shapes(hir: &Hir) -> Vec<Shape> {
    let start = vec![Open {
        kinds: Vec::new(),
        word_start: false,
        closed: false,
    }];
    let open = extend(start, hir);
    let mut shapes: Vec<Shape> = Vec::new();
    for shape in open {
        if shape.kinds.is_empty() {
            return Vec::new();
        }
        // A boundary before something else than a letter or digit would ask for
        // one before it; say nothing then.
        let word = shape
            .kinds
            .first()
            .is_some_and(|k| k & !(LETTER | DIGIT) == 0);
        shapes.push(Shape {
            word_start: shape.word_start && word,
            kinds: shape.kinds,
        });
    }
    shapes.sort();
    shapes.dedup();
    shapes
}

fn extend(open: Vec<Open>, hir: &Hir) -> Vec<Open> {
    if open.iter().all(|o| o.closed) {
        return open;
    }
    match hir.kind() {
        HirKind::Empty => open,
        HirKind::Look(look) => {
            let word = *look == Look::WordAscii;
            open.into_iter()
                .map(|mut o| {
                    o.word_start |= word && o.kinds.is_empty();
                    o
                })
                .collect()
        }
        HirKind::Literal(literal) => open
            .into_iter()
            .map(|o| literal.0.iter().fold(o, |o, &b| push(o, kind(b), false)))
            .collect(),
        HirKind::Class(class) => {
            let (kinds, beyond) = class_kinds(class);
            open.into_iter().map(|o| push(o, kinds, beyond)).collect()
        }
        HirKind::Capture(capture) => extend(open, &capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(open, extend),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(extend(open.clone(), part));
            }
            settle(all)
        }
        HirKind::Repetition(repetition) => {
            let mut now = open;
            for _ in 0..repetition.min {
                if now.iter().all(|o| o.closed) {
                    return now;
                }
                now = extend(now, &repetition.sub);
            }
            let mut all = now.clone();
            let more = repetition
                .max
                .unwrap_or(u32::MAX)
                .saturating_sub(repetition.min);
            let mut longer = now.clone();
            for _ in 0..more {
                longer.retain(|o| !o.closed);
                if longer.is_empty() {
                    break;
                }
                longer = extend(longer, &repetition.sub);
                all.extend(longer.iter().cloned());
                if all.len() > MAX_SHAPES * 4 {
                    all = settle(all);
                }
            }
            settle(all)
        }
    }
}

/// Keeps `all` if they are few; else cuts them to the greatest length at which
/// they are.
fn settle(mut all: Vec<Open>) -> Vec<Open> {
    all.sort();
    all.dedup();
    let mut len = MAX_SHAPE;
    while all.len() > MAX_SHAPES && len > 0 {
        len -= 1;
        for open in &mut all {
            if open.kinds.len() > len {
                open.kinds.truncate(len);
                open.closed = true;
            }
        }
        // A cut shape covers every longer one that begins with it.
        all.sort();
        all.dedup();
    }
    all
}

fn push(mut open: Open, kinds: Kind, last: bool) -> Open {
    if !open.closed {
        open.kinds.push(kinds);
        // After a character of unknown length positions are no longer known.
        open.closed = last || open.kinds.len() == MAX_SHAPE;
    }
    open
}

/// The classes of the first bytes of a class's characters, and whether any of
/// them is longer than one byte.
fn class_kinds(class: &Class) -> (Kind, bool) {
    let Class::Unicode(class) = class else {
        return (LETTER | DIGIT | SPACE | HIGH | OTHER, true);
    };
    let mut kinds = 0;
    let mut beyond = false;
    for range in class.iter() {
        beyond |= range.end() > '\u{7f}';
        for byte in 0..0x80u8 {
            if (range.start()..=range.end()).contains(&char::from(byte)) {
                kinds |= kind(byte);
            }
        }
    }
    if beyond {
        kinds |= HIGH;
    }
    (kinds, beyond)
}

/// The share of positions in ordinary English text at which a shape begins.
///
/// A chain over the five classes; the figures are rounded counts over ordinary
/// prompts and only steer a choice.
fn chance(shape: &Shape) -> f64 {
    // letter, digit, space, high, other
    const ALONE: [f64; 5] = [0.77, 0.012, 0.17, 0.004, 0.044];
    const AFTER: [[f64; 5]; 5] = [
        [0.78, 0.002, 0.178, 0.001, 0.039],
        [0.06, 0.50, 0.24, 0.002, 0.198],
        [0.90, 0.03, 0.03, 0.002, 0.038],
        [0.05, 0.005, 0.05, 0.85, 0.045],
        [0.20, 0.06, 0.55, 0.002, 0.188],
    ];
    let allows = |kinds: Kind, class: usize| kinds >> class & 1 == 1;
    let mut states = [0.0f64; 5];
    for (i, &kinds) in shape.kinds.iter().enumerate() {
        let mut next = [0.0; 5];
        for (class, slot) in next.iter_mut().enumerate() {
            if !allows(kinds, class) {
                continue;
            }
            *slot = if i > 0 {
                (0..5).map(|from| states[from] * AFTER[from][class]).sum()
            } else if shape.word_start {
                (2..5).map(|from| ALONE[from] * AFTER[from][class]).sum()
            } else {
                ALONE[class]
            };
        }
        states = next;
    }
    states.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn need(pattern: &str) -> Need {
        Need::of(&Pattern::parse(pattern, false, 4096).unwrap().hir)
    }

    fn words(pattern: &str) -> Vec<String> {
        match need(pattern) {
            Need::Some { literals, .. } => literals
                .iter()
                .map(|l| String::from_utf8_lossy(&l.bytes).replace('\u{1}', "."))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_rarest_literal_is_taken() {
        assert_eq!(words(r"\bghp_[A-Za-z0-9]{3}\b"), ["ghp_..."]);
        assert_eq!(
            words(r"the (?:quick|brown) zyxw"),
            ["the brown zyxw", "the quick zyxw"]
        );
        assert_eq!(words(r"[a-z]{3,50}wvxyz[0-9]{2}"), ["wvxyz.."]);
        assert_eq!(words(r"[\w.]{1,64}@[\w.]{1,64}"), ["@."]);
    }

    #[test]
    fn distances_to_the_ends_of_the_match_are_kept() {
        let Need::Some { literals, .. } = need(r"[a-z]{2,50}QZQZX[0-9]{1,90}") else {
            panic!()
        };
        assert_eq!((literals[0].before, literals[0].after), (50, 89));
        let Need::Some { literals, .. } = need(r"(?:xqzv[a-z]{3}|qqvw){1,20}-") else {
            panic!()
        };
        // The first copy begins the match, whatever follows it.
        assert!(
            literals.iter().all(|l| l.before == 0 && l.after >= 19 * 7),
            "{literals:?}"
        );
    }

    #[test]
    fn numbers_are_told_by_shape() {
        let Need::Some { shapes, .. } = need(r"\b\d{3}-\d{2}-\d{4}\b") else {
            panic!()
        };
        assert_eq!(shapes.len(), 1);
        assert!(shapes[0].word_start);
        let d = DIGIT;
        assert_eq!(shapes[0].kinds, [d, d, d, OTHER, d, d, OTHER, d, d, d, d]);

        let Need::Some { shapes, .. } = need(r"\b\d{4}[ -]?\d{4}\b") else {
            panic!()
        };
        assert_eq!(shapes.len(), 2);
    }

    #[test]
    fn branches_have_evidence_of_their_own() {
        let Need::Some { literals, shapes } = need(r"zyxwv\d|\d{3}-\d{3}") else {
            panic!()
        };
        assert_eq!((literals.len(), shapes.len()), (1, 1));
    }

    #[test]
    fn one_of_several_marks_is_one_literal() {
        let Need::Some { literals, .. } = need(r"[\[(<]at[\])>]") else {
            panic!()
        };
        assert_eq!(literals.len(), 1);
        assert_eq!(literals[0].bytes, [LOOSE, b'a', b't', LOOSE]);
        assert_eq!(
            literals[0].loose.iter().map(|l| l.0).collect::<Vec<_>>(),
            [0, 3]
        );
    }

    #[test]
    fn planes_beyond_ascii_are_told_by_their_first_bytes() {
        let Need::Some { literals, .. } = need(r"[\x{E0000}-\x{E007F}]{1,99}") else {
            panic!()
        };
        assert_eq!(literals.len(), 2);
        assert_eq!(need(r"\p{Greek}{2,5}"), Need::BeyondAscii);
    }

    #[test]
    fn a_printed_pattern_means_the_classes() {
        for kinds in 1..32u8 {
            let pattern = format!("(?-u)^{}$", pattern(&[kinds, kinds]));
            let config = regex_automata::util::syntax::Config::new().utf8(false);
            let regex = regex_automata::meta::Builder::new()
                .syntax(config)
                .build(&pattern)
                .unwrap();
            for byte in 0..=255u8 {
                assert_eq!(
                    regex.is_match(&[byte, byte]),
                    kind(byte) & kinds != 0,
                    "{byte} {kinds}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_everywhere() {
        assert_eq!(need(r"[a-z]{3}[a-z]{4}"), Need::Nothing);
    }
}
