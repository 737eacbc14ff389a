//! Slugs: the names of articles in URLs.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use serde::de::{Deserialize, Deserializer, Error as _};

use crate::{ArticleId, Title};

/// The longest part that comes from a title, in bytes. In a URL each byte beyond ASCII takes three
/// characters, so that a whole slug stays below 700 of them, and servers and proxies take URLs of
/// thousands.
const MAX_TITLE_BYTES: usize = 200;

/// The longest slug, in bytes: a title's part, a dash and an id.
const MAX_BYTES: usize = MAX_TITLE_BYTES + 1 + 32;

/// What stands in the place of a slug in other routes (`GET /api/articles/feed`): an article of that
/// slug could not be read.
const RESERVED: [&str; 1] = ["feed"];

/// The name of an article in URLs: the letters and digits of its title, in lower case, with dashes
/// between the words. Any script is kept, composed (NFC).
///
/// ```
/// use conduit::{ArticleId, Slug, Title};
///
/// let id = ArticleId::new("2016-02-18T03:22:56.637Z".parse().expect("a time"));
/// let title = Title::parse("How to Train Your Dragon!")?;
/// let [plain, suffixed, _] = Slug::candidates(&title, id);
/// assert_eq!(plain.as_str(), "how-to-train-your-dragon");
/// assert!(suffixed.as_str().starts_with("how-to-train-your-dragon-"));
/// # Ok::<(), conduit::TextError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Slug(String);

impl Slug {
    /// The slugs that an article of this title may have, the first choice first: the title alone,
    /// with a short suffix from the id, with the whole id. The last one is nobody else's.
    ///
    /// A title without letters and digits gives its article a slug from the id alone.
    #[must_use]
    pub fn candidates(title: &Title, id: ArticleId) -> [Self; 3] {
        let words = words(title.as_str());
        let suffixed = |suffix: String| {
            Self(if words.is_empty() {
                suffix
            } else {
                format!("{words}-{suffix}")
            })
        };
        let (short, full) = (suffixed(id.short()), suffixed(id.full()));
        if words.is_empty() || RESERVED.contains(&words.as_str()) {
            [short, full.clone(), full]
        } else {
            [Self(words), short, full]
        }
    }

    /// Reads a slug from a URL; `None` for what no article can have.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return None;
        }
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        composed
            .chars()
            .all(|c| c == '-' || is_kept(c))
            .then(|| Self(composed.into_owned()))
    }

    /// The slug, not percent-encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The slug, not percent-encoded.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As [`parse`](Slug::parse), for the paths of routes.
impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("is no slug"))
    }
}

fn is_combining_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Marks belong to the letters before them: without its virama or its tone a word is another one.
fn is_kept(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn words(title: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let title = nfc.normalize(title);
    let lower: String = title.chars().flat_map(char::to_lowercase).collect();
    let mut words = String::new();
    // Lower case can decompose (İ), so the form is restored.
    for c in nfc.normalize(&lower).chars() {
        let begins_word = words.is_empty() || words.ends_with('-');
        if c.is_alphanumeric() || (is_combining_mark(c) && !begins_word) {
            words.push(c);
        } else if !begins_word {
            words.push('-');
        }
    }
    shorten(&mut words, MAX_TITLE_BYTES);
    words.truncate(words.trim_end_matches('-').len());
    words
}

/// Cuts after a whole word, unless that would take more than half.
fn shorten(words: &mut String, max_bytes: usize) {
    if words.len() <= max_bytes {
        return;
    }
    let mut end = max_bytes;
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    words.truncate(end);
    match words.rfind('-') {
        Some(dash) if dash > max_bytes / 2 => words.truncate(dash),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(title: &str) -> [String; 3] {
        let id = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_1234_abcd);
        let title = Title::parse(title).expect("a title");
        Slug::candidates(&title, id.into()).map(Slug::into_string)
    }

    fn plain(title: &str) -> String {
        let [plain, ..] = candidates(title);
        plain
    }

    #[test]
    fn words_of_any_script_are_kept() {
        for (title, slug) in [
            ("How to train your dragon", "how-to-train-your-dragon"),
            (
                "  --How_to;  train?! 2 dragons--  ",
                "how-to-train-2-dragons",
            ),
            ("Müller's Straße", "müller-s-straße"),
            ("Mu\u{308}ller", "müller"),
            ("İstanbul", "i\u{307}stanbul"),
            ("日本語のタイトル", "日本語のタイトル"),
            ("हिन्दी में", "हिन्दी-में"),
            ("كيف تدرب", "كيف-تدرب"),
            ("a\u{202E}b", "a-b"),
            ("<script>alert('x')</script>", "script-alert-x-script"),
            ("'; DROP TABLE articles; --", "drop-table-articles"),
            ("../../etc/passwd", "etc-passwd"),
            ("🐉 dragons 🐉", "dragons"),
            ("\u{301}accent first", "accent-first"),
        ] {
            assert_eq!(plain(title), slug, "{title}");
            assert_eq!(
                Slug::parse(slug).map(Slug::into_string).as_deref(),
                Some(slug)
            );
        }
    }

    #[test]
    fn a_collision_is_told_apart_by_the_id() {
        assert_eq!(
            candidates("Dragons"),
            [
                "dragons",
                "dragons-1234abcd",
                "dragons-0190000000007000800000001234abcd"
            ]
        );
    }

    #[test]
    fn a_title_without_words_gets_its_id() {
        for title in ["🐉🐉", "?!", "."] {
            let [first, second, third] = candidates(title);
            assert_eq!(first, "1234abcd");
            assert_eq!(second, "0190000000007000800000001234abcd");
            assert_eq!(third, second);
        }
    }

    #[test]
    fn no_article_hides_behind_another_route() {
        for title in ["feed", "Feed!", "ＦＥＥＤ"] {
            assert_ne!(plain(title), "feed", "{title}");
        }
        assert_eq!(plain("feed"), "feed-1234abcd");
        assert_eq!(plain("feeds"), "feeds");
    }

    #[test]
    fn length_is_bounded_at_a_word() {
        let words = "word ".repeat(51);
        let slug = plain(&words);
        assert!(
            slug.len() <= MAX_TITLE_BYTES && slug.ends_with("-word"),
            "{slug}"
        );
        for long in ["é", "語", "a"] {
            let [plain, short, full] = candidates(&long.repeat(255));
            assert!(plain.len() <= MAX_TITLE_BYTES && plain.len() > MAX_TITLE_BYTES - 4);
            for slug in [plain, short, full] {
                assert!(Slug::parse(&slug).is_some(), "{slug}");
            }
        }
    }

    #[test]
    fn what_no_article_can_have_is_no_slug() {
        let long = "a".repeat(MAX_BYTES + 1);
        for text in [
            "",
            "a b",
            "a/b",
            "a\0",
            "a.b",
            "%",
            "<b>",
            "\u{202E}a",
            "🐉",
            &long,
        ] {
            assert_eq!(Slug::parse(text), None, "{text:?}");
        }
        let decomposed = Slug::parse("mu\u{308}ller").expect("a slug");
        assert_eq!(decomposed.as_str(), "müller");
    }
}
