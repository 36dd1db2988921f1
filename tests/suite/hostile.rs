//! Hostile rules and hostile texts: a rule is refused at load or its work is
//! bounded, and no flood takes a verdict away.
//!
//! Bounded is measured in work, not in time: a text ends with a list of findings
//! or with the rule named as stopped. Times are printed, for the reader.

use std::time::Instant;

use engine::policy::Degradation;
use engine::rule::{Pack, Rule, What};
use engine::ruleset::{Backend, Options, Ruleset};
use engine::screen::Verdict;
use engine::text::{Direction, Role};
use tests::{make, shipped, times};

/// A pattern, whether it runs on, and the piece of text that hurts it most.
type Evil = (&'static str, bool, &'static str);

/// What breaks other engines, and what might break this one.
const EVIL: &[Evil] = &[
    // Repeats in repeats.
    ("(?:a{1,10}){1,10}b", false, "a"),
    ("(?:a{0,9}a{0,9}){1,50}c", false, "a"),
    ("(?:(?:a{1,5}){1,5}){1,5}x", false, "a"),
    ("(?:a|aa){1,100}b", false, "a"),
    ("(?:a|a|a|a){1,100}b", false, "a"),
    ("(?:a?){1,100}a{100}", false, "a"),
    ("(?:a?b?c?){1,300}z", false, "abc"),
    ("(?:ab?){1,1000}c", false, "ab"),
    ("(?:[ab]{1,40}c?){1,90}!", false, "ab"),
    ("(?:x{1,63}y{0,1}){1,63}z", false, "x"),
    // Alternatives that overlap.
    ("(?:a|ab|abc|abcd){1,200}e", false, "abcd"),
    ("(?:foo|foobar|foob)(?:bar|ar|r){1,100}q", false, "foobar"),
    ("(?:[a-z]|[a-f]|[d-k]){1,500}1", false, "def"),
    ("(?:a.|.a){1,400}b", false, "a"),
    ("(?:aa|aaa|aaaa|aaaaa){1,300}b", false, "a"),
    // Quadratic for searches that begin anew at every place.
    ("[^b]{0,4000}b", false, "a"),
    ("[a-z]{1,4000}1", false, "a"),
    (".{0,1000}secret", false, "secre"),
    (".{1,1000}[^A-Z]|[A-Z]", false, "A"),
    ("a[^b]{0,4000}b|a", false, "a"),
    ("(?:a[^x]{0,2000}x)|(?:a)", false, "a"),
    ("key[^=]{0,2000}=", false, "key"),
    ("k[^=]{0,3900}=|k[a-z]", false, "ke"),
    (r"\d{1,2000}-", false, "7"),
    (r"\b\w{1,2000}\b!", false, "w"),
    ("@.{0,2000}@!", false, "@"),
    ("<[^>]{0,4000}>!", false, "<"),
    ("(?:<[^>]{0,60}){1,60}!", false, "<a"),
    // Counters that keep many states alive.
    ("a.{500}b", false, "a"),
    ("[ab][^c]{1000}c", false, "ab"),
    ("(?:a.{1,200}){1,10}z", false, "a"),
    (".{0,200}a.{200}b.{0,200}c", false, "ab"),
    ("(?:[01]{0,50}1[01]{50}){1,10}2", false, "01"),
    ("x(?:[^y]{1,90}[^z]{1,90}){1,20}q", false, "x"),
    // Large classes.
    (r"\pL{200}", false, "é"),
    (r"\pL{1000}", false, "é"),
    (r"[\pL\pN]{1,300}!", false, "中"),
    (r"(?:\pL\pM{0,4}){1,100}!", false, "e\u{301}"),
    (r"[^\x00-\x7F]{1,1000}!", false, "忽"),
    ("[一-龥]{1,1000}。!", false, "忽略"),
    (r"(?:\p{Greek}|\p{Cyrillic}|\p{Han}){1,200}!", false, "аΩ"),
    // Large bounded repeats.
    ("a{4096}", false, "a"),
    ("(?:abc){1365}", false, "abc"),
    ("[a-f0-9]{4000}g", false, "a0"),
    ("(?:a{64}){64}", false, "a"),
    ("(?:(?:a{32}){32}){32}", false, "a"),
    // No bound, no match, no text: refused.
    ("(?:a+)+b", false, "a"),
    ("(?:a*)*", false, "a"),
    ("(?:a|b)*c{3,}", false, "ab"),
    ("(?:){1,1000}", false, "a"),
    (r"(a)\1{1,9}", false, "a"),
    // Runs.
    ("[a-z]{1,64}", true, "a"),
    ("x[a-z]{1,4}", true, "xa"),
    ("[^b]{1,4000}", true, "a"),
    ("id-[a-z0-9-]{1,8}", true, "id-a"),
    ("(?:a|ab){1,50}[ab]{1,50}", true, "ab"),
];

fn pack(rules: Vec<Rule>) -> Pack {
    Pack {
        id: "made".into(),
        version: "1".into(),
        title: String::new(),
        owner: String::new(),
        rules,
    }
}

/// Only a rule that used up its work may be missing.
fn holds(verdict: &Verdict, name: &str, body: &str) {
    for degraded in &verdict.degraded {
        assert!(
            matches!(degraded, Degradation::Rule { .. }),
            "{name}: {degraded:?}"
        );
    }
    for finding in &verdict.findings {
        assert!(
            !finding.span.of(body).is_empty(),
            "{name}: {:?}",
            finding.span
        );
    }
}

/// Screens a flood of `piece`; says how long it took and what came of it.
fn flood(rules: &[Rule], piece: &str, bytes: usize) -> (f64, &'static str) {
    let snapshot = shipped::snapshot_of(&[pack(rules.to_vec())], Backend::Portable);
    let body = piece.repeat(bytes / piece.len());
    let started = Instant::now();
    let verdict = shipped::screen(&snapshot, Direction::Prompt, Role::User, &body);
    let spent = started.elapsed().as_secs_f64() * 1e3;
    holds(&verdict, rules[0].id.as_str(), &body);
    let came = match (verdict.degraded.is_empty(), verdict.findings.is_empty()) {
        (false, _) => "stopped",
        (true, false) => "findings",
        (true, true) => "nothing",
    };
    (spent, came)
}

#[test]
fn evil_patterns_are_refused_or_bounded() {
    assert!(EVIL.len() >= 50);
    let (mut refused, mut worst) = (0, (0.0, ""));
    for &(pattern, run, piece) in EVIL {
        let mut rule = make::pattern_rule("evil.pattern", pattern, run);
        if let Err(faults) = Ruleset::compile(&[pack(vec![rule.clone()])], &Options::default()) {
            assert!(!faults[0].message.is_empty() && !faults[0].remedy.is_empty());
            refused += 1;
            continue;
        }
        // With a validator that hardly anything passes, every match is taken
        // away and the search goes on one character later.
        let mut never = rule.clone();
        never.detect.validate = vec!["github_checksum".to_owned()];
        rule.id = engine::rule::RuleId::new("evil.plain");
        for rule in [rule, never] {
            let bytes = times(4, 64) << 10;
            let rules = [rule];
            let (short, _) = flood(&rules, piece, bytes / 2);
            let (long, came) = flood(&rules, piece, bytes);
            let ratio = long / short.max(0.01);
            println!(
                "{long:9.1} ms, x{ratio:4.1} for twice the text, {came:8} {} {pattern}",
                rules[0].id
            );
            if long > worst.0 {
                worst = (long, pattern);
            }
        }
    }
    println!(
        "{} patterns, {refused} refused, worst {:.0} ms: {}",
        EVIL.len(),
        worst.0,
        worst.1
    );
    assert!(refused >= 5, "unbounded patterns must be refused");
}

/// Evil in other kinds of rules than patterns.
#[test]
fn evil_phrases_blocks_and_terms_are_refused_or_bounded() {
    let phrases: &[(&str, &str)] = &[
        ("a {*} a {*} a {*} a {*} b", "a "),
        ("{a|a a|a a a} {*} {a|a a} {*} zqx", "a "),
        ("{a|}{a|}{a|}{a|}{a|}{a|}{a|}{a|}{a|}{a|} zqx", "a"),
        ("忽{*}忽{*}忽{*}略", "忽"),
        ("ignore {*} ignore {*} rules", "ignore ignore ignore "),
        ("x{*}", "x "),
    ];
    for &(phrase, piece) in phrases {
        let rule = make::rule("evil.phrase", What::Phrases(vec![phrase.to_owned()]));
        if Ruleset::compile(&[pack(vec![rule.clone()])], &Options::default()).is_err() {
            println!("refused: {phrase}");
            continue;
        }
        let (spent, came) = flood(&[rule], piece, times(8, 64) << 10);
        println!("{spent:9.1} ms {came:8} {phrase}");
    }
    let block = |begin: &str, end: &str, max_bytes| What::Block {
        begin: vec![begin.to_owned()],
        end: vec![end.to_owned()],
        max_bytes,
    };
    let mut nested = make::rule("evil.block", block("<", ">", 1 << 16));
    nested.detect.validate = vec!["github_checksum".to_owned()];
    let open = make::rule("evil.open", block("-----begin ", "-----end", 1 << 20));
    let terms: Vec<String> = (1..60).map(|n| vec!["ab"; n].join(" ")).collect();
    let dictionary = What::Dictionary {
        name: "x.txt".into(),
        terms: std::sync::Arc::new(terms),
        max_typos: 1,
    };
    let mut names = make::rule("evil.terms", dictionary);
    names.detect.validate = vec!["github_checksum".to_owned()];
    for (rule, piece) in [
        (nested, "<"),
        (open, "-----BEGIN "),
        (names.clone(), "ab "),
        (names, "ba "),
    ] {
        let id = rule.id.to_string();
        let bytes = times(8, 64) << 10;
        let (short, _) = flood(std::slice::from_ref(&rule), piece, bytes / 2);
        let (long, came) = flood(&[rule], piece, bytes);
        println!(
            "{long:9.1} ms, x{:4.1} for twice the text, {came:8} {id} {piece:?}",
            long / short.max(0.01)
        );
    }
}

/// Floods that our own packs must take in their stride: no rule of ours may be
/// stopped, because then anybody could switch it off.
#[test]
fn floods_do_not_stop_the_shipped_rules() {
    let bytes = times(8, 64) << 10;
    let mut pieces: Vec<String> = [
        "1",
        "0",
        "7 ",
        "12-",
        "4111 ",
        "4111-1111-",
        "1.",
        "1:",
        "a",
        "A1",
        "-",
        "_",
        " ",
        "\n",
        "\r\n\t",
        "[",
        "]",
        "{",
        "}",
        "(",
        "<",
        ">",
        "@",
        "a@",
        "@a.",
        "a.b@c.",
        "://",
        "http://",
        "https://a.",
        "=",
        "key=",
        "password=",
        "token: ",
        "\"",
        "'",
        "/",
        "\\",
        "%41",
        "&#65;",
        "QUJD",
        "41 42 ",
        "0x",
        "\u{200b}",
        "a\u{200b}",
        "\u{200d}\u{fe0f}",
        "\u{e0041}",
        "\u{202e}",
        "\u{301}",
        "e\u{301}",
        "👩\u{200d}👩\u{200d}👧",
        "ignore ",
        "ignore ignore ignore ",
        "ignore all previous ",
        "you are now ",
        "忽略",
        "忽略之前的所有",
        "身份证",
        "的",
        "中1",
        "密码",
        "i g n o r e ",
        "1gn0re ",
        "рау",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "sk-",
        "AKIA",
        "ghp_",
        "xoxb-",
        "+1 ",
        "+86",
        "(020) ",
        "DE",
        "GB29",
        "born on ",
        "1980-01-01 ",
        "::",
        "fe80:",
        "00:11:",
        "card ",
        "how to ",
        "kill ",
        "京A",
        "９",
        "٣",
    ]
    .map(str::to_owned)
    .into();
    let rules = shipped::loaded().packs.iter().flat_map(|pack| &pack.rules);
    for (number, rule) in rules.enumerate() {
        // In the short run each rule gives one flood, of a match or a near miss.
        let matches = rule.examples.matches.iter().map(|example| &example.text);
        let texts: Vec<&String> = matches
            .chain(rule.examples.no_match.iter().map(|example| &example.text))
            .collect();
        let chosen = if tests::full() {
            texts.clone()
        } else {
            vec![texts[number % texts.len()]]
        };
        pieces.extend(chosen.into_iter().map(|text| format!("{text} ")));
    }
    let mut stopped: Vec<String> = Vec::new();
    let mut slowest = (0.0, String::new());
    for piece in &pieces {
        let body = piece.repeat(bytes / piece.len());
        for direction in [Direction::Prompt, Direction::Output] {
            if direction == Direction::Output && !tests::full() {
                continue;
            }
            let started = Instant::now();
            let verdict = shipped::screen(shipped::snapshot(), direction, Role::User, &body);
            let spent = started.elapsed().as_secs_f64() * 1e3;
            holds(&verdict, piece, &body);
            if spent > slowest.0 {
                slowest = (spent, piece.chars().take(40).collect());
            }
            for degraded in &verdict.degraded {
                if let Degradation::Rule { rule, .. } = degraded {
                    stopped.push(format!(
                        "{rule} by a flood of {:?}",
                        piece.chars().take(60).collect::<String>()
                    ));
                }
            }
        }
    }
    println!(
        "{} floods of {bytes} bytes, slowest {:.0} ms: {:?}",
        pieces.len(),
        slowest.0,
        slowest.1
    );
    assert!(
        stopped.is_empty(),
        "{} stopped:\n{}",
        stopped.len(),
        stopped.join("\n")
    );
}
