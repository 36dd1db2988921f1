//! Changed packs and policies: noticed, compiled aside, swapped whole.
//!
//! A thread of its own looks at the rules folder: first at names, sizes and
//! times, and only if those moved at the contents. A change counts when two
//! looks in a row see the same, so that a folder that is still being copied is
//! left alone. Packs with faults never replace good ones: the old snapshot goes
//! on, and `/readyz`, a metric and the log say why, once a change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use engine::ruleset::Backend;
use sha2::{Digest, Sha256};

use crate::metrics::{Occasion, Reloaded};
use crate::packs::Source;
use crate::service::{Rejected, Service};

/// Folders below the rules folder deeper than this are not looked at; packs lie
/// two deep. It also ends a circle of links.
const DEEPEST: usize = 6;

/// What the watcher is told.
pub enum Tell {
    /// Look now.
    Look,
    /// Stop.
    Stop,
}

/// Looks after the packs of a service.
pub struct Watcher {
    /// Whose.
    pub service: Arc<Service>,
    /// Where the packs are.
    pub source: Source,
    /// Which prefilter.
    pub backend: Backend,
    /// For the snapshots' hashes.
    pub hash_key: [u8; 32],
    /// What was loaded at the start.
    pub loaded: Option<Contents>,
}

/// A digest of all files' names and contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents([u8; 32]);

/// Names, sizes and times of all files.
type Listing = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Watcher {
    /// Watches until told to stop, or until nobody can tell it anything.
    pub fn watch(mut self, told: &Receiver<Tell>) {
        let every = self.service.config.reload.every_ms;
        let polls = every > 0 && self.source.folder().is_some();
        let mut seen = self.listing();
        let mut moved = false;
        loop {
            let heard = if polls {
                told.recv_timeout(Duration::from_millis(every))
            } else {
                told.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match heard {
                Ok(Tell::Look) => {
                    seen = self.listing();
                    moved = false;
                    self.look(Occasion::Signal);
                }
                Ok(Tell::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let now = self.listing();
                    if now != seen {
                        seen = now;
                        moved = true;
                    } else if moved {
                        moved = false;
                        self.look(Occasion::Change);
                    }
                }
            }
        }
    }

    /// Loads what is there, if it is not what was loaded last.
    fn look(&mut self, occasion: Occasion) {
        // Somebody may be writing while we read; a copy ends soon.
        let tries = 5;
        if !(0..tries).any(|_| self.settled(occasion)) {
            tracing::warn!("packs changed each time they were read; the next look decides");
        }
    }

    /// Loads what is there; `false` if it changed meanwhile, so that half of
    /// the old and half of the new may have been read.
    fn settled(&mut self, occasion: Occasion) -> bool {
        let metrics = &self.service.metrics;
        let before = Contents::of(&self.source).ok();
        if before.is_some() && before == self.loaded {
            metrics.reload(Reloaded::Unchanged, occasion);
            tracing::info!("packs are unchanged");
            return true;
        }
        let next = self
            .source
            .snapshot(&self.service.config, self.backend, self.hash_key, metrics)
            // No request waits for what can be made ready here.
            .and_then(|next| next.prepare().map(|()| next));
        let after = Contents::of(&self.source).ok();
        if after != before {
            return false;
        }
        self.loaded = after;
        match next {
            Ok(next) => {
                tracing::info!(snapshot = %next.fingerprint, rules = next.rules.len(), "packs are swapped in");
                metrics.reload(Reloaded::Swapped, occasion);
                self.service.swap(next);
            }
            Err(reports) => {
                metrics.reload(Reloaded::Rejected, occasion);
                let reports: Vec<String> = reports.iter().map(|report| report.render()).collect();
                tracing::error!(
                    mistakes = reports.len(),
                    first = reports.first().map_or("", String::as_str),
                    snapshot = %self.service.active().fingerprint,
                    "packs have faults and are refused; the old snapshot goes on"
                );
                self.service.set_rejected(Some(Rejected {
                    at: SystemTime::now(),
                    reports,
                }));
            }
        }
        true
    }

    fn listing(&self) -> Listing {
        let mut listing = Listing::new();
        if let Some(folder) = self.source.folder() {
            // What cannot be read is missing from the list: a change, and the
            // loader reports it properly.
            let _ = list(folder, DEEPEST, &mut listing);
        }
        listing.sort();
        listing
    }
}

impl Contents {
    /// Of a source; of embedded packs always the same.
    pub fn of(source: &Source) -> io::Result<Contents> {
        let mut digest = Sha256::new();
        if let Some(folder) = source.folder() {
            let mut listing = Listing::new();
            list(folder, DEEPEST, &mut listing)?;
            listing.sort();
            for (path, ..) in listing {
                let name = path.as_os_str().as_encoded_bytes();
                let content = fs::read(&path)?;
                for part in [name, &content] {
                    digest.update((part.len() as u64).to_le_bytes());
                    digest.update(part);
                }
            }
        }
        Ok(Contents(digest.finalize().into()))
    }
}

fn list(folder: &Path, deep: usize, listing: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Follows links: mounted configuration is often a link that is switched.
        let about = fs::metadata(&path)?;
        if about.is_file() {
            listing.push((path, about.len(), about.modified().ok()));
        } else if about.is_dir() && deep > 0 {
            list(&path, deep - 1, listing)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_see_names_and_bytes() {
        let folder = std::env::temp_dir().join(format!("lockgate-reload-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("packs/a")).unwrap();
        let source = Source::Folder(folder.clone());
        let file = folder.join("packs/a/a.yaml");
        fs::write(&file, "one").unwrap();
        let one = Contents::of(&source).unwrap();
        assert_eq!(one, Contents::of(&source).unwrap());
        fs::write(&file, "two").unwrap();
        let two = Contents::of(&source).unwrap();
        assert_ne!(one, two);
        fs::rename(&file, folder.join("packs/a/b.yaml")).unwrap();
        assert_ne!(two, Contents::of(&source).unwrap());
        std::os::unix::fs::symlink(&folder, folder.join("packs/circle")).unwrap();
        assert!(Contents::of(&source).is_ok());
        fs::remove_dir_all(&folder).unwrap();
        assert!(Contents::of(&source).is_err());
    }
}
