//! Checks that a pattern cannot make, such as a check digit.
//!
//! A pattern says what a thing looks like; a validator says whether it can be
//! one. Each is a pure function of the finding's text as it stands in its view:
//! it never panics, reads no clock, and its cost is linear in that text. Number
//! validators look through the separators space and `-`, because people write
//! numbers in groups.
//!
//! What a validator proves is stated in its summary, with the standard or the
//! issuer it follows. None asks a live service whether a number is in use.

mod base58;
mod bitcoin;
mod channel;
mod checksum;
mod cn_bank_card;
mod cn_mobile;
mod cn_resident_id;
mod cn_uscc;
mod date;
mod email;
mod encoding;
mod entropy;
mod ethereum;
mod iban;
mod ip;
mod jwt;
mod luhn;
mod mac;
mod payment_card;
mod phone;
mod placeholder;
mod url_host;
mod us_itin;
mod us_ssn;
mod uuid;

/// A check that a pattern cannot make, such as a check digit.
///
/// To add one: a file under `validate/` and a row in [`VALIDATORS`].
///
/// ```
/// let luhn = engine::validate::validator("luhn").unwrap();
/// assert!((luhn.check)("4111 1111 1111 1111"));
/// assert!(!(luhn.check)("4111 1111 1111 1112"));
/// ```
pub struct Validator {
    /// What rules call it.
    pub name: &'static str,
    /// One line for people, with the standard it follows.
    pub summary: &'static str,
    /// Whether the text of a finding, as it stands in its view, passes.
    pub check: fn(&str) -> bool,
}

/// All validators, in order of name.
#[rustfmt::skip] // One row a line: this table is read, and sorted, by name.
pub static VALIDATORS: &[Validator] = &[
    Validator { name: "base64", summary: "RFC 4648 base64 or base64url with right length and padding", check: encoding::base64 },
    Validator { name: "bidi_override", summary: "U+202D or U+202E in a text without a right-to-left letter (UAX #9)", check: channel::bidi_override },
    Validator { name: "bitcoin", summary: "Bitcoin address: base58check, or bech32/bech32m of BIP 173 and BIP 350", check: bitcoin::bitcoin },
    Validator { name: "cn_bank_card", summary: "Chinese bank card: a UnionPay or older bank range, its length, and the Luhn digit", check: cn_bank_card::cn_bank_card },
    Validator { name: "cn_mobile", summary: "Chinese mobile number in an assigned range, with or without +86", check: cn_mobile::cn_mobile },
    Validator { name: "cn_resident_id", summary: "Chinese resident identity number: GB 11643 region, real birth date, MOD 11-2 digit", check: cn_resident_id::cn_resident_id },
    Validator { name: "cn_uscc", summary: "Chinese unified social credit code: GB 32100 alphabet, region, mod 31 character", check: cn_uscc::cn_uscc },
    Validator { name: "combining_flood", summary: "more than three combining marks on one letter, in no script that needs them", check: channel::combining_flood },
    Validator { name: "date", summary: "a real calendar date in any common order", check: date::date },
    Validator { name: "email", summary: "mail address: lengths and characters of RFC 5321 and RFC 1035, plausible last label", check: email::email },
    Validator { name: "entropy_2_5", summary: "at least 2.5 bits of Shannon entropy a character", check: entropy::entropy_2_5 },
    Validator { name: "entropy_3", summary: "at least 3 bits of Shannon entropy a character", check: entropy::entropy_3 },
    Validator { name: "entropy_3_5", summary: "at least 3.5 bits of Shannon entropy a character", check: entropy::entropy_3_5 },
    Validator { name: "entropy_4", summary: "at least 4 bits of Shannon entropy a character", check: entropy::entropy_4 },
    Validator { name: "ethereum", summary: "Ethereum address; the EIP-55 checksum where letters are of both cases", check: ethereum::ethereum },
    Validator { name: "github_checksum", summary: "GitHub classic token: its last six characters are the CRC-32 of the others", check: checksum::github_checksum },
    Validator { name: "hex", summary: "an even number of hexadecimal digits (RFC 4648 base16), 0x allowed", check: encoding::hex },
    Validator { name: "iban", summary: "bank account: country and length of the SWIFT registry, ISO 7064 MOD 97-10", check: iban::iban },
    Validator { name: "invisible_operators", summary: "U+2061 to U+2064 where no formula would have them", check: channel::invisible_operators },
    Validator { name: "ipv4", summary: "IPv4 address: four numbers up to 255 without leading zeros", check: ip::ipv4 },
    Validator { name: "ipv4_public", summary: "IPv4 address outside the special-purpose ranges of RFC 6890", check: ip::ipv4_public },
    Validator { name: "ipv6", summary: "IPv6 address as in RFC 4291, not the lone ::", check: ip::ipv6 },
    Validator { name: "jwt", summary: "JSON Web Token: three base64url parts, the first a JSON object with alg (RFC 7515)", check: jwt::jwt },
    Validator { name: "luhn", summary: "the Luhn check digit of ISO/IEC 7812-1", check: luhn::luhn },
    Validator { name: "mac", summary: "hardware address (IEEE 802 EUI-48) that is neither empty nor broadcast", check: mac::mac },
    Validator { name: "mixed_classes", summary: "at least two of lower-case letters, upper-case letters and digits", check: placeholder::mixed_classes },
    Validator { name: "not_bitcoin", summary: "fails `bitcoin`: for rules about mistyped ones, beside a rule that has `bitcoin`", check: |text| !bitcoin::bitcoin(text) },
    Validator { name: "not_cn_bank_card", summary: "fails `cn_bank_card`: for rules about mistyped ones, beside a rule that has `cn_bank_card`", check: |text| !cn_bank_card::cn_bank_card(text) },
    Validator { name: "not_cn_mobile", summary: "fails `cn_mobile`: for rules about mistyped ones, beside a rule that has `cn_mobile`", check: |text| !cn_mobile::cn_mobile(text) },
    Validator { name: "not_cn_resident_id", summary: "fails `cn_resident_id`: for rules about mistyped ones, beside a rule that has `cn_resident_id`", check: |text| !cn_resident_id::cn_resident_id(text) },
    Validator { name: "not_iban", summary: "fails `iban`: for rules about mistyped ones, beside a rule that has `iban`", check: |text| !iban::iban(text) },
    Validator { name: "not_payment_card", summary: "fails `payment_card`: for rules about mistyped ones, beside a rule that has `payment_card`", check: |text| !payment_card::payment_card(text) },
    Validator { name: "not_phone", summary: "fails `phone`: for rules about mistyped ones, beside a rule that has `phone`", check: |text| !phone::phone(text) },
    Validator { name: "not_placeholder", summary: "not an example, a dummy, a template field or a reference to a variable", check: placeholder::not_placeholder },
    Validator { name: "not_sequence", summary: "not only ascending, descending or repeated digits", check: placeholder::not_sequence },
    Validator { name: "not_us_ssn", summary: "fails `us_ssn`: for rules about mistyped ones, beside a rule that has `us_ssn`", check: |text| !us_ssn::us_ssn(text) },
    Validator { name: "npm_checksum", summary: "npm access token: its last six characters are the CRC-32 of the others", check: checksum::npm_checksum },
    Validator { name: "payment_card", summary: "payment card: issuer range and length, and the Luhn digit", check: payment_card::payment_card },
    Validator { name: "phone", summary: "international telephone number (ITU-T E.164) of a numbering plan that has it", check: phone::phone },
    Validator { name: "phone_national", summary: "telephone number as written within one of 30 countries", check: phone::phone_national },
    Validator { name: "tag_channel", summary: "tag characters (U+E0000 to U+E007F) outside a subdivision flag", check: channel::tag_channel },
    Validator { name: "url_host", summary: "the host of a URL is an address or a name with a plausible last label", check: url_host::url_host },
    Validator { name: "us_itin", summary: "US individual taxpayer number in the ranges the IRS issues", check: us_itin::us_itin },
    Validator { name: "us_ssn", summary: "US social security number outside the ranges the SSA never issues", check: us_ssn::us_ssn },
    Validator { name: "uuid", summary: "RFC 9562 UUID with version and variant, neither nil nor max", check: uuid::uuid },
    Validator { name: "variation_channel", summary: "variation selectors where no character has variants", check: channel::variation_channel },
    Validator { name: "zero_width_flood", summary: "zero-width characters in a number or at places no script needs", check: channel::zero_width_flood },
];

/// The validator of this name.
pub fn validator(name: &str) -> Option<&'static Validator> {
    let at = VALIDATORS.binary_search_by(|v| v.name.cmp(name)).ok()?;
    VALIDATORS.get(at)
}

/// The digits of a number without its separators, at most `N` of them.
struct Digits<const N: usize> {
    values: [u8; N],
    len: usize,
}

impl<const N: usize> Digits<N> {
    /// `None` if there is anything but ASCII digits, spaces and hyphens, or
    /// more than `N` digits.
    fn read(text: &str) -> Option<Digits<N>> {
        let mut digits = Digits {
            values: [0; N],
            len: 0,
        };
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => digits.push(byte - b'0')?,
                b' ' | b'-' => {}
                _ => return None,
            }
        }
        Some(digits)
    }

    fn push(&mut self, digit: u8) -> Option<()> {
        *self.values.get_mut(self.len)? = digit;
        self.len += 1;
        Some(())
    }

    /// Values 0 to 9, in order.
    fn as_slice(&self) -> &[u8] {
        self.values.get(..self.len).unwrap_or(&[])
    }
}

/// The number that these digits write. For short runs: at most 18 digits.
fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .take(18)
        .fold(0, |n, &d| n * 10 + u64::from(d))
}

/// Whether all items are equal. Dummies are made of one digit, and zeros
/// satisfy every weighted sum.
fn all_same<T: PartialEq>(items: &[T]) -> bool {
    items.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
pub(crate) mod testing {
    /// Asserts what a validator takes and what it refuses.
    pub(crate) fn holds(check: fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(check(text), "must pass: {text:?}");
        }
        for text in bad {
            assert!(!check(text), "must not pass: {text:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table_is_sorted_and_unique() {
        for pair in VALIDATORS.windows(2) {
            assert!(
                pair[0].name < pair[1].name,
                "{} {}",
                pair[0].name,
                pair[1].name
            );
        }
    }

    #[test]
    fn names_are_found() {
        for v in VALIDATORS {
            assert_eq!(validator(v.name).map(|f| f.summary), Some(v.summary));
            assert!(!v.summary.is_empty());
        }
        assert!(validator("no-such").is_none());
    }

    #[test]
    fn what_is_empty_or_huge_passes_no_number_check() {
        let huge = "9".repeat(100_000);
        for name in [
            "luhn",
            "payment_card",
            "iban",
            "us_ssn",
            "us_itin",
            "cn_resident_id",
            "cn_uscc",
            "cn_mobile",
            "cn_bank_card",
            "phone",
            "phone_national",
            "bitcoin",
            "ethereum",
        ] {
            let check = validator(name).unwrap().check;
            for text in ["", " ", "-", huge.as_str()] {
                assert!(!check(text), "{name}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_on_any_text(text in any::<String>()) {
            for v in VALIDATORS {
                let _ = (v.check)(&text);
            }
        }

        #[test]
        fn nothing_panics_on_likely_text(
            text in "[0-9A-Za-z +()\\-./:@_%${}\\[\\]<>=*#\u{200b}\u{200d}\u{fe0f}\u{301}\u{202e}\u{e0041}\u{1f3f4}年月日é]{0,60}",
        ) {
            for v in VALIDATORS {
                let _ = (v.check)(&text);
            }
        }
    }
}
