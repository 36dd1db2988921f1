//! Which ASCII letters a character looks like, and what kind of thing it is.
//!
//! The look-alikes come from the Unicode confusables data. That data asks
//! whether two strings look the *same*; people who write around filters are
//! content with *similar*, so a short table of small capitals, phonetic letters
//! and of the usual Cyrillic and Greek stand-ins is laid over it.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

use super::fold::ranges;

/// What a character beyond ASCII is to the skeleton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Punctuation, symbol, emoji, unassigned: no part of a word.
    Symbol,
    /// Han or Kana: each character is a unit of its own.
    Ideograph,
    /// A letter that looks like nothing in ASCII.
    Letter,
    /// Looks like ASCII letters, but may be at home in its own script.
    Lookalike,
    /// A Latin letter with more to it: always its ASCII letters.
    Latin,
    /// A letter in a frame: always its ASCII letter.
    Framed,
    /// A regional indicator: two are a flag, three or more are letters.
    Regional,
    /// A combining mark.
    Mark,
}

/// Kind (3 bits), script (5 bits), up to three ASCII letters (8 bits each).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look(u32);

impl Look {
    fn new(kind: Kind, script: u32, letters: &str) -> Look {
        let mut look = kind as u32 | (script & 31) << 3;
        for (i, byte) in letters.bytes().take(3).enumerate() {
            look |= u32::from(byte) << (8 * (i + 1));
        }
        Look(look)
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        match self.0 & 7 {
            0 => Kind::Symbol,
            1 => Kind::Ideograph,
            2 => Kind::Letter,
            3 => Kind::Lookalike,
            4 => Kind::Latin,
            5 => Kind::Framed,
            6 => Kind::Regional,
            _ => Kind::Mark,
        }
    }

    /// A bit for the script; scripts may share one.
    #[inline]
    pub(super) fn script(self) -> u32 {
        1 << (self.0 >> 3 & 31)
    }

    /// The letters, as bytes, and how many.
    pub(super) fn letters(self) -> ([u8; 3], usize) {
        let [_, a, b, c] = self.0.to_le_bytes();
        let letters = [a, b, c];
        (letters, letters.iter().take_while(|&&b| b != 0).count())
    }
}

/// Stand-ins that look similar though not the same: Latin first (small capitals,
/// phonetic alphabet), then those at home in another script.
const SIMILAR_LATIN: &str = "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz \
    ɐa ɑa ɒa ɓb ɔo ɕc ɖd ɗd ɘe ɛe ɜe ɞe ɟj ɠg ɡg ɣy ɤy ɥh ɦh ɧh ɨi ɩi ɫl ɬl ɭl ɯw ɰw ɱm ɲn ɳn ɵo ɶo \
    ɷo ɸo ɹr ɺr ɻr ɼr ɽr ɾr ɿr ʁr ʂs ʃs ʄj ʈt ʉu ʊu ʋv ʌv ʍw ʎy ʐz ʑz ʒz ʝj ʠq ǝe əe ıi ȷj ŋn Ŋn ƙk ƛl \
    ƞn ƥp ƨs ƫt ƭt Ʈt ƴy ƶz ƿp þp ðd Ðd ßb ſs łl Łl øo Øo đd Đd ħh Ħh ŧt Ŧt ɇe ɉj ɋq ɍr ɏy ⱥa ȼc ƈc ƒf \
    ǥg ꞓc ƃb ɃB ȺA ȻC ⱦt ȾT ƀb ꝑp ꝓp ꝗq ꞧr ꞩs ꝏo ⱡl ᵻi ᵾu ᴉi ᴎn ᴙr ᴐo ᴈe ᴑo ᴒo ᴓo ᴚr ᴝu ᴟm ꬲe";

const SIMILAR_OTHERS: &str = "аa вb гr еe зe иu йu кk лn мm нh оo пn рp сc тt уy хx ьb яr іi їi јj ѕs \
    ԁd ԛq ԝw һh ӏl ғf қk ңh ҳx ҝk ӊh шw щw ѡw ўy ёe єe ґr ѵv ө0 ԍg ԋh ҽe ҿe \
    АA ВB ЕE ЗE ИN ЙN КK МM НH ОO РP СC ТT УY ХX ЯR ІI ЇI ЈJ ЅS ШW ЩW ЬB ЄE ѴV ԌG \
    αa βb γy δd εe ζz ηn θo ιi κk λl μu νv ξe οo πn ρp σo ςs τt υu φo χx ψw ωw άa έe ήn ίi όo ύu ώw \
    ϊi ϋu ϲc ϳj ΑA ΒB ΓR ΔA ΕE ΖZ ΗH ΘO ΙI ΚK ΛA ΜM ΝN ΞE ΟO ΠN ΡP ΣE ΤT ΥY ΦO ΧX ΨW ΩO ϹC ϜF";

const PAGE: usize = 128;

/// Pages of one kind throughout.
const SYMBOLS: u16 = 0;
const IDEOGRAPHS: u16 = 1;
const LETTERS: u16 = 2;

pub(super) struct Table {
    pages: Vec<u16>,
    cells: Vec<Look>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

/// Makes the table now rather than at first use.
pub(super) fn prepare() {
    LazyLock::force(&TABLE);
}

impl Table {
    fn new() -> Table {
        let mut cells = vec![Look::default(); PAGE];
        cells.extend([Look::new(Kind::Ideograph, 0, ""); PAGE]);
        cells.extend([Look::new(Kind::Letter, 0, ""); PAGE]);
        let mut table = Table {
            pages: vec![SYMBOLS; 0x110000 / PAGE],
            cells,
        };
        // Blocks of one kind, whole pages only; a few unassigned ends do no harm.
        table.fill(0x3400, 0x4DBF, IDEOGRAPHS);
        table.fill(0x4E00, 0x9FFF, IDEOGRAPHS);
        table.fill(0x20000, 0x3FFFF, IDEOGRAPHS);
        table.fill(0xAC00, 0xD77F, LETTERS);

        let latin = ranges(r"\p{Latin}");
        let marks = ranges(r"\p{M}");
        let ideographs = ranges(r"[\p{Han}\p{Hiragana}\p{Katakana}]");
        let inside = |ranges: &[(u32, u32)], c: char| {
            let after = ranges.partition_point(|&(start, _)| start <= c as u32);
            after
                .checked_sub(1)
                .is_some_and(|i| c as u32 <= ranges[i].1)
        };
        let odd = [
            (0x80, 0x33FF),
            (0x4D80, 0x4DFF),
            (0xA000, 0xABFF),
            (0xD780, 0xD7FF),
            (0xF900, 0x1FFFF),
        ];
        for c in odd
            .into_iter()
            .flat_map(|(start, end)| start..=end)
            .filter_map(char::from_u32)
        {
            let letter = c.is_alphabetic();
            let look = if inside(&marks, c) {
                Look::new(Kind::Mark, 0, "")
            } else if letter && inside(&ideographs, c) {
                Look::new(Kind::Ideograph, 0, "")
            } else {
                match framed(c) {
                    Some(look) => look,
                    None => {
                        let letters = alike(c).unwrap_or_default();
                        let kind = match (letters.is_empty(), letter) {
                            (true, false) => continue,
                            (true, true) => Kind::Letter,
                            (false, true) if inside(&latin, c) => Kind::Latin,
                            (false, _) => Kind::Lookalike,
                        };
                        Look::new(kind, script(c), &letters)
                    }
                }
            };
            table.set(c, look);
        }
        for (list, kind) in [
            (SIMILAR_LATIN, Kind::Latin),
            (SIMILAR_OTHERS, Kind::Lookalike),
        ] {
            for pair in list.split_whitespace() {
                let mut chars = pair.chars();
                if let Some(c) = chars.next() {
                    table.set(c, Look::new(kind, script(c), chars.as_str()));
                }
            }
        }
        // Letters whose twin is one of the similar ones, such as a small capital.
        let twins: Vec<(char, Look)> = odd
            .into_iter()
            .flat_map(|(start, end)| start..=end)
            .filter_map(char::from_u32)
            .filter(|&c| table.look(c).kind() == Kind::Letter)
            .filter_map(|c| {
                let buffer = &mut [0; 4];
                let mut bare = skeleton(c.encode_utf8(buffer)).filter(|&c| !inside(&marks, c));
                let (twin, None) = (bare.next()?, bare.next()) else {
                    return None;
                };
                let look = table.look(twin);
                let ([letter, ..], 1) = look.letters() else {
                    return None;
                };
                let kind = if inside(&latin, c) {
                    Kind::Latin
                } else {
                    Kind::Lookalike
                };
                let letter = (letter as char).to_string();
                (twin != c).then(|| (c, Look::new(kind, script(c), &letter)))
            })
            .collect();
        for (c, look) in twins {
            table.set(c, look);
        }
        table
    }

    fn fill(&mut self, start: usize, end: usize, page: u16) {
        for slot in &mut self.pages[start.div_ceil(PAGE)..(end + 1) / PAGE] {
            *slot = page;
        }
    }

    fn set(&mut self, c: char, look: Look) {
        let page = &mut self.pages[c as usize / PAGE];
        if *page <= LETTERS {
            let from = usize::from(*page) * PAGE;
            *page = (self.cells.len() / PAGE) as u16;
            self.cells.extend_from_within(from..from + PAGE);
        }
        self.cells[usize::from(*page) * PAGE + c as usize % PAGE] = look;
    }

    #[inline]
    pub(super) fn look(&self, c: char) -> Look {
        let page = self.pages.get(c as usize / PAGE).copied().unwrap_or(0);
        self.cells
            .get(usize::from(page) * PAGE + c as usize % PAGE)
            .copied()
            .unwrap_or_default()
    }
}

/// Letters in frames that NFKC leaves alone.
fn framed(c: char) -> Option<Look> {
    let (kind, first) = match c as u32 {
        0x1F150..=0x1F169 => (Kind::Framed, 0x1F150),
        0x1F170..=0x1F189 => (Kind::Framed, 0x1F170),
        0x1F1E6..=0x1F1FF => (Kind::Regional, 0x1F1E6),
        _ => return None,
    };
    let letter = char::from(b'A' + (c as u32 - first) as u8);
    Some(Look::new(kind, 0, letter.encode_utf8(&mut [0; 4])))
}

/// A number for the script, good enough to tell a mixture: Cyrillic and Greek
/// by name, others by their block.
fn script(c: char) -> u32 {
    match c as u32 {
        0x0370..=0x03FF | 0x1F00..=0x1FFF => 1,
        0x0400..=0x052F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => 2,
        c => 3 + (c >> 8) % 29,
    }
}

/// The ASCII letters that `c` looks like, by the Unicode data.
fn alike(c: char) -> Option<String> {
    let base = Some(c).into_iter().nfd().next()?;
    if base.is_ascii_alphabetic() {
        return Some(base.to_string());
    }
    let twin: String = skeleton(c.encode_utf8(&mut [0; 4]))
        .filter(|&c| !unicode_normalization::char::is_combining_mark(c))
        .collect();
    if twin.is_empty() || twin.len() > 3 || !twin.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    // The data writes m and w as two letters, and I, l and 1 all as l.
    Some(match twin.as_str() {
        "rn" => "m".to_owned(),
        "vv" => "w".to_owned(),
        "l" if c.is_uppercase() => "I".to_owned(),
        _ => twin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(c: char) -> String {
        let (letters, len) = TABLE.look(c).letters();
        String::from_utf8(letters[..len].to_vec()).unwrap()
    }

    #[test]
    fn kinds_are_told_apart() {
        for (c, kind, reads) in [
            ('é', Kind::Latin, "e"),
            ('ộ', Kind::Latin, "o"),
            ('ʀ', Kind::Latin, "r"),
            ('æ', Kind::Latin, "ae"),
            ('о', Kind::Lookalike, "o"),
            ('І', Kind::Lookalike, "I"),
            ('н', Kind::Lookalike, "h"),
            ('ρ', Kind::Lookalike, "p"),
            ('Ꭼ', Kind::Lookalike, "E"),
            ('օ', Kind::Lookalike, "o"),
            ('ж', Kind::Letter, ""),
            ('ش', Kind::Letter, ""),
            ('한', Kind::Letter, ""),
            ('忽', Kind::Ideograph, ""),
            ('𠮷', Kind::Ideograph, ""),
            ('の', Kind::Ideograph, ""),
            ('🅸', Kind::Framed, "I"),
            ('🇮', Kind::Regional, "I"),
            ('😀', Kind::Symbol, ""),
            ('、', Kind::Symbol, ""),
            ('“', Kind::Symbol, ""),
            ('\u{489}', Kind::Mark, ""),
        ] {
            assert_eq!(TABLE.look(c).kind(), kind, "{c}");
            assert_eq!(letters(c), reads, "{c}");
        }
    }

    #[test]
    fn the_data_is_there() {
        let lookalikes = ('\u{80}'..='\u{1FFFF}')
            .filter(|&c| !letters(c).is_empty())
            .count();
        assert!(lookalikes > 2_500, "{lookalikes}");
    }
}
