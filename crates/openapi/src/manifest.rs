//! What `spin.toml` says of the application.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// The parts of a manifest that its description needs.
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// Each route and the component that answers it.
    routes: Vec<(String, String)>,
}

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.message().to_owned())?;
        let of_application = |name: &str| {
            let text = manifest
                .get("application")
                .and_then(|table| table.get(name)?.as_str());
            text.unwrap_or_default().to_owned()
        };
        let triggers = manifest
            .get("trigger")
            .and_then(|triggers| triggers.get("http")?.as_array())
            .ok_or("it has no [[trigger.http]]")?;
        let text = |trigger: &Value, name: &str| Some(trigger.get(name)?.as_str()?.to_owned());
        Ok(Self {
            name: of_application("name"),
            version: of_application("version"),
            description: of_application("description"),
            routes: triggers
                .iter()
                .filter_map(|trigger| Some((text(trigger, "route")?, text(trigger, "component")?)))
                .collect(),
        })
    }

    /// The components that answer something, each once.
    pub(crate) fn components(&self) -> BTreeSet<&str> {
        self.routes
            .iter()
            .map(|(_, component)| component.as_str())
            .collect()
    }

    /// The same in the order in which the manifest names them first.
    pub(crate) fn components_in_order(&self) -> Vec<&str> {
        let mut components: Vec<&str> = Vec::new();
        for (_, component) in &self.routes {
            if !components.contains(&component.as_str()) {
                components.push(component);
            }
        }
        components
    }

    /// The routes of a component, as OpenAPI writes them: `{slug}` for `:slug`.
    pub(crate) fn routes_of(&self, component: &str) -> BTreeSet<String> {
        let own = self.routes.iter().filter(|(_, owner)| owner == component);
        own.map(|(route, _)| path(route)).collect()
    }
}

fn path(route: &str) -> String {
    let segments = route
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        });
    segments.collect::<Vec<_>>().join("/")
}
