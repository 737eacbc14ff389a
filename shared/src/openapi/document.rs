//! A function's document: its operations, and the components that they refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema as _, ToSchema};

use super::describe::Description;
use super::operation::{self, Operation};
use super::{Operations, headers, problems};
use crate::problem::Members;

/// What a function is called, and what it is for: from its `Cargo.toml`.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The package.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it does.
    pub description: &'static str,
    /// What it is licensed under (SPDX).
    pub license: &'static str,
    /// Where it lies.
    pub folder: &'static str,
}

impl Operations {
    /// The document (OpenAPI 3.1) of these operations, with its members in the order of their names.
    ///
    /// # Panics
    ///
    /// When what `#[utoipa::path]` says does not go with the handler's type, and when two operations
    /// mean different things by one name.
    #[must_use]
    pub fn document(&self, about: About) -> Value {
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for operation in &self.operations {
            let item = paths.entry(operation.path.clone()).or_default();
            item.insert(operation.method().into(), operation.to_json());
            if operation.is_read() {
                item.insert("head".into(), operation::head(&item["get"]));
            }
        }
        let extension = self
            .operations
            .iter()
            .find_map(|operation| operation.description.extension.as_ref());
        for (path, item) in &mut paths {
            item.insert("options".into(), operation::options(path, item, extension));
        }
        let document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": about.name,
                "description": about.description,
                "version": about.version,
                "license": { "name": about.license, "identifier": about.license },
            },
            "servers": [{ "url": "/", "description": "Where this document is served." }],
            "tags": self.tags(about.description),
            "paths": paths,
            "components": self.components(),
        });
        sorted(pruned(document))
    }

    /// The tags, each described by what the function does.
    fn tags(&self, description: &str) -> Value {
        let tags = self.operations.iter().flat_map(Operation::tags);
        let tags: BTreeSet<&str> = tags.collect();
        let tags = tags.into_iter();
        tags.map(|tag| json!({ "name": tag, "description": format!("{description}.") }))
            .collect()
    }

    fn components(&self) -> Value {
        let mut responses = Map::new();
        responses.insert(
            "NotModified".into(),
            operation::not_modified(&Description::default()),
        );
        for operation in &self.operations {
            for kinds in operation.problem_sets() {
                let extension = operation.description.extension.as_ref();
                let name = problems::response_name(&kinds, extension);
                responses.insert(name, problems::response(&kinds, extension));
            }
        }
        let mut schemes = Map::new();
        let bearer = json!({
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token that registering and signing in answer with (RFC 6750).",
        });
        schemes.insert("Bearer".into(), bearer);
        for operation in &self.operations {
            let others = operation.description.token_schemes.iter();
            schemes.extend(others.map(|(name, scheme)| ((*name).to_owned(), scheme.clone())));
        }
        json!({
            "schemas": self.schemas(),
            "responses": responses,
            "headers": headers::components(),
            "securitySchemes": schemes,
        })
    }

    fn schemas(&self) -> Map<String, Value> {
        let mut schemas: Map<String, Value> = Map::new();
        let mut add = |name: String, schema: Value| {
            let known = schemas.insert(name.clone(), schema.clone());
            assert!(
                known.is_none_or(|known| known == schema),
                "two types are called {name}: give one another name with `#[schema(as = …)]`"
            );
        };
        let mut of_problems: Vec<(String, RefOr<Schema>)> = Vec::new();
        Members::schemas(&mut of_problems);
        of_problems.push(("Problem".into(), Members::schema()));
        for (name, schema) in of_problems {
            add(name, json!(schema));
        }
        add(
            "EntityTag".into(),
            json!({
                "type": "string",
                "description": "A strong entity tag (RFC 9110, section 8.8.3).",
                "pattern": "^\"[!#-~]+\"$",
                "examples": ["\"yqL2QPHc-Odb4DGbj5Mwfg\""],
            }),
        );
        for operation in &self.operations {
            for (name, schema) in &operation.description.schemas {
                add(name.clone(), with_any_member(schema.clone()));
            }
        }
        schemas
    }
}

/// Says of an object that needs a member (`min_properties = 1`) what that means: one of those that it
/// knows.
fn with_any_member(mut schema: Value) -> Value {
    if let (Some(1), Some(known)) = (
        schema["minProperties"].as_u64(),
        schema["properties"].as_object(),
    ) {
        let members = known.keys().map(|name| json!({ "required": [name] }));
        schema["anyOf"] = members.collect();
    }
    schema
}

/// Leaves out the components that nothing refers to.
fn pruned(mut document: Value) -> Value {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec![document["paths"].clone()];
    while let Some(value) = waiting.pop() {
        let mut found = BTreeSet::new();
        references(&value, &mut found);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            let target = document.pointer(pointer);
            let target =
                target.unwrap_or_else(|| panic!("{reference} is referred to, and is not there"));
            if used.insert(reference.clone()) {
                waiting.push(target.clone());
            }
        }
    }
    let components = document["components"].as_object_mut().expect("an object");
    for (section, members) in components.iter_mut() {
        if let Some(members) = members.as_object_mut() {
            members.retain(|name, _| used.contains(&format!("#/components/{section}/{name}")));
        }
    }
    components.retain(|_, members| {
        members
            .as_object()
            .is_some_and(|members| !members.is_empty())
    });
    document
}

/// What a value refers to: by `$ref`, and security schemes by their names.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("$ref", Value::String(reference)) => {
                        found.insert(reference.clone());
                    }
                    ("security", Value::Array(alternatives)) => {
                        let schemes = alternatives.iter().filter_map(Value::as_object).flatten();
                        found.extend(
                            schemes.map(|(name, _)| format!("#/components/securitySchemes/{name}")),
                        );
                    }
                    _ => references(member, found),
                }
            }
        }
        _ => {}
    }
}

/// Without the line breaks of comments, which mean nothing within a paragraph.
fn unwrapped(text: &str) -> String {
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// With all members in the order of their names, whatever `serde_json`'s features are.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<String, Value> = members.into_iter().collect();
            let members = members.into_iter().map(|(name, member)| match member {
                Value::String(text) if name == "description" => (name, unwrapped(&text).into()),
                member => (name, sorted(member)),
            });
            members.collect()
        }
        value => value,
    }
}
