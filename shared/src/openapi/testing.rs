//! For tests that hold a [`Text`](super::Text)'s schema against the type that checks it.

use serde_json::{Value, json};
use utoipa::ToSchema;

/// What hardly any rule about texts lets pass, or only just.
const ODD: [&str; 29] = [
    "",
    " ",
    "\t",
    "\n",
    "\u{3000}",
    "\u{85}",
    "\u{a0}",
    "\0",
    "\u{1f}",
    "\u{7f}",
    "\u{9f}",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "a\u{0b}b",
    "a\0",
    "a\u{85}b",
    "\u{202E}a",
    "a\u{200B}b",
    "a\u{2028}b",
    "a/b",
    "a\\b",
    ".",
    "..",
    "a b",
    "é",
    "🦀",
    "日本語",
    "<b>",
];

/// Whether a schema and a type take the same texts, tried on the type's example, on odd texts, and on
/// some at the schema's limits of length. `matches` says whether a regular expression matches.
///
/// Where white space around a text is dropped first, the schema need not take what has some. Where
/// `is_stricter`, the schema says less than the type takes, and what it takes must still pass.
///
/// # Panics
///
/// With the text on which they do not agree.
pub fn assert_agrees<T: ToSchema>(
    matches: impl Fn(&str, &str) -> bool,
    parses: impl Fn(&str) -> bool,
    is_stricter: bool,
) {
    let schema = json!(T::schema());
    let name = T::name();
    let example = schema["examples"][0].as_str().expect("has an example");
    let limits = [&schema["minLength"], &schema["maxLength"]].map(Value::as_u64);
    let around = limits
        .into_iter()
        .flatten()
        .flat_map(|limit| [limit.saturating_sub(1), limit, limit + 1]);
    let long = around.flat_map(|length| {
        let length = usize::try_from(length).expect("a length");
        ["a", "é", "🦀"].map(|character| character.repeat(length))
    });
    let texts = ODD.iter().map(ToString::to_string).chain(long);
    for text in texts.chain([example.to_owned(), format!(" {example} ")]) {
        let (valid, accepted) = (is_valid(&schema, &text, &matches), parses(&text));
        let shown: String = text.chars().take(40).collect();
        assert!(
            accepted || !valid,
            "{name}: the schema takes {shown:?}, the type does not"
        );
        let may_differ = is_stricter || text.trim() != text;
        assert!(
            valid || !accepted || may_differ,
            "{name}: the type takes {shown:?}, the schema does not"
        );
    }
    assert!(
        is_valid(&schema, example, &matches) && parses(example),
        "{name}: its example"
    );
}

fn is_valid(schema: &Value, text: &str, matches: &impl Fn(&str, &str) -> bool) -> bool {
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    schema["minLength"].as_u64().is_none_or(|min| length >= min)
        && schema["maxLength"].as_u64().is_none_or(|max| length <= max)
        && schema["pattern"]
            .as_str()
            .is_none_or(|pattern| matches(pattern, text))
}
