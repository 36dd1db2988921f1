//! One file, one struct, every field documented.
//!
//! A configuration is a YAML document of the strict kind that rule files use.
//! Every field has a default, so the empty file is a configuration too: the
//! service then listens on the loopback with the embedded packs and records
//! nothing. Unknown keys are faults, and all faults are reported at once.
//!
//! The service and `lockgate config check` read it the same way, by [`Document`].
//! Nothing here opens a socket or reads a key: [`Config::faults`] judges values
//! by themselves, [`crate::server::start`] judges them against the machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use engine::ruleset::Backend;

mod read;

pub use read::Document;

/// What the service is told before it starts.
///
/// ```
/// let config = sidecar::config::Config::default();
/// assert!(config.listen.ip().is_loopback());
/// assert!(config.faults().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Where texts come in. An address other than loopback needs `callers`, or
    /// `insecure`.
    pub listen: SocketAddr,
    /// Where probes and metrics are asked for. An address other than loopback
    /// needs `callers` or `insecure` too.
    pub admin: SocketAddr,
    /// The folder of the master key and of `decisions.jsonl`. Without it, keys
    /// live as long as the process and decisions are recorded only if
    /// `decisions.path` names a file.
    pub state: Option<PathBuf>,
    /// A folder with `packs/`, `policies/` and `dictionaries/`, which come beside
    /// the shipped ones or, by name, in their place.
    pub rules: Option<PathBuf>,
    /// Whether the shipped packs hold beside those of `rules`.
    pub shipped: bool,
    /// The policy that decides where a request names none.
    pub policy: String,
    /// Which prefilter runs: `portable`, or `hyperscan` in a build that has it.
    /// Both find the same things.
    pub backend: BackendName,
    /// Allows an address other than loopback without callers. Anybody who
    /// reaches the port can then use it.
    pub insecure: bool,
    /// Whether a request without a caller of its own may ask for `explain`,
    /// whose reply carries matched text. With callers, each has its own switch.
    pub explain: bool,
    /// Encrypts the data port, and an admin port beyond loopback.
    pub tls: Option<Tls>,
    /// Who may use the data port. Empty: everybody who reaches it.
    pub callers: Vec<Caller>,
    /// How much, how deep, how long, how many.
    pub limits: Limits,
    /// The file of decisions.
    pub decisions: Decisions,
    /// How changed packs and policies are noticed.
    pub reload: Reload,
    /// What the service says about itself on standard error.
    pub log: Log,
}

/// Names of [`Backend`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendName {
    /// Rust alone.
    #[default]
    Portable,
    /// libhs: hyperscan or vectorscan.
    Hyperscan,
}

impl BackendName {
    /// The backend, if this build has it.
    pub fn backend(self) -> Option<Backend> {
        match self {
            BackendName::Portable => Some(Backend::Portable),
            #[cfg(feature = "hyperscan")]
            BackendName::Hyperscan => Some(Backend::Hyperscan),
            #[cfg(not(feature = "hyperscan"))]
            BackendName::Hyperscan => None,
        }
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            BackendName::Portable => "portable",
            BackendName::Hyperscan => "hyperscan",
        }
    }
}

/// Certificate and key of the service, and whom it trusts.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate chain, PEM, the service's own first.
    pub cert: PathBuf,
    /// Its private key, PEM (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
    /// Authorities, PEM. If given, a client of the data port must show a
    /// certificate that one of them signed.
    pub client_ca: Option<PathBuf>,
}

/// Somebody who may use the data port.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name that records show.
    pub name: String,
    /// SHA-256 of the key, 64 hexadecimal digits:
    /// `printf %s "$KEY" | sha256sum`.
    pub key_sha256: String,
    /// For whom the caller may act. The first is meant where a request names
    /// nobody; `'*'` alone means anybody. Empty: for nobody in particular.
    pub tenants: Vec<String>,
    /// Whether the caller may ask for `explain`, whose reply carries matched
    /// text.
    pub explain: bool,
}

/// Limits. Reaching one is answered at once and counted.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request body, in bytes; a longer one gets 413.
    pub body_bytes: usize,
    /// How deep a body's JSON may nest; a deeper one gets 400.
    pub json_depth: usize,
    /// The longest time, in milliseconds, that the screening of one request may
    /// take. What is not done by then is named in `degraded`, and the policy's
    /// `when_degraded` decides.
    pub screen_ms: u64,
    /// Requests in hand at once, from their last header to their answer. One
    /// more gets 503.
    pub concurrency: usize,
    /// Bytes of request bodies in hand at once. A request beyond gets 503.
    pub held_bytes: usize,
    /// How long, in milliseconds, work may wait for a processor before new
    /// requests get 503. 0: never.
    pub queue_ms: u64,
    /// Connections open at once; one more is closed unanswered. Never more than
    /// the limit on open files allows.
    pub connections: usize,
    /// How long, in milliseconds, a connection may take for its TLS handshake or
    /// the headers of a request, idle time before them included.
    pub header_ms: u64,
    /// How long, in milliseconds, a body may take to arrive; a slower one gets
    /// 408.
    pub body_ms: u64,
    /// How long, in milliseconds, a peer may take nothing of an answer before
    /// its connection is closed.
    pub write_ms: u64,
    /// How long, in milliseconds, the service goes on answering after it has
    /// said that it is not ready any more, so that load balancers notice.
    pub drain_notice_ms: u64,
    /// How long, in milliseconds, requests in hand may then take before the
    /// service ends without them.
    pub drain_ms: u64,
    /// Bodies longer than this, in bytes, are screened on a thread of their own
    /// so that short ones do not wait behind them.
    pub inline_bytes: usize,
}

/// The file of decisions: one JSON object a line, never a word of any text.
#[derive(Clone, Debug)]
pub struct Decisions {
    /// The file. Default: `decisions.jsonl` in the state folder, and none
    /// without one.
    pub path: Option<PathBuf>,
    /// Bytes of lines that may wait for the disk. What does not fit is counted
    /// in `lockgate_audit_unrecorded_total`.
    pub queue_bytes: usize,
}

/// How changed packs and policies are noticed. SIGHUP always works.
#[derive(Clone, Debug)]
pub struct Reload {
    /// How often, in milliseconds, the rules folder is looked at. A change is
    /// taken up when two looks in a row see the same. 0: only on SIGHUP.
    pub every_ms: u64,
}

/// What the service says about itself.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: Level,
    /// `json` or `text`.
    pub format: LogFormat,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// What broke.
    Error,
    /// And what is wrong.
    Warn,
    /// And what happened.
    #[default]
    Info,
    /// And each refused request.
    Debug,
    /// And each connection.
    Trace,
}

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For a person at a terminal.
    Text,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8470),
            admin: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8471),
            state: None,
            rules: None,
            shipped: true,
            policy: "default".to_owned(),
            backend: BackendName::default(),
            insecure: false,
            explain: false,
            tls: None,
            callers: Vec::new(),
            limits: Limits::default(),
            decisions: Decisions::default(),
            reload: Reload::default(),
            log: Log::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // A context window of a million tokens is some 4 MiB of English.
            body_bytes: 8 << 20,
            json_depth: 64,
            // Some hundred times what 1 MiB needs: only a stall reaches it.
            screen_ms: 500,
            concurrency: 1024,
            held_bytes: 256 << 20,
            queue_ms: 200,
            connections: 10_000,
            header_ms: 10_000,
            body_ms: 10_000,
            write_ms: 10_000,
            drain_notice_ms: 500,
            // With the notice and a last write of decisions: below 10 s.
            drain_ms: 8_000,
            // A quarter of a millisecond at 1 GB/s: longer than a thread hop.
            inline_bytes: 256 << 10,
        }
    }
}

impl Default for Decisions {
    fn default() -> Decisions {
        Decisions {
            path: None,
            // Some 20,000 lines: more than a second at full load.
            queue_bytes: 8 << 20,
        }
    }
}

impl Default for Reload {
    fn default() -> Reload {
        Reload { every_ms: 1000 }
    }
}

/// A value that cannot be meant: where it stands and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The keys down to the value: `["callers", "0", "key_sha256"]`.
    pub at: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

impl Config {
    /// Everything that is wrong with the values themselves.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |at: &[&str], message: &str, remedy: &str| {
            faults.push(Fault {
                at: at.iter().map(|key| (*key).to_owned()).collect(),
                message: message.to_owned(),
                remedy: remedy.to_owned(),
            });
        };

        for (key, address) in [("listen", self.listen), ("admin", self.admin)] {
            if !address.ip().is_loopback() && self.callers.is_empty() && !self.insecure {
                fault(
                    &[key],
                    "an address other than loopback is open to everybody who reaches it",
                    "add `callers`, or say `insecure: true` (`--insecure`) if something else guards the port",
                );
            }
        }
        if self.listen == self.admin && self.listen.port() != 0 {
            fault(
                &["admin"],
                "both ports have the same address",
                "give the admin port an address of its own",
            );
        }
        if self.rules.is_none() && !self.shipped {
            fault(
                &["shipped"],
                "without the shipped packs there is nothing to look for",
                "name a folder in `rules`, or leave `shipped` out",
            );
        }
        if self.backend.backend().is_none() {
            fault(
                &["backend"],
                "this build has no hyperscan backend",
                "write `portable`, which finds the same things, or build with `--features hyperscan`",
            );
        }

        for (index, caller) in self.callers.iter().enumerate() {
            let number = index.to_string();
            if caller.name.is_empty() {
                fault(
                    &["callers", &number, "name"],
                    "a caller without a name cannot be told apart in records",
                    "give it a short name, such as `gateway`",
                );
            }
            if crate::state::unhex::<32>(&caller.key_sha256).is_none() {
                fault(
                    &["callers", &number, "key_sha256"],
                    "this is not a SHA-256, which has 64 hexadecimal digits",
                    "write what `printf %s \"$KEY\" | sha256sum` prints",
                );
            }
            if caller.tenants.len() > 1 && caller.tenants.iter().any(|tenant| tenant == "*") {
                fault(
                    &["callers", &number, "tenants"],
                    "`*` means any tenant, so the others say nothing",
                    "write `['*']`, or name the tenants",
                );
            }
            let twin = self.callers.iter().take(index).any(|earlier| {
                earlier.name == caller.name
                    || earlier.key_sha256.eq_ignore_ascii_case(&caller.key_sha256)
            });
            if twin {
                fault(
                    &["callers", &number],
                    "another caller has the same name or the same key",
                    "give each caller a name and a key of its own",
                );
            }
        }

        let limits = &self.limits;
        let sizes = [
            ("body_bytes", limits.body_bytes, 1 << 30),
            // serde_json stops at 128; a body nested so deep is no speech.
            ("json_depth", limits.json_depth, 64),
            ("concurrency", limits.concurrency, 1 << 20),
            ("held_bytes", limits.held_bytes, usize::MAX),
            ("connections", limits.connections, 1 << 20),
        ];
        for (key, value, most) in sizes {
            if value == 0 {
                fault(
                    &["limits", key],
                    "with 0, nothing would ever pass",
                    "write a number above 0, or leave the key out for the default",
                );
            }
            if value > most {
                fault(
                    &["limits", key],
                    "the number is too large",
                    &format!("write at most {most}"),
                );
            }
        }
        if limits.held_bytes < limits.body_bytes {
            fault(
                &["limits", "held_bytes"],
                "a single body of `body_bytes` would not fit",
                "write at least `body_bytes`",
            );
        }
        for (key, value) in [
            ("header_ms", limits.header_ms),
            ("body_ms", limits.body_ms),
            ("write_ms", limits.write_ms),
        ] {
            if value == 0 {
                fault(
                    &["limits", key],
                    "with 0, no peer would be fast enough",
                    "write a number of milliseconds above 0",
                );
            }
        }
        faults
    }

    /// The longest time the screening of one request may take.
    pub fn screen_time(&self) -> Duration {
        Duration::from_millis(self.limits.screen_ms)
    }

    /// Where decisions go, if anywhere.
    pub fn decisions_path(&self) -> Option<PathBuf> {
        self.decisions
            .path
            .clone()
            .or_else(|| Some(self.state.as_ref()?.join("decisions.jsonl")))
    }
}
