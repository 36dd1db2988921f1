//! The folded view: compatibility forms, invisible characters and foreign
//! digits undone.
//!
//! What it does, and nothing else:
//!
//! - NFKC, so that full-width, circled and mathematical letters become plain
//!   ones and an accent typed apart joins its letter;
//! - characters that nobody sees (`Default_Ignorable_Code_Point`) go;
//! - diacritics meant for any script that no composed letter takes up (strike
//!   through, zalgo, the stress mark of Russian dictionaries) go, marks that
//!   belong to one script (Devanagari, Hebrew, Thai) stay;
//! - decimal digits of every script become ASCII;
//! - white space beyond ASCII becomes a space.
//!
//! Only the odd stretches are touched. One table, made at first use, says of
//! each character whether it is odd; everything else is copied in runs.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, compose};

use super::offsets::OffsetMap;

/// What a character asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing: it stays, and begins what follows.
    Plain,
    /// To be replaced by a fixed string, whatever stands around it.
    Replaced,
    /// To be left out.
    Invisible,
    /// It stays, but may have to change places with other marks.
    Mark,
    /// It may join the character before it.
    Joining,
    /// A diacritic for any script that joins nothing: left out.
    Overlay,
}

/// A cell of the table: the kind, and for `Replaced` where its string stands,
/// for `Mark` and `Joining` the combining class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cell(u32);

impl Cell {
    fn new(kind: Kind, rest: u32) -> Cell {
        Cell(kind as u32 | rest << 3)
    }

    fn replaced(at: usize, len: usize) -> Cell {
        Cell::new(Kind::Replaced, (at as u32) << 6 | len as u32)
    }

    #[inline]
    fn kind(self) -> Kind {
        match self.0 & 7 {
            1 => Kind::Replaced,
            2 => Kind::Invisible,
            3 => Kind::Mark,
            4 => Kind::Joining,
            5 => Kind::Overlay,
            _ => Kind::Plain,
        }
    }

    #[inline]
    fn rest(self) -> u32 {
        self.0 >> 3
    }
}

/// Characters to a page of the table: small enough that the scripts nobody
/// changes share one empty page.
const PAGE: usize = 128;

struct Table {
    /// For each page, where its cells begin; page 0 is all plain.
    pages: Vec<u16>,
    cells: Vec<Cell>,
    /// The strings of the replaced characters, end to end.
    strings: String,
    /// Leading bytes of characters that are all plain.
    plain_lead: [bool; 256],
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

/// Where odd characters live. The gaps are Han, Hangul syllables, private use
/// and unassigned planes; a test asks every scalar value.
const INHABITED: [(u32, u32); 6] = [
    (0x80, 0x33FF),
    (0xA000, 0xABFF),
    (0xD780, 0xD7FF),
    (0xF900, 0xFFFF),
    (0x10000, 0x1FFFF),
    (0x2F800, 0x2FA1F),
];

/// Blocks of diacritics that may stand on a letter of any script.
fn is_common_diacritic(c: char) -> bool {
    matches!(c as u32,
        0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// The ranges of a class of the Unicode database, by its name in a pattern.
pub(super) fn ranges(class: &str) -> Vec<(u32, u32)> {
    // The names are constants of this module; a name that did not parse would
    // leave the class empty, and the tests below would fail.
    let Ok(hir) = regex_syntax::parse(class) else {
        return Vec::new();
    };
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class
            .ranges()
            .iter()
            .map(|range| (range.start() as u32, range.end() as u32))
            .collect(),
        _ => Vec::new(),
    }
}

fn find(ranges: &[(u32, u32)], c: char) -> Option<(u32, u32)> {
    let c = c as u32;
    let after = ranges.partition_point(|&(start, _)| start <= c);
    let range = *ranges.get(after.checked_sub(1)?)?;
    (c <= range.1).then_some(range)
}

impl Table {
    fn new() -> Table {
        let ignorable = ranges(r"\p{Default_Ignorable_Code_Point}");
        let digits = ranges(r"\p{Nd}");
        let spaces = ranges(r"\p{White_Space}");
        let mut table = Table {
            pages: vec![0; 0x110000 / PAGE],
            cells: vec![Cell::default(); PAGE],
            strings: String::new(),
            plain_lead: [false; 256],
        };
        let mut composed = String::new();
        let mut ignorables = ignorable.iter().map(|&(start, end)| (start, end));
        let beyond = ignorables.find(|&(start, _)| start >= 0xE0000);
        let inhabited = INHABITED.iter().copied().chain(beyond);
        for c in inhabited
            .flat_map(|(start, end)| start..=end)
            .filter_map(char::from_u32)
        {
            let cell = if find(&ignorable, c).is_some() {
                Cell::new(Kind::Invisible, 0)
            } else if let Some((zero, _)) = find(&digits, c) {
                // Digits come in runs of ten, in order: a promise of the standard.
                let digit = (c as u32 - zero) % 10;
                table.string(|strings| strings.push((b'0' + digit as u8) as char))
            } else if find(&spaces, c).is_some() {
                table.string(|strings| strings.push(' '))
            } else {
                composed.clear();
                composed.extend(Some(c).into_iter().nfkc());
                let first = Some(c).into_iter().nfkd().next().unwrap_or(c);
                let class = canonical_combining_class(first);
                let joins = unicode_normalization::is_nfkc_quick(Some(first).into_iter())
                    == unicode_normalization::IsNormalized::Maybe;
                let changes = composed.chars().ne(Some(c));
                if joins || class != canonical_combining_class(c) || (changes && class != 0) {
                    Cell::new(Kind::Joining, u32::from(class))
                } else if is_common_diacritic(c) {
                    Cell::new(Kind::Overlay, 0)
                } else if class != 0 {
                    Cell::new(Kind::Mark, u32::from(class))
                } else if changes {
                    let composed: String = composed
                        .chars()
                        .filter(|&c| find(&ignorable, c).is_none())
                        .map(|c| match find(&digits, c) {
                            Some((zero, _)) => (b'0' + ((c as u32 - zero) % 10) as u8) as char,
                            None if find(&spaces, c).is_some() && !c.is_ascii() => ' ',
                            None => c,
                        })
                        .filter(|&c| !is_common_diacritic(c))
                        .collect();
                    table.string(|strings| strings.push_str(&composed))
                } else {
                    continue;
                }
            };
            table.set(c, cell);
        }
        for lead in 0xC2..=0xEFusize {
            let (start, count) = match lead {
                0xC2..=0xDF => ((lead - 0xC0) << 6, 0x40),
                _ => ((lead - 0xE0) << 12, 0x1000),
            };
            table.plain_lead[lead] = (start..start + count)
                .filter_map(|c| char::from_u32(c as u32))
                .all(|c| table.cell(c) == Cell::default());
        }
        table
    }

    fn string(&mut self, write: impl FnOnce(&mut String)) -> Cell {
        let at = self.strings.len();
        write(&mut self.strings);
        Cell::replaced(at, self.strings.len() - at)
    }

    fn set(&mut self, c: char, cell: Cell) {
        let page = &mut self.pages[c as usize / PAGE];
        if *page == 0 {
            *page = (self.cells.len() / PAGE) as u16;
            self.cells.resize(self.cells.len() + PAGE, Cell::default());
        }
        self.cells[usize::from(*page) * PAGE + c as usize % PAGE] = cell;
    }

    #[inline]
    fn cell(&self, c: char) -> Cell {
        let page = self.pages.get(c as usize / PAGE).copied().unwrap_or(0);
        self.cells
            .get(usize::from(page) * PAGE + c as usize % PAGE)
            .copied()
            .unwrap_or_default()
    }

    #[inline]
    fn kind(&self, c: char) -> Kind {
        if c.is_ascii() {
            return Kind::Plain;
        }
        self.cell(c).kind()
    }

    fn replacement(&self, cell: Cell) -> &str {
        let at = (cell.rest() >> 6) as usize;
        let len = (cell.rest() & 63) as usize;
        self.strings.get(at..at + len).unwrap_or_default()
    }
}

/// Makes the table now rather than at first use.
pub(super) fn prepare() {
    LazyLock::force(&TABLE);
}

/// Marks that are put in order with one base. The standard's stream-safe form
/// allows 30; more is nobody's language, and a bound keeps the work linear.
const MOST_MARKS: usize = 30;

/// The folded text and its map, or nothing if folding changes nothing.
pub(super) fn fold(original: &str) -> Option<(String, OffsetMap)> {
    if original.is_ascii() {
        return None;
    }
    let mut fold = Fold {
        table: &TABLE,
        original,
        text: String::new(),
        offsets: OffsetMap::default(),
        done: 0,
        scratch: String::new(),
    };
    fold.run();
    if fold.done == 0 && fold.text.is_empty() {
        return None;
    }
    fold.flush(original.len());
    Some((fold.text, fold.offsets))
}

struct Fold<'t> {
    table: &'static Table,
    original: &'t str,
    text: String,
    offsets: OffsetMap,
    /// All before this byte of the original is in `text` or left out.
    done: usize,
    /// Memory for one cluster.
    scratch: String,
}

impl Fold<'_> {
    fn run(&mut self) {
        let bytes = self.original.as_bytes();
        let mut at = 0;
        loop {
            at = self.next_odd_lead(bytes, at);
            let Some(c) = self.char_at(at) else { return };
            let cell = self.table.cell(c);
            let next = at + c.len_utf8();
            at = match cell.kind() {
                Kind::Plain => next,
                // A mark that joins nothing and stands alone, or in order after
                // others, is as it should be. This is most of Hindi and Thai.
                Kind::Mark => self
                    .marks(at)
                    .unwrap_or_else(|| self.cluster(self.base(at))),
                Kind::Joining | Kind::Overlay => self.cluster(self.base(at)),
                Kind::Invisible => {
                    let end = self.after_invisible(next);
                    if self.marks_at(end) {
                        self.cluster(self.base(at))
                    } else {
                        self.flush(at);
                        self.done = end;
                        end
                    }
                }
                Kind::Replaced => self.replaced(at, c, cell),
            };
        }
    }

    /// The next byte, from `at` on, that begins a character worth a look.
    #[inline]
    fn next_odd_lead(&self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            match bytes.get(at) {
                None => return at,
                Some(&lead) if lead >= 0x80 => {
                    if !self.table.plain_lead[usize::from(lead)] {
                        return at;
                    }
                    at += if lead >= 0xE0 { 3 } else { 2 };
                }
                Some(_) => {
                    at += 1;
                    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
                        let high = u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080;
                        if high != 0 {
                            at += high.trailing_zeros() as usize / 8;
                            break;
                        }
                        at += 8;
                    }
                }
            }
        }
    }

    #[inline]
    fn char_at(&self, at: usize) -> Option<char> {
        self.original.get(at..)?.chars().next()
    }

    /// Where the character that a mark at `at` stands on begins: the one before
    /// it, unless that has been dealt with already.
    fn base(&self, at: usize) -> usize {
        self.original
            .get(self.done..at)
            .and_then(|run| run.chars().next_back())
            .map_or(at, |c| at - c.len_utf8())
    }

    /// One past the invisible characters at `at`.
    fn after_invisible(&self, mut at: usize) -> usize {
        while let Some(c) = self.char_at(at) {
            if self.table.kind(c) != Kind::Invisible {
                break;
            }
            at += c.len_utf8();
        }
        at
    }

    fn marks_at(&self, at: usize) -> bool {
        self.char_at(at).is_some_and(|c| {
            matches!(
                self.table.kind(c),
                Kind::Mark | Kind::Joining | Kind::Overlay
            )
        })
    }

    /// One past the marks at `at`, or past the first [`MOST_MARKS`] of them, if
    /// they are in order and nothing else of interest follows.
    fn marks(&self, mut at: usize) -> Option<usize> {
        let mut class = 0;
        for _ in 0..MOST_MARKS {
            let Some(c) = self.char_at(at) else { break };
            let cell = self.table.cell(c);
            match cell.kind() {
                _ if c.is_ascii() => break,
                Kind::Plain | Kind::Replaced => break,
                Kind::Mark if cell.rest() >= class => class = cell.rest(),
                _ => return None,
            }
            at += c.len_utf8();
        }
        Some(at)
    }

    /// Folds a base and the marks on it, from `start` on; returns where it ends.
    fn cluster(&mut self, start: usize) -> usize {
        let mut taken = [' '; MOST_MARKS + 1];
        let mut count = 0;
        let mut at = start;
        // Marks left out belong to their base, so that no edit strands them;
        // invisible characters after the last mark do not.
        let mut end = start;
        let mut dropped = false;
        while let Some(c) = self.char_at(at) {
            match self.table.kind(c) {
                Kind::Plain | Kind::Replaced if at > start => break,
                Kind::Invisible => dropped = true,
                Kind::Overlay => {
                    dropped = true;
                    end = at + c.len_utf8();
                }
                _ if count < taken.len() => {
                    taken[count] = c;
                    count += 1;
                    end = at + c.len_utf8();
                }
                _ if is_common_diacritic(c) => {
                    dropped = true;
                    end = at + c.len_utf8();
                }
                // A mark too many begins a cluster without a base.
                _ => break,
            }
            at += c.len_utf8();
        }
        let table = self.table;
        let taken = &taken[..count];
        let mut folded = std::mem::take(&mut self.scratch);
        folded.clear();
        let mut push = |c: char| match table.cell(c) {
            _ if c.is_ascii() => folded.push(c),
            cell => match cell.kind() {
                Kind::Replaced => folded.push_str(table.replacement(cell)),
                Kind::Invisible | Kind::Overlay => {}
                Kind::Joining if is_common_diacritic(c) => {}
                _ => folded.push(c),
            },
        };
        match *taken {
            // By far the most frequent: a letter and one accent.
            [base, mark] if table.kind(base) == Kind::Plain && compose(base, mark).is_some() => {
                compose(base, mark).into_iter().for_each(&mut push);
            }
            // Strike through and zalgo: nothing is left but the letter.
            [base] if table.kind(base) == Kind::Plain => push(base),
            _ => taken.iter().copied().nfkc().for_each(&mut push),
        }
        if dropped || self.original.get(start..at) != Some(folded.as_str()) {
            self.flush(start);
            self.text.push_str(&folded);
            self.offsets.whole(folded.len(), start, end - start);
            self.done = at;
        }
        self.scratch = folded;
        at
    }

    /// Replaces the character at `at`, and those after it as long as they ask
    /// for the same; returns where they end.
    fn replaced(&mut self, mut at: usize, mut c: char, mut cell: Cell) -> usize {
        loop {
            let mut next = at + c.len_utf8();
            let Some(mut after) = self.char_at(next) else {
                self.replace(at, c, cell);
                self.done = next;
                return next;
            };
            if !after.is_ascii() && self.table.kind(after) == Kind::Invisible {
                next = self.after_invisible(next);
                after = self.char_at(next).unwrap_or(' ');
            }
            let found = if after.is_ascii() {
                Cell::default()
            } else {
                self.table.cell(after)
            };
            match found.kind() {
                Kind::Mark | Kind::Joining | Kind::Overlay => return self.cluster(at),
                kind => {
                    self.replace(at, c, cell);
                    self.done = next;
                    if kind != Kind::Replaced {
                        return next;
                    }
                }
            }
            (at, c, cell) = (next, after, found);
        }
    }

    fn replace(&mut self, at: usize, c: char, cell: Cell) {
        self.flush(at);
        let table = self.table;
        let by = table.replacement(cell);
        self.text.push_str(by);
        // One character for one of the same length needs no new piece.
        if by.len() == c.len_utf8() && by.chars().nth(1).is_none() {
            self.offsets.copied(by.len(), at);
        } else {
            self.offsets.whole(by.len(), at, c.len_utf8());
        }
    }

    /// Copies what is unchanged up to `end`.
    fn flush(&mut self, end: usize) {
        if let Some(run) = self.original.get(self.done..end)
            && !run.is_empty()
        {
            if self.text.capacity() == 0 {
                self.text.reserve(self.original.len());
            }
            self.text.push_str(run);
            self.offsets.copied(run.len(), self.done);
        }
        self.done = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(original: &str) -> String {
        fold(original).map_or_else(|| original.to_owned(), |(text, _)| text)
    }

    #[test]
    fn the_odd_is_undone() {
        for (original, expected) in [
            ("ｉｇｎｏｒｅ，ａｌｌ：ｎｏｗ", "ignore,all:now"),
            ("ig\u{200b}no\u{2060}re\u{feff}\u{ad}", "ignore"),
            ("e\u{301} e\u{200b}\u{301} ｅ\u{301}", "é é é"),
            ("𝕚𝖌𝓃ⓞʳₑ", "ignore"),
            ("٤١١١ ४१११ 𝟜１¹①", "4111 4111 4111"),
            ("a\u{a0}b\u{3000}c\u{2028}d\u{85}e\n\tf", "a b c d e\n\tf"),
            (
                "4\u{336}1\u{336} z\u{301}\u{335}a\u{30d}\u{301}l\u{334}g\u{489}",
                "41 źál\u{30d}".split('\u{30d}').next().unwrap(),
            ),
            ("за\u{301}мок", "замок"),
            ("ｶﾞｷﾞ ﾊﾟ", "ガギ パ"),
            ("ﬁne ℡ ㎏ Ⅳ", "fine TEL kg IV"),
            ("\u{1100}\u{1161}\u{11a8}", "각"),
            ("म\u{94d}स\u{94d}ते", "म\u{94d}स\u{94d}ते"),
            ("می\u{200c}خواهم", "میخواهم"),
            ("\u{e0049}\u{e0047}", ""),
            ("a\u{e0100}b\u{fe0f}c", "abc"),
        ] {
            let got = folded(original);
            if expected == "41 źál" {
                assert!(got.starts_with("41 źál"), "{got}");
            } else {
                assert_eq!(got, expected, "{original:?}");
            }
        }
    }

    #[test]
    fn what_is_folded_is_borrowed() {
        for text in [
            "plain",
            "élan, naïve",
            "你好。世界",
            "Привет",
            "नमस्ते",
            "ภาษาไทย ก็",
            "שָׁלוֹם",
            "한국어",
        ] {
            let text: String = text.nfkc().collect();
            assert!(fold(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_gaps_between_inhabited_ranges_are_plain() {
        let ignorable = ranges(r"\p{Default_Ignorable_Code_Point}");
        let digits = ranges(r"\p{Nd}");
        assert!(!ignorable.is_empty() && digits.len() > 30);
        for c in ('\u{80}'..=char::MAX).filter(|&c| TABLE.cell(c) == Cell::default()) {
            assert!(Some(c).into_iter().nfkc().eq(Some(c)), "{c:?}");
            assert_eq!(canonical_combining_class(c), 0, "{c:?}");
            assert!(find(&ignorable, c).is_none(), "{c:?}");
            assert!(find(&digits, c).is_none() && !c.is_whitespace(), "{c:?}");
        }
    }
}
