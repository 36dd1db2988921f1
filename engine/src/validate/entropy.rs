//! How unevenly characters are spread: what tells a random key from a word.

/// Distinct characters that are counted apart without allocating. Keys are
/// ASCII; the rest share counters and so look a little less random than they are.
const COUNTERS: usize = 256;

/// Shannon entropy of the text's own character frequencies, in bits a character.
/// A text of n characters cannot have more than log2(n): thresholds for short keys
/// must be low.
fn bits_per_char(text: &str) -> f64 {
    let mut counts = [0u32; COUNTERS];
    let mut total = 0u32;
    for c in text.chars() {
        let c = u32::from(c);
        let slot = if c < 128 { c } else { 128 + c % 128 };
        if let Some(count) = counts.get_mut(slot as usize) {
            *count = count.saturating_add(1);
        }
        total = total.saturating_add(1);
    }
    if total == 0 {
        return 0.0;
    }
    let n = f64::from(total);
    let sum: f64 = counts
        .iter()
        .filter(|&&k| k > 0)
        .map(|&k| f64::from(k) * f64::from(k).log2())
        .sum();
    n.log2() - sum / n
}

/// Rounding must not decide: sixteen distinct characters are 4 bits on every machine.
const SLACK: f64 = 1e-9;

pub(super) fn entropy_2_5(text: &str) -> bool {
    bits_per_char(text) + SLACK >= 2.5
}

pub(super) fn entropy_3(text: &str) -> bool {
    bits_per_char(text) + SLACK >= 3.0
}

pub(super) fn entropy_3_5(text: &str) -> bool {
    bits_per_char(text) + SLACK >= 3.5
}

pub(super) fn entropy_4(text: &str) -> bool {
    bits_per_char(text) + SLACK >= 4.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn exact_values() {
        for (text, bits) in [
            ("", 0.0),
            ("aaaa", 0.0),
            ("ab", 1.0),
            ("abcd", 2.0),
            ("aabbccdd", 2.0),
            ("0123456789abcdef", 4.0),
        ] {
            assert!((bits_per_char(text) - bits).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn thresholds() {
        holds(
            entropy_2_5,
            &[
                "abcdef",
                "password1",
                "qwertz",
                "hunter2",
                "letmein",
                "中文密码很长啊",
            ],
            &["aabbcc", "aaaaaaaab", "", "abcd", "mississippi", "ababab"],
        );
        holds(
            entropy_3,
            &[
                "abcdefgh",
                "sunflower",
                "01234567",
                "kJ8s0dLq",
                "tr0ub4dor&3",
                "horse-battery",
            ],
            &[
                "abcdefg",
                "password",
                "aabbccddee",
                "",
                "1111222233334444",
                "hello",
            ],
        );
        holds(
            entropy_3_5,
            &[
                "abcdefghijkl",
                "aK9d8fJq2LxZ",
                "0123456789abcdef",
                "wJalrXUtnFEMI",
                "3f9a7c1e5b2d8f",
                "thequickbrownfox",
            ],
            &[
                "abcdefgh",
                "aaaaaaaaaaaaaaaa",
                "passwordpassword",
                "hello world",
                "",
                "0101010101010101",
            ],
        );
        holds(
            entropy_4,
            &[
                "0123456789abcdef",
                "wJalrXUtnFEMIK7MDENG",
                "ghp_zQWBuTSOoRi4A9spHcVY5ncns",
                "abcdefghijklmnopq",
                "Zx8!kQ2@mW5#pR7$",
                "AKfycbx7Yw2Qp9LsTn4V",
            ],
            &[
                "0123456789abcde",
                "deadbeefdeadbeefdeadbeef",
                "correcthorse",
                "",
                "aaaabbbbccccdddd",
                "the cat sat on the mat",
            ],
        );
    }
}
