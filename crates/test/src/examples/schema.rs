//! Values against schemas. A schema lets members pass that it does not name, so that clients bear new
//! ones; an example with such a member shows one that nobody described.

use serde_json::{Value, json};

use super::document::resolved;

/// What of a value is not as the schema has it. Schemas refer to the components of the document.
pub(super) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut root = schema.clone();
    close(document, &mut root, true);
    let mut schemas = document["components"]["schemas"].clone();
    for schema in schemas
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        close(document, schema, false);
    }
    if let Some(root) = root.as_object_mut() {
        // So that `#/components/schemas/…` is found from here.
        root.insert("components".into(), json!({ "schemas": schemas }));
    }
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&root);
    match validator {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| format!("{} {error}", error.instance_path).trim().to_owned())
            .collect(),
        Err(error) => vec![format!("its schema is none: {error}")],
    }
}

/// Has the schemas of all values refuse members that they do not name. `is_value` says whether `schema`
/// is all that is said of a value: one among others (`allOf`) cannot know what those name.
fn close(document: &Value, schema: &mut Value, is_value: bool) {
    let names_members = is_value && names_members(document, schema);
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    for (keyword, said) in keywords.iter_mut() {
        match keyword.as_str() {
            "properties" | "patternProperties" => {
                let members = said
                    .as_object_mut()
                    .into_iter()
                    .flat_map(|all| all.values_mut());
                members.for_each(|schema| close(document, schema, true));
            }
            "items" | "additionalProperties" => close(document, said, true),
            "prefixItems" => {
                let items = said.as_array_mut().into_iter().flatten();
                items.for_each(|schema| close(document, schema, true));
            }
            "allOf" | "anyOf" | "oneOf" => {
                let parts = said.as_array_mut().into_iter().flatten();
                parts.for_each(|schema| close(document, schema, false));
            }
            _ => {}
        }
    }
    if names_members {
        keywords.insert("unevaluatedProperties".into(), Value::Bool(false));
    }
}

/// Whether a schema names members. One that names none lets any pass, as a map does.
fn names_members(document: &Value, schema: &Value) -> bool {
    let schema = resolved(document, schema);
    let parts = ["allOf", "anyOf", "oneOf"].into_iter();
    let mut parts = parts.flat_map(|keyword| schema[keyword].as_array().into_iter().flatten());
    schema.get("properties").is_some() || parts.any(|part| names_members(document, part))
}
