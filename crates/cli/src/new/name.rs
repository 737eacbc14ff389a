//! What a function can be called.

use anyhow::{Result, bail};

/// The longest name. Postgres cuts the names of tables and indexes off after 63 bytes, and those of a
/// function's begin with its own.
const MAX_CHARACTERS: usize = 40;

/// Rust's keywords, of every edition and reserved ones: the tests of a function are a module of its name.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Packages of Rust itself, which every other one sees under these names, and of the tests.
const CRATES: &[&str] = &["alloc", "core", "proc-macro", "std", "test", "jenny-test"];

/// Words of WIT, which cannot be the name of a world, beside those that are Rust's as well.
const WIT: &[&str] = &[
    "bool",
    "borrow",
    "char",
    "constructor",
    "export",
    "f32",
    "f64",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "stream",
    "string",
    "tuple",
    "u16",
    "u32",
    "u64",
    "u8",
    "variant",
    "with",
    "world",
];

/// Folders of cargo's, in which a build would get in the way of its own files.
const CARGO: &[&str] = &["build", "deps", "examples", "incremental"];

/// Names of devices, which Windows makes no files of.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// Whether a function can be called so, in whatever application.
///
/// # Errors
///
/// When it cannot; the error says why.
pub(super) fn check(name: &str) -> Result<()> {
    if !is_kebab_case(name) {
        bail!(
            "a function cannot be called `{name}`: write it in kebab-case, words of lower-case letters and \
             digits that begin with a letter, with single hyphens between them"
        );
    }
    if name.len() > MAX_CHARACTERS {
        bail!(
            "`{name}` has {} characters, more than {MAX_CHARACTERS}: choose a shorter name",
            name.len()
        );
    }
    let device = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let reserved = [
        (KEYWORDS.contains(&name), "is a keyword of Rust"),
        (
            CRATES.contains(&name),
            "is a package that every other one sees",
        ),
        (WIT.contains(&name), "is a word of WIT"),
        (CARGO.contains(&name), "is a folder of cargo's"),
        (
            DEVICES.contains(&name) || matches!(device, "com" | "lpt"),
            "is a device on Windows",
        ),
    ];
    if let Some((_, why)) = reserved.iter().find(|(is_reserved, _)| *is_reserved) {
        bail!("a function cannot be called `{name}`, which {why}: choose another name");
    }
    Ok(())
}

/// Words that begin with a letter: Spin wants it of names, and it lets a name be turned into one of Rust's
/// and back.
pub(crate) fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_in_kebab_case() {
        for name in ["a", "notes", "sensor-readings", "v2", "a1-b2", "type-s"] {
            assert!(check(name).is_ok(), "{name}");
        }
        assert!(check(&"n".repeat(40)).is_ok());
        for (name, says) in [
            ("", "kebab-case"),
            ("Notes", "kebab-case"),
            ("my_notes", "kebab-case"),
            ("my notes", "kebab-case"),
            ("-a", "kebab-case"),
            ("a-", "kebab-case"),
            ("a--b", "kebab-case"),
            ("2nd", "kebab-case"),
            ("a-2", "kebab-case"),
            ("../a", "kebab-case"),
            ("café", "kebab-case"),
            ("type", "keyword of Rust"),
            ("self", "keyword of Rust"),
            ("core", "every other one sees"),
            ("test", "every other one sees"),
            ("list", "word of WIT"),
            ("deps", "cargo's"),
            ("com1", "Windows"),
            (&"n".repeat(41), "more than 40"),
        ] {
            let error = check(name).unwrap_err().to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
    }
}
