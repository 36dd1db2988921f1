//! The Luhn check digit (ISO/IEC 7812-1, annex B).

use super::Digits;

/// Longer numbers carry no Luhn digit: card numbers end at 19, IMEI at 15,
/// ICCID at 20. The rest is room for house numbers.
const LONGEST: usize = 40;

/// Whether the last digit is the Luhn digit of the others.
pub(super) fn luhn(text: &str) -> bool {
    Digits::<LONGEST>::read(text).is_some_and(|digits| holds(digits.as_slice()))
}

/// The same for digits already read. Zeros alone are refused: they satisfy the
/// sum and prove nothing.
pub(super) fn holds(digits: &[u8]) -> bool {
    if digits.len() < 2 || digits.iter().all(|&d| d == 0) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d);
            if i % 2 == 0 {
                d
            } else {
                d * 2 / 10 + d * 2 % 10
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::luhn;

    #[test]
    fn known_numbers() {
        holds(
            luhn,
            &[
                "79927398713", // the example of the patent's usual telling
                "4111 1111 1111 1111",
                "378282246310005",
                "49-015420-323751-8", // an IMEI
                "18",
                "6011000990139424",
            ],
            &[
                "79927398710",
                "4111111111111112",
                "0000000000000000",
                "1",
                "",
                "4111 1111 1111 111a",
                "41111111111111111",
            ],
        );
    }

    #[test]
    fn one_wrong_digit_is_always_seen() {
        let good = b"4539578763621486";
        for i in 0..good.len() {
            for d in b'0'..=b'9' {
                let mut text = good.to_vec();
                text[i] = d;
                let text = String::from_utf8(text).unwrap();
                assert_eq!(luhn(&text), d == good[i], "{text}");
            }
        }
    }
}
