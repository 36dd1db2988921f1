//! Clean copies: the same tree, with what the policy wants replaced.
//!
//! A copy is written beside its name and takes it when it is whole, so that half
//! a copy never looks like one. What was not judged is left out.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ScanError;
use super::input::{File, Kind};
use super::judge::Done;

/// The folder of copies.
pub(super) struct Copies {
    folder: PathBuf,
    open: Option<Part>,
}

/// A copy that is not whole yet.
struct Part {
    to: BufWriter<fs::File>,
    path: PathBuf,
    target: PathBuf,
}

impl Copies {
    /// Makes the folder, and refuses to overwrite what is scanned.
    pub(super) fn new(folder: &Path, files: &[File]) -> Result<Copies, ScanError> {
        let failed = |error| ScanError::Copy {
            path: folder.to_owned(),
            error,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let real = folder.canonicalize().map_err(failed)?;
        let copies = Copies {
            folder: folder.to_owned(),
            open: None,
        };
        let mut targets = BTreeSet::new();
        for file in files {
            let source = file.path.as_ref().and_then(|path| path.canonicalize().ok());
            if source.is_some_and(|source| source.starts_with(&real)) {
                return Err(ScanError::Collision(format!(
                    "{} lies in {}, where the clean copies go; name a folder apart from what is scanned",
                    file.name,
                    folder.display()
                )));
            }
            if !targets.insert(copies.target(file)) {
                return Err(ScanError::Collision(format!(
                    "two files would be copied to {}; scan them one after the other into folders of their own",
                    copies.target(file).display()
                )));
            }
        }
        Ok(copies)
    }

    fn target(&self, file: &File) -> PathBuf {
        let path = self.folder.join(&file.copy);
        match (&file.path, file.kind) {
            (Some(_), _) => path,
            (None, Kind::Text) => path.with_extension("txt"),
            (None, Kind::Jsonl) => path.with_extension("jsonl"),
            (None, Kind::Csv(_)) => path.with_extension("csv"),
        }
    }

    /// Adds a piece.
    pub(super) fn write(&mut self, file: &File, done: &Done) -> Result<(), ScanError> {
        if done.no_copy {
            self.give_up();
            return Ok(());
        }
        let target = self.target(file);
        self.add(&target, done).map_err(|error| ScanError::Copy {
            path: target,
            error,
        })
    }

    fn add(&mut self, target: &Path, done: &Done) -> io::Result<()> {
        if done.first {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut name = target.file_name().unwrap_or_default().to_owned();
            name.push(".part");
            let path = target.with_file_name(name);
            self.open = Some(Part {
                to: BufWriter::new(fs::File::create(&path)?),
                path,
                target: target.to_owned(),
            });
        }
        let Some(part) = &mut self.open else {
            return Ok(());
        };
        part.to.write_all(&done.clean)?;
        if done.last {
            part.to.flush()?;
            fs::rename(&part.path, &part.target)?;
            self.open = None;
        }
        Ok(())
    }

    fn give_up(&mut self) {
        if let Some(part) = self.open.take() {
            // It is ours, and nobody misses half a copy.
            let _ = fs::remove_file(&part.path);
        }
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        self.give_up();
    }
}
