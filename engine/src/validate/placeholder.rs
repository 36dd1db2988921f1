//! What stands in documents and code where a secret would stand.

use super::all_same;

/// Words that people write instead of a value. Lower case; found anywhere in the
/// text, because they come glued: `my-EXAMPLE-key`. None of them is likely in
/// random base64: the shortest has six letters.
static WORDS_INSIDE: &[&str] = &[
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "replace_me",
    "replaceme",
    "replace-me",
    "your_",
    "your-",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourpassword",
    "yourapi",
    "insert_",
    "insert-",
    "dummy",
    "redacted",
    "my_secret",
    "mysecret",
    "my-secret",
    "notarealkey",
    "not-a-real",
    "not_a_real",
    "fake_",
    "fake-",
    "xxxxx",
    "*****",
    "•••",
    ".....",
    "-----",
    "_____",
    "process.env",
    "os.environ",
    "getenv",
    "env.",
    "env[",
    "secrets.",
    "vault:",
    "config.",
    "settings.",
    "params.",
    "self.",
    "1234567890",
    "0123456789",
    "abcdefgh",
    "abcd1234",
    "123456abc",
    "qwerty",
    "asdfgh",
];

/// The whole text, in any case: a value that says nothing or that a language
/// gives a meaning to.
static WORDS_WHOLE: &[&str] = &[
    "",
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "string",
    "secret",
    "password",
    "passwd",
    "token",
    "key",
    "value",
    "test",
    "testing",
    "todo",
    "tbd",
    "fixme",
    "n/a",
    "na",
    "empty",
    "hidden",
    "masked",
    "removed",
    "foo",
    "bar",
    "foobar",
    "hello",
    "default",
    "optional",
    "required",
    "abc123",
    "apikey",
    "api_key",
    "api-key",
    "access_token",
    "required_if",
    "unknown",
];

/// Whether the text may be a real secret: not an example or dummy, not a field of
/// a template, not the name of a variable that holds the secret elsewhere.
///
/// This cannot know a made-up value that looks random; it takes away what a reader
/// would dismiss at a glance.
pub(super) fn not_placeholder(text: &str) -> bool {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';'));
    !(WORDS_WHOLE
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
        || has_word_inside(text)
        || is_template(text)
        || is_monotonous(text)
        || steps(text))
}

/// Whether one of [`WORDS_INSIDE`] stands in the text, in any ASCII case.
fn has_word_inside(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let first = byte.to_ascii_lowercase();
        WORDS_INSIDE.iter().any(|word| {
            word.as_bytes().first() == Some(&first)
                && bytes
                    .get(at..at + word.len())
                    .is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
        })
    })
}

/// `<...>`, `{{...}}`, `${...}`, `$(...)`, `%...%`, `[...]`, `$NAME`, `__NAME__`.
fn is_template(text: &str) -> bool {
    let between = |open: &str, close: &str| {
        text.starts_with(open) && text.ends_with(close) && text.len() >= open.len() + close.len()
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    between("<", ">")
        || between("{", "}")
        || between("[", "]")
        || between("%", "%")
        || between("__", "__")
        || text.contains("${")
        || text.contains("{{")
        || text.contains("$(")
        || text.contains("<%")
        || text.strip_prefix('$').is_some_and(is_name)
}

/// At most two different letters or digits: `xxxx`, `0000-0000`, `abababab`.
fn is_monotonous(text: &str) -> bool {
    let mut seen = [None; 2];
    for c in text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
    {
        if seen.contains(&Some(c)) {
            continue;
        }
        match seen.iter_mut().find(|s| s.is_none()) {
            Some(slot) => *slot = Some(c),
            None => return false,
        }
    }
    true
}

/// Whether every letter or digit follows the one before it, as in `abcdef` or
/// `7654321`. Four at least.
fn steps(text: &str) -> bool {
    let mut chars = text.bytes().filter(u8::is_ascii_alphanumeric);
    let Some(mut last) = chars.next() else {
        return false;
    };
    let mut direction = None;
    let mut count = 1;
    for b in chars {
        let by = i16::from(b) - i16::from(last);
        if by.abs() != 1 || direction.is_some_and(|d| d != by) {
            return false;
        }
        direction = Some(by);
        last = b;
        count += 1;
    }
    count >= 4
}

/// Whether the digits of the text are more than one repeated, or each one more (or
/// less) than the last, 0 following 9. Text without digits is no sequence.
pub(super) fn not_sequence(text: &str) -> bool {
    let digits = || text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0');
    if digits().count() < 2 {
        return true;
    }
    ![0, 1, 9].iter().any(|step| {
        digits()
            .zip(digits().skip(1))
            .all(|(a, b)| (a + step) % 10 == b)
    })
}

/// Whether the text has at least two of: lower-case letters, upper-case letters,
/// digits.
pub(super) fn mixed_classes(text: &str) -> bool {
    let classes = [
        u8::is_ascii_lowercase,
        u8::is_ascii_uppercase,
        u8::is_ascii_digit,
    ];
    !all_same(text.as_bytes())
        && classes
            .iter()
            .filter(|class| text.as_bytes().iter().any(class))
            .count()
            >= 2
}

#[cfg(test)]
mod tests {
    use super::super::testing::holds;
    use super::*;

    #[test]
    fn placeholders() {
        holds(
            not_placeholder,
            &[
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
                "hunter2",
                "c0rrect-Horse-battery",
                "AKIAQ7WZT4LMNB2XR5VD",
                "$ecretPa55",
                "sk_test_9aF3kLm2Qp8Rt5Wx",
                "Tr0ub4dor&3",
                "7f3a9c1e5b2d8f60",
            ],
            &[
                "AKIAIOSFODNN7EXAMPLE",
                "your_api_key_here",
                "<password>",
                "${DB_PASSWORD}",
                "{{ token }}",
                "xxxxxxxxxxxx",
                "********",
                "1234567890",
                "changeme",
                "os.environ['KEY']",
                "process.env.API_KEY",
                "$API_KEY",
                "%PASSWORD%",
                "000000000000",
                "abcdef",
                "7654321",
                "None",
                "",
                "'null'",
                "YOUR-TOKEN",
                "[REDACTED]",
                "abababab",
                "__SECRET__",
            ],
        );
    }

    #[test]
    fn sequences() {
        holds(
            not_sequence,
            &[
                "536-90-4399",
                "1235",
                "13579",
                "no digits",
                "7",
                "1213",
                "90210",
            ],
            &[
                "123456789",
                "1234567890",
                "987654321",
                "111111",
                "9876543210",
                "12-34-56",
                "5555 5555",
                "8901",
            ],
        );
    }

    #[test]
    fn classes() {
        holds(
            mixed_classes,
            &["aB", "a1", "A1", "aaaaB", "x-9", "Zz9"],
            &["", "abc", "ABC", "123", "a-b-c", "été", "!!!"],
        );
    }
}
