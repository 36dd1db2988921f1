//! `lockgate serve`: the service, until a signal ends it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rules::report;
use sidecar::config::{BackendName, Config};
use sidecar::server::{self, Running, StartError};

/// Runs the service.
///
/// Without any argument it listens on the loopback, with the
/// rules and the policy that are built in.
///
/// SIGHUP looks for changed rules; SIGTERM and SIGINT end it after the requests
/// in hand. What is given here wins over the configuration file.
#[derive(Args)]
pub(crate) struct Serve {
    /// Where texts come in [default: 127.0.0.1:8470]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where probes and metrics are asked for [default: 127.0.0.1:8471]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<SocketAddr>,
    /// The configuration file, see docs/api.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the master key and of the file of decisions
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// A folder of packs and policies instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Which prefilter runs; both find the same things [default: portable]
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// Allow an address other than loopback without callers
    #[arg(long)]
    insecure: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    Portable,
    Hyperscan,
}

impl Serve {
    pub(crate) fn run(self) -> ExitCode {
        let (document, mut config) = match &self.config {
            Some(file) => match super::config::read(file) {
                Ok((document, config)) => (Some(document), config),
                Err(message) => return super::complain(message),
            },
            None => (None, Config::default()),
        };
        self.overrule(&mut config);
        // A value of the file is shown in the file; one given here names its key.
        if let Some(document) = &document
            && let Err(message) = super::config::judge(document, &config)
        {
            return super::complain(message);
        }
        sidecar::logs::begin(&config.log);
        match server::start(config) {
            Ok(running) => until_told(running),
            Err(StartError::Packs(reports)) => super::complain(format!(
                "the packs have mistakes\n\n{}",
                report::render_all(&reports)
            )),
            Err(StartError::Config(faults)) => {
                let told = faults.iter().map(|fault| {
                    format!(
                        "`{}`: {}; {}",
                        fault.at.join("."),
                        fault.message,
                        fault.remedy
                    )
                });
                super::complain(told.collect::<Vec<_>>().join("\n"))
            }
            Err(error) => super::complain(error),
        }
    }

    fn overrule(&self, config: &mut Config) {
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if let Some(admin) = self.admin {
            config.admin = admin;
        }
        if let Some(state) = &self.state {
            config.state = Some(state.clone());
        }
        if let Some(rules) = &self.rules {
            config.rules = Some(rules.clone());
        }
        if let Some(backend) = self.backend {
            config.backend = match backend {
                Backend::Portable => BackendName::Portable,
                Backend::Hyperscan => BackendName::Hyperscan,
            };
        }
        config.insecure |= self.insecure;
    }
}

/// Serves until SIGTERM or SIGINT.
fn until_told(running: Running) -> ExitCode {
    match server::signals(&running) {
        Ok(()) => {
            running.drain();
            ExitCode::SUCCESS
        }
        Err(error) => super::complain(format!("cannot listen for signals: {error}")),
    }
}
