//! Where rule files come from: the binary itself, a folder, or a folder over the binary.
//!
//! A folder is read whole and at once, so that what is loaded is what was there
//! at one moment. Links are followed only inside the folder, names that begin
//! with a dot are passed over (mounted configuration keeps its versions in
//! them), and sizes are limited.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use crate::report::{self, File, Report};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// Where packs, policies and dictionaries are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// What is shipped in the binary.
    Embedded,
    /// A folder with `packs/`, `policies/` and `dictionaries/`, alone. Without
    /// `policies/` the shipped policies hold; a pack may `extends:` a shipped one.
    Folder(PathBuf),
    /// A folder laid over what is shipped: its packs, policies and dictionaries
    /// come beside the shipped ones or, by name, in their place.
    Overlay(PathBuf),
}

/// The longest list or dictionary, in bytes: half a million names.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// The most files of a folder. More is not a rule folder.
const MAX_FILES: usize = 4096;

/// The deepest folder below `packs/`: `packs/<pack>/lists/<topic>/x.txt`.
const MAX_DEPTH: usize = 4;

/// Files by their path from the rules root.
pub(crate) type Tree = BTreeMap<String, Arc<File>>;

/// The shipped files.
pub(crate) fn shipped() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let files = embedded::FILES.iter();
        files
            .map(|(name, text)| ((*name).to_owned(), file(name, Cow::Borrowed(text))))
            .collect()
    })
}

/// A file of this name and text.
pub(crate) fn file(name: &str, text: Cow<'static, str>) -> Arc<File> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Cow::Owned(text) if text.starts_with('\u{feff}') => {
            Cow::Owned(text.trim_start_matches('\u{feff}').to_owned())
        }
        owned => owned,
    };
    Arc::new(File {
        name: name.to_owned(),
        text,
    })
}

/// SHA-256 of a file.
pub(crate) fn sha256(file: &File) -> [u8; 32] {
    Sha256::digest(file.text.as_bytes()).into()
}

/// Reads the folder at `root`.
pub(crate) fn folder(root: &Path, reports: &mut Vec<Report>) -> Tree {
    let mut tree = Tree::new();
    let canonical = match root.canonicalize() {
        Ok(path) if path.is_dir() => path,
        Ok(_) => {
            reports.push(unreadable(root, "it is not a folder"));
            return tree;
        }
        Err(error) => {
            reports.push(unreadable(root, &error.to_string()));
            return tree;
        }
    };
    for name in ["packs", "policies", "dictionaries"] {
        let path = root.join(name);
        if path.exists() {
            walk(&canonical, &path, name, 0, &mut tree, reports);
        }
    }
    tree
}

fn unreadable(path: &Path, why: &str) -> Report {
    Report::nowhere(
        report::UNREADABLE,
        format!("{} cannot be read: {why}", path.display()),
        "check the path and its permissions",
    )
}

fn walk(
    root: &Path,
    folder: &Path,
    name: &str,
    depth: usize,
    tree: &mut Tree,
    reports: &mut Vec<Report>,
) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return reports.push(unreadable(folder, &error.to_string())),
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                reports.push(unreadable(folder, &error.to_string()));
                continue;
            }
        };
        let Some(own) = path.file_name().and_then(|own| own.to_str()) else {
            reports.push(unreadable(&path, "its name is not UTF-8"));
            continue;
        };
        if own.starts_with('.') {
            continue;
        }
        let name = format!("{name}/{own}");
        let wanted = own.ends_with(".yaml") || own.ends_with(".txt");
        match path.canonicalize() {
            Ok(real) if !real.starts_with(root) => {
                reports.push(unreadable(
                    &path,
                    "it is a link that leads out of the folder",
                ));
            }
            Ok(real) if real.is_dir() && depth < MAX_DEPTH => {
                walk(root, &path, &name, depth + 1, tree, reports);
            }
            Ok(real) if real.is_file() && own.ends_with(".yml") => {
                reports.push(unreadable(&path, "rule files end in .yaml, not in .yml"));
            }
            Ok(real) if real.is_file() && wanted && tree.len() >= MAX_FILES => {
                return reports.push(unreadable(&path, "the folder has too many files"));
            }
            Ok(real) if real.is_file() && wanted => match read(&real) {
                Ok(text) => {
                    tree.insert(name.clone(), file(&name, Cow::Owned(text)));
                }
                Err(why) => reports.push(unreadable(&path, &why)),
            },
            Ok(_) => {}
            Err(error) => reports.push(unreadable(&path, &error.to_string())),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_LIST_BYTES {
        return Err(format!("{size} bytes are more than {MAX_LIST_BYTES}"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("it is not UTF-8 (byte {at})")
    })
}

/// Joins a path written in a rule file to the folder it starts from. `None`: it
/// leaves that folder, or is no plain relative path.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let plain = !path.is_empty()
        && !path.contains(['\\', ':', '\0'])
        && path
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.'));
    let base = if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    };
    plain.then(|| format!("{base}{path}"))
}

/// The lines of a list: one entry each, with its place in bytes; `#` begins a
/// comment line.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let entry = line.trim();
        let wanted = !entry.is_empty() && !entry.starts_with('#');
        wanted.then(|| (start..start + entry.len(), entry))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder() {
        assert_eq!(
            join("packs/a", "lists/x.txt").as_deref(),
            Some("packs/a/lists/x.txt")
        );
        assert_eq!(
            join("", "dictionaries/x.txt").as_deref(),
            Some("dictionaries/x.txt")
        );
        for bad in [
            "../x",
            "/etc/passwd",
            "a//b",
            "a/../b",
            "",
            "a\\b",
            "c:x",
            ".git/x",
        ] {
            assert_eq!(join("packs/a", bad), None, "{bad}");
        }
    }

    #[test]
    fn lists_have_comments_and_places() {
        let text = "# c\n  one two \r\n\nthree";
        let all: Vec<_> = lines(text).collect();
        assert_eq!(all, [(6..13, "one two"), (17..22, "three")]);
        assert!(
            all.iter()
                .all(|(range, entry)| &text[range.clone()] == *entry)
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused_and_inner_ones_followed() {
        let root = std::env::temp_dir().join(format!("lockgate-links-{}", std::process::id()));
        let packs = root.join("packs/a");
        fs::create_dir_all(packs.join("..v1")).unwrap();
        fs::write(packs.join("..v1/pack.yaml"), "pack: a\n").unwrap();
        std::os::unix::fs::symlink("..v1/pack.yaml", packs.join("pack.yaml")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", packs.join("leak.txt")).unwrap();
        let mut reports = Vec::new();
        let tree = folder(&root, &mut reports);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(tree.keys().collect::<Vec<_>>(), ["packs/a/pack.yaml"]);
        assert_eq!(reports.len(), 1);
        assert!(reports[0].message.contains("leads out of the folder"));
    }
}
