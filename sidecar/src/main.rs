//! `lockgate`: the one binary.
//!
//! A table of subcommands and no more: each has a file under `cli/`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    if let Some(feature) = sidecar::processor::missing() {
        return cli::complain(format!(
            "this build needs a processor with {feature}, as servers have had since 2015; \
             build it for this machine with RUSTFLAGS='-C target-cpu=native'"
        ));
    }
    cli::Lockgate::parse().run()
}
