//! Internet addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether this is a dotted quad without leading zeros (RFC 6943, 3.1.1: other
/// spellings mean different addresses to different programs).
pub(super) fn ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// Whether the address is one that a host on the public Internet can have: not
/// in the special-purpose registry of RFC 6890, not multicast, not reserved.
pub(super) fn ipv4_public(text: &str) -> bool {
    let Ok(address) = text.parse::<Ipv4Addr>() else {
        return false;
    };
    !matches!(
        address.octets(),
        [0, ..]                         // "this network"
            | [10, ..]                  // private use (RFC 1918)
            | [100, 64..=127, ..]       // shared by carriers (RFC 6598)
            | [127, ..]                 // loopback
            | [169, 254, ..]            // link local
            | [172, 16..=31, ..]        // private use
            | [192, 0, 0, _]            // protocol assignments
            | [192, 0, 2, _]            // documentation (RFC 5737)
            | [192, 88, 99, _]          // old 6to4 relays (RFC 7526)
            | [192, 168, ..]            // private use
            | [198, 18..=19, ..]        // benchmarks (RFC 2544)
            | [198, 51, 100, _]         // documentation
            | [203, 0, 113, _]          // documentation
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

/// Whether this is an address in the text form of RFC 4291, with brackets or a
/// zone (RFC 4007) if need be. `::` alone is refused: in prose and code it is
/// punctuation.
pub(super) fn ipv6(text: &str) -> bool {
    let text = text
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text);
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let zone_is_well_formed = zone.is_none_or(|zone| {
        !zone.is_empty()
            && zone
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~'))
    });
    zone_is_well_formed
        && address
            .parse::<Ipv6Addr>()
            .is_ok_and(|a| !a.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn quads() {
        holds(
            ipv4,
            &[
                "8.8.8.8",
                "0.0.0.0",
                "255.255.255.255",
                "192.168.0.1",
                "1.1.1.1",
                "10.20.30.40",
            ],
            &[
                "256.1.1.1",
                "1.1.1",
                "1.1.1.1.1",
                "01.1.1.1",
                "1.1.1.1 ",
                "",
                "1..1.1",
                "a.b.c.d",
                "1.2.3.4/8",
            ],
        );
    }

    #[test]
    fn public_quads() {
        holds(
            ipv4_public,
            &[
                "8.8.8.8",
                "1.1.1.1",
                "172.32.0.1",
                "100.128.0.1",
                "192.167.1.1",
                "223.255.255.1",
            ],
            &[
                "10.0.0.1",
                "172.16.0.1",
                "172.31.9.9",
                "192.168.1.1",
                "127.0.0.1",
                "169.254.1.1",
                "100.64.0.1",
                "192.0.2.7",
                "198.51.100.7",
                "203.0.113.7",
                "224.0.0.1",
                "255.255.255.255",
                "0.1.2.3",
                "8.8.8",
            ],
        );
    }

    #[test]
    fn colons() {
        holds(
            ipv6,
            &[
                "2001:db8::1",
                "::1",
                "fe80::1%eth0",
                "[2001:db8::8:800:200c:417a]",
                "::ffff:192.0.2.1",
                "1:2:3:4:5:6:7:8",
            ],
            &[
                "::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "2001::db8::1",
                "fe80::1%",
                "12345::1",
                "g::1",
                "",
                "[::1",
                "10:30:00",
            ],
        );
    }
}
