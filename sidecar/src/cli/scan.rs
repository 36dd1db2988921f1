//! `lockgate scan`: files, folders and standard input.

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use engine::screen::Snapshot;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rules::report::visible;
use sidecar::paint::Paint;
use sidecar::scan::{self, Event, Kind, Output, Plan, ScanError, Tally};
use sidecar::wire::Unit;
use sidecar::words;

use super::packs::{self, Screening};
use super::terminal::{self, Colour, Failure};

/// Screens files, folders and standard input.
///
/// `.jsonl`, `.ndjson`, `.csv` and `.tsv` are screened row by row, every other
/// file as one text; files that hold no text are passed over. Folders are gone
/// through with hidden files, without links and without the insides of `.git`,
/// `.hg` and `.svn`.
///
/// Found text is never shown unless --show-matches asks for it.
#[derive(Args)]
#[command(after_help = "\
Ends with 0 if nothing was found, with 1 if something at or above --fail-on was,
with 2 if something could not be read or judged.

Examples:
  lockgate scan .
  lockgate scan chats.jsonl --field messages.content --format jsonl > verdicts.jsonl
  lockgate scan export.csv --field question --field answer --redact clean/
  git diff | lockgate scan --fail-on high
  lockgate scan src/ --format sarif > lockgate.sarif")]
pub(super) struct Scan {
    /// Files and folders; `-` is standard input, and so is nothing if it is piped
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The member of a row, or the column, that holds the text; dots lead into members of
    /// members. May be given several times [default: text]
    #[arg(long = "field", value_name = "NAME")]
    fields: Vec<String>,
    /// What the files hold; by their names if left out, standard input as text, or as jsonl
    /// with --field
    #[arg(long, value_enum, default_value = "auto", value_name = "KIND")]
    input: Input,
    /// In which form findings are told
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write clean copies of all files into this folder, with everything replaced that the
    /// policy wants redacted or blocked
    #[arg(long, value_name = "DIR")]
    redact: Option<PathBuf>,
    /// Keep the keys of hashes in this folder, so that they are the same from scan to scan
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// End with 1 if a finding is at least so bad
    #[arg(long, value_enum, default_value = "low", value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Pass over findings that are less bad
    #[arg(long, value_enum, default_value = "low")]
    severity: Severity,
    /// Show the found text
    #[arg(long)]
    show_matches: bool,
    /// Show a table by rule at the end, on standard error; always so on a terminal
    #[arg(long)]
    summary: bool,
    /// What start and end count
    #[arg(long, value_enum, default_value = "codepoint")]
    unit: Count,
    /// The longest text that is screened, in bytes; K, M and G may follow
    #[arg(long, value_name = "SIZE", default_value = "16M", value_parser = size)]
    max_text: usize,
    /// Do not end with 2 because something was too large, not UTF-8, or without the field
    #[arg(long, visible_alias = "skip-unjudged")]
    skip_large: bool,
    /// How many threads screen [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    screening: Screening,
    /// When to use colours
    #[arg(
        long = "color",
        visible_alias = "colour",
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    colour: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Input {
    Auto,
    Text,
    Jsonl,
    Csv,
    Tsv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a finding, for people
    Text,
    /// One JSON object a row, in the order of the input
    Jsonl,
    /// One record a finding
    Csv,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Low,
    Medium,
    High,
    Critical,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Count {
    Byte,
    Codepoint,
    Utf16,
}

/// A size in bytes, as people write it.
fn size(said: &str) -> Result<usize, String> {
    let (digits, shift) = match said.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 10),
        None => match said.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 20),
            None => match said.strip_suffix(['G', 'g']) {
                Some(digits) => (digits, 30),
                None => (said, 0),
            },
        },
    };
    let number: usize = digits
        .parse()
        .map_err(|_| "write a size such as 16M or 65536".to_owned())?;
    match number.checked_mul(1 << shift) {
        Some(size) if (1..=u32::MAX as usize).contains(&size) => Ok(size),
        _ => Err("a size is at least 1 byte and below 4G".to_owned()),
    }
}

/// How many problems are told one by one: a wrong --field makes one of each row.
const MOST_PROBLEMS: usize = 10;

impl Scan {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let paths = self.paths()?;
        let listing = scan::list(&paths, self.kind(&paths));
        let master = packs::master(self.state.as_ref())?;
        let (snapshot, _) = self.screening.snapshot(&master, self.max_text)?;
        let plan = self.plan();
        if let (Some(folder), Some(policy)) = (&self.redact, snapshot.policies().get(None))
            && !policy.enforce
        {
            return Err(Failure::said(format!(
                "the policy `{}` has `enforce: false` and replaces nothing, so {} would hold the originals; \
                 name another with --policy",
                policy.name,
                folder.display()
            )));
        }
        let mut screen = Screen::new(
            listing.files.iter().map(|file| file.bytes).sum(),
            self.colour,
        );
        for problem in &listing.problems {
            screen.problem(problem);
        }
        let began = Instant::now();
        let tally = {
            let mut out = Behind {
                bar: screen.bar.clone(),
                out: terminal::output(),
                shared: io::stdout().is_terminal(),
            };
            let scanned = scan::run(&plan, &snapshot, &listing.files, &mut out, &mut |event| {
                screen.event(event)
            });
            match scanned {
                Ok(tally) => tally,
                Err(ScanError::Output(error)) => {
                    screen.bar.finish_and_clear();
                    return Err(error.into());
                }
                Err(error) => {
                    screen.bar.finish_and_clear();
                    return Err(Failure::said(told(error)));
                }
            }
        };
        screen.bar.finish_and_clear();
        screen.left_out();
        if self.summary || io::stderr().is_terminal() {
            let said = summary(&tally, &snapshot, began.elapsed(), self.colour.errors());
            let _ = io::stderr().write_all(said.as_bytes());
        }
        let unread = !listing.problems.is_empty();
        let unjudged = tally.unjudged > 0 && !self.skip_large;
        let failed = tally.worst.is_some_and(|worst| self.fails(worst));
        Ok(ExitCode::from(match (unread || unjudged, failed) {
            (true, _) => super::WRONG,
            (false, true) => 1,
            (false, false) => 0,
        }))
    }

    fn paths(&self) -> Result<Vec<PathBuf>, Failure> {
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        if io::stdin().is_terminal() {
            return Err(Failure::said(
                "nothing to scan; name files or folders, such as `lockgate scan .`, or pipe a text in",
            ));
        }
        Ok(vec![PathBuf::from("-")])
    }

    fn kind(&self, paths: &[PathBuf]) -> Option<Kind> {
        let only_piped = paths.iter().all(|path| path.as_os_str() == "-");
        match self.input {
            Input::Auto if only_piped && !self.fields.is_empty() => Some(Kind::Jsonl),
            Input::Auto => None,
            Input::Text => Some(Kind::Text),
            Input::Jsonl => Some(Kind::Jsonl),
            Input::Csv => Some(Kind::Csv(b',')),
            Input::Tsv => Some(Kind::Csv(b'\t')),
        }
    }

    fn plan(&self) -> Plan {
        let mut fields = self.fields.clone();
        if fields.is_empty() {
            fields.push("text".to_owned());
        }
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Plan {
            fields,
            direction: self.screening.direction.into(),
            tenant: self.screening.tenant.clone(),
            // The snapshot's default is the policy that was asked for.
            policy: None,
            severity: match self.severity {
                Severity::Low => engine::rule::Severity::Low,
                Severity::Medium => engine::rule::Severity::Medium,
                Severity::High => engine::rule::Severity::High,
                Severity::Critical => engine::rule::Severity::Critical,
            },
            output: match self.format {
                Format::Text => Output::Text,
                Format::Jsonl => Output::Jsonl,
                Format::Csv => Output::Csv,
                Format::Sarif => Output::Sarif,
            },
            unit: match self.unit {
                Count::Byte => Unit::Byte,
                Count::Codepoint => Unit::Codepoint,
                Count::Utf16 => Unit::Utf16,
            },
            show_matches: self.show_matches,
            colour: self.colour.output().0,
            max_text: self.max_text,
            copies: self.redact.clone(),
            threads: self.threads.unwrap_or(cores),
        }
    }

    fn fails(&self, worst: engine::rule::Severity) -> bool {
        use engine::rule::Severity as S;
        match self.fail_on {
            FailOn::Low => worst >= S::Low,
            FailOn::Medium => worst >= S::Medium,
            FailOn::High => worst >= S::High,
            FailOn::Critical => worst >= S::Critical,
            FailOn::Never => false,
        }
    }
}

fn told(error: ScanError) -> String {
    match error {
        ScanError::Copy { path, error } => {
            format!("cannot write {}: {}", path.display(), scan::why(&error))
        }
        other => other.to_string(),
    }
}

/// What the person at the terminal sees meanwhile.
struct Screen {
    bar: ProgressBar,
    paint: Paint,
    rows: u64,
    problems: usize,
}

impl Screen {
    fn new(bytes: u64, colour: Colour) -> Screen {
        // Hidden by the library where standard error is no terminal. A scan that
        // is done at once needs no bar.
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let bar = if bytes > 1 << 20 {
            ProgressBar::with_draw_target(Some(bytes), target)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:32} {percent:>3} %  {bytes}/{total_bytes}  {msg}  {eta} left",
        ) {
            bar.set_style(style);
        }
        Screen {
            bar,
            paint: colour.errors(),
            rows: 0,
            problems: 0,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Progress { rows, bytes } => {
                self.rows += rows;
                self.bar.inc(bytes);
                let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
                self.bar.set_message(format!(
                    "{} rows/s",
                    thousands((self.rows as f64 / seconds) as u64)
                ));
            }
            Event::Problem(problem) => self.problem(problem),
        }
    }

    fn problem(&mut self, problem: &str) {
        self.problems += 1;
        if self.problems <= MOST_PROBLEMS {
            self.say(&format!("lockgate: not judged: {}", visible(problem)));
        }
    }

    fn left_out(&self) {
        let more = self.problems.saturating_sub(MOST_PROBLEMS);
        if more > 0 {
            self.say(&format!(
                "lockgate: not judged: {} more",
                thousands(more as u64)
            ));
        }
    }

    fn say(&self, line: &str) {
        let line = self.paint.bold(line);
        // Nobody is left to tell if standard error is closed.
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "{line}");
        });
    }
}

/// Standard output, with the bar out of the way while it is written to.
struct Behind {
    bar: ProgressBar,
    out: io::BufWriter<io::Stdout>,
    /// Whether both are the same terminal.
    shared: bool,
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.shared {
            return self.out.write(bytes);
        }
        let Behind { bar, out, .. } = self;
        bar.suspend(|| {
            out.write_all(bytes)?;
            out.flush()?;
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What it came to: by rule, the worst first.
fn summary(tally: &Tally, snapshot: &Snapshot, took: Duration, paint: Paint) -> String {
    use std::fmt::Write as _;

    let mut out = String::new();
    let mut rules: Vec<_> = tally.rules.iter().collect();
    rules.sort_by(|(a, x), (b, y)| {
        (y.severity, y.findings)
            .cmp(&(x.severity, x.findings))
            .then_with(|| a.cmp(b))
    });
    if !rules.is_empty() {
        let width = rules
            .iter()
            .map(|(rule, _)| rule.as_str().len())
            .max()
            .unwrap_or(0)
            .max(4);
        let head = format!(
            "{:>10} {:>9}  {:8}  {:width$}  title",
            "findings", "rows", "severity", "rule"
        );
        let _ = writeln!(out, "\n{}", paint.bold(&head));
        for (id, count) in rules {
            let title = snapshot
                .ruleset()
                .rule(id.as_str())
                .map_or("", |rule| rule.title.as_str());
            let severity = format!("{:8}", words::severity(count.severity));
            let _ = writeln!(
                out,
                "{:>10} {:>9}  {}  {:width$}  {title}",
                thousands(count.findings),
                thousands(count.rows),
                paint.severity(count.severity, &severity),
                id.as_str(),
            );
        }
    }
    let seconds = took.as_secs_f64().max(0.001);
    let _ = writeln!(
        out,
        "\n{} findings in {} of {} rows; {} files, {:.1} MB of text, {:.2} s, {} rows/s",
        thousands(tally.findings_total()),
        thousands(tally.rows_found),
        thousands(tally.rows),
        thousands(tally.files),
        tally.text_bytes as f64 / 1e6,
        seconds,
        thousands((tally.rows as f64 / seconds) as u64),
    );
    let actions = ["allow", "flag", "redact", "block"]
        .iter()
        .zip(tally.actions);
    let actions: Vec<String> = actions
        .map(|(name, count)| format!("{name} {}", thousands(count)))
        .collect();
    let _ = writeln!(out, "{}", actions.join(", "));
    if tally.edits > 0 {
        let _ = writeln!(
            out,
            "{} places replaced in the clean copies",
            thousands(tally.edits)
        );
    }
    if tally.binary > 0 {
        let files = if tally.binary == 1 {
            "file holds"
        } else {
            "files hold"
        };
        let _ = writeln!(out, "{} {files} no text", thousands(tally.binary));
    }
    if tally.unjudged > 0 {
        let _ = writeln!(
            out,
            "{} not judged, or not wholly",
            thousands(tally.unjudged)
        );
    }
    out
}

/// 289000 as `289,000`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (said, bytes) in [
            ("1", 1),
            ("65536", 65536),
            ("16M", 16 << 20),
            ("3k", 3 << 10),
            ("1G", 1 << 30),
        ] {
            assert_eq!(size(said), Ok(bytes));
        }
        for said in [
            "",
            "0",
            "M",
            "-1",
            "1.5M",
            "4G",
            "99999999999999999999",
            "1KB",
        ] {
            assert!(size(said).is_err(), "{said}");
        }
    }

    #[test]
    fn thousands_are_parted() {
        let all = [0, 12, 999, 1000, 123456, 1234567].map(thousands);
        assert_eq!(all, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
    }
}
