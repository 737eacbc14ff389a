//! What the rules about text have in common.

use unicode_normalization::UnicodeNormalization as _;

/// The form in which two texts are compared: without differences of case, width, composition,
/// white space and characters that cannot be seen (an approximation of Unicode's `toNFKC_Casefold`,
/// section 3.13).
///
/// It is computed here and stored beside the text, rather than left to a collation, because
/// SQLite's `NOCASE` knows ASCII only and Postgres compares as its cluster was set up.
pub(super) fn comparison_key(text: &str) -> String {
    let visible = text.nfkc().filter(|&c| !is_invisible(c));
    let lower: String = visible.flat_map(char::to_lowercase).collect();
    // Lower case can decompose (İ), so the form is restored.
    let folded: String = lower.nfkc().collect();
    // Last: white space can come to the edges, or side by side, only when what hid it is gone.
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that draw nothing: `Default_Ignorable_Code_Point` of Unicode 17
/// (<https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt>), and the Braille pattern
/// without dots, which has not the property and draws nothing either.
fn is_invisible(c: char) -> bool {
    is_joiner_or_selector(c)
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// The invisible characters that may stand in a name, because emoji and some scripts need them.
fn is_joiner_or_selector(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Characters with which a name could pass for another: controls, separators of lines, marks of
/// annotations, what joins hieroglyphs, and what cannot be seen except the ones of [`is_joiner_or_selector`].
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}' | '\u{13430}'..='\u{1343F}'
        )
        || (is_invisible(c) && !is_joiner_or_selector(c))
}

#[cfg(test)]
mod tests {
    use icu_properties::props::{
        DefaultIgnorableCodePoint, GeneralCategory, PrependedConcatenationMark,
    };
    use icu_properties::{CodePointMapData, CodePointSetData};

    use super::*;

    const BRAILLE_BLANK: char = '\u{2800}';

    #[test]
    fn what_is_invisible_is_what_unicode_says_draws_nothing() {
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        for c in '\0'..=char::MAX {
            assert_eq!(
                is_invisible(c),
                ignorable.contains(c) || c == BRAILLE_BLANK,
                "{c:?}"
            );
        }
    }

    #[test]
    fn no_format_character_is_forgotten() {
        let category = CodePointMapData::<GeneralCategory>::new();
        let visible = CodePointSetData::new::<PrependedConcatenationMark>();
        let formats = ('\0'..=char::MAX).filter(|&c| category.get(c) == GeneralCategory::Format);
        for c in formats {
            assert!(
                is_deceptive(c) || is_joiner_or_selector(c) || visible.contains(c),
                "{c:?}"
            );
        }
    }
}
