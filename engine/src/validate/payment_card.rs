//! Payment card numbers: issuer range, length, check digit (ISO/IEC 7812-1).
//!
//! The ranges are those the schemes publish for their own acceptance. They are
//! kept tight: with the Luhn digit alone every tenth number of any kind passes.

use super::{Digits, all_same, luhn};

/// A range of first digits (both ends included) and the lengths, in digits, of
/// its cards.
struct Range {
    from: u32,
    to: u32,
    shortest: usize,
    longest: usize,
}

const fn range(from: u32, to: u32, shortest: usize, longest: usize) -> Range {
    Range {
        from,
        to,
        shortest,
        longest,
    }
}

/// `from` and `to` have the same number of digits: that many are compared.
static RANGES: &[Range] = &[
    range(4, 4, 13, 13),       // Visa, before 1990s
    range(4, 4, 16, 16),       // Visa
    range(4, 4, 19, 19),       // Visa
    range(51, 55, 16, 16),     // Mastercard
    range(2221, 2720, 16, 16), // Mastercard since 2017
    range(34, 34, 15, 15),     // American Express
    range(37, 37, 15, 15),
    range(300, 305, 14, 19), // Diners Club
    range(3095, 3095, 14, 19),
    range(36, 36, 14, 19),
    range(38, 39, 14, 19),
    range(6011, 6011, 16, 19), // Discover
    range(644, 649, 16, 19),
    range(65, 65, 16, 19),     // Discover, RuPay
    range(3528, 3589, 16, 19), // JCB
    range(62, 62, 16, 19),     // UnionPay
    range(8100, 8171, 16, 19),
    range(2200, 2204, 16, 19), // Mir
    range(5018, 5018, 12, 19), // Maestro
    range(5020, 5020, 12, 19),
    range(5038, 5038, 12, 19),
    range(5893, 5893, 12, 19),
    range(6304, 6304, 12, 19),
    range(6759, 6759, 12, 19),
    range(6761, 6763, 12, 19),
    range(5019, 5019, 16, 16),       // Dankort
    range(506_099, 506_198, 16, 19), // Verve
    range(636_297, 636_297, 16, 16), // Elo
    range(636_368, 636_368, 16, 16),
    range(504_175, 504_175, 16, 16),
    range(508_500, 508_999, 16, 16), // RuPay
    range(606_985, 607_984, 16, 16),
    range(608_001, 608_500, 16, 16),
    range(606_282, 606_282, 16, 16), // Hipercard
    range(9792, 9792, 16, 16),       // Troy
    range(8600, 8600, 16, 16),       // Uzcard
    range(9860, 9860, 16, 16),       // Humo
];

/// Whether this is a card number that an issuer can have given out.
pub(super) fn payment_card(text: &str) -> bool {
    let Some(digits) = Digits::<19>::read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    if digits.len() < 12 || all_same(digits) {
        return false;
    }
    RANGES.iter().any(|range| range.holds(digits)) && luhn::holds(digits)
}

impl Range {
    fn holds(&self, digits: &[u8]) -> bool {
        let width = self.from.ilog10() as usize + 1;
        let Some(head) = digits.get(..width) else {
            return false;
        };
        let head = super::number(head);
        (self.shortest..=self.longest).contains(&digits.len())
            && (u64::from(self.from)..=u64::from(self.to)).contains(&head)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn known_numbers() {
        // The schemes' and processors' published test numbers.
        holds(
            payment_card,
            &[
                "4111 1111 1111 1111",
                "4222222222222",
                "5555-5555-5555-4444",
                "2223003122003222",
                "3782 822463 10005",
                "371449635398431",
                "30569309025904",
                "38520000023237",
                "6011111111111117",
                "3530111333300000",
                "6200000000000005",
                "6759649826438453",
                "2201382000000013",
            ],
            &[
                "4111111111111112", // check digit
                "411111111111116",  // Visa of 15
                "1234567812345670", // Luhn holds, no such range
                "9111111111111111",
                "5655555555554444",
                "2721000000000004", // just past Mastercard
                "0000000000000000",
                "37828224631000",
                "62000000000000000000",
                "4111 1111 1111 1111 x",
            ],
        );
    }

    #[test]
    fn ranges_compare_equal_widths() {
        for r in RANGES {
            assert_eq!(r.from.ilog10(), r.to.ilog10(), "{}", r.from);
            assert!(r.from <= r.to && r.shortest <= r.longest && r.longest <= 19);
        }
    }
}
