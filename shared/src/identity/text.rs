//! What the rules about text have in common.

use unicode_normalization::UnicodeNormalization as _;

/// The form in which two texts are compared: without differences of case, width, composition and
/// characters that cannot be seen (an approximation of Unicode's `toNFKC_Casefold`, section 3.13).
///
/// It is computed here and stored beside the text, rather than left to a collation, because
/// SQLite's `NOCASE` knows ASCII only and Postgres compares as its cluster was set up.
pub(super) fn comparison_key(text: &str) -> String {
    let visible = text.nfkc().filter(|&c| !is_ignorable(c));
    let lower: String = visible.flat_map(char::to_lowercase).collect();
    // Lower case can decompose (İ), so the form is restored.
    lower.nfkc().collect()
}

/// Joiners and variation selectors, which emoji need and which are otherwise invisible.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

/// Characters that draw nothing or turn the text around, with which a name could pass for another:
/// controls, and the format characters except the ones of [`is_ignorable`].
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}'
                | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
        )
}
