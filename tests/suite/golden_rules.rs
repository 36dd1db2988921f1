//! Each mistake in a rule file is shown with its place and its remedy.
//!
//! A case is a folder of `golden/rules`, named by what fails: either one
//! `input.yaml`, which is put into a pack of its own, or a whole rule folder.
//! `expected.txt` is what an officer reads. `BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::report::{self, CODES};
use rules::{CheckOptions, Source};

const PACK: &str = "\
pack: t
version: 1.0.0
title: Tests
owner: Nobody
regulations:
  LAW/1: A law, section 1
";

const POLICY: &str = "\
policy: default
title: A policy for tests
decide:
  - { category: pii, then: flag }
";

/// Codes that no file can show: two backends that differ are our own mistake,
/// and the engine refuses no dictionary or model that the loader let pass.
const NOT_BY_FILE: [&str; 1] = ["R034"];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/rules")
}

/// What an officer reads about the folder at `root`.
fn told(root: &Path) -> String {
    let reports = match rules::load(&Source::Folder(root.to_owned())) {
        Err(reports) => reports,
        Ok(loaded) => {
            let mut reports = rules::check(&loaded, &CheckOptions::default());
            reports.extend(rules::policy_test(&loaded, None).failed);
            reports
        }
    };
    report::render_all(&reports)
}

fn put(path: PathBuf, text: &str) {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(path, text).unwrap();
}

#[test]
fn every_mistake_is_shown_with_place_and_remedy() {
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    let mut names: Vec<PathBuf> = fs::read_dir(cases())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    for case in &names {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let input = case.join("input.yaml");
        let found = if input.exists() {
            let root =
                std::env::temp_dir().join(format!("lockgate-golden-{}-{name}", std::process::id()));
            put(root.join("packs/t/pack.yaml"), PACK);
            put(root.join("policies/default.yaml"), POLICY);
            put(
                root.join("packs/t/input.yaml"),
                &fs::read_to_string(&input).unwrap(),
            );
            let found = told(&root);
            fs::remove_dir_all(&root).unwrap();
            found
        } else {
            told(case)
        };
        let path = case.join("expected.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            wrong.push(format!(
                "--- {name}: expected\n{expected}--- found\n{found}"
            ));
        }
        for info in CODES {
            if expected.contains(&format!("[{}]", info.code)) {
                shown.insert(info.code.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<String> = CODES
        .iter()
        .map(|info| info.code.to_string())
        .filter(|code| !shown.contains(code) && !NOT_BY_FILE.contains(&code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

#[test]
fn every_code_has_a_page_in_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/GUIDE.md");
    let guide = fs::read_to_string(guide).unwrap();
    let missing: Vec<String> = CODES
        .iter()
        .map(|info| format!("### {} {}", info.code, info.name))
        .filter(|heading| !guide.contains(heading.as_str()))
        .collect();
    assert!(missing.is_empty(), "GUIDE.md lacks {missing:?}");
}
