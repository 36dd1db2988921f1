//! Every metric, named once.
//!
//! Counting is one relaxed atomic add: labels are closed sets, so each series
//! is a place in an array. Only rules are open-ended; their counters are found
//! when a snapshot is built, not when a text is screened, and beyond
//! [`MOST_RULES`] they share one series. No label ever carries a tenant, a
//! caller, an id or a word of any text.
//!
//! The text format is Prometheus' 0.0.4, which every scraper reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::policy::Action;
use engine::text::Direction;

use crate::api::problem;

/// Rules with series of their own: with four actions each, and the rest of this
/// file, below 2,000 series for 480 rules that fire in one way each.
const MOST_RULES: usize = 480;

/// Bounds of duration buckets, in microseconds: 50 us, doubled up to 1.6 s.
const BOUNDS_US: [u64; 16] = {
    let mut bounds = [50; 16];
    let mut index = 1;
    while index < 16 {
        bounds[index] = bounds[index - 1] * 2;
        index += 1;
    }
    bounds
};

/// An endpoint of the data port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/screen`
    Screen,
    /// `POST /v1/moderations`
    Moderations,
    /// `GET /v1/rules`
    Rules,
    /// Any other path.
    Other,
}

const ROUTES: [(Route, &str); 4] = [
    (Route::Screen, "screen"),
    (Route::Moderations, "moderations"),
    (Route::Rules, "rules"),
    (Route::Other, "other"),
];

/// A part of the way of a request.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// From bytes to texts.
    Parse,
    /// From texts to a verdict.
    Screen,
    /// From a verdict to an answer and a record.
    Reply,
}

const STAGES: [&str; 3] = ["parse", "screen", "reply"];

/// Why a request was sent away unread.
#[derive(Clone, Copy, Debug)]
pub enum Shed {
    /// Too many requests in hand.
    Concurrency,
    /// Too many bytes in hand.
    Memory,
    /// Work waits too long for a processor.
    Queue,
    /// Too many connections.
    Connections,
}

const SHEDS: [&str; 4] = ["concurrency", "memory", "queue", "connections"];

/// A part of the screening that can fail by itself, as `when_degraded` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// Rules, or the code that runs them.
    Rules,
    /// The service was too busy.
    Overload,
    /// A text was too long.
    TooLong,
    /// A model.
    Model,
    /// Something that is not ours to read.
    Unjudged,
}

/// The components' names, in `failmode_total` and in replies.
pub const COMPONENTS: [&str; 5] = ["rules", "overload", "too_long", "model", "unjudged"];

/// What a budget was that ran out.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    /// `limits.screen_ms`
    Time,
    /// The work a rule may do in one text.
    Rule,
}

const BUDGETS: [&str; 2] = ["time", "rule"];

/// What came of a look at changed packs.
#[derive(Clone, Copy, Debug)]
pub enum Reloaded {
    /// A new snapshot answers.
    Swapped,
    /// They are what they were.
    Unchanged,
    /// They have faults; the old snapshot goes on.
    Rejected,
}

const RELOADED: [&str; 3] = ["swapped", "unchanged", "rejected"];

/// Why packs were looked at.
#[derive(Clone, Copy, Debug)]
pub enum Occasion {
    /// Files changed.
    Change,
    /// SIGHUP.
    Signal,
}

const OCCASIONS: [&str; 2] = ["change", "signal"];

/// The actions' names, in order of [`Action`].
pub const ACTIONS: [&str; 4] = ["allow", "flag", "redact", "block"];

const DIRECTIONS: [&str; 2] = ["prompt", "output"];

/// A position in the arrays above.
pub(crate) fn action_index(action: Action) -> usize {
    match action {
        Action::Allow => 0,
        Action::Flag => 1,
        Action::Redact => 2,
        Action::Block => 3,
    }
}

fn direction_index(direction: Direction) -> usize {
    match direction {
        Direction::Prompt => 0,
        Direction::Output => 1,
    }
}

/// A counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn one(&self) {
        self.more(1);
    }

    /// So many more.
    pub fn more(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A histogram of durations.
#[derive(Debug, Default)]
pub struct Durations {
    /// Not cumulative; the last one is beyond all bounds.
    buckets: [Counter; BOUNDS_US.len() + 1],
    sum_ns: Counter,
}

impl Durations {
    /// Adds one.
    pub fn observe(&self, duration: Duration) {
        let us = duration.as_micros() as u64;
        // 50 us times a power of two: the bucket is a logarithm, no search.
        let bucket = match us.saturating_sub(1) / BOUNDS_US[0] {
            0 => 0,
            ratio => (ratio.ilog2() as usize + 1).min(BOUNDS_US.len()),
        };
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.one();
        }
        self.sum_ns.more(duration.as_nanos() as u64);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(Counter::get).sum()
    }
}

/// How often a rule led to each action.
pub type RuleMatches = Arc<[Counter; 4]>;

/// All metrics of a process.
#[derive(Default)]
pub struct Metrics {
    /// By route, direction, action.
    verdicts: [[[Counter; 4]; 2]; 4],
    /// Other answers with status 200, by route.
    answers: [Counter; 4],
    /// By route, and type of problem.
    problems: [Vec<Counter>; 4],
    /// By route.
    durations: [Durations; 4],
    /// By stage.
    stages: [Durations; 3],
    sheds: [Counter; 4],
    /// By component; open, closed.
    failmodes: [[Counter; 2]; 5],
    budgets: [Counter; 2],
    /// By result, occasion.
    reloads: [[Counter; 2]; 3],
    rules: Mutex<BTreeMap<Arc<str>, RuleMatches>>,
    other_rules: RuleMatches,
    /// Bytes of texts that were screened.
    pub scanned_bytes: Counter,
    /// Decisions written to the file.
    pub recorded: Counter,
    /// Decisions that were not, by action.
    pub unrecorded: [Counter; 4],
    /// Tokens that became labels because their store failed.
    pub vault_failures: Counter,
    /// Defects caught.
    pub panics: Counter,
}

/// Numbers that are what they are when somebody asks.
pub struct Gauges<'a> {
    /// Requests in hand.
    pub inflight: usize,
    /// Bytes of bodies in hand.
    pub held_bytes: usize,
    /// Connections open.
    pub connections: usize,
    /// How long work waits for a processor.
    pub lag: Duration,
    /// Decisions that wait for the disk.
    pub waiting_decisions: usize,
    /// The snapshot's fingerprint.
    pub snapshot: &'a str,
    /// Name and version of each pack.
    pub packs: &'a [(String, String)],
    /// How long the snapshot has been answering.
    pub pack_age: Duration,
    /// The prefilter.
    pub backend: &'a str,
    /// Whether a faulty pack waits to be mended.
    pub pack_rejected: bool,
    /// Whether the service takes new work.
    pub ready: bool,
}

impl Metrics {
    /// All zero.
    pub fn new() -> Metrics {
        let counters = || problem::TYPES.iter().map(|_| Counter::default()).collect();
        Metrics {
            problems: std::array::from_fn(|_| counters()),
            ..Metrics::default()
        }
    }

    /// A verdict was given.
    pub fn verdict(&self, route: Route, direction: Direction, action: Action) {
        self.verdicts[route as usize][direction_index(direction)][action_index(action)].one();
    }

    /// An answer without a verdict was given.
    pub fn answer(&self, route: Route) {
        self.answers[route as usize].one();
    }

    /// A problem was given.
    pub fn problem(&self, route: Route, slug: &str) {
        let place = problem::TYPES.iter().position(|(known, _)| *known == slug);
        if let Some(counter) = place.and_then(|place| self.problems[route as usize].get(place)) {
            counter.one();
        }
    }

    /// A request took so long.
    pub fn duration(&self, route: Route, duration: Duration) {
        self.durations[route as usize].observe(duration);
    }

    /// A part of a request took so long.
    pub fn stage(&self, stage: Stage, duration: Duration) {
        self.stages[stage as usize].observe(duration);
    }

    /// A request was sent away.
    pub fn shed(&self, why: Shed) {
        self.sheds[why as usize].one();
    }

    /// A part of a screening did not happen, and the policy let it pass or not.
    pub fn failmode(&self, component: Component, closed: bool) {
        self.failmodes[component as usize][usize::from(closed)].one();
    }

    /// A budget ran out.
    pub fn budget(&self, budget: Budget) {
        self.budgets[budget as usize].one();
    }

    /// Packs were looked at.
    pub fn reload(&self, result: Reloaded, occasion: Occasion) {
        self.reloads[result as usize][occasion as usize].one();
    }

    /// The counters of a rule, the same ones in every snapshot.
    pub fn rule(&self, id: &str) -> RuleMatches {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counters) = rules.get(id) {
            return Arc::clone(counters);
        }
        if rules.len() >= MOST_RULES {
            return Arc::clone(&self.other_rules);
        }
        let counters = RuleMatches::default();
        rules.insert(id.into(), Arc::clone(&counters));
        counters
    }

    /// All verdicts given so far.
    pub fn verdicts_total(&self) -> u64 {
        let all = self.verdicts.iter().flatten().flatten();
        all.map(Counter::get).sum()
    }

    /// All decisions that are not in the file.
    pub fn unrecorded_total(&self) -> u64 {
        self.unrecorded.iter().map(Counter::get).sum()
    }

    /// The page that Prometheus reads.
    pub fn page(&self, gauges: &Gauges<'_>) -> String {
        let mut page = Page(String::with_capacity(16 << 10));

        page.family("requests_total", "counter", "Requests answered.");
        for (route, name) in ROUTES {
            for (direction, directed) in DIRECTIONS.iter().zip(&self.verdicts[route as usize]) {
                for (action, counter) in ACTIONS.iter().zip(directed) {
                    page.nonzero("requests_total", counter, format_args!(
                        "route=\"{name}\",direction=\"{direction}\",verdict=\"{action}\",code=\"200\""
                    ));
                }
            }
            page.nonzero(
                "requests_total",
                &self.answers[route as usize],
                format_args!("route=\"{name}\",direction=\"\",verdict=\"\",code=\"200\""),
            );
            let mut codes = BTreeMap::<u16, u64>::new();
            for ((_, code), counter) in problem::TYPES.iter().zip(&self.problems[route as usize]) {
                *codes.entry(*code).or_default() += counter.get();
            }
            for (code, count) in codes.into_iter().filter(|(_, count)| *count > 0) {
                page.line(
                    "requests_total",
                    format_args!("route=\"{name}\",direction=\"\",verdict=\"\",code=\"{code}\""),
                    count,
                );
            }
        }
        page.family(
            "problems_total",
            "counter",
            "Requests answered with a problem, by its type.",
        );
        for (route, name) in ROUTES {
            for ((slug, _), counter) in problem::TYPES.iter().zip(&self.problems[route as usize]) {
                page.nonzero(
                    "problems_total",
                    counter,
                    format_args!("route=\"{name}\",type=\"{slug}\""),
                );
            }
        }

        page.family(
            "request_duration_seconds",
            "histogram",
            "From the last header of a request to its answer.",
        );
        for (route, name) in ROUTES {
            page.durations(
                "request_duration_seconds",
                "route",
                name,
                &self.durations[route as usize],
            );
        }
        page.family(
            "stage_duration_seconds",
            "histogram",
            "Parts of the way of a request.",
        );
        for (name, durations) in STAGES.iter().zip(&self.stages) {
            page.durations("stage_duration_seconds", "stage", name, durations);
        }

        page.family(
            "rule_matches_total",
            "counter",
            "Findings, by rule and by what was done about them.",
        );
        {
            let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            let other = [(&Arc::from("other"), &self.other_rules)];
            for (id, counters) in rules.iter().chain(other) {
                for (action, counter) in ACTIONS.iter().zip(counters.iter()) {
                    page.nonzero(
                        "rule_matches_total",
                        counter,
                        format_args!("rule_id=\"{id}\",action=\"{action}\""),
                    );
                }
            }
        }

        page.single(
            "scanned_bytes_total",
            "counter",
            "Bytes of texts that were screened.",
            self.scanned_bytes.get(),
        );
        page.family(
            "budget_exhausted_total",
            "counter",
            "Screenings in which a budget ran out.",
        );
        for (kind, counter) in BUDGETS.iter().zip(&self.budgets) {
            page.line(
                "budget_exhausted_total",
                format_args!("kind=\"{kind}\""),
                counter.get(),
            );
        }
        page.family(
            "shed_total",
            "counter",
            "Requests and connections sent away unread.",
        );
        for (reason, counter) in SHEDS.iter().zip(&self.sheds) {
            page.line(
                "shed_total",
                format_args!("reason=\"{reason}\""),
                counter.get(),
            );
        }
        page.family(
            "failmode_total",
            "counter",
            "Verdicts in which a part did not happen, and whether the policy blocked for it.",
        );
        for (component, modes) in COMPONENTS.iter().zip(&self.failmodes) {
            for (mode, counter) in ["open", "closed"].iter().zip(modes) {
                page.line(
                    "failmode_total",
                    format_args!("component=\"{component}\",mode=\"{mode}\""),
                    counter.get(),
                );
            }
        }
        page.single(
            "vault_failures_total",
            "counter",
            "Tokens that became labels because their store failed.",
            self.vault_failures.get(),
        );
        page.single(
            "panics_total",
            "counter",
            "Defects caught.",
            self.panics.get(),
        );
        page.single(
            "inflight_requests",
            "gauge",
            "Requests in hand.",
            gauges.inflight as u64,
        );
        page.single(
            "held_bytes",
            "gauge",
            "Bytes of request bodies in hand.",
            gauges.held_bytes as u64,
        );
        page.single(
            "connections",
            "gauge",
            "Connections open.",
            gauges.connections as u64,
        );
        page.family(
            "queue_lag_seconds",
            "gauge",
            "How long work waits for a processor.",
        );
        page.line(
            "queue_lag_seconds",
            format_args!(""),
            gauges.lag.as_secs_f64(),
        );
        page.single(
            "ready",
            "gauge",
            "Whether the service takes new work.",
            u64::from(gauges.ready),
        );

        page.family("pack_info", "gauge", "The packs that answer.");
        for (name, revision) in gauges.packs {
            page.line(
                "pack_info",
                format_args!(
                    "name=\"{name}\",revision=\"{revision}\",digest=\"{}\"",
                    gauges.snapshot
                ),
                1,
            );
        }
        page.family(
            "pack_reloads_total",
            "counter",
            "Looks at changed packs, and what came of them.",
        );
        for (result, occasions) in RELOADED.iter().zip(&self.reloads) {
            for (reason, counter) in OCCASIONS.iter().zip(occasions) {
                page.line(
                    "pack_reloads_total",
                    format_args!("result=\"{result}\",reason=\"{reason}\""),
                    counter.get(),
                );
            }
        }
        page.single(
            "pack_rejected",
            "gauge",
            "Whether the packs on disk have faults and an older snapshot answers.",
            u64::from(gauges.pack_rejected),
        );
        page.family(
            "pack_age_seconds",
            "gauge",
            "How long the snapshot has been answering.",
        );
        page.line(
            "pack_age_seconds",
            format_args!(""),
            gauges.pack_age.as_secs_f64(),
        );

        page.family(
            "audit_records_total",
            "counter",
            "Decisions written to the file.",
        );
        page.line(
            "audit_records_total",
            format_args!("type=\"decision\",durability=\"written\""),
            self.recorded.get(),
        );
        page.family(
            "audit_unrecorded_total",
            "counter",
            "Decisions that are not in the file.",
        );
        for (verdict, counter) in ACTIONS.iter().zip(&self.unrecorded) {
            page.line(
                "audit_unrecorded_total",
                format_args!("verdict=\"{verdict}\""),
                counter.get(),
            );
        }
        page.single(
            "audit_queue_depth",
            "gauge",
            "Decisions that wait for the disk.",
            gauges.waiting_decisions as u64,
        );

        page.family("build_info", "gauge", "What runs.");
        page.line(
            "build_info",
            format_args!(
                "version=\"{}\",backend=\"{}\"",
                env!("CARGO_PKG_VERSION"),
                gauges.backend
            ),
            1,
        );
        page.0
    }
}

/// Every name begins with this.
const PREFIX: &str = "lockgate_";

struct Page(String);

// Writing to a `String` cannot fail.
impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(
            self.0,
            "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, labels: std::fmt::Arguments<'_>, value: impl std::fmt::Display) {
        let _ = match labels.as_str() {
            Some("") => writeln!(self.0, "{PREFIX}{name} {value}"),
            _ => writeln!(self.0, "{PREFIX}{name}{{{labels}}} {value}"),
        };
    }

    fn nonzero(&mut self, name: &str, counter: &Counter, labels: std::fmt::Arguments<'_>) {
        match counter.get() {
            0 => {}
            count => self.line(name, labels, count),
        }
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.line(name, format_args!(""), value);
    }

    fn durations(&mut self, name: &str, label: &str, value: &str, durations: &Durations) {
        let mut below = 0;
        for (bound, bucket) in BOUNDS_US.iter().zip(&durations.buckets) {
            below += bucket.get();
            let le = *bound as f64 / 1e6;
            let _ = writeln!(
                self.0,
                "{PREFIX}{name}_bucket{{{label}=\"{value}\",le=\"{le}\"}} {below}"
            );
        }
        below += durations.buckets.last().map_or(0, Counter::get);
        let sum = durations.sum_ns.get() as f64 / 1e9;
        let _ = writeln!(
            self.0,
            "{PREFIX}{name}_bucket{{{label}=\"{value}\",le=\"+Inf\"}} {below}\n\
             {PREFIX}{name}_sum{{{label}=\"{value}\"}} {sum}\n\
             {PREFIX}{name}_count{{{label}=\"{value}\"}} {below}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_their_bounds_say() {
        let micros = |us| Duration::from_micros(us);
        for (index, bound) in BOUNDS_US.iter().enumerate() {
            let durations = Durations::default();
            durations.observe(micros(*bound));
            assert_eq!(
                durations.buckets[index].get(),
                1,
                "{bound} us belongs below its bound"
            );
            durations.observe(micros(*bound + 1));
            assert_eq!(
                durations.buckets[index + 1].get(),
                1,
                "{bound} us + 1 belongs above it"
            );
        }
        let durations = Durations::default();
        durations.observe(Duration::ZERO);
        durations.observe(Duration::from_secs(3600));
        assert_eq!(durations.buckets[0].get(), 1);
        assert_eq!(durations.buckets[BOUNDS_US.len()].get(), 1);
    }

    #[test]
    fn rules_are_bounded_and_survive_a_swap() {
        let metrics = Metrics::new();
        for index in 0..MOST_RULES + 5 {
            metrics.rule(&format!("pack.rule-{index}"))[1].one();
        }
        metrics.rule("pack.rule-0")[1].one();
        let page = metrics.page(&Gauges {
            inflight: 0,
            held_bytes: 0,
            connections: 0,
            lag: Duration::ZERO,
            waiting_decisions: 0,
            snapshot: "00",
            packs: &[],
            pack_age: Duration::ZERO,
            backend: "portable",
            pack_rejected: false,
            ready: true,
        });
        assert!(
            page.contains(
                "lockgate_rule_matches_total{rule_id=\"pack.rule-0\",action=\"flag\"} 2\n"
            )
        );
        assert!(
            page.contains("lockgate_rule_matches_total{rule_id=\"other\",action=\"flag\"} 5\n")
        );
        for line in page.lines() {
            assert!(line.starts_with("# ") || line.starts_with(PREFIX), "{line}");
        }
    }
}
