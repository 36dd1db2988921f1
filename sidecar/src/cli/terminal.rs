//! Standard output as a good citizen: buffered, silent when nobody reads on,
//! coloured only for people.

use std::io::{self, BufWriter, IsTerminal, Read, Write};

use sidecar::paint::Paint;

/// Why a command could not do what was asked.
pub(super) enum Failure {
    /// This.
    Said(String),
    /// Nobody reads the output any more.
    Pipe,
}

impl Failure {
    pub(super) fn said(message: impl Into<String>) -> Failure {
        Failure::Said(message.into())
    }
}

/// Standard output failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Pipe;
        }
        Failure::Said(format!(
            "cannot write the output: {}",
            sidecar::scan::why(&error)
        ))
    }
}

/// Standard output, buffered whole; flush it at the end.
pub(super) fn output() -> BufWriter<io::Stdout> {
    BufWriter::with_capacity(64 << 10, io::stdout())
}

/// Writes all of a text.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = output();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    /// For standard output.
    pub(super) fn output(self) -> Paint {
        self.paint(io::stdout().is_terminal())
    }

    /// For standard error.
    pub(super) fn errors(self) -> Paint {
        self.paint(io::stderr().is_terminal())
    }

    fn paint(self, terminal: bool) -> Paint {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint(match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !set("NO_COLOR") && !dumb,
        })
    }
}

/// The longest text that is read from standard input for one answer, in bytes.
const MOST_INPUT: u64 = 16 << 20;

/// A text given as an argument, or standard input for `-` and for none.
pub(super) fn text(argument: Option<&str>, example: &str) -> Result<String, Failure> {
    match argument {
        Some("-") | None => {}
        Some(text) => return Ok(text.to_owned()),
    }
    let input = io::stdin();
    if argument.is_none() && input.is_terminal() {
        return Err(Failure::said(format!(
            "no text to look at; give one, such as `{example}`, or pipe it in"
        )));
    }
    let mut bytes = Vec::new();
    if let Err(error) = input.lock().take(MOST_INPUT + 1).read_to_end(&mut bytes) {
        let why = sidecar::scan::why(&error);
        return Err(Failure::said(format!("cannot read standard input: {why}")));
    }
    if bytes.len() as u64 > MOST_INPUT {
        return Err(Failure::said(format!(
            "standard input is longer than {MOST_INPUT} bytes; `lockgate scan` reads files row by row"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::said(format!("standard input is not UTF-8 at byte {at}"))
    })
}
