//! Examples, and how they differ, as people read them.

use serde_json::Value;

/// What a test that finds another answer says, after the file's name.
pub(super) fn difference(old: &Value, new: &Value) -> String {
    let (place, old, new) = first_difference(old, new);
    format!(
        " shows another example of {place} than what the service answers:\n- {old}\n+ {new}\n\
         If that is meant, write down what it answers, and look at the difference:\n\n    \
         UPDATE_OPENAPI=1 cargo test --workspace --test it examples\n\n\
         Then `cargo jenny openapi` merges it into the application's document."
    )
}

/// The operation and what of it differs first, with both.
fn first_difference(old: &Value, new: &Value) -> (String, String, String) {
    let names = |value: &Value| -> Vec<String> {
        let members = value.as_object().into_iter().flatten();
        members.map(|(name, _)| name.clone()).collect()
    };
    let mut places = Vec::new();
    for tree in [old, new] {
        for id in names(tree) {
            let examples = names(&tree[&id]).into_iter();
            places.extend(examples.map(|name| (id.clone(), name)));
        }
    }
    places.sort();
    let differing = places
        .into_iter()
        .find(|(id, name)| old[id].get(name) != new[id].get(name));
    match differing {
        Some((id, name)) => {
            let shown = |tree: &Value| match tree[&id].get(&name) {
                Some(value) => value.to_string(),
                None => "(none)".into(),
            };
            (format!("{id} ({name})"), shown(old), shown(new))
        }
        None => ("nothing".into(), old.to_string(), new.to_string()),
    }
}

/// The value with all access tokens (RFC 7519) shortened.
pub(super) fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) if is_token(&text) => format!("{}…", &text[..8]).into(),
        Value::Array(items) => items.into_iter().map(shortened).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, shortened(value)))
            .collect(),
        value => value,
    }
}

/// Three segments of base64url, of which the first one is a JSON object: `{"` is `eyJ` there.
fn is_token(text: &str) -> bool {
    let is_base64url = |segment: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        segment.len() >= 8 && segment.bytes().all(allowed)
    };
    text.starts_with("eyJ") && text.split('.').count() == 3 && text.split('.').all(is_base64url)
}
