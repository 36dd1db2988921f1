//! The file of decisions: one JSON object a line, appended, never a word of any
//! text.
//!
//! A request appends its line to a buffer in memory and goes on; one thread
//! carries the buffer to the file. The promise is conservation: every decision
//! is a line of the file or is counted in `lockgate_audit_unrecorded_total`,
//! nothing in between. Lines are numbered under the buffer's lock, so the
//! numbers have no gap and stand in order; after a restart they go on.
//!
//! A line is safe from a crash of the process once it is written, not from loss
//! of power. The proof that nobody changed the file is not this module's
//! business.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::policy::Action;

use crate::metrics::{Metrics, action_index};

/// How long the writer lets lines gather: a wake-up costs more than a line.
const LINGER: Duration = Duration::from_millis(2);

/// How long it waits after the disk refused.
const RETRY: Duration = Duration::from_millis(200);

/// How much of the file's end is read for its last number. A line holds at most
/// [`MOST_FINDINGS`] findings, so a whole one always stands in it.
const TAIL: u64 = 4 << 20;

/// Findings that one line names; the rest are counted in it.
pub const MOST_FINDINGS: usize = 1000;

/// The file of decisions.
pub struct Decisions {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    path: PathBuf,
}

struct Shared {
    waiting: Mutex<Waiting>,
    more: Condvar,
    most_bytes: usize,
    /// Whether the disk took the last batch.
    healthy: AtomicBool,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines in `lines`, by action: what is lost if they are.
    counts: [u64; 4],
    /// The number of the next line.
    next: u64,
    /// Lines that are still in the writer's hands, by action, and their bytes.
    in_hand: [u64; 4],
    in_hand_bytes: usize,
    closed: bool,
}

impl Decisions {
    /// Opens the file and starts the writer.
    pub fn open(path: &Path, most_bytes: usize, metrics: Arc<Metrics>) -> io::Result<Decisions> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        let next = resume(&mut file)?;
        let shared = Arc::new(Shared {
            waiting: Mutex::new(Waiting {
                next,
                ..Waiting::default()
            }),
            more: Condvar::new(),
            most_bytes,
            healthy: AtomicBool::new(true),
            metrics,
        });
        let writer = std::thread::Builder::new()
            .name("decisions".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.write(file)
            })?;
        Ok(Decisions {
            shared,
            writer: Mutex::new(Some(writer)),
            path: path.to_owned(),
        })
    }

    /// Appends one line: a number, then `members`, which begins with a comma and
    /// lacks the closing brace.
    pub fn append(&self, action: Action, members: &[u8]) {
        let mut waiting = self.shared.lock();
        // A number has at most 20 digits.
        let length = members.len() + 32;
        let full = waiting.lines.len() + waiting.in_hand_bytes + length > self.shared.most_bytes;
        if full || waiting.closed {
            drop(waiting);
            self.shared.metrics.unrecorded[action_index(action)].one();
            return;
        }
        let first = waiting.lines.is_empty();
        let number = waiting.next;
        waiting.next += 1;
        waiting.counts[action_index(action)] += 1;
        // Writing to a `Vec` cannot fail.
        let _ = write!(waiting.lines, "{{\"seq\":{number}");
        waiting.lines.extend_from_slice(members);
        waiting.lines.extend_from_slice(b"}\n");
        drop(waiting);
        if first {
            self.shared.more.notify_one();
        }
    }

    /// Lines that wait for the disk.
    pub fn waiting(&self) -> usize {
        let waiting = self.shared.lock();
        (waiting.counts.iter().sum::<u64>() + waiting.in_hand.iter().sum::<u64>()) as usize
    }

    /// Whether the disk took the last batch.
    pub fn healthy(&self) -> bool {
        self.shared.healthy.load(Ordering::Relaxed)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what waits and stops. What the disk does not take now is counted.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.more.notify_one();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}

impl Drop for Decisions {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut file: File) {
        let mut batch = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.lines.is_empty() && !waiting.closed {
                waiting = self
                    .more
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if waiting.lines.is_empty() {
                drop(waiting);
                if let Err(error) = file.sync_data() {
                    tracing::error!(%error, "decisions could not be synced at the end");
                }
                return;
            }
            if !waiting.closed {
                drop(waiting);
                std::thread::sleep(LINGER);
                waiting = self.lock();
            }
            batch.clear();
            std::mem::swap(&mut batch, &mut waiting.lines);
            waiting.in_hand = std::mem::take(&mut waiting.counts);
            waiting.in_hand_bytes = batch.len();
            drop(waiting);

            let kept = self.carry(&mut file, &batch);
            let mut waiting = self.lock();
            let counts = std::mem::take(&mut waiting.in_hand);
            waiting.in_hand_bytes = 0;
            drop(waiting);
            for (count, lost) in counts.into_iter().zip(&self.metrics.unrecorded) {
                match kept {
                    true => self.metrics.recorded.more(count),
                    false => lost.more(count),
                }
            }
        }
    }

    /// Brings a batch to the file, however often the disk refuses, until the
    /// service ends. Whether it came there.
    fn carry(&self, file: &mut File, batch: &[u8]) -> bool {
        loop {
            match append_whole(file, batch) {
                Ok(()) => {
                    if !self.healthy.swap(true, Ordering::Relaxed) {
                        tracing::info!("decisions are being written again");
                    }
                    return true;
                }
                Err(error) => {
                    if self.healthy.swap(false, Ordering::Relaxed) {
                        tracing::error!(%error, "decisions cannot be written; they wait, and what does not fit is counted");
                    }
                    if self.lock().closed {
                        return false;
                    }
                    std::thread::sleep(RETRY);
                }
            }
        }
    }
}

/// Appends all of `batch` or nothing of it: half a line would spoil the next.
fn append_whole(file: &mut File, batch: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(batch).inspect_err(|_| {
        // If this fails too, the half line is cut off at the next start.
        let _ = file.set_len(before);
    })
}

/// Cuts off a half line at the end and returns the number of the next line.
fn resume(file: &mut File) -> io::Result<u64> {
    // A pipe or a device has no end to go on from.
    if !file.metadata()?.is_file() {
        return Ok(0);
    }
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let whole = tail
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    if whole < tail.len() {
        tracing::warn!(
            bytes = tail.len() - whole,
            "the file of decisions ended in half a line, which is cut off"
        );
        file.set_len(start + whole as u64)?;
    }
    let last = tail
        .get(..whole)
        .unwrap_or_default()
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    if last.is_empty() {
        return Ok(0);
    }
    #[derive(serde::Deserialize)]
    struct Numbered {
        seq: u64,
    }
    match serde_json::from_slice::<Numbered>(last) {
        Ok(line) => Ok(line.seq + 1),
        Err(_) => Err(io::Error::other(
            "the last line is no decision; move the file away, so that its numbers cannot repeat",
        )),
    }
}

/// A point in time as RFC 3339 has it, in UTC, to the millisecond.
pub fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Years that begin in March end with the leap day (H. Hinnant, "chrono-
    // compatible low-level date algorithms"). Day 0 is 0000-03-01.
    let day = days + 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("lockgate-{name}-{}.jsonl", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    fn numbers(path: &Path) -> Vec<u64> {
        std::fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"]
                    .as_u64()
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn nothing_is_lost_uncounted() {
        let path = file("conservation");
        let metrics = Arc::new(Metrics::new());
        // Room for some 40 lines, so that some must be dropped.
        let decisions = Decisions::open(&path, 2048, Arc::clone(&metrics)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        decisions.append(Action::Flag, b",\"action\":\"flag\"");
                    }
                });
            }
        });
        decisions.close();
        decisions.append(Action::Block, b",\"late\":true");
        let numbers = numbers(&path);
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        assert_eq!(metrics.recorded.get(), numbers.len() as u64);
        assert_eq!(metrics.recorded.get() + metrics.unrecorded_total(), 2001);
        assert!(
            metrics.unrecorded_total() > 1,
            "the queue was meant to overflow"
        );
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_full_disk_is_counted() {
        // A device that refuses every write with ENOSPC.
        let metrics = Arc::new(Metrics::new());
        let decisions =
            Decisions::open(Path::new("/dev/full"), 4096, Arc::clone(&metrics)).unwrap();
        decisions.append(Action::Block, b",\"a\":1");
        decisions.close();
        assert!(!decisions.healthy());
        assert_eq!(metrics.recorded.get(), 0);
        assert_eq!(metrics.unrecorded[3].get(), 1);
    }

    #[test]
    fn numbers_go_on_after_a_crash() {
        let path = file("resume");
        std::fs::write(&path, "{\"seq\":41,\"a\":1}\n{\"seq\":42,\"a").unwrap();
        let metrics = Arc::new(Metrics::new());
        let decisions = Decisions::open(&path, 4096, metrics).unwrap();
        decisions.append(Action::Allow, b"");
        decisions.close();
        assert_eq!(numbers(&path), [41, 42]);

        std::fs::write(&path, "not ours\n").unwrap();
        assert!(Decisions::open(&path, 4096, Arc::new(Metrics::new())).is_err());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn time_is_written_as_people_read_it() {
        let at = |seconds, millis| {
            timestamp(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis))
        };
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_399, 999), "2000-02-28T23:59:59.999Z");
        assert_eq!(at(951_782_400, 0), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_709_251_200, 7), "2024-03-01T00:00:00.007Z");
        assert_eq!(at(4_107_542_399, 0), "2100-02-28T23:59:59.000Z");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000Z");
    }
}
