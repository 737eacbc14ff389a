//! The names that a manifest may use.
//!
//! The rules are Spin's, which takes its words from the component model: words of ASCII letters
//! and digits, each wholly lower or wholly upper case, the first starting with a letter.

/// Says why a component id is not kebab-case, if it is not.
pub(crate) fn check_kebab(id: &str) -> Result<(), String> {
    check_words(id, '-', '_', "kebab-case, such as 'sign-in'")
}

/// Says why a label of a store is neither kebab-case nor snake_case, if it is neither.
pub(crate) fn check_label(label: &str) -> Result<(), String> {
    check_words(label, '-', '_', "")
        .or_else(|_| check_words(label, '_', '-', ""))
        .map_err(|_| "write it in kebab-case or snake_case, such as 'default'".to_owned())
}

/// Says why a variable's name is not lower snake_case, if it is not.
///
/// Stricter than Spin's manifest schema where Spin's resolver is: what the resolver would refuse
/// at the first use is refused here at once.
pub(crate) fn check_variable(name: &str) -> Result<(), String> {
    let bytes = name.as_bytes();
    let good = bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|byte| *byte != b'_')
        && !name.contains("__")
        && bytes
            .iter()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if good {
        Ok(())
    } else {
        Err(
            "use lower-case letters, digits and single underscores, such as 'public_url'"
                .to_owned(),
        )
    }
}

fn check_words(id: &str, separator: char, wrong: char, form: &str) -> Result<(), String> {
    let remedy = |why: &str| Err(format!("{why}, so write it in {form}"));
    if id.contains(wrong) {
        return remedy(&format!("'{wrong}' is not allowed in it"));
    }
    for (index, word) in id.split(separator).enumerate() {
        let Some(first) = word.chars().next() else {
            return remedy("it has an empty word");
        };
        if !(first.is_ascii_alphabetic() || (index > 0 && first.is_ascii_digit())) {
            return remedy("it must start with a letter");
        }
        let upper = first.is_ascii_uppercase();
        for character in word.chars().skip(1) {
            // Spin's schema lets a colon stand inside a word, as in `wasi:http`.
            if character.is_ascii_digit() || character == ':' {
                continue;
            }
            if !character.is_ascii_alphabetic() {
                return remedy(&format!("{character:?} is not allowed in it"));
            }
            if character.is_ascii_uppercase() != upper {
                return remedy("it mixes upper and lower case");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_ids() {
        for good in ["a", "sign-in", "v2-api", "api-2", "HTTP-proxy", "a:b"] {
            assert_eq!(check_kebab(good), Ok(()), "{good}");
        }
        for bad in [
            "", "-a", "a-", "a--b", "2api", "a_b", "Api", "a b", "é", "a/b", "a.b",
        ] {
            assert!(check_kebab(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels() {
        for good in ["default", "my-store", "my_store"] {
            assert_eq!(check_label(good), Ok(()), "{good}");
        }
        for bad in ["", "my-other_store", "../x", "a b"] {
            assert!(check_label(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variable_names() {
        for good in ["a", "abc", "a1b2c3", "a_1", "a_1_b_3"] {
            assert_eq!(check_variable(good), Ok(()), "{good}");
        }
        for bad in ["", "aX", "1bc", "_x", "x.y", "x_", "a__b", "x-y", "é"] {
            assert!(check_variable(bad).is_err(), "{bad}");
        }
    }
}
