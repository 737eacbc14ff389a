//! What the document says of all operations.

use serde_json::Value;

use crate::merged::members;

const GUIDE: &str = include_str!("guide.md");

/// Said while no operation describes a 429, and gone with the first one that does.
const NO_RATE_LIMITS: &str = "\
**Rate limits.** There are none yet: no answer has the status 429. A service that has too much to do
answers 503, and `Retry-After` says when to ask again.
";

/// What an application says of itself, and then what is true of every one.
pub(crate) fn text(document: &Value, own: Option<&str>) -> String {
    let mut parts: Vec<&str> = own.into_iter().chain([GUIDE]).map(str::trim).collect();
    if !has_rate_limits(document) {
        parts.push(NO_RATE_LIMITS);
    }
    parts.join("\n\n").trim().to_owned() + "\n"
}

fn has_rate_limits(document: &Value) -> bool {
    let items = members(&document["paths"]);
    let mut operations = items.flat_map(|(_, item)| members(item));
    operations.any(|(_, operation)| operation["responses"].get("429").is_some())
}
