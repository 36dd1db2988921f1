//! Mail addresses.

use super::url_host::is_domain;

/// Whether the text is an address that mail can be sent to: a dot-atom (RFC 5322)
/// of at most 64 bytes before the `@`, a domain with a plausible last label after
/// it, at most 254 bytes in all (RFC 5321, 4.5.3.1). Letters beyond ASCII are
/// taken (RFC 6531). Quoted local parts and address literals are not: they occur in
/// standards, hardly in mail.
pub(super) fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    if text.len() > 254 || local.is_empty() || local.len() > 64 {
        return false;
    }
    let atoms = local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char));
    atoms && is_domain(domain)
}

fn is_atom_char(c: char) -> bool {
    match c {
        '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^' | '_'
        | '`' | '{' | '|' | '}' | '~' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c => c.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::email;

    #[test]
    fn addresses() {
        holds(
            email,
            &[
                "ada@example.com",
                "ada.lovelace+notes@mail.example.co.uk",
                "o'brien@example.ie",
                "张伟@例子.中国",
                "a@b.museum",
                "user_1@xn--bcher-kva.example",
                "x@sub-domain.example.org",
            ],
            &[
                "ada@example",
                "ada.@example.com",
                ".ada@example.com",
                "a..b@example.com",
                "@example.com",
                "ada@",
                "ada@-example.com",
                "ada@example-.com",
                "logo@2x.png",
                "a@b@c.123",
                "ada@example.c",
                "ada lovelace@example.com",
                "ada@exa_mple.com",
                "ada@example..com",
            ],
        );
        assert!(!email(&format!("{}@example.com", "a".repeat(65))));
        assert!(email(&format!("{}@example.com", "a".repeat(64))));
        assert!(!email(&format!("a@{}.com", "b".repeat(64))));
    }
}
