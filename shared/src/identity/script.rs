//! Names in one script.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::Script;
use icu_properties::script::ScriptWithExtensions;

/// Scripts that are written together: UTS 39, section 5.2, "Highly Restrictive".
const WRITTEN_TOGETHER: [&[Script]; 3] = [
    &[
        Script::Latin,
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
    ],
    &[Script::Latin, Script::Han, Script::Bopomofo],
    &[Script::Latin, Script::Han, Script::Hangul],
];

/// Whether all letters of a text are of one script, or of some that one language is written in
/// (<https://www.unicode.org/reports/tr39/#Restriction_Level_Detection>): `аdmin` with a Cyrillic
/// letter is not. What belongs to every script, such as digits, spaces and emoji, goes with each.
pub(super) fn is_of_one_script(text: &str) -> bool {
    // Most names, without a table.
    if text.is_ascii() {
        return true;
    }
    let scripts = ScriptWithExtensions::new();
    // As it is compared: a mathematical `𝐚` has no script, and is taken for the Latin letter.
    let text = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let has_script = |c: &char| {
        let of_character = scripts.get_script_extensions_val(*c);
        ![Script::Common, Script::Inherited]
            .iter()
            .any(|script| of_character.contains(script))
    };
    let fits = |allowed: &[Script]| {
        text.chars().filter(has_script).all(|c| {
            let of_character = scripts.get_script_extensions_val(c);
            allowed.iter().any(|script| of_character.contains(script))
        })
    };
    let Some(first) = text.chars().find(has_script) else {
        return true;
    };
    let mut of_first = scripts.get_script_extensions_val(first).iter();
    of_first.any(|script| fits(&[script])) || WRITTEN_TOGETHER.into_iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_language_is_written_in_is_one_script() {
        for text in [
            "jacob",
            "Jörg 1984",
            "Иван",
            "Νίκος",
            "مرحبا ١٢٣",
            "用户",
            "山田太郎",
            "ひらがなカタカナ漢字ー",
            "山田taro",
            "김철수 Kim",
            "ㄅㄆ注音abc",
            "ไทย",
            "हिन्दी",
            "🦀",
            "Jörg 🦀",
            "😀 1",
            "e\u{301}",
            "",
        ] {
            assert!(is_of_one_script(text), "{text}");
        }
    }

    #[test]
    fn a_letter_of_another_script_is_found() {
        for text in [
            "аdmin",
            "adm\u{456}n",
            "pаypal",
            "Αpple",
            "а𝐝𝐦𝐢𝐧",
            "аｄｍｉｎ",
            "Иван Ivan",
            "ไทย Bob",
            "ひらがな김",
            "用户Иван",
        ] {
            assert!(!is_of_one_script(text), "{text}");
        }
    }
}
