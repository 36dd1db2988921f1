//! US social security numbers, by what the SSA says it never issues.

use super::{Digits, all_same, number};

/// Printed on specimen cards and in the SSA's own pamphlets, used by many, and
/// void since. 123-45-6789 is not among them: people write it where they would
/// write their own, and its area has been issued.
static VOID: &[u64] = &[78_051_120, 219_099_999, 457_555_462];

/// Whether the number can have been issued: since 2011 area numbers are random
/// up to 899, but 000, 666, 900 to 999, group 00 and serial 0000 stay unused
/// (SSA, "Social Security Number Randomization").
pub(super) fn us_ssn(text: &str) -> bool {
    let Some(digits) = Digits::<9>::read(text) else {
        return false;
    };
    let digits = digits.as_slice();
    if digits.len() != 9 || all_same(digits) {
        return false;
    }
    let whole = number(digits);
    let (area, group, serial) = (whole / 1_000_000, whole / 10_000 % 100, whole % 10_000);
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0 && !VOID.contains(&whole)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::us_ssn;

    #[test]
    fn known_numbers() {
        holds(
            us_ssn,
            &[
                "536-90-4399",
                "001 01 0001",
                "899-99-9999",
                "667125678",
                "665-12-5678",
                "772-01-0001",
                "123-45-6789",
            ],
            &[
                "000-12-3456",
                "666-12-3456",
                "900-12-3456",
                "999-99-9999",
                "536-00-4399",
                "536-90-0000",
                "078-05-1120",
                "219-09-9999",
                "111-11-1111",
                "536-90-439",
                "536.90.4399",
            ],
        );
    }
}
