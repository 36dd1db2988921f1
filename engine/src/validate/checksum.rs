//! Tokens that end in a CRC-32 of themselves.
//!
//! GitHub described the form when it changed its tokens in 2021 ("Behind GitHub's
//! new authentication token formats"): a prefix, random base62 digits, and six
//! base62 digits of the CRC-32 of those. npm took it over.

/// Whether a classic GitHub token's checksum holds. `github_pat_` tokens are of
/// another form.
pub(super) fn github_checksum(text: &str) -> bool {
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .is_some_and(checksum_holds)
}

/// Whether an npm access token's checksum holds.
pub(super) fn npm_checksum(text: &str) -> bool {
    text.strip_prefix("npm_").is_some_and(checksum_holds)
}

/// The issuers' tokens have 36 characters after the prefix, refresh tokens 76.
const LENGTHS: std::ops::RangeInclusive<usize> = 36..=251;

/// Digits of the checksum, and of CRC-32 in base 62: 62^6 > 2^32.
const CHECK: usize = 6;

fn checksum_holds(token: &str) -> bool {
    if !LENGTHS.contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let Some((body, check)) = token.split_at_checked(token.len() - CHECK) else {
        return false;
    };
    let claimed = check.bytes().fold(0u64, |n, b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'A'..=b'Z' => b - b'A' + 10,
            _ => b - b'a' + 36,
        };
        n * 62 + u64::from(digit)
    });
    claimed == u64::from(crc32(body.as_bytes()))
}

/// CRC-32 of ISO 3309, bit by bit: tokens are short and rare, a table is not worth
/// its cache lines.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn the_catalogue_value() {
        // The check value that CRC catalogues give for this parameter set.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn tokens() {
        // Made up; never issued.
        let bodies = [
            "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
            "JkxkDsncn5YVcHps9A4iRoOSTuBWQz3H5P34",
            "Abc123Xyz789LmnOpqRst456Uvw0Qe3VRkik",
        ];
        for body in bodies {
            for prefix in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] {
                assert!(github_checksum(&format!("{prefix}{body}")));
            }
            assert!(npm_checksum(&format!("npm_{body}")));
            // Any one changed character is seen: CRC-32 finds every burst of 32 bits.
            for i in 0..body.len() {
                let mut other = body.as_bytes().to_vec();
                other[i] = if other[i] == b'7' { b'8' } else { b'7' };
                let other = String::from_utf8(other).unwrap();
                assert!(!github_checksum(&format!("ghp_{other}")), "{other}");
                assert!(!npm_checksum(&format!("npm_{other}")), "{other}");
            }
        }
        holds(
            github_checksum,
            &[],
            &[
                "",
                "ghp_",
                "ghp_0mLq17",
                "ghx_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
                "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
                "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ_mLq17",
                "GHP_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
            ],
        );
    }
}
