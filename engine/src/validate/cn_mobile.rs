//! Chinese mobile numbers.

use super::Digits;

/// Whether the number is eleven digits of a range that the Chinese ministry of
/// industry (MIIT) has given to an operator, with or without the country code.
/// Ranges of machines (140, 141, 144, 146, 148) and satellites (174, 1349) count.
pub(super) fn cn_mobile(text: &str) -> bool {
    let text = text.trim_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let Some(digits) = Digits::<15>::read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    let digits = match digits.len() {
        13 => digits.strip_prefix(&[8, 6]),
        15 => digits.strip_prefix(&[0, 0, 8, 6]),
        _ => Some(digits),
    };
    let Some(&[1, second, third, ref rest @ ..]) = digits else {
        return false;
    };
    let assigned = match second {
        3 | 8 => true,
        4 => !matches!(third, 2 | 3),
        5 => third != 4,
        6 => matches!(third, 2 | 5 | 6 | 7),
        7 => third != 9,
        9 => third != 4,
        _ => false,
    };
    assigned && rest.len() == 8 && !super::all_same(rest)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::cn_mobile;

    #[test]
    fn known_ranges() {
        holds(
            cn_mobile,
            &[
                "13812345678",
                "+86 138 1234 5678",
                "86-199-1234-5678",
                "0086 15912345678",
                "16612345678",
                "17012345678",
                "19212345678",
            ],
            &[
                "12812345678",
                "15412345678",
                "1381234567",
                "138123456789",
                "+85 138 1234 5678",
                "14212345678",
                "13800000000",
                "11012345678",
                "138.1234.5678",
            ],
        );
    }
}
