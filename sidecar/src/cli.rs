//! The subcommands: arguments in, exit code out, no logic of their own.

mod config;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Screens what goes to a language model and what comes back.
#[derive(Parser)]
#[command(name = "lockgate", version, max_term_width = 100)]
pub(crate) struct Lockgate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    #[command(subcommand)]
    Config(config::Config),
}

impl Lockgate {
    /// Does what was asked.
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Serve(serve) => serve.run(),
            Command::Config(config) => config.run(),
        }
    }
}

/// Something is wrong with what was asked, not with what was found.
const WRONG: u8 = 2;

/// Says what is wrong on standard error.
fn complain(message: impl std::fmt::Display) -> ExitCode {
    use std::io::Write;
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "lockgate: {message}");
    ExitCode::from(WRONG)
}
