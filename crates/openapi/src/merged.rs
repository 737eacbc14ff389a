//! Many documents in one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// A document that grows, and what stands against showing it.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The document, its members in the order of their names.
    pub document: Value,
    /// A sentence for each function that is missing, and for each that says otherwise than the manifest or
    /// another function.
    pub faults: Vec<String>,
}

impl Merged {
    /// From what no function says: the application's name and version.
    pub(crate) fn new(document: Value) -> Self {
        Self {
            document,
            faults: Vec::new(),
        }
    }

    /// Adds a function's document, which describes its routes and nothing else.
    pub(crate) fn add(&mut self, function: &str, fragment: &Value, routes: &BTreeSet<String>) {
        let described: BTreeSet<String> = members(&fragment["paths"])
            .map(|(path, _)| path.clone())
            .collect();
        for route in routes.difference(&described) {
            self.faults.push(format!(
                "{function} does not describe {route}, which spin.toml gives to it."
            ));
        }
        for path in described.difference(routes) {
            self.faults.push(format!(
                "{function} describes {path}, which spin.toml does not give to it."
            ));
        }
        for (path, item) in members(&fragment["paths"]) {
            self.put(function, &["paths", path], item);
        }
        for (section, components) in members(&fragment["components"]) {
            for (name, component) in members(components) {
                self.put(function, &["components", section, name], component);
            }
        }
        for tag in fragment["tags"].as_array().into_iter().flatten() {
            self.add_tag(tag);
        }
        self.document["info"]["license"] = fragment["info"]["license"].clone();
    }

    /// Puts something where nothing stands, or the same.
    fn put(&mut self, function: &str, place: &[&str], value: &Value) {
        let target = place
            .iter()
            .fold(&mut self.document, |target, name| &mut target[*name]);
        if target.is_null() {
            *target = value.clone();
        } else if target != value {
            let place = place.join(" ");
            self.faults.push(format!(
                "{function} and another function mean different things by {place}."
            ));
        }
    }

    fn add_tag(&mut self, tag: &Value) {
        if self.document["tags"].is_null() {
            self.document["tags"] = json!([]);
        }
        let tags = self.document["tags"]
            .as_array_mut()
            .expect("was made an array");
        match tags.iter_mut().find(|known| known["name"] == tag["name"]) {
            Some(known) if known["description"] != tag["description"] => {
                let text = |tag: &Value| tag["description"].as_str().unwrap_or_default().to_owned();
                known["description"] = format!("{} {}", text(known), text(tag)).into();
            }
            Some(_) => {}
            None => tags.push(tag.clone()),
        }
    }
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
