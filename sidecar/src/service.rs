//! What all requests share: the snapshot, the limits, the numbers, the file of
//! decisions.
//!
//! A request takes the [`Active`] snapshot once, at its beginning, and ends with
//! it; a swap in between is for the next one. So every reply names exactly one
//! snapshot, and all of it is that snapshot's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use engine::normalize;
use engine::policy::Policy;
use engine::redact;
use engine::rule::{Category, Pack, RuleId};
use engine::ruleset::Fault;
use engine::screen::Snapshot;
use engine::validate;
use hyper::body::Bytes;
use rules::report::{self, Report};

use crate::api;
use crate::callers::Callers;
use crate::config::Config;
use crate::decisions::{Decisions, timestamp};
use crate::limits::Load;
use crate::metrics::{Gauges, Metrics, RuleMatches};
use crate::state::{Master, hex};

/// What all requests share.
pub struct Service {
    /// As configured.
    pub config: Config,
    /// Who may call.
    pub callers: Callers,
    /// What is in hand.
    pub load: Arc<Load>,
    /// The numbers.
    pub metrics: Arc<Metrics>,
    /// The file of decisions, if one is kept.
    pub decisions: Option<Decisions>,
    /// Set once, when the service begins to end.
    pub draining: AtomicBool,
    active: ArcSwap<Active>,
    rejected: Mutex<Option<Rejected>>,
    fingerprints: [u8; 32],
    ids: Ids,
}

/// A snapshot and what the service tells about it.
pub struct Active {
    /// What screens.
    pub snapshot: Arc<Snapshot>,
    /// Its fingerprint, in hexadecimal digits.
    pub fingerprint: String,
    /// Its rules, for replies.
    pub rules: HashMap<RuleId, Card>,
    /// Name and version of each pack.
    pub packs: Vec<(String, String)>,
    /// The reply to `GET /v1/rules`.
    pub listing: Bytes,
    /// Since when it answers.
    pub since: Instant,
}

/// What a reply tells about a rule.
pub struct Card {
    /// Its title as a JSON string.
    pub title: Box<[u8]>,
    /// How often it led to what.
    pub matches: RuleMatches,
}

/// Packs that were refused, and why.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// When.
    pub at: SystemTime,
    /// Each mistake, as its author reads it.
    pub reports: Vec<String>,
}

impl Active {
    /// Ready to answer.
    pub fn of(snapshot: Snapshot, packs: &[Pack], metrics: &Metrics) -> Active {
        let fingerprint = hex(&snapshot.fingerprint().0);
        let rules = packs.iter().flat_map(|pack| &pack.rules);
        Active {
            rules: rules
                .map(|rule| {
                    let mut title = Vec::new();
                    api::screen::quote(&mut title, &rule.title);
                    let card = Card {
                        title: title.into(),
                        matches: metrics.rule(rule.id.as_str()),
                    };
                    (rule.id.clone(), card)
                })
                .collect(),
            packs: packs
                .iter()
                .map(|pack| (pack.id.clone(), pack.version.clone()))
                .collect(),
            listing: api::rules::listing(&fingerprint, packs).into(),
            snapshot: Arc::new(snapshot),
            fingerprint,
            since: Instant::now(),
        }
    }

    /// Makes everything now that a text would otherwise wait for, and finds rules
    /// whose automata cannot be built. For a snapshot that replaces another.
    pub fn prepare(&self) -> Result<(), Vec<Report>> {
        warm();
        self.snapshot.ruleset().prepare().map_err(|faults| {
            let report = |fault: Fault| {
                let message = format!("`{}`: {}", fault.rule, fault.message);
                Report::nowhere(report::BAD_DETECT, message, fault.remedy)
            };
            faults.into_iter().map(report).collect()
        })
    }

    /// The policy of this name, or the default.
    pub fn policy(&self, name: Option<&str>) -> Option<&Policy> {
        self.snapshot.policies().get(name)
    }
}

/// Makes the tables now that the first texts of a process would otherwise wait
/// for. The automata of all rules are not among them: they would double an idle
/// process's memory, and each is made within 0.3 ms when a text needs it.
pub fn warm() {
    normalize::prepare();
    if let Some(phone) = validate::validator("phone") {
        // Reading the numbering plans of the world takes longest of all.
        let _ = (phone.check)("+44 20 7946 0958");
    }
}

impl Service {
    /// A service that answers with `active`.
    pub fn new(
        config: Config,
        active: Active,
        master: &Master,
        metrics: Arc<Metrics>,
        decisions: Option<Decisions>,
    ) -> Service {
        Service {
            callers: Callers::of(&config.callers),
            load: Arc::default(),
            draining: AtomicBool::new(false),
            active: ArcSwap::from_pointee(active),
            rejected: Mutex::new(None),
            fingerprints: master.derive("fingerprint"),
            ids: Ids::new(master),
            config,
            metrics,
            decisions,
        }
    }

    /// The snapshot that answers now.
    pub fn active(&self) -> Arc<Active> {
        self.active.load_full()
    }

    /// Lets `next` answer from the next request on.
    pub fn swap(&self, next: Active) {
        self.active.store(Arc::new(next));
        self.set_rejected(None);
    }

    /// Remembers why packs were refused, or that none are.
    pub fn set_rejected(&self, rejected: Option<Rejected>) {
        *self.rejected.lock().unwrap_or_else(PoisonError::into_inner) = rejected;
    }

    /// Why the packs on disk are refused, if they are.
    pub fn rejected(&self) -> Option<Rejected> {
        self.rejected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the service has begun to end.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// A name for a decision: 32 hexadecimal digits that no other decision has.
    pub fn id(&self) -> String {
        self.ids.next()
    }

    /// What records show in place of a value: equal values of a tenant have
    /// equal fingerprints, and nobody without the key can test a guess. 16 of
    /// the 32 bytes are kept, plenty against chance.
    pub fn fingerprint(&self, tenant: &str, category: &Category, value: &str) -> String {
        let full = redact::keyed_hash(&self.fingerprints, tenant, category, value);
        hex(full.get(..16).unwrap_or_default())
    }

    /// The page that Prometheus reads.
    pub fn metrics_page(&self) -> String {
        let active = self.active();
        self.metrics.page(&Gauges {
            inflight: self.load.requests(),
            held_bytes: self.load.bytes(),
            connections: self.load.connections(),
            lag: self.load.lag(),
            waiting_decisions: self.decisions.as_ref().map_or(0, Decisions::waiting),
            snapshot: &active.fingerprint,
            packs: &active.packs,
            pack_age: active.since.elapsed(),
            backend: self.config.backend.as_str(),
            pack_rejected: self.rejected().is_some(),
            ready: !self.is_draining(),
        })
    }

    /// Whether the service takes new work, and everything that is not as it
    /// should be.
    pub fn readiness(&self) -> (bool, serde_json::Value) {
        let active = self.active();
        let draining = self.is_draining();
        let mut degraded = Vec::new();
        let rejected = self.rejected();
        if rejected.is_some() {
            degraded.push("the packs on disk have faults; an older snapshot answers");
        }
        let recording = self.decisions.as_ref();
        if recording.is_some_and(|decisions| !decisions.healthy()) {
            degraded.push("decisions cannot be written");
        }
        if self.metrics.unrecorded_total() > 0 {
            degraded
                .push("some decisions are not in the file; see lockgate_audit_unrecorded_total");
        }
        let packs: serde_json::Map<_, _> = active
            .packs
            .iter()
            .map(|(name, version)| (name.clone(), version.as_str().into()))
            .collect();
        let reply = serde_json::json!({
            "ready": !draining,
            "draining": draining,
            "snapshot": active.fingerprint,
            "snapshot_age_s": active.since.elapsed().as_secs(),
            "packs": packs,
            "rejected": rejected.map(|rejected| serde_json::json!({
                "at": timestamp(rejected.at),
                "reports": rejected.reports,
            })),
            "degraded": degraded,
            "decisions": recording.map(|decisions| serde_json::json!({
                "path": decisions.path().display().to_string(),
                "writable": decisions.healthy(),
                "waiting": decisions.waiting(),
                "unrecorded": self.metrics.unrecorded_total(),
            })),
        });
        (!draining, reply)
    }
}

/// Names that do not repeat: a random start of the process, and a count.
struct Ids {
    start: u64,
    count: AtomicU64,
}

impl Ids {
    fn new(master: &Master) -> Ids {
        let mut random = [0; 8];
        if getrandom::fill(&mut random).is_err() {
            // Without random numbers, the clock and the key still part processes.
            let now = format!("{:?} {}", SystemTime::now(), std::process::id());
            let derived = master.derive(&now);
            random.copy_from_slice(derived.get(..8).unwrap_or(&[0; 8]));
        }
        Ids {
            start: u64::from_le_bytes(random),
            count: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        format!(
            "{:016x}{:016x}",
            self.start,
            self.count.fetch_add(1, Relaxed)
        )
    }
}
