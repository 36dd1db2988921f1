//! The subcommands: arguments in, exit code out, no logic of their own.

mod completions;
mod config;
mod packs;
mod policy;
mod rules;
mod scan;
mod screen;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::Failure;

/// Screens what goes to a language model and what comes back.
#[derive(Parser)]
#[command(name = "lockgate", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Lockgate {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  lockgate screen 'My card is 4111 1111 1111 1111'
  lockgate scan logs/ --fail-on high
  lockgate rules explain pii.email 'write to anna@example.org'
  lockgate serve --state /var/lib/lockgate

`lockgate COMMAND --help` says more of each.";

#[derive(Subcommand)]
enum Command {
    Screen(screen::Screen),
    Scan(scan::Scan),
    Serve(serve::Serve),
    #[command(subcommand)]
    Rules(rules::Rules),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Config(config::Config),
    Completions(completions::Completions),
}

impl Lockgate {
    /// Does what was asked.
    pub(crate) fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Serve(serve) => return serve.run(),
            Command::Config(config) => return config.run(),
            Command::Screen(screen) => screen.run(),
            Command::Scan(scan) => scan.run(),
            Command::Rules(rules) => rules.run(),
            Command::Policy(policy) => policy.run(),
            Command::Completions(completions) => completions.run(),
        };
        match done {
            Ok(code) => code,
            Err(Failure::Said(message)) => complain(message),
            Err(Failure::Pipe) => ExitCode::from(PIPE),
        }
    }
}

/// Something is wrong with what was asked, not with what was found.
const WRONG: u8 = 2;

/// Nobody reads the output any more. The code of a program that SIGPIPE ended:
/// neither clean nor a finding, since the rest was not looked at.
const PIPE: u8 = 141;

/// Says what is wrong on standard error.
pub(crate) fn complain(message: impl std::fmt::Display) -> ExitCode {
    use std::io::Write;
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "lockgate: {message}");
    ExitCode::from(WRONG)
}
