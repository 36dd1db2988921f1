//! Files cut into pieces: whole texts, runs of lines, runs of records.

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use csv::{ByteRecord, StringRecord};

use super::input::{self, File, Kind};
use super::{PIECE_BYTES, Plan};

/// How much of a file is looked at to tell whether it is text.
const SNIFF_BYTES: usize = 8 << 10;

/// How much is read at once.
const READ_BYTES: usize = 64 << 10;

/// The longest name of a column that a message repeats, and how many of them.
const COLUMNS_SHOWN: usize = 20;

/// A part of a file, to be screened by one thread.
pub(super) struct Piece {
    /// Which file.
    pub(super) file: usize,
    /// What stands there.
    pub(super) content: Content,
    /// How many bytes of the file it is.
    pub(super) bytes: u64,
    /// Whether the file begins with it.
    pub(super) first: bool,
    /// Whether the file ends with it.
    pub(super) last: bool,
}

/// What a piece holds.
pub(super) enum Content {
    /// A whole file.
    Text(Vec<u8>),
    /// Whole lines, from the line of this number.
    Lines(u64, Vec<u8>),
    /// Records and the lines they begin at.
    Records(Arc<Table>, Vec<(u64, ByteRecord)>),
    /// No text.
    Binary,
    /// Something that is not judged: the line, if it is one, and why. A file
    /// goes on after a line, and ends with all else.
    Unjudged(Option<u64>, String),
}

/// What all records of a file share.
pub(super) struct Table {
    /// The names of the columns.
    pub(super) header: StringRecord,
    /// The columns that are screened.
    pub(super) screened: Vec<usize>,
    /// The column that names a record.
    pub(super) id: Option<usize>,
    /// What parts two cells.
    pub(super) delimiter: u8,
    /// What ends a record.
    pub(super) terminator: csv::Terminator,
}

/// All pieces of all files, in order.
pub(super) struct Pieces<'p> {
    plan: &'p Plan,
    files: &'p [File],
    /// The next file to open.
    next: usize,
    open: Option<Open>,
}

struct Open {
    reader: Reader,
    /// Whether a piece of it was given.
    begun: bool,
}

enum Reader {
    Text(Box<dyn Read>),
    Lines(Lines),
    Records(Box<Records>),
}

impl<'p> Pieces<'p> {
    pub(super) fn new(plan: &'p Plan, files: &'p [File]) -> Pieces<'p> {
        Pieces {
            plan,
            files,
            next: 0,
            open: None,
        }
    }

    fn open(&self, file: &File) -> io::Result<Reader> {
        let input: Box<dyn Read> = match &file.path {
            Some(path) => Box::new(fs::File::open(path)?),
            None => Box::new(io::stdin()),
        };
        Ok(match file.kind {
            Kind::Text => Reader::Text(input),
            Kind::Jsonl => Reader::Lines(Lines::new(input, longest_row(self.plan))),
            Kind::Csv(delimiter) => {
                Reader::Records(Box::new(Records::new(input, delimiter, self.plan)?))
            }
        })
    }
}

/// The longest row that is held, in bytes: JSON may need six for one
/// (`\u0041`), and a row holds more than its text.
fn longest_row(plan: &Plan) -> usize {
    plan.max_text.saturating_mul(6).saturating_add(1 << 20)
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let opened = self.open.take();
        let mut open = match opened {
            Some(open) => open,
            None => {
                let file = self.files.get(self.next)?;
                self.next += 1;
                match self.open(file) {
                    Ok(reader) => Open {
                        reader,
                        begun: false,
                    },
                    Err(error) => {
                        let why = Content::Unjudged(None, input::why(&error));
                        return Some(self.piece(why, 0, true, true));
                    }
                }
            }
        };
        let (content, bytes, last) = match &mut open.reader {
            Reader::Text(input) => (text(input, self.plan.max_text), None, true),
            Reader::Lines(lines) => {
                let (content, bytes) = lines.piece();
                (content, Some(bytes), lines.at_end())
            }
            Reader::Records(records) => {
                let (content, bytes) = records.piece();
                (content, Some(bytes), records.ended)
            }
        };
        let bytes = bytes.unwrap_or_else(|| match &content {
            Content::Text(text) => text.len() as u64,
            _ => self
                .files
                .get(self.next.saturating_sub(1))
                .map_or(0, |file| file.bytes),
        });
        // What ends a file ends it whatever its reader would go on to say.
        let last = last || matches!(content, Content::Unjudged(None, _));
        let first = !open.begun;
        if !last {
            self.open = Some(Open {
                begun: true,
                ..open
            });
        }
        Some(self.piece(content, bytes, first, last))
    }
}

impl Pieces<'_> {
    fn piece(&self, content: Content, bytes: u64, first: bool, last: bool) -> Piece {
        Piece {
            file: self.next.saturating_sub(1),
            content,
            bytes,
            first,
            last,
        }
    }
}

/// A whole file, if it is text and not too long.
fn text(input: &mut dyn Read, max_text: usize) -> Content {
    let mut body = Vec::new();
    let mut read = |body: &mut Vec<u8>, most: u64| input.take(most).read_to_end(body);
    let sniffed = read(&mut body, SNIFF_BYTES as u64);
    let wide = body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff]);
    if !wide && body.contains(&0) {
        return Content::Binary;
    }
    // UTF-16 is up to twice as long as the text in UTF-8.
    let most = if wide {
        max_text.saturating_mul(2)
    } else {
        max_text
    };
    let rest = (most as u64 + 1).saturating_sub(body.len() as u64);
    match sniffed.and_then(|_| read(&mut body, rest)) {
        Err(error) => Content::Unjudged(None, input::why(&error)),
        Ok(_) if body.len() > most => Content::Unjudged(
            None,
            format!(
                "longer than {max_text} bytes; raise the limit with --max-text, or cut it into rows"
            ),
        ),
        Ok(_) => Content::Text(body),
    }
}

/// A file of lines.
struct Lines {
    input: Box<dyn Read>,
    /// Bytes read that no piece has had yet.
    rest: Vec<u8>,
    /// The number of the line that `rest` begins with.
    line: u64,
    longest: usize,
    ended: bool,
}

impl Lines {
    fn new(input: Box<dyn Read>, longest: usize) -> Lines {
        Lines {
            input,
            rest: Vec::new(),
            line: 1,
            longest,
            ended: false,
        }
    }

    fn at_end(&self) -> bool {
        self.ended && self.rest.is_empty()
    }

    fn more(&mut self) -> io::Result<()> {
        let before = self.rest.len();
        self.rest.resize(before + READ_BYTES, 0);
        let read = loop {
            match self
                .input
                .read(self.rest.get_mut(before..).unwrap_or_default())
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.rest
            .truncate(before + read.as_ref().map_or(0, |read| *read));
        self.ended = read? == 0;
        Ok(())
    }

    /// The next lines, and how many bytes they are.
    fn piece(&mut self) -> (Content, u64) {
        // Where the last whole line found so far ends.
        let mut whole = 0;
        let mut searched = 0;
        while !self.ended && (whole == 0 || self.rest.len() < PIECE_BYTES) {
            if whole == 0 && self.rest.len() > self.longest {
                return self.skip();
            }
            if let Err(error) = self.more() {
                self.ended = true;
                self.rest.clear();
                return (Content::Unjudged(None, input::why(&error)), 0);
            }
            let new = self.rest.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memrchr(b'\n', new) {
                whole = searched + at + 1;
            }
            searched = self.rest.len();
        }
        if self.ended {
            whole = self.rest.len();
        }
        let after = self.rest.split_off(whole);
        let data = std::mem::replace(&mut self.rest, after);
        let first = self.line;
        self.line += memchr::memchr_iter(b'\n', &data).count() as u64;
        let bytes = data.len() as u64;
        (Content::Lines(first, data), bytes)
    }

    /// Passes over one line that is too long to hold.
    fn skip(&mut self) -> (Content, u64) {
        let mut bytes = 0;
        loop {
            match memchr::memchr(b'\n', &self.rest) {
                Some(at) => {
                    self.rest.drain(..=at);
                    bytes += at as u64 + 1;
                    break;
                }
                None => {
                    bytes += self.rest.len() as u64;
                    self.rest.clear();
                }
            }
            if self.ended {
                break;
            }
            if let Err(error) = self.more() {
                return (Content::Unjudged(None, input::why(&error)), bytes);
            }
        }
        let why = format!(
            "the line is longer than {} bytes; raise the limit with --max-text",
            self.longest
        );
        let line = self.line;
        self.line += 1;
        (Content::Unjudged(Some(line), why), bytes)
    }
}

/// Lets through so many bytes until it is asked again: an open quote would make
/// the rest of a file one record.
struct Metered {
    input: io::BufReader<Box<dyn Read>>,
    left: usize,
}

impl Read for Metered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(
                "a record is longer than the limit; a quote may be open, or raise --max-text",
            ));
        }
        let most = into.len().min(self.left);
        let read = self.input.read(into.get_mut(..most).unwrap_or_default())?;
        self.left -= read;
        Ok(read)
    }
}

/// A file of records.
struct Records {
    reader: csv::Reader<Metered>,
    table: Arc<Table>,
    longest: usize,
    /// The library gives a record the line on which the line feed before it
    /// stands, which is one too few after CRLF.
    late: u64,
    /// A fault of the header, told as the first piece.
    fault: Option<String>,
    at: u64,
    ended: bool,
}

impl Records {
    fn new(input: Box<dyn Read>, delimiter: u8, plan: &Plan) -> io::Result<Records> {
        let mut input = io::BufReader::with_capacity(READ_BYTES, input);
        let begin = io::BufRead::fill_buf(&mut input)?;
        let terminator = match memchr::memchr(b'\n', begin) {
            Some(at) if at > 0 && begin.get(at - 1) == Some(&b'\r') => csv::Terminator::CRLF,
            _ => csv::Terminator::Any(b'\n'),
        };
        let longest = longest_row(plan);
        let metered = Metered {
            input,
            left: longest,
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(metered);
        let (header, mut fault) = match reader.headers() {
            Ok(header) => (header.clone(), None),
            Err(error) => (StringRecord::new(), Some(fault(&error))),
        };
        let column = |name: &str| header.iter().position(|column| column == name);
        let screened: Vec<usize> = plan.fields.iter().filter_map(|name| column(name)).collect();
        if fault.is_none() && screened.is_empty() && !header.is_empty() {
            let known: Vec<&str> = header.iter().take(COLUMNS_SHOWN).collect();
            fault = Some(format!(
                "no column is named {}; name one with --field; the columns are {}",
                plan.fields.join(" or "),
                rules::report::visible(&known.join(", ")),
            ));
        }
        let table = Table {
            id: column("id"),
            header,
            screened,
            delimiter,
            terminator,
        };
        Ok(Records {
            reader,
            table: Arc::new(table),
            longest,
            late: u64::from(matches!(terminator, csv::Terminator::CRLF)),
            fault,
            at: 0,
            ended: false,
        })
    }

    /// The next records, and how many bytes they are.
    fn piece(&mut self) -> (Content, u64) {
        if let Some(fault) = self.fault.take() {
            self.ended = true;
            return (Content::Unjudged(None, fault), 0);
        }
        let begin = self.at;
        let mut rows = Vec::new();
        while !self.ended && self.at < begin + PIECE_BYTES as u64 {
            let mut record = ByteRecord::new();
            self.reader.get_mut().left = self.longest;
            match self.reader.read_byte_record(&mut record) {
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line) + self.late;
                    rows.push((line, record));
                    self.at = self.reader.position().byte();
                }
                Ok(false) => self.ended = true,
                Err(error) => {
                    // What was read is given first.
                    self.fault = Some(fault(&error));
                    break;
                }
            }
        }
        (
            Content::Records(Arc::clone(&self.table), rows),
            self.at - begin,
        )
    }
}

fn fault(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => input::why(error),
        csv::ErrorKind::Utf8 { .. } => "the header is not UTF-8".to_owned(),
        _ => "it is not CSV".to_owned(),
    }
}
