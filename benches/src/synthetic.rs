//! Rules by the thousand: made-up words, prefixes and numbers after words, in
//! the proportions of a pack that a company writes for itself.

use std::sync::Arc;

use engine::normalize::View;
use engine::rule::{
    Category, Confidence, Detect, Examples, Pack, Rule, RuleId, Severity, Status, What,
};
use engine::text::{Direction, Role};

use crate::Random;

/// A word of two to four syllables that no language has.
pub fn word(random: &mut Random) -> String {
    const HEADS: &[&str] = &[
        "b", "br", "d", "dr", "f", "g", "gl", "h", "k", "kl", "l", "m", "n", "p", "pr", "r", "s",
        "st", "t", "tr", "v", "z",
    ];
    const HEARTS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ou", "ee"];
    const TAILS: &[&str] = &["", "", "n", "r", "l", "s", "k", "m", "nd", "x"];
    let mut word = String::new();
    for _ in 0..2 + random.below(3) {
        word.push_str(random.pick(HEADS));
        word.push_str(random.pick(HEARTS));
        word.push_str(random.pick(TAILS));
    }
    word
}

/// What a rule number `i` looks for.
fn what(i: usize, random: &mut Random) -> What {
    const COMMON: &[&str] = &[
        "project",
        "account",
        "the",
        "internal",
        "plan",
        "code name",
        "order",
        "client",
    ];
    match i % 4 {
        0 => What::Phrases(vec![format!(
            "{} {} {}",
            word(random),
            word(random),
            word(random)
        )]),
        1 => What::Phrases(vec![format!("{} {}", random.pick(COMMON), word(random))]),
        2 => What::Pattern {
            pattern: format!(r"\b{}_[A-Za-z0-9]{{24,40}}\b", word(random)),
            run: false,
        },
        _ => What::Pattern {
            pattern: format!(r"\b{}[\x20:#-]{{1,3}}\d{{6,10}}\b", word(random)),
            run: false,
        },
    }
}

fn rule(id: &str, views: &[View], what: What) -> Rule {
    Rule {
        id: RuleId::new(id),
        title: id.to_owned(),
        rationale: String::new(),
        status: Status::Stable,
        category: Category::new("confidential/synthetic"),
        severity: Severity::Medium,
        regulations: Vec::new(),
        references: Vec::new(),
        directions: vec![Direction::Prompt, Direction::Output],
        views: views.to_vec(),
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

fn pack(rules: Vec<Rule>) -> Pack {
    Pack {
        id: "synthetic".to_owned(),
        version: "1".to_owned(),
        title: "Synthetic".to_owned(),
        owner: "benches".to_owned(),
        rules,
    }
}

/// So many rules, a quarter of each kind, on the views of their category.
pub fn rules(count: usize) -> Pack {
    let mut random = Random::new(count as u64);
    let views = [View::Folded, View::Skeleton, View::Decoded];
    pack(
        (0..count)
            .map(|i| rule(&format!("synthetic.r{i}"), &views, what(i, &mut random)))
            .collect(),
    )
}

/// One rule with a dictionary of so many names of one to three made-up words.
pub fn dictionary(count: usize, max_typos: u8) -> Pack {
    let terms = Arc::new(names(count));
    let what = What::Dictionary {
        name: "synthetic.txt".to_owned(),
        terms,
        max_typos,
    };
    pack(vec![rule("synthetic.dictionary", &[View::Folded], what)])
}

/// Names of one to three made-up words.
pub fn names(count: usize) -> Vec<String> {
    let mut random = Random::new(count as u64);
    let name = |random: &mut Random| {
        let words: Vec<String> = (0..1 + random.below(3)).map(|_| word(random)).collect();
        words.join(" ")
    };
    (0..count).map(|_| name(&mut random)).collect()
}
