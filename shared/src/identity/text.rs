//! What the rules about text have in common. Unicode's data are ICU4X's (docs/adr/0032).

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, PrependedConcatenationMark,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Draws nothing, and does not have the property that says so.
const BRAILLE_BLANK: char = '\u{2800}';

/// The form in which two texts are compared: without differences of case, width, composition,
/// white space and characters that cannot be seen (Unicode's `toNFKC_Casefold`, section 3.13, with
/// white space joined).
///
/// It is computed here and stored beside the text, rather than left to a collation, because
/// SQLite's `NOCASE` knows ASCII only and Postgres compares as its cluster was set up.
pub(super) fn comparison_key(text: &str) -> String {
    key(text, full_fold)
}

/// The form in which texts were compared before: with the simple lower case in place of the full
/// case folding, so that `straße` was not `STRASSE`. Rows of users whose names would be one now
/// keep it.
pub(super) fn previous_comparison_key(text: &str) -> String {
    key(text, |c, folded| folded.extend(c.to_lowercase()))
}

/// Full case folding by std's tables, most of which are in every component (docs/adr/0032). Upper case
/// brings together what lower case alone keeps apart: `ß` and `SS`, the two small sigmas. A test holds it
/// against Unicode's own table.
fn full_fold(c: char, folded: &mut String) {
    // The letter without a dot is no form of `i`; only its upper case is the same.
    if c == 'ı' {
        return folded.push(c);
    }
    let upper = c.to_lowercase().flat_map(char::to_uppercase);
    folded.extend(upper.flat_map(char::to_lowercase));
}

fn key(text: &str, fold: impl Fn(char, &mut String)) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let mut folded = String::with_capacity(text.len());
    for c in nfkc.normalize(text).chars().filter(|&c| !is_invisible(c)) {
        fold(c, &mut folded);
    }
    // Folding can decompose (İ), so the form is restored.
    let folded = nfkc.normalize(&folded);
    // Last: white space can come to the edges, or side by side, only when what hid it is gone.
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that draw nothing.
fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || c == BRAILLE_BLANK
}

/// The invisible characters that may stand in a name, because emoji and some scripts need them.
fn is_joiner_or_selector(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Characters with which a text could pass for another one: controls, separators of lines, marks of
/// annotations, what joins hieroglyphs, and what cannot be seen except the ones of
/// [`is_joiner_or_selector`].
pub(super) fn is_deceptive(c: char) -> bool {
    // Most of what is asked about, without a table.
    if matches!(c, ' '..='~') {
        return false;
    }
    match category(c) {
        GeneralCategory::Control
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        // The marks around a number in Arabic, for example, are seen.
        GeneralCategory::Format => {
            !CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
                && !is_joiner_or_selector(c)
        }
        _ => is_invisible(c) && !is_joiner_or_selector(c),
    }
}

/// Code points of which nobody can say what they look like: those that are unassigned, and those for
/// private use. A letter that std does not know yet counts as unassigned: how it folds is not known
/// either, and its key would change with std.
pub(super) fn is_unknown(c: char) -> bool {
    let category = category(c);
    match category {
        GeneralCategory::PrivateUse | GeneralCategory::Surrogate | GeneralCategory::Unassigned => {
            true
        }
        // Every letter is alphabetic (Unicode, section 4.10).
        _ => GeneralCategoryGroup::Letter.contains(category) && !c.is_alphabetic(),
    }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    /// What may stand in a name, and so in a key.
    fn accepted() -> impl Iterator<Item = char> {
        ('\0'..=char::MAX).filter(|&c| !is_deceptive(c) && !is_unknown(c))
    }

    /// `regex` has a table of its own: Unicode's simple foldings, of `CaseFolding.txt`. What it takes for
    /// one without case has one key. (Foldings into several characters are in the next test.)
    #[test]
    fn the_folding_is_that_of_unicode() {
        let is_cased = |c: &char| {
            let text = c.to_string();
            c.to_lowercase().to_string() != text || c.to_uppercase().to_string() != text
        };
        let cased: String = accepted().filter(is_cased).collect();
        for c in cased.chars() {
            let pattern = Regex::new(&format!("(?i){c}")).expect("a letter is a pattern");
            let key = comparison_key(&c.to_string());
            for other in pattern.find_iter(&cased) {
                assert_eq!(comparison_key(other.as_str()), key, "{c:?} and {other:?}");
            }
        }
    }

    #[test]
    fn a_key_is_its_own_key() {
        for c in accepted() {
            let key = comparison_key(&c.to_string());
            // Unicode folds twice (section 3.13, D146); once is enough in this order.
            assert_eq!(comparison_key(&key), key, "{c:?}");
            let previous = previous_comparison_key(&c.to_string());
            assert_eq!(comparison_key(&previous), key, "{c:?}");
        }
    }

    #[test]
    fn what_upper_case_brings_together_is_one() {
        for [one, other] in [
            ["straße", "STRASSE"],
            ["STRAẞE", "strasse"],
            ["Νίκος", "ΝΊΚΟΣ"],
            ["ﬁne", "FINE"],
            ["ﬅ", "ST"],
            ["ŉ", "ʼN"],
        ] {
            assert_eq!(comparison_key(one), comparison_key(other), "{one}");
        }
        assert_ne!(comparison_key("ısı"), comparison_key("isi"));
        assert_ne!(previous_comparison_key("straße"), "strasse");
    }

    #[test]
    fn what_cannot_be_seen_is_deceptive() {
        let deceptive = "\0\n\u{7F}\u{AD}\u{34F}\u{17B4}\u{200B}\u{202E}\u{2028}\u{2800}\u{FFF9}\
                         \u{13430}\u{1D173}\u{E0001}\u{3164}\u{FFF0}";
        for c in deceptive.chars() {
            assert!(is_deceptive(c), "{c:?}");
        }
        // Unassigned, not characters, private use.
        for c in "\u{378}\u{FFFE}\u{10FFFF}\u{E000}\u{F8FF}\u{F0000}".chars() {
            assert!(is_unknown(c), "{c:?}");
        }
        for c in "a ~éß用🦀\u{200D}\u{FE0F}\u{600}\u{301}".chars() {
            assert!(!is_deceptive(c) && !is_unknown(c), "{c:?}");
        }
    }
}
