//! The pattern language: what is allowed, and what it means.
//!
//! Patterns are read once, by regex-syntax, and mean the same on every backend:
//!
//! - letters match in any case unless `(?-i)` says otherwise;
//! - `\d`, `\s`, `\w` and `\b` are ASCII, so a number in the middle of Chinese
//!   text has its boundaries (the folded view has made every digit ASCII);
//! - every repeat is bounded, so every pattern has a longest match and a scan
//!   is linear in the text;
//! - there are no text anchors, no empty matches, no look-around and no
//!   back-references;
//! - one group may be named `value`: then the finding is what that group
//!   matched, and the rest of the match is what speaks for it.
//!
//! What is refused comes with its place in the pattern and with what to write
//! instead; all mistakes of a pattern are reported together.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

/// The largest pattern, in nodes after repeats are written out. `[a-z]{4096}`
/// counts 4,096; Unicode classes count more. Beyond it, compiling alone would
/// take noticeable time.
const MAX_SIZE: u64 = 40_000;

/// A pattern that was understood.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(crate) hir: Hir,
    /// Whether a group is named `value`.
    pub(crate) has_value: bool,
    /// Longest match, in bytes, before a run goes on.
    pub(crate) max_len: usize,
    /// The class over whose characters a run goes on.
    pub(crate) run: Option<ClassUnicode>,
}

/// A mistake in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternFault {
    /// First byte of the mistake in the pattern.
    pub at: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

impl Pattern {
    /// Reads a pattern; `run` asks for a match that goes on over its last
    /// class; `max_reach` is the longest match allowed, in bytes.
    pub fn parse(pattern: &str, run: bool, max_reach: usize) -> Result<Pattern, Vec<PatternFault>> {
        let mut ast = ParserBuilder::new()
            .nest_limit(64)
            .build()
            .parse(pattern)
            .map_err(|error| vec![syntax_fault(&error)])?;

        let mut check = Check {
            pattern,
            faults: Vec::new(),
            values: 0,
        };
        check.walk(&mut ast, Flags { verbose: false });
        if !check.faults.is_empty() {
            check.faults.sort_by_key(|fault| fault.at);
            return Err(check.faults);
        }
        let whole = |message: String, remedy: &str| {
            vec![PatternFault {
                at: 0,
                end: pattern.len(),
                message,
                remedy: remedy.to_owned(),
            }]
        };
        if size(&ast) > MAX_SIZE {
            return Err(whole(
                "this pattern is too large to compile".to_owned(),
                "use smaller repeats or fewer Unicode classes; a long secret can be a `block`",
            ));
        }
        let hir = TranslatorBuilder::new()
            .unicode(true)
            .utf8(true)
            .case_insensitive(true)
            .build()
            .translate(pattern, &ast)
            .map_err(|error| {
                let span = error.span();
                vec![PatternFault {
                    at: span.start.offset,
                    end: span.end.offset,
                    message: format!("this cannot be a pattern: {}", error.kind()),
                    remedy: "see the pattern language in rules/GUIDE.md".to_owned(),
                }]
            })?;
        let hir = lower(hir);
        let properties = hir.properties();
        let (Some(min_len), Some(max_len)) = (properties.minimum_len(), properties.maximum_len())
        else {
            return Err(whole(
                "this pattern can match nothing at all, or has no longest match".to_owned(),
                "check its classes, such as an intersection `[a&&b]` that is empty",
            ));
        };
        if min_len == 0 {
            return Err(whole(
                "this pattern also matches an empty text".to_owned(),
                "make at least one part of it required",
            ));
        }
        if max_len > max_reach {
            return Err(whole(
                format!("the longest match is {max_len} bytes; at most {max_reach} are allowed"),
                "bound the repeats more tightly, or set `run: true` for a long tail, or use `block`",
            ));
        }
        let run = match (run, tail_class(&hir)) {
            (false, _) => None,
            (true, Some(class)) => Some(class),
            (true, None) => {
                return Err(whole(
                    "`run: true` needs a pattern that ends in a class".to_owned(),
                    "end the pattern in a repeated class such as `[A-Za-z0-9]{20,64}`",
                ));
            }
        };
        Ok(Pattern {
            has_value: check.values > 0,
            max_len,
            run,
            hir,
        })
    }
}

fn syntax_fault(error: &ast::Error) -> PatternFault {
    use ast::ErrorKind::*;
    let span = error.span();
    let remedy = match error.kind() {
        UnsupportedLookAround => {
            "there is no look-around: match the surroundings and name the part you mean \
             (?<value>...), or use `except`, `context` or a validator"
        }
        UnsupportedBackreference => "there are no back-references: use a validator",
        RepetitionMissing => "write a literal `*`, `+` or `?` as `\\*`, `\\+`, `\\?`",
        GroupUnclosed | GroupUnopened => "every `(` needs its `)`; a literal one is `\\(`",
        ClassUnclosed => "every `[` needs its `]`; a literal one is `\\[`",
        EscapeUnrecognized => "this letter has no meaning after `\\`: write it without",
        RepetitionCountInvalid => "write the smaller number first: `{2,5}`",
        _ => "see the pattern language in rules/GUIDE.md",
    };
    PatternFault {
        at: span.start.offset,
        end: span.end.offset.max(span.start.offset + 1),
        message: format!("the pattern cannot be read: {}", error.kind()),
        remedy: remedy.to_owned(),
    }
}

#[derive(Clone, Copy)]
struct Flags {
    verbose: bool,
}

/// Refuses what our language does not have, and makes Perl classes ASCII.
struct Check<'p> {
    pattern: &'p str,
    faults: Vec<PatternFault>,
    values: usize,
}

impl Check<'_> {
    fn fault(&mut self, span: &ast::Span, message: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(PatternFault {
            at: span.start.offset,
            end: span.end.offset,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Walks one node; returns the flags that hold for what follows it.
    fn walk(&mut self, ast: &mut Ast, mut flags: Flags) -> Flags {
        match ast {
            Ast::Empty(_) | Ast::Literal(_) | Ast::Dot(_) | Ast::ClassUnicode(_) => {}
            Ast::Flags(set) => flags = self.flags(&set.flags, flags),
            Ast::Assertion(assertion) => {
                if assertion.kind != ast::AssertionKind::WordBoundary {
                    self.fault(
                        &assertion.span,
                        "this anchor is not part of the pattern language",
                        "texts are pieces of a stream and have no start or end to hold on to: \
                         use `\\b`, or leave it out",
                    );
                }
            }
            Ast::ClassPerl(perl) => {
                let bracketed = ast::ClassBracketed {
                    span: perl.span,
                    negated: false,
                    kind: ast::ClassSet::Item(ast::ClassSetItem::Ascii(ascii(perl))),
                };
                *ast = Ast::class_bracketed(bracketed);
            }
            Ast::ClassBracketed(class) => {
                if flags.verbose {
                    self.spaces_in_class(&class.span);
                }
                ascii_set(&mut class.kind);
            }
            Ast::Repetition(repetition) => {
                use ast::{RepetitionKind::*, RepetitionRange::*};
                let instead = match &repetition.op.kind {
                    ZeroOrMore => Some("{0,64}".to_owned()),
                    OneOrMore => Some("{1,64}".to_owned()),
                    Range(AtLeast(n)) => Some(format!("{{{n},{}}}", n.saturating_mul(4).max(64))),
                    ZeroOrOne | Range(Exactly(_) | Bounded(..)) => None,
                };
                if let Some(instead) = instead {
                    self.fault(
                        &repetition.op.span,
                        "this repeat has no upper bound",
                        format!("write how many at most, such as `{instead}`"),
                    );
                }
                self.walk(&mut repetition.ast, flags);
            }
            Ast::Group(group) => {
                let mut inner = flags;
                match &group.kind {
                    ast::GroupKind::NonCapturing(set) => inner = self.flags(set, flags),
                    ast::GroupKind::CaptureIndex(_) => {}
                    ast::GroupKind::CaptureName { name, .. } => {
                        self.values += 1;
                        let span = name.span;
                        if name.name != "value" {
                            self.fault(
                                &span,
                                format!("a group cannot be named `{}`", name.name),
                                "the only name is `value`, for the part that is the finding; \
                                 write `(?:...)` for other groups",
                            );
                        }
                    }
                }
                self.walk(&mut group.ast, inner);
            }
            Ast::Alternation(alternation) => {
                for branch in &mut alternation.asts {
                    self.walk(branch, flags);
                }
            }
            Ast::Concat(concat) => {
                self.boundaries(&concat.asts);
                let mut inner = flags;
                for part in &mut concat.asts {
                    inner = self.walk(part, inner);
                }
                // `(?x)` at the head of a branch of the whole pattern holds for
                // the rest of that branch only; the caller keeps its own.
                flags = inner;
            }
        }
        flags
    }

    fn flags(&mut self, set: &ast::Flags, mut flags: Flags) -> Flags {
        let mut on = true;
        for item in &set.items {
            match item.kind {
                ast::FlagsItemKind::Negation => on = false,
                ast::FlagsItemKind::Flag(ast::Flag::IgnoreWhitespace) => flags.verbose = on,
                ast::FlagsItemKind::Flag(
                    ast::Flag::CaseInsensitive | ast::Flag::DotMatchesNewLine,
                ) => {}
                ast::FlagsItemKind::Flag(_) => self.fault(
                    &item.span,
                    "this flag is not part of the pattern language",
                    "the flags are `i` (any case, on by default), `s` (`.` matches a line feed) \
                     and `x` (white space and comments are ignored)",
                ),
            }
        }
        flags
    }

    /// Under `(?x)` white space inside `[...]` is ignored, which nobody expects.
    fn spaces_in_class(&mut self, span: &ast::Span) {
        let class = self
            .pattern
            .get(span.start.offset..span.end.offset)
            .unwrap_or_default();
        let mut escaped = false;
        for (offset, c) in class.char_indices() {
            if c == ' ' && !escaped {
                let at = span.start.offset + offset;
                self.faults.push(PatternFault {
                    at,
                    end: at + 1,
                    message: "a space inside `[...]` is ignored under (?x)".to_owned(),
                    remedy: "write \\x20 for a space".to_owned(),
                });
                return;
            }
            escaped = c == '\\' && !escaped;
        }
    }

    /// `\b` is ASCII, so beside a letter of another script it would ask for the
    /// opposite of what its author means.
    fn boundaries(&mut self, parts: &[Ast]) {
        for (i, part) in parts.iter().enumerate() {
            let Ast::Assertion(assertion) = part else {
                continue;
            };
            let before = i.checked_sub(1).and_then(|i| parts.get(i));
            let after = parts.get(i + 1);
            let foreign = |ast: Option<&Ast>, last: bool| {
                ast.is_some_and(|ast| {
                    edge(ast, last)
                        .iter()
                        .any(|c| !c.is_ascii() && c.is_alphanumeric())
                })
            };
            if foreign(before, true) || foreign(after, false) {
                self.fault(
                    &assertion.span,
                    "`\\b` is an ASCII word boundary, and a letter beyond ASCII stands beside it",
                    "use `phrases`, whose words end where words of that script end, or leave `\\b` out",
                );
            }
        }
    }
}

/// The characters that may stand at the edge of what a node matches.
fn edge(ast: &Ast, last: bool) -> Vec<char> {
    match ast {
        Ast::Literal(literal) => vec![literal.c],
        Ast::Group(group) => edge(&group.ast, last),
        Ast::Repetition(repetition) => edge(&repetition.ast, last),
        Ast::Alternation(alternation) => alternation
            .asts
            .iter()
            .flat_map(|branch| edge(branch, last))
            .collect(),
        Ast::Concat(concat) => {
            let part = if last {
                concat.asts.last()
            } else {
                concat.asts.first()
            };
            part.map(|part| edge(part, last)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn ascii(perl: &ast::ClassPerl) -> ast::ClassAscii {
    ast::ClassAscii {
        span: perl.span,
        kind: match perl.kind {
            ast::ClassPerlKind::Digit => ast::ClassAsciiKind::Digit,
            ast::ClassPerlKind::Space => ast::ClassAsciiKind::Space,
            ast::ClassPerlKind::Word => ast::ClassAsciiKind::Word,
        },
        negated: perl.negated,
    }
}

fn ascii_set(set: &mut ast::ClassSet) {
    match set {
        ast::ClassSet::Item(item) => ascii_item(item),
        ast::ClassSet::BinaryOp(op) => {
            ascii_set(&mut op.lhs);
            ascii_set(&mut op.rhs);
        }
    }
}

fn ascii_item(item: &mut ast::ClassSetItem) {
    match item {
        ast::ClassSetItem::Perl(perl) => *item = ast::ClassSetItem::Ascii(ascii(perl)),
        ast::ClassSetItem::Bracketed(bracketed) => ascii_set(&mut bracketed.kind),
        ast::ClassSetItem::Union(union) => union.items.iter_mut().for_each(ascii_item),
        _ => {}
    }
}

/// How large a pattern is once its repeats are written out.
fn size(ast: &Ast) -> u64 {
    match ast {
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => 0,
        Ast::Literal(_) | Ast::ClassPerl(_) => 1,
        // UTF-8 automata of the large classes have about this many states.
        Ast::Dot(_) => 8,
        Ast::ClassUnicode(_) => 64,
        Ast::ClassBracketed(class) => match &class.kind {
            ast::ClassSet::Item(item) => item_size(item) + if class.negated { 8 } else { 0 },
            ast::ClassSet::BinaryOp(_) => 64,
        },
        Ast::Repetition(repetition) => {
            use ast::{RepetitionKind::*, RepetitionRange::*};
            let times = match repetition.op.kind {
                ZeroOrOne => 1,
                ZeroOrMore | OneOrMore => 1,
                Range(Exactly(n) | AtLeast(n) | Bounded(_, n)) => u64::from(n),
            };
            size(&repetition.ast).max(1).saturating_mul(times)
        }
        Ast::Group(group) => size(&group.ast),
        Ast::Alternation(alternation) => alternation
            .asts
            .iter()
            .map(size)
            .fold(0, u64::saturating_add),
        Ast::Concat(concat) => concat.asts.iter().map(size).fold(0, u64::saturating_add),
    }
}

fn item_size(item: &ast::ClassSetItem) -> u64 {
    match item {
        ast::ClassSetItem::Unicode(_) => 64,
        ast::ClassSetItem::Range(range) if range.end.c > '\u{7f}' => 8,
        ast::ClassSetItem::Bracketed(bracketed) => match &bracketed.kind {
            ast::ClassSet::Item(item) => item_size(item),
            ast::ClassSet::BinaryOp(_) => 64,
        },
        ast::ClassSetItem::Union(union) => union.items.iter().map(item_size).max().unwrap_or(1),
        _ => 1,
    }
}

/// Makes `\b` ASCII, drops groups but `value`, and takes out of letters the
/// two characters beyond ASCII that fold to one (the Kelvin sign and the long
/// s). The folded view has none of these two, and with them a `k` would not be
/// a plain byte to any prefilter.
fn lower(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(Class::Unicode(mut class)) => {
            for odd in ['\u{17F}', '\u{212A}'] {
                let ranges = class.ranges();
                let alone = ranges.iter().any(|r| r.start() == odd && r.end() == odd);
                if alone && ranges.iter().any(|r| r.start().is_ascii()) {
                    class.difference(&ClassUnicode::new([
                        regex_syntax::hir::ClassUnicodeRange::new(odd, odd),
                    ]));
                }
            }
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(Look::WordUnicode) => Hir::look(Look::WordAscii),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(repetition) => {
            let sub = lower((*repetition.sub).clone());
            Hir::repetition(repetition.with(sub))
        }
        HirKind::Capture(mut capture) => {
            let sub = lower(*capture.sub);
            if capture.name.is_none() {
                return sub;
            }
            capture.index = 1;
            capture.sub = Box::new(sub);
            Hir::capture(capture)
        }
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(lower).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(lower).collect()),
    }
}

/// The class that every match ends in, for runs.
fn tail_class(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        HirKind::Class(Class::Bytes(class)) => class.to_unicode_class(),
        HirKind::Repetition(repetition) => tail_class(&repetition.sub),
        HirKind::Capture(capture) => tail_class(&capture.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .rev()
            .find(|part| !matches!(part.kind(), HirKind::Look(_)))
            .and_then(tail_class),
        HirKind::Alternation(parts) => {
            let mut union = ClassUnicode::empty();
            for part in parts {
                union.union(&tail_class(part)?);
            }
            Some(union)
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(pattern: &str) -> PatternFault {
        let mut faults = Pattern::parse(pattern, false, 4096).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn what_is_not_in_the_language_is_refused_at_its_place() {
        for (pattern, at) in [
            (r"\d+", 2),
            (r"ab*", 2),
            (r"a{3,}", 1),
            (r"^ab", 0),
            (r"ab$", 2),
            (r"\bab\B", 4),
            (r"(?=a)b", 0),
            (r"(a)\1", 3),
            (r"(?<name>a)", 3),
            (r"(?-u)a", 3),
            (r"\b密码", 0),
            (r"密码\b", 6),
            ("(?x) a [ -] b", 8),
            (r"a?", 0),
            (r"a{5000}", 0),
            (r"\pL{1000}", 0),
            (r"[a&&b]", 0),
        ] {
            assert_eq!(fault(pattern).at, at, "{pattern}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let faults = Pattern::parse(r"^a+b*", false, 4096).unwrap_err();
        assert_eq!(faults.iter().map(|f| f.at).collect::<Vec<_>>(), [0, 2, 4]);
    }

    #[test]
    fn verbose_flag_is_scoped() {
        assert!(Pattern::parse("(?:(?x) a b)[ -]c", false, 4096).is_ok());
        assert!(Pattern::parse("(?x: a b)[ -]c", false, 4096).is_ok());
        assert!(Pattern::parse(r"(?x) a [\x20-] b", false, 4096).is_ok());
        assert!(Pattern::parse(r"(?x) a [\ ] b", false, 4096).is_ok());
    }

    #[test]
    fn perl_classes_are_ascii_and_letters_match_in_any_case() {
        let regex = |pattern: &str| {
            let pattern = Pattern::parse(pattern, false, 4096).unwrap();
            regex_automata::meta::Regex::builder()
                .build_from_hir(&pattern.hir)
                .unwrap()
        };
        assert!(regex(r"\bkiss\b").is_match("一KISS一"));
        assert!(!regex(r"(?-i)kiss").is_match("KISS"));
        assert!(!regex(r"a\db").is_match("a٣b"));
        assert!(regex(r"a\Db").is_match("a٣b"));
        assert!(!regex(r"a[\s]b").is_match("a\u{3000}b"));
        assert!(!regex("k").is_match("\u{212A}"));
    }

    #[test]
    fn runs_know_their_class() {
        let pattern = Pattern::parse(r"key-(?<value>[a-f0-9]{8,64})\b", true, 4096).unwrap();
        assert!(pattern.has_value);
        let class = pattern.run.unwrap();
        assert!(class.iter().any(|r| r.start() == 'a') && class.iter().any(|r| r.start() == '0'));
        assert!(Pattern::parse("key-[a-f]{8}=", true, 4096).is_err());
    }
}
