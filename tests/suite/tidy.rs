//! The order of the house: who may know whom, and what every file has.
//!
//! Read from the sources themselves, so that a page about the architecture and
//! the tree cannot drift apart unseen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `engine/src`, each line knowing only lines above its own.
/// `engine/ARCHITECTURE.md` shows the same list, and a test compares them.
const LAYERS: &[&[&str]] = &[
    &["text", "classes"],
    &["normalize"],
    &[
        "rule",
        "decode",
        "validate",
        "dictionary",
        "pattern",
        "prefilter",
    ],
    &["finding", "phrase", "confirm"],
    &["trace", "context", "block", "redact"],
    &["matcher", "classify", "policy"],
    &["ruleset"],
    &["screen"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below a folder of the tree, by their path from the root, sorted; what a
/// build makes is passed over.
fn files(folder: &str, endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "node_modules" | ".venv") {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(
                    path.strip_prefix(root())
                        .unwrap()
                        .to_string_lossy()
                        .into_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

/// Rust sources of the four crates that ship.
fn sources() -> Vec<(String, String)> {
    let folders = ["engine/src", "rules/src", "classifiers/src", "sidecar/src"];
    let names = folders.iter().flat_map(|folder| files(folder, &[".rs"]));
    names
        .map(|name| (read(&root().join(&name)), name))
        .map(|(text, name)| (name, text))
        .collect()
}

/// A source without its tests, comments and strings, line by line, so that line
/// numbers stay.
fn code(text: &str) -> String {
    let text = without_tests(text);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    let starts = |i: usize, what: &str| {
        what.chars()
            .enumerate()
            .all(|(k, c)| chars.get(i + k) == Some(&c))
    };
    let blank = |out: &mut String, from: usize, to: usize| {
        out.extend(
            chars[from..to]
                .iter()
                .map(|&c| if c == '\n' { '\n' } else { ' ' }),
        );
    };
    while i < chars.len() {
        let from = i;
        let word_before = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
        if starts(i, "//") {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if starts(i, "/*") {
            while i < chars.len() && !starts(i, "*/") {
                i += 1;
            }
            i += 2;
        } else if chars[i] == 'r' && !word_before && (starts(i, "r\"") || starts(i, "r#")) {
            let hashes = chars[i + 1..].iter().take_while(|&&c| c == '#').count();
            if chars.get(i + 1 + hashes) != Some(&'"') {
                out.push(chars[i]);
                i += 1;
                continue;
            }
            let end = format!("\"{}", "#".repeat(hashes));
            i += 2 + hashes;
            while i < chars.len() && !starts(i, &end) {
                i += 1;
            }
            i += end.len();
        } else if chars[i] == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if chars[i] == '\''
            && (chars.get(i + 1) == Some(&'\\') || chars.get(i + 2) == Some(&'\''))
        {
            i += 2;
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        i = i.min(chars.len());
        blank(&mut out, from, i);
    }
    out
}

/// Everything but `#[cfg(test)]` modules, which stand at the foot of a file.
fn without_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod tests")
        .map_or(text, |at| &text[..at])
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// Lines of shipped code in which `wrong` sees something.
fn offences(wrong: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| !is_test_file(name)) {
        let code = code(text);
        for (number, (line, written)) in code.lines().zip(text.lines()).enumerate() {
            if let Some(what) = wrong(name, line) {
                found.push(format!("{name}:{}: {what}: {}", number + 1, written.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn none(offences: Vec<String>) {
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// The module that a file of the engine is part of: `prefilter/need.rs` belongs to
/// `prefilter`, whose files may know each other.
fn module_of(file: &str) -> Option<&'static str> {
    let path = file
        .strip_prefix("engine/src/")?
        .strip_suffix(".rs")?
        .replace('/', "::");
    layered(&path)
}

/// The longest entry of [`LAYERS`] that is `path` or holds it.
fn layered(path: &str) -> Option<&'static str> {
    let all = LAYERS.iter().flat_map(|layer| layer.iter().copied());
    let holding = all.filter(|entry| {
        path == *entry
            || path
                .strip_prefix(entry)
                .is_some_and(|rest| rest.starts_with("::"))
    });
    holding.max_by_key(|entry| entry.len())
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap()
}

/// Modules that a line of code names by `crate::`.
fn named(line: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let group = rest
            .strip_prefix('{')
            .and_then(|group| group.split('}').next());
        for path in group.map_or(vec![rest], |group| group.split(',').collect()) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path = path.trim_start();
            let path = &path[..path.find(|c| !is_path(c)).unwrap_or(path.len())];
            found.extend(layered(path.trim_end_matches(':')));
        }
    }
    found
}

#[test]
fn engine_modules_know_only_what_stands_above_them() {
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (name, text) in sources()
        .iter()
        .filter(|(name, _)| name.starts_with("engine/src/") && !name.ends_with("/lib.rs"))
    {
        let Some(own) = module_of(name) else {
            wrong.push(format!(
                "{name} stands in no layer: add it to LAYERS and to engine/ARCHITECTURE.md"
            ));
            continue;
        };
        seen.insert(own);
        for (number, line) in code(text).lines().enumerate() {
            for other in named(line) {
                if other != own && layer(other) >= layer(own) {
                    wrong.push(format!(
                        "{name}:{}: `{own}` (line {}) knows `{other}` (line {})",
                        number + 1,
                        layer(own) + 1,
                        layer(other) + 1
                    ));
                }
            }
        }
    }
    none(wrong);
    let listed: usize = LAYERS.iter().map(|layer| layer.len()).sum();
    assert_eq!(
        seen.len(),
        listed,
        "a layer names a module that is not there"
    );
}

#[test]
fn the_architecture_page_shows_these_layers() {
    let page = read(&root().join("engine/ARCHITECTURE.md"));
    let block = page
        .split("```text layers\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a block `text layers`");
    let shown: Vec<Vec<&str>> = block
        .lines()
        .map(|line| line.split_whitespace().skip(1).collect())
        .collect();
    let shown: Vec<&[&str]> = shown.iter().map(Vec::as_slice).collect();
    assert_eq!(shown, LAYERS);
}

#[test]
fn the_engine_has_no_files_sockets_threads_or_clocks() {
    // The two clock readings of screening decide when to stop, never what is found.
    let allowed =
        |name: &str, what: &str| what.contains("Instant") && name == "engine/src/screen.rs";
    none(offences(|name, line| {
        let banned = [
            "std::fs",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "ToSocketAddrs",
            "std::env",
            "std::process",
            "std::thread",
            "SystemTime",
            "Instant::now",
            "async fn",
            "println!",
            "eprintln!",
        ];
        let found = banned.iter().find(|banned| line.contains(*banned))?;
        (name.starts_with("engine/") && !allowed(name, found))
            .then(|| format!("the engine does no input or output (`{found}`)"))
    }));
}

#[test]
fn each_outside_library_has_its_one_place() {
    let places: &[(&str, &[&str])] = &[
        ("serde_saphyr", &["rules/src/yaml.rs"]),
        (
            "hyperscan::",
            &[
                "engine/src/prefilter/hyperscan.rs",
                "engine/src/prefilter.rs",
            ],
        ),
        ("ort::", &["classifiers/src/onnx.rs"]),
        ("axum", &["sidecar/src/"]),
        ("tokio", &["sidecar/src/"]),
        ("phonenumber", &["engine/src/validate/phone.rs"]),
        (
            "fst::",
            &["engine/src/dictionary.rs", "engine/src/dictionary/"],
        ),
        (
            "schemars",
            &[
                "rules/src/schema.rs",
                "rules/src/written.rs",
                "sidecar/src/config",
            ],
        ),
    ];
    none(offences(|name, line| {
        places.iter().find_map(|(library, places)| {
            let named = line.match_indices(library).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            });
            (named && !places.iter().any(|place| name.starts_with(place)))
                .then(|| format!("`{library}` is named outside of {places:?}"))
        })
    }));
}

#[test]
fn siblings_never_meet() {
    let mut wrong = Vec::new();
    for (crate_name, others) in [
        ("engine", ["rules", "classifiers", "sidecar"]),
        ("rules", ["classifiers", "sidecar", "tests"]),
        ("classifiers", ["rules", "sidecar", "tests"]),
    ] {
        let manifest = read(&root().join(crate_name).join("Cargo.toml"));
        for line in manifest.lines() {
            if others.iter().any(|other| {
                line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} "))
            }) {
                wrong.push(format!("{crate_name}/Cargo.toml: {line}"));
            }
        }
    }
    none(wrong);
}

#[test]
fn every_module_has_a_header() {
    let mut wrong = Vec::new();
    let own = ["tests/src", "tests/suite", "benches"]
        .iter()
        .flat_map(|folder| files(folder, &[".rs"]));
    let own = own.map(|name| (name.clone(), read(&root().join(&name))));
    for (name, text) in sources().into_iter().chain(own) {
        let first = text.lines().next().unwrap_or_default();
        let words = first.strip_prefix("//! ").unwrap_or_default();
        if words.split_whitespace().count() < 2
            || ["todo", "stub", "TODO"]
                .iter()
                .any(|word| words.contains(word))
        {
            wrong.push(format!(
                "{name}: begin with a `//!` line that says what the module is for"
            ));
        }
    }
    none(wrong);
}

#[test]
fn shipped_code_does_not_panic_on_purpose() {
    none(offences(|_, line| {
        let banned = [
            ".unwrap()",
            ".expect(",
            "panic!(",
            "todo!(",
            "unimplemented!(",
            "unreachable!(",
            "unwrap_unchecked",
            "unsafe {",
            "unsafe fn",
        ];
        // The wire's reader has a method of that name, which returns an error.
        let line = line.replace("reader.expect(", "");
        banned
            .iter()
            .find(|banned| line.contains(*banned))
            .map(|found| format!("`{found}` in code that ships"))
    }));
    // And the compiler says the same: no file takes the lints back.
    for (name, text) in sources() {
        let lines = without_tests(&text).lines().filter(|line| {
            line.contains("allow(")
                && (line.contains("unwrap_used")
                    || line.contains("expect_used")
                    || line.contains("unsafe_code"))
        });
        assert!(
            is_test_file(&name) || lines.count() == 0,
            "{name} allows what the house forbids"
        );
    }
}

#[test]
fn no_path_of_one_machine_is_in_the_tree() {
    let mut wrong = Vec::new();
    for name in files(
        "",
        &[
            ".rs", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".sh",
        ],
    ) {
        let Ok(text) = fs::read_to_string(root().join(&name)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            // Put together, so that this file does not name them.
            let banned = [
                ["/wo", "rk/"],
                ["/tmp/", "wt"],
                ["/ro", "ot/"],
                ["/home/", "runner"],
                ["C:\\", "Users"],
            ];
            if let Some(found) = banned
                .iter()
                .map(|halves| halves.concat())
                .find(|path| line.contains(path.as_str()))
            {
                wrong.push(format!("{name}:{}: {found}", number + 1));
            }
        }
    }
    none(wrong);
}

#[test]
fn generated_files_are_fresh() {
    for (name, text) in rules::schema::files() {
        let there = read(&root().join("rules/schema").join(name));
        assert!(
            there == text,
            "rules/schema/{name} is stale: run `cargo lockgate rules schema`"
        );
    }
}

#[test]
fn every_rule_is_complete() {
    let mut wrong = Vec::new();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for pack in &tests::shipped::loaded().packs {
        for rule in &pack.rules {
            let id = rule.id.as_str();
            let mut say = |what: &str| wrong.push(format!("{id}: {what}"));
            if rule.examples.matches.len() < 2 || rule.examples.no_match.len() < 2 {
                say("fewer than two examples of each kind");
            }
            if rule
                .examples
                .no_match
                .iter()
                .any(|example| example.because.trim().is_empty())
            {
                say("a near miss without its reason");
            }
            if rule.rationale.split_whitespace().count() < 4 {
                say("no rationale");
            }
            if rule
                .regulations
                .iter()
                .any(|clause| !tests::shipped::loaded().regulations.contains_key(clause))
            {
                say("a regulation that no pack names");
            }
            if let Some(other) = titles.insert(&rule.title, id) {
                say(&format!("has the title of {other}"));
            }
        }
    }
    none(wrong);
}

/// Commands that pages show to be typed exist: cargo's own, or an alias.
#[test]
fn commands_on_pages_exist() {
    let config = read(&root().join(".cargo/config.toml"));
    let aliases: Vec<&str> = config
        .lines()
        .skip_while(|line| *line != "[alias]")
        .skip(1)
        .map_while(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .collect();
    for alias in ["tests", "lint", "lockgate"] {
        assert!(
            aliases.contains(&alias),
            "the alias `cargo {alias}` is gone"
        );
    }
    let known = [
        "build", "test", "run", "fmt", "bench", "check", "clippy", "install", "doc", "fuzz",
        "deny", "metadata",
    ];
    let mut wrong = Vec::new();
    for name in files("", &[".md"]) {
        let text = read(&root().join(&name));
        for (number, line) in text.lines().enumerate() {
            let command = line.trim_start().trim_start_matches("$ ");
            let Some(rest) = command.strip_prefix("cargo ") else {
                continue;
            };
            let word: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect();
            if !known.contains(&word.as_str()) && !aliases.contains(&word.as_str()) {
                wrong.push(format!("{name}:{}: there is no `cargo {word}`", number + 1));
            }
        }
    }
    none(wrong);
}
