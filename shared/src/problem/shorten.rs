//! How much of what a caller has sent an answer says again.

/// The most that an answer shows of one text with the caller's own words in it, in bytes: more than a
/// reader needs to find the place. A body of 1 MiB can be one name of a member, and up to 64 faults name
/// it each time.
pub(crate) const MAX_SHOWN_BYTES: usize = 512;

/// What stands for the rest.
const ELLIPSIS: char = '…';

/// Cuts a text to [`MAX_SHOWN_BYTES`], between two characters.
pub(crate) fn shorten(text: &mut String) {
    if text.len() > MAX_SHOWN_BYTES {
        let end = text.floor_char_boundary(MAX_SHOWN_BYTES - ELLIPSIS.len_utf8());
        text.truncate(end);
        text.push(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let shortened = |mut text: String| {
            shorten(&mut text);
            text
        };
        let longest = "a".repeat(MAX_SHOWN_BYTES);
        assert_eq!(shortened(longest.clone()), longest);
        for character in ["a", "é", "日", "🦀"] {
            let text = shortened(character.repeat(MAX_SHOWN_BYTES + 1));
            assert!(text.len() <= MAX_SHOWN_BYTES && text.len() > MAX_SHOWN_BYTES - 4);
            let rest = text
                .strip_suffix(ELLIPSIS)
                .expect("it says that it was cut");
            assert!(rest.replace(character, "").is_empty(), "{text}");
        }
    }
}
