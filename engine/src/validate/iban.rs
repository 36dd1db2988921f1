//! International bank account numbers (ISO 13616, SWIFT IBAN registry).

/// Country and length, in characters, of each national form in the registry
/// that SWIFT keeps, in order of country.
#[rustfmt::skip] // A table of pairs.
static LENGTHS: &[([u8; 2], usize)] = &[
    (*b"AD", 24), (*b"AE", 23), (*b"AL", 28), (*b"AT", 20), (*b"AZ", 28), (*b"BA", 20),
    (*b"BE", 16), (*b"BG", 22), (*b"BH", 22), (*b"BI", 27), (*b"BR", 29), (*b"BY", 28),
    (*b"CH", 21), (*b"CR", 22), (*b"CY", 28), (*b"CZ", 24), (*b"DE", 22), (*b"DJ", 27),
    (*b"DK", 18), (*b"DO", 28), (*b"EE", 20), (*b"EG", 29), (*b"ES", 24), (*b"FI", 18),
    (*b"FK", 18), (*b"FO", 18), (*b"FR", 27), (*b"GB", 22), (*b"GE", 22), (*b"GI", 23),
    (*b"GL", 18), (*b"GR", 27), (*b"GT", 28), (*b"HN", 28), (*b"HR", 21), (*b"HU", 28),
    (*b"IE", 22), (*b"IL", 23), (*b"IQ", 23), (*b"IS", 26), (*b"IT", 27), (*b"JO", 30),
    (*b"KW", 30), (*b"KZ", 20), (*b"LB", 28), (*b"LC", 32), (*b"LI", 21), (*b"LT", 20),
    (*b"LU", 20), (*b"LV", 21), (*b"LY", 25), (*b"MC", 27), (*b"MD", 24), (*b"ME", 22),
    (*b"MK", 19), (*b"MN", 20), (*b"MR", 27), (*b"MT", 31), (*b"MU", 30), (*b"NI", 28),
    (*b"NL", 18), (*b"NO", 15), (*b"OM", 23), (*b"PK", 24), (*b"PL", 28), (*b"PS", 29),
    (*b"PT", 25), (*b"QA", 29), (*b"RO", 24), (*b"RS", 22), (*b"RU", 33), (*b"SA", 24),
    (*b"SC", 31), (*b"SD", 18), (*b"SE", 24), (*b"SI", 19), (*b"SK", 24), (*b"SM", 27),
    (*b"SO", 23), (*b"ST", 25), (*b"SV", 28), (*b"TL", 23), (*b"TN", 24), (*b"TR", 26),
    (*b"UA", 29), (*b"VA", 22), (*b"VG", 24), (*b"XK", 20), (*b"YE", 30),
];

/// The standard's limit, in characters.
const LONGEST: usize = 34;

/// Whether country, length and check digits agree.
pub(super) fn iban(text: &str) -> bool {
    let mut chars = [0u8; LONGEST];
    let mut len = 0;
    for byte in text.bytes() {
        match byte {
            b' ' | b'-' => continue,
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        let Some(slot) = chars.get_mut(len) else {
            return false;
        };
        *slot = byte.to_ascii_uppercase();
        len += 1;
    }
    let Some((&[c0, c1, k0, k1], account)) = chars.get(..len).and_then(|c| c.split_first_chunk())
    else {
        return false;
    };
    let Ok(at) = LENGTHS.binary_search_by(|(country, _)| country.cmp(&[c0, c1])) else {
        return false;
    };
    if LENGTHS.get(at).map(|&(_, n)| n) != Some(len) {
        return false;
    }
    // ISO 7064 MOD 97-10 makes check digits 02 to 98. 00, 01 and 99 are congruent
    // to some of them, and never issued.
    if !k0.is_ascii_digit() || !k1.is_ascii_digit() || matches!(&[k0, k1], b"00" | b"01" | b"99") {
        return false;
    }
    let remainder = account
        .iter()
        .chain(&[c0, c1, k0, k1])
        .fold(0u32, |rest, &byte| {
            if byte.is_ascii_digit() {
                (rest * 10 + u32::from(byte - b'0')) % 97
            } else {
                (rest * 100 + u32::from(byte - b'A') + 10) % 97
            }
        });
    remainder == 1
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn known_numbers() {
        // The examples of the registry itself.
        holds(
            iban,
            &[
                "GB29 NWBK 6016 1331 9268 19",
                "DE89370400440532013000",
                "FR14 2004 1010 0505 0001 3M02 606",
                "NO93 8601 1117 947",
                "MT84MALT011000012345MTLCAST001S",
                "CH93-0076-2011-6238-5295-7",
                "nl91abna0417164300",
                "BR1800360305000010009795493C1",
                "SA03 8000 0000 6080 1016 7519",
            ],
            &[
                "GB29 NWBK 6016 1331 9268 18",
                "GB92 NWBK 6016 1331 9268 19",
                "DE8937040044053201300",  // one short
                "XX89370400440532013000", // no such country
                "DE01 3704 0044 0532 0130 00",
                "US64SVBKUS6S3300958879", // checks out, but the US has no IBAN
                "",
                "GBAB NWBK 6016 1331 9268 19",
                "GB29.NWBK.6016.1331.9268.19",
            ],
        );
    }

    #[test]
    fn registry_is_sorted() {
        assert!(LENGTHS.windows(2).all(|w| w[0].0 < w[1].0));
        assert!(LENGTHS.iter().all(|&(_, n)| n <= LONGEST));
    }
}
