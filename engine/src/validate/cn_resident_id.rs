//! Chinese resident identity numbers (GB 11643-1999).

use super::{Digits, date, number};

/// First two digits of the administrative divisions (GB/T 2260), with 71, 81
/// and 82 for Taiwan, Hong Kong and Macao, and 83 for residence permits of
/// people from Taiwan.
pub(super) fn is_province(code: u64) -> bool {
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

/// Weights of ISO 7064 MOD 11-2: 2 to the power of the distance to the end.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Whether region, birth date and check character hold. The old form of 15
/// digits carries no check character and is not taken.
pub(super) fn cn_resident_id(text: &str) -> bool {
    let trimmed = text.trim_end_matches([' ', '-']);
    let (body, check) = match trimmed.as_bytes().split_last() {
        Some((b'X' | b'x', _)) => (trimmed.get(..trimmed.len() - 1), 10),
        Some((&last @ b'0'..=b'9', _)) => {
            (trimmed.get(..trimmed.len() - 1), u32::from(last - b'0'))
        }
        _ => return false,
    };
    let Some(digits) = body.and_then(Digits::<17>::read) else {
        return false;
    };
    let Ok(digits) = <&[u8; 17]>::try_from(digits.as_slice()) else {
        return false;
    };
    // Cards of foreign permanent residents (since 2023) put a 9 before the
    // province and the country of origin in place of the county.
    let province = if digits[0] == 9 {
        number(&digits[1..3])
    } else {
        number(&digits[..2])
    };
    let (year, month, day) = (
        number(&digits[6..10]),
        number(&digits[10..12]),
        number(&digits[12..14]),
    );
    // No one alive was born before 1900, and the engine has no calendar to know
    // today by.
    if !is_province(province) || !(1900..=2099).contains(&year) || !date::exists(year, month, day) {
        return false;
    }
    // Order numbers begin at 001.
    if number(&digits[14..17]) == 0 {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(&d, w)| u32::from(d) * w)
        .sum();
    (sum + check) % 11 == 1
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::cn_resident_id;

    #[test]
    fn known_numbers() {
        holds(
            cn_resident_id,
            &[
                "11010519491231002X", // the standard's own example
                "11010519491231002x",
                "110105 19491231 002X",
                "310101199001011234",
                "110101200002290034", // a leap day
                "810000199001010035", // a residence permit of Hong Kong
                "911156198001010120", // a foreign permanent resident
            ],
            &[
                "110105194912310021",
                "11010519491331002X", // month 13
                "110105194902300027",
                "99010519491231002X",
                "11010519491231002",
                "110105491231002", // the old form
                "X1010519491231002X",
                "110101200102290031", // no leap year
                "110101199001010007", // order number 000
                "440524188001010014", // the standard's other example, born 1880
            ],
        );
    }
}
