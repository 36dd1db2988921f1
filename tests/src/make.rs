//! Random rules of every kind, and texts in which they nearly match.
//!
//! A text of random letters matches nothing and proves nothing. So each rule
//! comes with samples of what it matches, and texts are made of samples: whole,
//! in another case, cut, doubled, run together, and with noise between them.

use std::sync::Arc;

use engine::normalize::View;
use engine::rule::{
    Category, Confidence, ContextSpec, Detect, Examples, Exception, Rule, RuleId, Severity, Status,
    What,
};
use engine::text::{Direction, Role};

use crate::dice::Dice;

/// A rule and pieces of texts that concern it.
#[derive(Clone, Debug)]
pub struct Made {
    /// The rule.
    pub rule: Rule,
    /// What it matches, its context words, its exceptions, its allow terms.
    pub samples: Vec<String>,
}

/// Words of ordinary prose.
pub const WORDS: &[&str] = &[
    "the", "a", "of", "to", "and", "in", "we", "report", "meeting", "team", "please", "summary",
    "about", "quarter", "system", "model", "data", "number", "account", "order", "first",
    "because", "between", "project", "question", "answer", "result", "table", "figure", "market",
    "garden", "recipe", "travel", "letter", "music", "history", "water", "energy", "school",
    "language", "window", "paper", "machine", "winter", "river", "city", "light", "price",
    "review", "change", "method", "value", "process", "example", "section", "version", "user",
    "file", "code", "test",
];

/// A rule that finds `what`, and asks for nothing else.
pub fn rule(id: &str, what: What) -> Rule {
    Rule {
        id: RuleId::new(id),
        title: String::new(),
        rationale: String::new(),
        status: Status::Stable,
        category: Category::new("pii/name/person"),
        severity: Severity::Medium,
        regulations: Vec::new(),
        references: Vec::new(),
        directions: vec![Direction::Prompt, Direction::Output],
        views: vec![View::Folded],
        roles: vec![
            Role::System,
            Role::Developer,
            Role::User,
            Role::Assistant,
            Role::Tool,
            Role::Document,
        ],
        allow: Vec::new(),
        detect: Detect {
            what,
            validate: Vec::new(),
            except: Vec::new(),
            context: None,
            confidence: Confidence::Likely,
        },
        examples: Examples::default(),
    }
}

/// A rule with a pattern.
pub fn pattern_rule(id: &str, pattern: &str, run: bool) -> Rule {
    rule(
        id,
        What::Pattern {
            pattern: pattern.to_owned(),
            run,
        },
    )
}

/// A random rule of any kind.
pub fn any_rule(dice: &mut Dice, id: &str) -> Made {
    let mut samples = Vec::new();
    let what = match dice.roll(10) {
        0..5 => pattern(dice, &mut samples),
        5..8 => {
            let phrases = (0..dice.within(1, 4))
                .map(|_| phrase(dice, &mut samples))
                .collect();
            What::Phrases(phrases)
        }
        8 => {
            let terms: Vec<String> = (0..dice.within(1, 12)).map(|_| term(dice)).collect();
            samples.extend(terms.iter().cloned());
            let max_typos = dice.roll(2) as u8;
            What::Dictionary {
                name: "terms.txt".to_owned(),
                terms: Arc::new(terms),
                max_typos,
            }
        }
        _ => {
            let begin: Vec<String> = (0..dice.within(1, 2))
                .map(|_| {
                    dice.pick(&["-begin-", "<k>", "-begin key-", "开始"])
                        .to_owned()
                })
                .collect();
            let end: Vec<String> = (0..dice.within(1, 2))
                .map(|_| dice.pick(&["-end-", "</k>", "-end", "结束"]).to_owned())
                .collect();
            for begin in &begin {
                let body = words(dice, 3);
                samples.push(format!("{begin}{body}{}", dice.one(&end)));
                samples.push(format!("{begin}{body}"));
            }
            What::Block {
                begin,
                end,
                max_bytes: dice.within(8, 48),
            }
        }
    };
    let mut rule = rule(id, what);
    rule.views = match dice.roll(6) {
        0 => vec![View::Raw],
        1 => vec![View::Raw, View::Folded],
        _ => vec![View::Folded],
    };
    rule.detect.confidence = *dice.one(&[
        Confidence::Possible,
        Confidence::Likely,
        Confidence::Certain,
    ]);
    if dice.percent(25) {
        let known = [
            "luhn",
            "mixed_classes",
            "not_sequence",
            "entropy_2_5",
            "hex",
            "us_ssn",
            "not_placeholder",
            "date",
        ];
        rule.detect.validate = vec![dice.pick(&known).to_owned()];
    }
    if dice.percent(30) {
        let exception = if dice.percent(60) {
            Exception::Phrase(phrase(dice, &mut samples))
        } else {
            let short = dice.pick(&["[02468]{2}", "ab|ba", r"\b[a-f]{3}\b", "99", "a{2}", "中"]);
            Exception::Pattern(short.to_owned())
        };
        rule.detect.except = vec![exception];
    }
    if dice.percent(30) {
        let around = samples.clone();
        let base = dice.one(&around).clone();
        let term = if dice.percent(50) {
            phrase(dice, &mut samples)
        } else {
            plain_words(&base)
        };
        if !term.trim().is_empty() {
            samples.push(format!("{term} {}", words(dice, 1)));
            rule.allow = vec![term];
        }
    }
    if dice.percent(35) {
        let list = |dice: &mut Dice| {
            (0..dice.roll(3))
                .map(|_| context_word(dice).to_owned())
                .collect::<Vec<_>>()
        };
        let (raise, lower) = (list(dice), list(dice));
        samples.extend(raise.iter().chain(&lower).cloned());
        let require = !raise.is_empty() && dice.percent(40);
        rule.detect.context = Some(ContextSpec {
            within_chars: dice.within(1, 30),
            raise,
            lower,
            require,
        });
    }
    Made { rule, samples }
}

/// No braces or bars, so that it can stand as a term.
fn plain_words(sample: &str) -> String {
    sample
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == ' ')
        .collect()
}

fn context_word(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "card",
        "ab",
        "social security",
        "卡号",
        "карта",
        "no",
        "don't",
        "été",
        "x1",
        "a b",
    ])
}

/// A text that concerns these rules, of so many pieces.
pub fn text(dice: &mut Dice, made: &[Made], pieces: usize) -> String {
    let mut text = String::new();
    for _ in 0..pieces {
        let made = dice.one(made);
        if dice.percent(60) {
            let sample = dice.one(&made.samples).clone();
            text.push_str(&bent(dice, &sample));
        } else {
            text.push_str(&noise(dice));
        }
        text.push_str(dice.pick(&[
            "", "", "", " ", " ", "  ", "\n", "-", "_", ".", ", ", "\u{3000}", "'", "的", "é", "1",
            "a",
        ]));
    }
    text
}

/// The sample as it is, or nearly.
fn bent(dice: &mut Dice, sample: &str) -> String {
    let chars: Vec<char> = sample.chars().collect();
    let at = dice.roll(chars.len());
    let cut = |from: usize, to: usize, with: &str| {
        let (head, tail) = (chars[..from].iter(), chars[to..].iter());
        head.chain(&with.chars().collect::<Vec<_>>())
            .chain(tail)
            .collect::<String>()
    };
    match dice.roll(16) {
        0 => sample.to_uppercase(),
        1 => chars
            .iter()
            .enumerate()
            .map(|(i, c)| {
                if i % 2 == 0 {
                    c.to_ascii_uppercase()
                } else {
                    *c
                }
            })
            .collect(),
        2 if !chars.is_empty() => cut(at, at + 1, ""),
        3 => cut(
            at,
            at,
            dice.pick(&["a", "1", " ", "-", "é", "中", "\u{200b}", "_"]),
        ),
        4 => format!("{sample}{sample}"),
        5 => cut(at, at, "\u{200b}"),
        6 => sample.replace(
            ' ',
            dice.pick(&[
                "\n",
                "  ",
                "\t\t",
                "\u{a0}",
                " \r\n ",
                "",
                "                                 ",
            ]),
        ),
        7 => sample.chars().map(wide).collect(),
        8 if chars.len() > 1 && at + 1 < chars.len() => {
            let mut swapped = chars.clone();
            swapped.swap(at, at + 1);
            swapped.into_iter().collect()
        }
        9 => sample.replace('\'', "\u{2019}"),
        10 => chars[..at].iter().collect(),
        _ => sample.to_owned(),
    }
}

/// The full-width form, which folds back.
fn wide(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
        c => c,
    }
}

fn noise(dice: &mut Dice) -> String {
    match dice.roll(10) {
        0 => "的是不了在".chars().take(dice.within(1, 5)).collect(),
        1 => dice
            .pick(&[
                "😀",
                "👩‍👩‍👧",
                "🇩🇪",
                "❤️",
                "e\u{301}",
                "ﬁ",
                "①",
                "٣٤",
                "ｘ",
                "ẞ",
                "İ",
            ])
            .to_owned(),
        2 => (0..dice.within(1, 20))
            .map(|_| char::from(b'0' + dice.roll(10) as u8))
            .collect(),
        3 => dice
            .pick(&[
                "...", "--", "'", "\"", "(", ")", "@", "://", "\n\n", "\t", "。", "！", "…",
            ])
            .to_owned(),
        4 => "a".repeat(dice.within(1, 70)),
        5 => dice
            .pick(&[
                "card",
                "карта",
                "КАРТА",
                "卡号",
                "no",
                "ab",
                "social  security",
                "don\u{2019}t",
            ])
            .to_owned(),
        _ => {
            let count = dice.within(1, 4);
            words(dice, count)
        }
    }
}

/// Words, most of them short and made of few letters, so that they collide.
fn words(dice: &mut Dice, count: usize) -> String {
    let words: Vec<String> = (0..count).map(|_| word(dice)).collect();
    words.join(" ")
}

fn word(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => dice
            .pick(&[
                "ignore", "previous", "rules", "secret", "token", "password", "the", "of", "all",
            ])
            .to_owned(),
        1 => dice
            .pick(&["über", "été", "naïve", "привет", "мир", "ñandú", "Żółw"])
            .to_owned(),
        2 => dice
            .pick(&["忽略", "之前", "指令", "全部", "密码", "中", "ひらがな"])
            .to_owned(),
        3 => (0..dice.within(5, 14))
            .map(|_| dice.pick(&["q", "x", "z", "v", "w"]))
            .collect(),
        // Longer than any literal, gram or shape looks at.
        4 if dice.percent(6) => (0..dice.within(20, 90))
            .map(|_| dice.pick(&["的", "一", "是", "龥", "z", "a"]))
            .collect(),
        _ => (0..dice.within(1, 6))
            .map(|_| dice.pick(&["a", "b", "c", "1"]))
            .collect(),
    }
}

fn term(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 => dice
            .pick(&[
                "Bluefinch",
                "Tamarindo Ridge",
                "蓝雀计划",
                "青石 工程",
                "C++",
                "abcab",
                "don't",
                "x-ray abc",
                "中",
            ])
            .to_owned(),
        1 => {
            let chars: String = (0..dice.within(4, 9))
                .map(|_| dice.pick(&["a", "b", "c"]))
                .collect();
            chars
        }
        _ => {
            let count = dice.within(1, 3);
            words(dice, count)
        }
    }
}

/// A random phrase; what it matches goes to `samples`.
fn phrase(dice: &mut Dice, samples: &mut Vec<String>) -> String {
    let mut phrase = String::new();
    let mut sample = String::new();
    let mut second = String::new();
    // A gap needs a word before it that must be there.
    let mut certain = false;
    for i in 0..dice.within(1, 4) {
        if i > 0 {
            // Nothing stands close to a gap: `a{*}b` is for scripts without spaces.
            let joined = !phrase.ends_with("{*}") && dice.percent(15);
            for text in [&mut phrase, &mut sample, &mut second] {
                text.push_str(if joined { "" } else { " " });
            }
        }
        match dice.roll(10) {
            0 if certain && phrase.ends_with(' ') => {
                certain = false;
                phrase.push_str("{*}");
                sample.push_str(&words(dice, 2));
            }
            1 => {
                let (a, b) = (word(dice), word(dice));
                phrase.push_str(&format!("{{{a}|{b}}}"));
                sample.push_str(&a);
                second.push_str(&b);
            }
            2 => {
                let a = word(dice);
                phrase.push_str(&format!("{{{a}|}}"));
                sample.push_str(&a);
            }
            3 => {
                let (a, b, c) = (word(dice), word(dice), word(dice));
                phrase.push_str(&format!("{{{a}{{ {b}|}}|{c}|}}"));
                sample.push_str(&format!("{a} {b}"));
                second.push_str(&c);
            }
            4 => {
                let a = word(dice);
                phrase.push_str(&format!("{a}{{s|}}"));
                sample.push_str(&format!("{a}s"));
                second.push_str(&a);
            }
            _ => {
                certain = true;
                let a = word(dice);
                for text in [&mut phrase, &mut sample, &mut second] {
                    text.push_str(&a);
                }
            }
        }
    }
    // A phrase needs a word that must be there.
    let must = word(dice);
    for text in [&mut phrase, &mut sample, &mut second] {
        text.push(' ');
        text.push_str(&must);
    }
    samples.extend([sample, second]);
    phrase
}

/// A pattern as a tree, so that it can be written and sampled.
enum Node {
    Literal(&'static str),
    Class {
        written: &'static str,
        chars: &'static str,
    },
    Repeat(Box<Node>, usize, usize),
    Choice(Vec<Node>),
    Sequence(Vec<Node>),
    Boundary,
    ThisCase(&'static str),
    Value(Box<Node>),
}

const LITERALS: &[&str] = &[
    "a", "b", "ab", "aba", "key", "sk_", "ghp_", "-", "@", "://", "id=", "token", "xqzv", "1",
    "0x", " ", "card ", "密码", "é", "中", "Ω", "_", ".", "password", "://a", "я", "12", "ss",
];

const CLASSES: &[(&str, &str)] = &[
    ("[a-c]", "abc"),
    (r"\d", "0123456789"),
    (r"\w", "abz019_"),
    (r"\s", " \n\t"),
    ("[ab]", "ab"),
    ("[^a]", "bc1 é中-"),
    ("[0-9a-f]", "09af"),
    (r"[A-Za-z0-9_-]", "azAZ09_-"),
    ("[-. ]", "-. "),
    (".", "ax1é中 -"),
    ("[一-龥]", "中的之"),
    ("[京沪A-C]", "京沪AC"),
    ("[é-ü]", "éöü"),
    (r"[\d-]", "019-"),
    (r"\D", "a- é"),
    (r"[^\s]", "a1é-"),
    (r"[a-z&&[^b]]", "acz"),
    ("[к-п]", "кмп"),
];

fn pattern(dice: &mut Dice, samples: &mut Vec<String>) -> What {
    let run = dice.percent(12);
    let mut node = sequence(dice, 3, &mut dice.clone().percent(25));
    dice.word();
    if run {
        let (written, chars) = *dice.one(&[
            ("[a-c]", "abc"),
            ("[0-9a-f]", "09af"),
            ("[a-z_-]", "abz_-"),
            ("[一-龥]", "中的"),
        ]);
        let tail = Node::Repeat(
            Box::new(Node::Class { written, chars }),
            dice.within(1, 4),
            dice.within(4, 6),
        );
        node = Node::Sequence(vec![
            node,
            if dice.percent(30) {
                Node::Value(Box::new(tail))
            } else {
                tail
            },
        ]);
    } else if dice.percent(15) {
        node = Node::Choice(vec![node, sequence(dice, 2, &mut false)]);
    }
    let mut values = 0;
    let mut pattern = String::new();
    write(&node, &mut pattern, &mut values);
    for _ in 0..4 {
        let mut sample = String::new();
        draw(&node, dice, &mut sample);
        if run {
            let more = sample.chars().last().unwrap_or('a');
            (0..dice.roll(12)).for_each(|_| sample.push(more));
        }
        samples.push(sample);
    }
    What::Pattern { pattern, run }
}

fn sequence(dice: &mut Dice, depth: usize, value: &mut bool) -> Node {
    let mut parts = Vec::new();
    let count = dice.within(1, 4);
    for _ in 0..count {
        if dice.percent(12) {
            parts.push(Node::Boundary);
        }
        let part = part(dice, depth, value);
        // Only at the top, so that the value is in every match or in one branch.
        parts.push(if *value && depth == 3 && dice.percent(40) {
            *value = false;
            Node::Value(Box::new(part))
        } else {
            part
        });
    }
    if dice.percent(12) {
        parts.push(Node::Boundary);
    }
    Node::Sequence(parts)
}

fn part(dice: &mut Dice, depth: usize, value: &mut bool) -> Node {
    let class = |dice: &mut Dice| {
        let &(written, chars) = dice.one(CLASSES);
        Node::Class { written, chars }
    };
    match dice.roll(if depth == 0 { 6 } else { 10 }) {
        0 | 1 => Node::Literal(dice.pick(LITERALS)),
        2 => class(dice),
        3 | 4 => {
            let (from, more) = (dice.roll(5), dice.within(1, 6));
            let class = class(dice);
            Node::Repeat(Box::new(class), from, from + more)
        }
        5 => {
            if dice.percent(80) {
                Node::Literal(dice.pick(LITERALS))
            } else {
                Node::ThisCase(dice.pick(&["Ab", "KEY", "aB", "Ж"]))
            }
        }
        6 => {
            let (from, more) = (dice.roll(3), dice.within(1, 2));
            let inner = sequence(dice, depth - 1, value);
            Node::Repeat(Box::new(inner), from, from + more)
        }
        7 | 8 => {
            let count = dice.within(2, 4);
            Node::Choice(
                (0..count)
                    .map(|_| sequence(dice, depth - 1, value))
                    .collect(),
            )
        }
        _ => {
            let literal = Node::Literal(dice.pick(LITERALS));
            Node::Repeat(Box::new(literal), 0, 1)
        }
    }
}

fn write(node: &Node, out: &mut String, values: &mut usize) {
    match node {
        Node::Literal(text) => {
            for c in text.chars() {
                if ".".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        Node::Class { written, .. } => out.push_str(written),
        Node::Repeat(inner, from, to) => {
            out.push_str("(?:");
            write(inner, out, values);
            out.push_str(&format!("){{{from},{to}}}"));
        }
        Node::Choice(branches) => {
            out.push_str("(?:");
            for (i, branch) in branches.iter().enumerate() {
                if i > 0 {
                    out.push('|');
                }
                write(branch, out, values);
            }
            out.push(')');
        }
        Node::Sequence(parts) => parts.iter().for_each(|part| write(part, out, values)),
        Node::Boundary => out.push_str(r"\b"),
        Node::ThisCase(text) => out.push_str(&format!("(?-i:{text})")),
        Node::Value(inner) => {
            out.push_str(if *values == 0 { "(?<value>" } else { "(?:" });
            *values += 1;
            write(inner, out, values);
            out.push(')');
        }
    }
}

fn draw(node: &Node, dice: &mut Dice, out: &mut String) {
    match node {
        Node::Literal(text) | Node::ThisCase(text) => out.push_str(text),
        Node::Class { chars, .. } => {
            let chars: Vec<char> = chars.chars().collect();
            out.push(*dice.one(&chars));
        }
        Node::Repeat(inner, from, to) => {
            for _ in 0..dice.within(*from, *to) {
                draw(inner, dice, out);
            }
        }
        Node::Choice(branches) => draw(dice.one(branches), dice, out),
        Node::Sequence(parts) => parts.iter().for_each(|part| draw(part, dice, out)),
        Node::Value(inner) => draw(inner, dice, out),
        Node::Boundary => {}
    }
}
