//! Which files are scanned, in which order, and as what.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One text.
    Text,
    /// One JSON object a line.
    Jsonl,
    /// Records under a header, parted by this byte.
    Csv(u8),
}

impl Kind {
    /// What the name of a file says of it.
    pub fn of(path: &Path) -> Kind {
        let suffix = path
            .extension()
            .and_then(|suffix| suffix.to_str())
            .unwrap_or_default();
        match suffix.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Kind::Jsonl,
            "csv" => Kind::Csv(b','),
            "tsv" => Kind::Csv(b'\t'),
            _ => Kind::Text,
        }
    }
}

/// One file to scan.
#[derive(Clone, Debug)]
pub struct File {
    /// Where it is; `None`: standard input.
    pub path: Option<PathBuf>,
    /// How it is named in what is told.
    pub name: String,
    /// Where its clean copy stands in the folder of copies.
    pub copy: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// Its size when it was listed, in bytes.
    pub bytes: u64,
}

/// Files in order, and what could not be listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files.
    pub files: Vec<File>,
    /// Where and why.
    pub problems: Vec<String>,
}

/// Folders that hold copies of what stands beside them, packed.
const VERSIONS: &[&str] = &[".git", ".hg", ".svn"];

/// Lists what `paths` name: files as they are, folders with all below them in
/// the order of names, `-` as standard input. Hidden files belong to it, since
/// keys stand in them; links in folders do not, since they lead elsewhere.
///
/// `kind` overrules the names of files.
pub fn list(paths: &[PathBuf], kind: Option<Kind>) -> Listing {
    let mut listing = Listing::default();
    for path in paths {
        if path.as_os_str() == "-" {
            listing.files.push(File {
                path: None,
                name: "<stdin>".to_owned(),
                copy: PathBuf::from("stdin"),
                kind: kind.unwrap_or(Kind::Text),
                bytes: 0,
            });
            continue;
        }
        // `.` and `..` have no name of their own: their copy has none either.
        let named = matches!(path.components().next_back(), Some(Component::Normal(_)));
        let copy = match path.file_name() {
            Some(name) if named => PathBuf::from(name),
            _ => PathBuf::new(),
        };
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => walk(path, &copy, kind, &mut listing),
            Ok(about) => add(path, copy, about.len(), kind, &mut listing),
            Err(error) => listing.problems.push(unreadable(path, &error)),
        }
    }
    listing
}

fn walk(folder: &Path, copy: &Path, kind: Option<Kind>, listing: &mut Listing) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return listing.problems.push(unreadable(folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
            Ok(entry) => found.push(entry),
            Err(error) => listing.problems.push(unreadable(folder, &error)),
        }
    }
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (name, is) in found {
        // `./notes.txt` is told as `notes.txt`, as it was listed.
        let path = if folder == Path::new(".") {
            PathBuf::from(&name)
        } else {
            folder.join(&name)
        };
        let copy = copy.join(&name);
        if is.is_dir() {
            if !VERSIONS.iter().any(|packed| name == *packed) {
                walk(&path, &copy, kind, listing);
            }
        } else if is.is_file() {
            match fs::metadata(&path) {
                Ok(about) => add(&path, copy, about.len(), kind, listing),
                Err(error) => listing.problems.push(unreadable(&path, &error)),
            }
        }
    }
}

fn add(path: &Path, copy: PathBuf, bytes: u64, kind: Option<Kind>, listing: &mut Listing) {
    listing.files.push(File {
        name: path.display().to_string(),
        kind: kind.unwrap_or_else(|| Kind::of(path)),
        path: Some(path.to_owned()),
        copy,
        bytes,
    });
}

/// What to say of a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{}: {}", path.display(), why(error))
}

/// An error of the system without its number, which tells people nothing.
pub fn why(error: &io::Error) -> String {
    let said = error.to_string();
    match said.split_once(" (os error") {
        Some((said, _)) => said.to_owned(),
        None => said,
    }
}
