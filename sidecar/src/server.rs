//! Two ports, their connections, and the way down.
//!
//! The data port screens; the admin port tells how the service is. What each
//! answers are the routers of [`crate::routes`]. They are served by hyper's
//! HTTP/1.1 connections rather than by axum's own loop, because that loop leaves
//! to its defaults what is limited here: the time for a head, peers that take
//! nothing, the number of connections, and how they end.
//!
//! The way down: readiness goes first, then, after a notice, new connections
//! are refused and those that are open end with their request; what waits for
//! the file of decisions is written; whoever is not done by then is left.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Sender;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rules::report::Report;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, Fault, Limits};
use crate::decisions::Decisions;
use crate::limits::Patient;
use crate::metrics::{Metrics, Shed};
use crate::packs::Source;
use crate::reload::{Contents, Tell, Watcher as PackWatcher};
use crate::routes;
use crate::service::{Service, warm};
use crate::state::{Master, StateError};
use crate::tls::{self, TlsError};

/// Connections that wait to be accepted. The kernel's own limit
/// (`net.core.somaxconn`) is 4,096.
const BACKLOG: u32 = 4096;

/// How long to wait after the system refused a connection: with no file left,
/// trying again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Open files that are not connections.
const OTHER_FILES: u64 = 64;

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration has values that cannot be meant.
    #[error("the configuration has {} fault(s); the first, at `{}`: {}", .0.len(), first(.0).0, first(.0).1)]
    Config(Vec<Fault>),
    /// The packs have faults.
    #[error("the packs have {} mistake(s)", .0.len())]
    Packs(Vec<Report>),
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of decisions cannot be used.
    #[error("cannot record decisions in {path}: {error}")]
    Decisions {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A port cannot be opened.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The system gives no threads.
    #[error("cannot start: {0}")]
    System(io::Error),
}

fn first(faults: &[Fault]) -> (String, &str) {
    faults.first().map_or_else(Default::default, |fault| {
        (fault.at.join("."), fault.message.as_str())
    })
}

/// A service that answers.
pub struct Running {
    /// The data port, as bound.
    pub data: SocketAddr,
    /// The admin port, as bound.
    pub admin: SocketAddr,
    /// What its requests share.
    pub service: Arc<Service>,
    stop: watch::Sender<bool>,
    packs: Sender<Tell>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// Looks at the packs now, as SIGHUP does.
    pub fn reload(&self) {
        let _ = self.packs.send(Tell::Look);
    }

    /// Begins to end, and returns at once.
    pub fn begin_drain(&self) {
        let _ = self.stop.send(true);
    }

    /// Ends: readiness first, then requests in hand, then the file of decisions.
    pub fn drain(mut self) {
        self.begin_drain();
        self.join();
    }

    /// Waits until the service has ended.
    pub fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.begin_drain();
        self.join();
    }
}

/// Starts a service on threads of its own.
pub fn start(config: Config) -> Result<Running, StartError> {
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(StartError::Config(faults));
    }
    let Some(backend) = config.backend.backend() else {
        return Err(StartError::Config(faults));
    };
    let began = Instant::now();
    let master = match &config.state {
        Some(folder) => Master::of(folder)?,
        None => Master::ephemeral()?,
    };
    let metrics = Arc::new(Metrics::new());
    let source = Source::of(&config);
    let hash_key = master.derive("redaction hash");
    let loaded = Contents::of(&source).ok();
    let active = source
        .snapshot(&config, backend, hash_key, &metrics)
        .map_err(StartError::Packs)?;
    let decisions = match config.decisions_path() {
        Some(path) => {
            let most = config.decisions.queue_bytes;
            let opened = Decisions::open(&path, most, Arc::clone(&metrics));
            Some(opened.map_err(|error| StartError::Decisions { path, error })?)
        }
        None => None,
    };
    let (data_tls, admin_tls) = match &config.tls {
        Some(tls) => {
            let beyond = !config.admin.ip().is_loopback();
            let admin = if beyond {
                Some(tls::acceptor(tls, false)?)
            } else {
                None
            };
            (Some(tls::acceptor(tls, true)?), admin)
        }
        None => (None, None),
    };
    let most_connections = most_connections(&config);

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("lockgate")
        .enable_all()
        // For long bodies only, which are bounded by bytes in hand.
        .max_blocking_threads(16)
        .build()
        .map_err(StartError::System)?;
    let bound = |address: SocketAddr| {
        let _inside = runtime.enter();
        let listener = listen(address).map_err(|error| StartError::Listen { address, error })?;
        let local = listener.local_addr().map_err(StartError::System)?;
        Ok::<_, StartError>((listener, local))
    };
    let (data_listener, data) = bound(config.listen)?;
    let (admin_listener, admin) = bound(config.admin)?;

    let service = Arc::new(Service::new(config, active, &master, metrics, decisions));
    tracing::info!(
        %data,
        %admin,
        backend = service.config.backend.as_str(),
        snapshot = %service.active().fingerprint,
        rules = service.active().rules.len(),
        callers = service.config.callers.len(),
        tls = service.config.tls.is_some(),
        recording = service.decisions.is_some(),
        ready_ms = began.elapsed().as_millis() as u64,
        "ready"
    );
    if service.decisions.is_none() {
        tracing::warn!("decisions are not recorded: name a folder with `--state`");
    }

    let (stop, stopped) = watch::channel(false);
    let (packs, told) = mpsc::channel();
    let watcher = PackWatcher {
        service: Arc::clone(&service),
        source,
        backend,
        hash_key,
        loaded,
    };
    let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let watching = named("packs")
        .spawn(move || watcher.watch(&told))
        .map_err(StartError::System)?;
    // It answers already; this is for the first text to be as quick as others.
    let warming = named("warm").spawn(warm).map_err(StartError::System)?;
    let server = Server {
        service: Arc::clone(&service),
        most_connections,
    };
    let ports = [
        (data_listener, data_tls, Port::Data),
        (admin_listener, admin_tls, Port::Admin),
    ];
    let tell = packs.clone();
    let serving = named("server")
        .spawn(move || {
            server.run(runtime, ports, stopped);
            let _ = tell.send(Tell::Stop);
        })
        .map_err(StartError::System)?;
    Ok(Running {
        data,
        admin,
        service,
        stop,
        packs,
        threads: vec![serving, watching, warming],
    })
}

/// As many connections as configured, or as the system lets us have.
fn most_connections(config: &Config) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = config.limits.connections as u64 + OTHER_FILES;
    if let Some(current) = limit.current
        && current < wanted
    {
        let raised = limit.maximum.map_or(wanted, |most| most.min(wanted));
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(raised),
                maximum: limit.maximum,
            },
        );
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let most = files.saturating_sub(OTHER_FILES).max(1);
    if most < config.limits.connections as u64 {
        tracing::warn!(
            most,
            "the limit on open files allows fewer connections than configured"
        );
    }
    usize::try_from(most).map_or(config.limits.connections, |most| {
        most.min(config.limits.connections)
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for old connections to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[derive(Clone, Copy)]
enum Port {
    Data,
    Admin,
}

struct Server {
    service: Arc<Service>,
    most_connections: usize,
}

impl Server {
    fn run(
        self,
        runtime: Runtime,
        ports: [(TcpListener, Option<TlsAcceptor>, Port); 2],
        mut stopped: watch::Receiver<bool>,
    ) {
        let service = Arc::clone(&self.service);
        let limits = &service.config.limits;
        runtime.block_on(async {
            let measuring = Arc::clone(&service.load);
            tokio::spawn(async move { measuring.measure().await });
            // Every connection listens to it: it tells them to end, and knows when
            // the last one has.
            let (ending, open) = watch::channel(false);
            let accepting = ports.map(|(listener, tls, port)| {
                let acceptor = Acceptor {
                    service: Arc::clone(&service),
                    router: match port {
                        Port::Data => routes::data(Arc::clone(&service)),
                        Port::Admin => routes::admin(Arc::clone(&service)),
                    },
                    // Probes must get through when the data port is full.
                    most_connections: match port {
                        Port::Data => self.most_connections,
                        Port::Admin => usize::MAX,
                    },
                    tls,
                };
                tokio::spawn(acceptor.run(listener, open.clone()))
            });
            drop(open);
            // A sender that is gone wants the same as one that says so.
            let _ = stopped.wait_for(|stop| *stop).await;
            service.draining.store(true, Relaxed);
            tracing::info!("draining: not ready any more");
            sleep(Duration::from_millis(limits.drain_notice_ms)).await;
            for task in accepting {
                task.abort();
                let _ = task.await;
            }
            let in_hand = Duration::from_millis(limits.drain_ms);
            let _ = ending.send(true);
            if timeout(in_hand, ending.closed()).await.is_err() {
                let left = service.load.requests();
                tracing::warn!(left, "requests were still in hand at the end of the drain");
            }
        });
        runtime.shutdown_timeout(Duration::from_millis(100));
        if let Some(decisions) = &service.decisions {
            decisions.close();
        }
        tracing::info!(
            verdicts = service.metrics.verdicts_total(),
            unrecorded = service.metrics.unrecorded_total(),
            "ended"
        );
    }
}

struct Acceptor {
    service: Arc<Service>,
    router: Router,
    most_connections: usize,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    async fn run(self, listener: TcpListener, open: watch::Receiver<bool>) {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Some(connected) = self.service.load.connect(self.most_connections) else {
                self.service.metrics.shed(Shed::Connections);
                continue;
            };
            let service = Arc::clone(&self.service);
            let (tls, router, open) = (self.tls.clone(), self.router.clone(), open.clone());
            tokio::spawn(async move {
                let _connected = connected;
                // Answers are whole when they are written: nothing to gather.
                let _ = stream.set_nodelay(true);
                match tls {
                    None => converse(&service.config.limits, router, stream, open).await,
                    Some(tls) => {
                        if let Some(stream) = shake_hands(&service, &tls, stream).await {
                            converse(&service.config.limits, router, stream, open).await;
                        }
                    }
                }
            });
        }
    }
}

async fn shake_hands(
    service: &Service,
    tls: &TlsAcceptor,
    stream: TcpStream,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let patience = Duration::from_millis(service.config.limits.header_ms);
    match timeout(patience, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

async fn converse<S>(limits: &Limits, router: Router, stream: S, mut open: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Patient::new(stream, Duration::from_millis(limits.write_ms));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms));
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = open.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection ended early");
    }
}

/// Waits for SIGTERM or SIGINT. SIGHUP looks for changed packs meanwhile.
pub fn signals(running: &Running) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut end = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut look = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = end.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                _ = look.recv() => running.reload(),
            }
        }
    })
}
