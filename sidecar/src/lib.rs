//! The Lockgate service: from bytes on a socket to a verdict and back.
//!
//! The engine judges texts; this crate finds the texts in a body, keeps floods
//! and strangers out, swaps packs under load, and writes down what was decided.
//! [`server::start`] is the whole of it:
//!
//! ```no_run
//! let config = sidecar::config::Config::default();
//! let running = sidecar::server::start(config)?;
//! println!("listening on {}", running.data);
//! running.drain();
//! # Ok::<(), sidecar::server::StartError>(())
//! ```

pub mod api;
pub mod callers;
pub mod config;
pub mod decisions;
pub mod limits;
pub mod logs;
pub mod metrics;
pub mod packs;
pub mod paint;
pub mod processor;
pub mod reload;
pub mod scan;
mod routes;
pub mod server;
pub mod service;
pub mod state;
pub mod tls;
pub mod wire;
pub mod words;
