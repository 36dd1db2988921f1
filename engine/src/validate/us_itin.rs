//! US individual taxpayer identification numbers.

use super::{Digits, number};

/// Whether the IRS issues such a number: area 900 to 999 and group 50 to 65, 70
/// to 88, 90 to 92 or 94 to 99 (IRS, Internal Revenue Manual 3.21.263; 89 and 93
/// belong to other kinds of number).
pub(super) fn us_itin(text: &str) -> bool {
    let Some(digits) = Digits::<9>::read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    if digits.len() != 9 || digits.first() != Some(&9) {
        return false;
    }
    let whole = number(digits);
    let (group, serial) = (whole / 10_000 % 100, whole % 10_000);
    matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
        && serial != 0
        && !super::all_same(digits)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::us_itin;

    #[test]
    fn known_ranges() {
        holds(
            us_itin,
            &[
                "900-70-1234",
                "999 88 0001",
                "912501234",
                "900-65-4321",
                "950-94-0100",
                "987-90-1234",
            ],
            &[
                "900-49-1234",
                "900-66-1234",
                "900-69-1234",
                "900-89-1234",
                "900-93-1234",
                "899-70-1234",
                "999-99-9999",
                "900-70-0000",
                "900-70-123",
            ],
        );
    }
}
