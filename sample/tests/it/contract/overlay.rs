//! Applies an OpenAPI Overlay 1.0 (<https://spec.openapis.org/overlay/v1.0.0.html>).

use serde_json::Value;
use serde_json_path::JsonPath;

/// Applies the actions of an overlay in their order.
///
/// Stricter than the specification in one thing: an action that selects nothing is an error, so
/// that none outlives what it was written for.
///
/// # Errors
///
/// The first action that cannot be applied, and why.
pub(super) fn apply(document: &mut Value, overlay: &Value) -> Result<(), String> {
    let version = overlay["overlay"].as_str().unwrap_or_default();
    if !version.starts_with("1.0.") {
        return Err(format!("overlay version {version:?} is not 1.0"));
    }
    let actions = overlay["actions"]
        .as_array()
        .ok_or("the overlay has no actions")?;
    for action in actions {
        let target = action["target"].as_str().unwrap_or_default();
        apply_action(document, target, action).map_err(|error| format!("{target}: {error}"))?;
    }
    Ok(())
}

fn apply_action(document: &mut Value, target: &str, action: &Value) -> Result<(), String> {
    let path = JsonPath::parse(target).map_err(|error| error.to_string())?;
    let pointers: Vec<String> = path
        .query_located(document)
        .dedup()
        .locations()
        .map(|location| location.to_json_pointer())
        .collect();
    if pointers.is_empty() {
        return Err("selects nothing".into());
    }
    // From the back, so that removing an array's item does not move one still to be removed.
    for pointer in pointers.iter().rev() {
        if action["remove"] == Value::Bool(true) {
            remove(document, pointer)?;
        } else {
            let update = action.get("update").ok_or("neither update nor remove")?;
            let selected = document.pointer_mut(pointer).ok_or("has gone")?;
            match selected {
                Value::Array(items) => items.push(update.clone()),
                Value::Object(_) => merge(selected, update),
                _ => return Err(format!("{pointer} is neither an object nor an array")),
            }
        }
    }
    Ok(())
}

fn remove(document: &mut Value, pointer: &str) -> Result<(), String> {
    let (parent, name) = pointer.rsplit_once('/').ok_or("the root cannot go")?;
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&name);
        }
        Some(Value::Array(items)) => {
            items.remove(name.parse().map_err(|_| "no index".to_owned())?);
        }
        _ => return Err(format!("{pointer} has gone")),
    }
    Ok(())
}

/// Members are merged recursively, arrays joined, everything else is replaced.
fn merge(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (name, value) in update {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        (target, update) => *target = update.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(document: Value, actions: Value) -> Result<Value, String> {
        let mut document = document;
        apply(
            &mut document,
            &json!({ "overlay": "1.0.0", "actions": actions }),
        )?;
        Ok(document)
    }

    #[test]
    fn updates_merge_append_and_replace() {
        let document = json!({ "a": { "b": { "x": 1, "list": [1] } }, "c": [1] });
        let result = applied(
            document,
            json!([
                { "target": "$.a.*", "update": { "x": 2, "y": { "z": 3 }, "list": [2] } },
                { "target": "$.c", "update": 2 },
            ]),
        );
        let expected =
            json!({ "a": { "b": { "x": 2, "y": { "z": 3 }, "list": [1, 2] } }, "c": [1, 2] });
        assert_eq!(result, Ok(expected));
    }

    #[test]
    fn selected_nodes_are_removed_together() {
        let document = json!({ "a/b": { "old": 1, "new": 2 }, "list": [1, 2, 3, 4] });
        let result = applied(
            document,
            json!([
                { "target": "$['a/b'].old", "remove": true },
                { "target": "$.list[?@ < 3]", "remove": true },
            ]),
        );
        assert_eq!(result, Ok(json!({ "a/b": { "new": 2 }, "list": [3, 4] })));
    }

    #[test]
    fn an_action_that_can_do_nothing_is_an_error() {
        for action in [
            json!({ "target": "$.absent", "update": {} }),
            json!({ "target": "$.a", "update": {} }),
            json!({ "target": "$[", "update": {} }),
            json!({ "target": "$" }),
        ] {
            let result = applied(json!({ "a": 1 }), json!([action]));
            assert!(result.is_err(), "{action}: {result:?}");
        }
    }
}
