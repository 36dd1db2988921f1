//! Chinese bank card numbers.

use super::{Digits, all_same, luhn};

/// First digits (bank identification number) and the lengths of such cards: the
/// range of UnionPay, and those that banks gave out before it existed and that
/// still pay (JR/T 0008).
static RANGES: &[(&[u8], &[usize])] = &[
    (&[6, 2], &[16, 17, 18, 19]), // UnionPay
    (&[9, 5, 5, 8, 8], &[19]),    // ICBC
    (&[9, 5, 5, 9], &[19]),       // Agricultural Bank
    (&[1, 0, 3], &[19]),
    (&[4, 3, 6, 7, 4, 2], &[16, 19]), // Construction Bank
    (&[4, 5, 6, 3, 5, 1], &[19]),     // Bank of China
    (&[6, 0, 1, 3, 8, 2], &[19]),
    (&[6, 0, 1, 4, 2, 8], &[17]), // Bank of Communications
    (&[4, 0, 5, 5, 1, 2], &[17]),
];

/// Whether a Chinese bank can have given out the number.
pub(super) fn cn_bank_card(text: &str) -> bool {
    let Some(digits) = Digits::<19>::read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    let known = RANGES
        .iter()
        .any(|(head, lengths)| digits.starts_with(head) && lengths.contains(&digits.len()));
    // 6222 2222 ... is what people type to try a form.
    known && !digits.get(1..).is_some_and(all_same) && luhn::holds(digits)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::cn_bank_card;

    #[test]
    fn known_ranges() {
        holds(
            cn_bank_card,
            &[
                "6228480012345678911",
                "6227001234567891",
                "6222 0202 0011 2233 446",
                "9558802000123456780",
                "60142812345678909",
                "4367-4212-3456-7890-129",
                "6217001234567890122",
                "1031234567890123458",
                "4563510100123456786",
            ],
            &[
                "6228480012345678912",
                "95588020008",
                "4111111111111111",
                "5555555555554444",
                "622848001234567",
                "6222222222222222222",
                "62284800123456789112",
                "",
            ],
        );
    }
}
