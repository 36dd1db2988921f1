//! `lockgate`: the one binary.
//!
//! A table of subcommands and no more: each has a file under `cli/`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::Lockgate::parse().run()
}
