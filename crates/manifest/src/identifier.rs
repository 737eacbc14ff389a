//! The names that a manifest may use.
//!
//! The rules are Spin's (`crates/serde/src/id.rs` in its source), which takes its words from the
//! component model: each starts with an ASCII letter, goes on with letters and digits, and is wholly
//! lower or wholly upper case.

/// Says why a component id is not kebab-case, if it is not.
pub(crate) fn check_kebab(id: &str) -> Result<(), String> {
    check_words(id, '-', '_', "kebab-case, such as 'sign-in'")
}

/// Says why a label of a store is neither kebab-case nor snake_case, if it is neither.
pub(crate) fn check_label(label: &str) -> Result<(), String> {
    check_words(label, '-', '_', "")
        .or_else(|_| check_words(label, '_', '-', ""))
        .map_err(|_| {
            "write it in kebab-case or snake_case, each word beginning with a letter, such as \
             'default'"
                .to_owned()
        })
}

/// Says why a variable cannot be declared by this name, if it cannot: Spin's manifest wants every
/// word to begin with a letter, and its resolver what [`check_variable_key`] checks.
pub(crate) fn check_variable(name: &str) -> Result<(), String> {
    check_variable_key(name)?;
    let starts_with_letter = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    if name.split('_').all(starts_with_letter) {
        Ok(())
    } else {
        Err("begin every word of it with a letter, as in 'url2' rather than 'url_2'".to_owned())
    }
}

/// Says why a component cannot ask for a variable of this name, if it cannot. Spin's resolver lets
/// pass more than its manifest does: for `url_2` the variable is undefined, not the name invalid.
pub(crate) fn check_variable_key(name: &str) -> Result<(), String> {
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
    for word in id.split(separator) {
        let Some(first) = word.chars().next() else {
            return remedy("it has an empty word");
        };
        if !first.is_ascii_alphabetic() {
            return remedy(&format!("its word '{word}' does not begin with a letter"));
        }
        let upper = first.is_ascii_uppercase();
        for character in word.chars().skip(1) {
            if character.is_ascii_digit() {
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
        for good in ["a", "sign-in", "v2-api", "api-v2", "api2", "HTTP-proxy"] {
            assert_eq!(check_kebab(good), Ok(()), "{good}");
        }
        for bad in [
            "", "-a", "a-", "a--b", "2api", "api-2", "a:b", "a_b", "Api", "a b", "é", "a/b", "a.b",
        ] {
            assert!(check_kebab(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels() {
        for good in ["default", "my-store", "my_store"] {
            assert_eq!(check_label(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "my-other_store",
            "../x",
            "a b",
            "store-2",
            "store_2",
            "a:b",
        ] {
            assert!(check_label(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variable_names() {
        for good in ["a", "abc", "a1b2c3", "url2", "a_b1"] {
            assert_eq!(check_variable(good), Ok(()), "{good}");
        }
        for bad in [
            "", "aX", "1bc", "_x", "x.y", "x_", "a__b", "x-y", "é", "a:b",
        ] {
            assert!(check_variable(bad).is_err(), "{bad}");
            assert!(check_variable_key(bad).is_err(), "{bad}");
        }
        // Only the manifest refuses these.
        for undeclarable in ["url_2", "a_1_b_3"] {
            assert!(check_variable(undeclarable).is_err(), "{undeclarable}");
            assert_eq!(check_variable_key(undeclarable), Ok(()), "{undeclarable}");
        }
    }
}
