//! Screens what lies on disk: files, folders, standard input, row by row.
//!
//! One thread reads, all cores screen, and the thread that called writes, in the
//! order of the input whatever the order in which rows were done. What is in
//! hand is bounded by [`IN_HAND`] pieces of about [`PIECE_BYTES`], so a file of
//! any size passes through the same memory.
//!
//! The promise is to lose nothing silently: a row that is no JSON, a text over
//! the limit, a file that is not UTF-8 is told as [`Event::Problem`], counted in
//! [`Tally::unjudged`], and never copied into a clean copy.
//!
//! What to do about it, exit codes and progress bars are the command's business.

mod copies;
mod input;
mod judge;
mod render;
mod rows;
mod tally;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, mpsc};

use engine::rule::Severity;
use engine::screen::Snapshot;
use engine::text::Direction;

use crate::wire::Unit;

pub use input::{File, Kind, Listing, list, why};
pub use tally::{RuleTally, Tally};

use copies::Copies;
use judge::{Done, Judge};
use rows::{Piece, Pieces};

/// About how many bytes of a file a core takes at once: long enough that the
/// hand-over costs nothing, short enough that the last pieces of a file are
/// spread over all cores.
const PIECE_BYTES: usize = 128 << 10;

/// Pieces read and not yet written, for each thread. One slow piece holds back
/// the writing of all after it, and the others should not wait for it.
const IN_HAND: usize = 8;

/// In which form findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// One line a finding, for people.
    Text,
    /// One JSON object a row, rows without findings too.
    Jsonl,
    /// One record a finding, under a header.
    Csv,
    /// SARIF 2.1.0, as code scanners exchange it.
    Sarif,
}

/// What to scan, how, and how to tell it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The members of a row, or the columns of a record, that hold the text.
    pub fields: Vec<String>,
    /// Which way the texts travel.
    pub direction: Direction,
    /// Whose policy decides.
    pub tenant: String,
    /// Which policy; `None`: the default.
    pub policy: Option<String>,
    /// Findings below this are neither told nor counted.
    pub severity: Severity,
    /// In which form.
    pub output: Output,
    /// What positions count.
    pub unit: Unit,
    /// Whether found text is shown.
    pub show_matches: bool,
    /// Whether the text form has colours.
    pub colour: bool,
    /// The longest text that is screened, in bytes.
    pub max_text: usize,
    /// The folder of clean copies.
    pub copies: Option<PathBuf>,
    /// How many threads screen.
    pub threads: NonZeroUsize,
}

/// What a scan tells while it goes on.
#[derive(Debug)]
pub enum Event<'e> {
    /// So much more was done.
    Progress {
        /// Rows screened.
        rows: u64,
        /// Bytes read.
        bytes: u64,
    },
    /// Something was not judged, or a copy is not what it seems; where and why.
    Problem(&'e str),
}

/// Why a scan ended early.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The findings cannot be written.
    #[error("cannot write the findings: {0}")]
    Output(#[source] io::Error),
    /// A clean copy cannot be written.
    #[error("cannot write {path}: {error}")]
    Copy {
        /// The copy.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// A clean copy would overwrite what it is a copy of, or another copy.
    #[error("{0}")]
    Collision(String),
    /// A part of this program broke.
    #[error("a thread of the scan broke; this is a mistake in lockgate, please report it")]
    Broken,
}

/// Screens `files` in order, writes what is found to `out`, and sums it up.
pub fn run(
    plan: &Plan,
    snapshot: &Snapshot,
    files: &[File],
    out: &mut dyn Write,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Tally, ScanError> {
    let mut copies = match &plan.copies {
        Some(folder) => Some(Copies::new(folder, files)?),
        None => None,
    };
    let judge = Judge::new(plan, snapshot);
    let in_hand = IN_HAND * plan.threads.get();
    let (tickets, take_ticket) = mpsc::channel::<()>();
    for _ in 0..in_hand {
        let _ = tickets.send(());
    }
    let (give, taken) = mpsc::channel::<(u64, Piece)>();
    let taken = Mutex::new(taken);
    let (done, results) = mpsc::channel::<(u64, Done)>();

    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let pieces = Pieces::new(plan, files);
            for (number, piece) in (0..).zip(pieces) {
                // A ticket cannot be had once the writer has given up.
                let ready = (0..weight(piece.bytes, in_hand)).all(|_| take_ticket.recv().is_ok());
                if !ready || give.send((number, piece)).is_err() {
                    break;
                }
            }
        });
        let workers: Vec<_> = (0..plan.threads.get())
            .map(|_| {
                let (taken, judge, done) = (&taken, &judge, done.clone());
                scope.spawn(move || {
                    loop {
                        // The lock is held while waiting: the others would only
                        // wait beside it.
                        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok((number, piece)) = next else { break };
                        if done.send((number, judge.piece(files, piece))).is_err() {
                            break;
                        }
                    }
                })
            })
            .collect();
        drop(done);
        let mut writer = Writer {
            plan,
            out,
            tell,
            copies: copies.as_mut(),
            tally: Tally::default(),
        };
        let written = writer.all(snapshot, files, results, tickets);
        let tally = writer.tally;
        let whole = workers
            .into_iter()
            .map(|worker| worker.join().is_ok())
            .fold(true, |a, b| a & b);
        let whole = whole & reader.join().is_ok();
        written?;
        if whole {
            Ok(tally)
        } else {
            Err(ScanError::Broken)
        }
    })
}

/// How many tickets a piece needs: a text of 16 MiB takes the room of many
/// small ones.
fn weight(bytes: u64, in_hand: usize) -> usize {
    let whole = usize::try_from(bytes / (4 * PIECE_BYTES as u64)).unwrap_or(usize::MAX);
    whole.clamp(1, in_hand)
}

/// The one place where output is written, in order.
struct Writer<'w> {
    plan: &'w Plan,
    out: &'w mut dyn Write,
    tell: &'w mut dyn FnMut(Event<'_>),
    copies: Option<&'w mut Copies>,
    tally: Tally,
}

impl Writer<'_> {
    fn all(
        &mut self,
        snapshot: &Snapshot,
        files: &[File],
        results: mpsc::Receiver<(u64, Done)>,
        tickets: mpsc::Sender<()>,
    ) -> Result<(), ScanError> {
        let rules = snapshot.ruleset().rules();
        render::head(self.plan.output, rules, self.out).map_err(ScanError::Output)?;
        let mut waiting: BTreeMap<u64, Done> = BTreeMap::new();
        let mut next = 0;
        for (number, done) in results {
            waiting.insert(number, done);
            while let Some(done) = waiting.remove(&next) {
                next += 1;
                let weight = weight(done.bytes, IN_HAND * self.plan.threads.get());
                self.one(files, done)?;
                for _ in 0..weight {
                    // The reader may be at its end already.
                    let _ = tickets.send(());
                }
            }
        }
        render::foot(self.plan.output, &self.tally, self.out).map_err(ScanError::Output)?;
        self.out.flush().map_err(ScanError::Output)?;
        if waiting.is_empty() {
            Ok(())
        } else {
            Err(ScanError::Broken)
        }
    }

    fn one(&mut self, files: &[File], done: Done) -> Result<(), ScanError> {
        let told = done.tally.findings_total() > 0;
        if self.plan.output == Output::Sarif && told && self.tally.findings_total() > 0 {
            self.out.write_all(b",").map_err(ScanError::Output)?;
        }
        self.out.write_all(&done.told).map_err(ScanError::Output)?;
        if let (Some(copies), Some(file)) = (self.copies.as_deref_mut(), files.get(done.file)) {
            copies.write(file, &done)?;
        }
        for problem in &done.problems {
            (self.tell)(Event::Problem(problem));
        }
        (self.tell)(Event::Progress {
            rows: done.tally.rows,
            bytes: done.bytes,
        });
        self.tally.add(done.tally);
        Ok(())
    }
}
