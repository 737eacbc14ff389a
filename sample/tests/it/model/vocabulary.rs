//! What steps are made of: few words, so that they meet, and odd ones.

use super::step::Pick;

/// A name as it is written, as it is kept, and whose it is: names of one number are one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spelling {
    pub(super) written: &'static str,
    pub(super) kept: &'static str,
    pub(super) whose: u8,
}

const fn spelling(written: &'static str, kept: &'static str, whose: u8) -> Spelling {
    Spelling {
        written,
        kept,
        whose,
    }
}

pub(super) const NAMES: [Spelling; 10] = [
    spelling("anna", "anna", 0),
    spelling("bert", "bert", 1),
    spelling("cäcilie", "cäcilie", 2),
    spelling("Anna", "Anna", 0),
    spelling("ＢＥＲＴ", "ＢＥＲＴ", 1),
    spelling(" CA\u{308}CILIE ", "CA\u{308}CILIE", 2),
    spelling("ديمة & <ب>?", "ديمة & <ب>?", 3),
    spelling("🦀", "🦀", 4),
    // Not allowed, and so nobody's.
    spelling("a\u{200B}nna", "", u8::MAX),
    spelling("аnna", "", u8::MAX),
];

pub(super) const EMAILS: [Spelling; 6] = [
    spelling("anna@example.com", "anna@example.com", 0),
    spelling("bert@example.com", "bert@example.com", 1),
    spelling("carl@example.com", "carl@example.com", 2),
    spelling(" ANNA@example.com", "ANNA@example.com", 0),
    spelling("dima@example.com", "dima@example.com", 3),
    // Not allowed, and so nobody's.
    spelling("anna@localhost", "", u8::MAX),
];

/// The last one is too short.
pub(super) const PASSWORDS: [&str; 3] = ["correct horse", "another horse", "short"];

/// The last one holds what no bio may.
pub(super) const BIOS: [&str; 4] = ["", "Writes.", "<b>'; --\n\u{202E}", "a\0"];

/// Titles with the slug that each has while it is free; without, it is the backend's to find one.
/// The last two are not allowed.
pub(super) const TITLES: [(&str, Option<&str>); 8] = [
    ("How to train your dragon", Some("how-to-train-your-dragon")),
    (
        "How to Train Your Dragon?!",
        Some("how-to-train-your-dragon"),
    ),
    ("Über Drachen", Some("über-drachen")),
    ("feed", None),
    ("🐉", None),
    ("'; DROP TABLE articles; --", Some("drop-table-articles")),
    (" ", None),
    ("two\nlines", None),
];

/// What else is written: descriptions, bodies, comments. The last one is not allowed.
pub(super) const TEXTS: [&str; 4] = [
    "Very carefully.",
    " <script>alert(1)</script>\n",
    "🐉 תנין",
    "",
];

/// The tags as they are written, and kept. The last one is not allowed.
pub(super) const TAGS: [(&str, &str); 6] = [
    ("dragons", "dragons"),
    ("training", "training"),
    (" dragons ", "dragons"),
    ("Dragons", "Dragons"),
    ("日本語 & more", "日本語 & more"),
    ("a\u{7}", "no article has this"),
];

/// The last two are refused, and from 501 on all for a feed.
pub(super) const LIMITS: [&str; 7] = ["1", "2", "3", "20", "1000000", "0", "x"];

/// The last two are refused.
pub(super) const OFFSETS: [&str; 8] = ["0", "1", "3", "500", "501", "10000", "10001", "-1"];

pub(super) fn choose<T: Copy>(choices: &[T], pick: Pick) -> T {
    choices[usize::from(pick) % choices.len()]
}
