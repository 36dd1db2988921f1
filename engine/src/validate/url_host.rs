//! Hosts of URLs.

use super::ip;

/// Ends of file names that look like last labels in prose and code. None of them
/// is a top-level domain (IANA root zone).
static FILE_ENDINGS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "css", "js", "jsx", "tsx", "json",
    "xml", "html", "htm", "yaml", "yml", "toml", "txt", "csv", "pdf", "doc", "docx", "xls", "xlsx",
    "ppt", "pptx", "exe", "dll", "log", "bak", "tmp", "cfg", "conf", "ini", "java", "cpp", "hpp",
    "php", "lock", "sql", "gz", "tar", "rar", "jar", "local", "internal",
];

/// Whether the host of a URL, or a bare host, is an address or a domain name.
pub(super) fn url_host(text: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        let Some((address, port)) = host.split_once(']') else {
            return false;
        };
        return ip::ipv6(address.trim_start_matches('[')) && is_port(port);
    }
    let (host, port) = match host.find(':') {
        Some(at) => host.split_at(at),
        None => (host, ""),
    };
    is_port(port) && (ip::ipv4(host) || is_domain(host.strip_suffix('.').unwrap_or(host)))
}

/// Nothing, or a colon and up to five digits.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| {
            digits.len() <= 5
                && digits.bytes().all(|b| b.is_ascii_digit())
                && digits.parse::<u32>().unwrap_or(0) <= 65_535
        })
}

/// Whether this is a domain name of at least two labels: 63 bytes a label, 253 in
/// all (RFC 1035, 2.3.4), no hyphen at an end, and a last label of letters that is
/// no usual end of a file name.
pub(super) fn is_domain(name: &str) -> bool {
    if name.len() > 253 {
        return false;
    }
    let Some((rest, last)) = name.rsplit_once('.') else {
        return false;
    };
    rest.split('.').all(is_label) && is_label(last) && is_last_label(last)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| {
            c == '-'
                || if c.is_ascii() {
                    c.is_ascii_alphanumeric()
                } else {
                    c.is_alphanumeric()
                }
        })
}

/// Two to 24 letters (the longest delegated name has 24), or an encoded one.
fn is_last_label(label: &str) -> bool {
    if label
        .get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case("xn--"))
    {
        return label.len() > 4;
    }
    let count = label.chars().count();
    (2..=24).contains(&count)
        && label.chars().all(char::is_alphabetic)
        && !FILE_ENDINGS
            .iter()
            .any(|end| label.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::url_host;

    #[test]
    fn hosts() {
        holds(
            url_host,
            &[
                "https://example.com/a?b#c",
                "http://user:pw@example.co.uk:8080/",
                "example.org",
                "ftp://192.0.2.1/x",
                "https://[2001:db8::1]:443/",
                "https://例子.中国/",
                "http://xn--fsqu00a.xn--0zwm56d",
                "https://example.com.",
            ],
            &[
                "http://",
                "https://localhost/x",
                "readme.txt",
                "http://-a.com",
                "http://a..com",
                "https://example.com:99999/",
                "http://[::1",
                "1.2.3",
                "std::vec",
                "https://exa mple.com",
                "http://256.1.1.1/",
                "",
            ],
        );
    }
}
