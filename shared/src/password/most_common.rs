//! The most common passwords.

use zeroize::Zeroizing;

/// One to a line, in lower case, sorted by their bytes. Where they come from says the `README.md` beside
/// them. As text, which costs a component 31 KB: the list can be read, and there is nothing to decode.
static PASSWORDS: &str = include_str!("common/passwords.txt");

/// Whether the list has a password, whatever its case.
pub(super) fn contains(password: &str) -> bool {
    let password = Zeroizing::new(password.to_lowercase());
    let mut rest = PASSWORDS;
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest[..middle].rfind('\n').map_or(0, |end| end + 1);
        let end = rest[start..].find('\n').map_or(rest.len(), |at| start + at);
        match password.as_str().cmp(&rest[start..end]) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = &rest[..start],
            std::cmp::Ordering::Greater => rest = rest.get(end + 1..).unwrap_or_default(),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::{MIN_CHARACTERS, Password};
    use super::*;

    #[test]
    fn every_one_is_found() {
        let lines: Vec<&str> = PASSWORDS.lines().collect();
        assert!(lines.len() >= 3_000, "{}", lines.len());
        assert!(lines.is_sorted_by(|one, other| one < other));
        for line in lines {
            assert!(contains(line) && contains(&line.to_uppercase()), "{line}");
            // What is shorter is refused for that, and what is not ASCII would be cut in halves.
            assert!(line.len() >= MIN_CHARACTERS && line.is_ascii(), "{line}");
            assert_eq!(line.to_lowercase(), line);
        }
    }

    #[test]
    fn what_is_not_in_the_list_is_not_found() {
        for password in [
            "",
            "\n",
            "passwor",
            "password\n",
            "correct horse battery staple",
            "zzzzzzzzzzzzzzzz",
            "\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}",
        ] {
            assert!(!contains(password), "{password:?}");
        }
    }

    #[test]
    fn width_hides_nothing() {
        let password = Password::parse("Ｐａｓｓｗｏｒｄ１").expect("within the limits");
        assert!(password.is_common());
        let password = Password::parse("correct horse").expect("within the limits");
        assert!(!password.is_common());
    }
}
