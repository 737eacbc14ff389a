//! The routes of an application, and all that is known of each.

use std::collections::BTreeMap;

use anyhow::Result;
use jenny_manifest::Manifest;
use jenny_manifest::route::RouteTable;
use jenny_manifest::{Component, Feature, FileMount, TriggerRoute, TriggerTarget};
use serde::Serialize;

use super::operation::{self, Operation};

/// What `--format json` prints. docs/commands.md describes it; members are added to it, and none is
/// taken away or changes its meaning.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    /// Each before those that it wins against, then the components that no path leads to.
    pub(super) routes: Vec<Route>,
    /// A sentence for each route that no request can reach.
    pub(super) warnings: Vec<String>,
}

/// One route, or one component without any.
#[derive(Debug, Serialize)]
pub(super) struct Route {
    /// As the manifest has it; none without a path.
    pub(super) route: Option<String>,
    pub(super) access: Access,
    /// The kind of trigger where it is not HTTP: such a trigger has no route.
    pub(super) trigger: Option<String>,
    /// The component; none where the manifest itself has the answer.
    pub(super) function: Option<String>,
    /// The status of the manifest's own answer.
    pub(super) static_status: Option<u16>,
    /// None where nothing is known of them.
    pub(super) operations: Option<Vec<Operation>>,
    /// What the function is granted.
    pub(super) grants: Option<Grants>,
}

/// Who reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Access {
    /// Everybody.
    Public,
    /// The application's other components.
    Private,
    /// Whatever sets off a trigger of another kind.
    Trigger,
    /// Nobody: no trigger names it.
    Nobody,
}

/// What a component may touch, as the manifest has it.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Grants {
    pub(super) key_value_stores: Vec<String>,
    pub(super) sqlite_databases: Vec<String>,
    /// With variables in them, `{{ database_endpoint }}`.
    pub(super) allowed_outbound_hosts: Vec<String>,
    /// The application's secret variables that it gets to see.
    pub(super) secret_variables: Vec<String>,
    /// Patterns, and the places where folders appear.
    pub(super) files: Vec<String>,
    pub(super) ai_models: Vec<String>,
}

impl Listing {
    /// # Errors
    ///
    /// When a function's document cannot be read.
    pub(super) fn new(manifest: &Manifest) -> Result<Self> {
        let table = RouteTable::new(manifest)?;
        let mut documents = BTreeMap::new();
        for id in manifest.components.keys() {
            let path = manifest.directory().join(jenny_openapi::fragment(id));
            documents.insert(id.as_str(), operation::read(&path)?);
        }
        let mut routes: Vec<Route> = table
            .by_precedence()
            .into_iter()
            .map(|entry| {
                let route = match &manifest.triggers[entry.trigger].route {
                    TriggerRoute::Path(route) => Some(route.clone()),
                    TriggerRoute::Private => None,
                };
                // Whose path it is, the table says: a wildcard has many, and text its own.
                let here = |operation: &&Operation| {
                    let found = table.route(&operation.path);
                    found.is_some_and(|found| Some(found.raw_route()) == route.as_deref())
                };
                match entry.target {
                    TriggerTarget::Static(answer) => Route {
                        route: route.clone(),
                        access: Access::Public,
                        trigger: None,
                        function: None,
                        static_status: Some(answer.status_code),
                        operations: None,
                        grants: None,
                    },
                    TriggerTarget::Component(id) => {
                        let described = documents.get(id.as_str()).and_then(Option::as_ref);
                        let described = described.map(|all| all.iter().filter(here).cloned());
                        let operations = described.map(Iterator::collect);
                        of_component(manifest, id, Access::Public, operations, route.clone())
                    }
                }
            })
            .collect();
        let others = others(manifest);
        routes.extend(without_path(manifest, &others, &mut documents));
        routes.extend(others);
        Ok(Self {
            routes,
            warnings: table.warnings().to_vec(),
        })
    }
}

/// What triggers of other kinds start, which the host does not run and Spin does.
fn others(manifest: &Manifest) -> Vec<Route> {
    let mut routes = Vec::new();
    for unsupported in &manifest.unsupported {
        let Feature::Triggers { kind, components } = &unsupported.feature else {
            continue;
        };
        routes.extend(components.iter().map(|id| Route {
            trigger: Some(kind.clone()),
            ..of_component(manifest, id, Access::Trigger, None, None)
        }));
    }
    routes
}

/// The components that nothing starts but each other, by name.
fn without_path(
    manifest: &Manifest,
    others: &[Route],
    documents: &mut BTreeMap<&str, Option<Vec<Operation>>>,
) -> Vec<Route> {
    let named = |id: &str, private: bool| {
        manifest.triggers.iter().any(|trigger| {
            trigger.target == TriggerTarget::Component(id.to_owned())
                && (trigger.route == TriggerRoute::Private) == private
        })
    };
    let started = |id: &String| {
        let mut others = others.iter();
        let by_other = others.any(|other| other.function.as_ref() == Some(id));
        named(id, false) || (by_other && !named(id, true))
    };
    let ids = manifest.components.keys().filter(|id| !started(id));
    ids.map(|id| {
        let access = if named(id, true) {
            Access::Private
        } else {
            Access::Nobody
        };
        let operations = documents.remove(id.as_str()).flatten();
        of_component(manifest, id, access, operations, None)
    })
    .collect()
}

fn of_component(
    manifest: &Manifest,
    id: &str,
    access: Access,
    operations: Option<Vec<Operation>>,
    route: Option<String>,
) -> Route {
    Route {
        route,
        access,
        trigger: None,
        function: Some(id.to_owned()),
        static_status: None,
        // A document that has nothing of this route leaves it as unknown as none would.
        operations: operations.filter(|operations| !operations.is_empty()),
        grants: manifest
            .components
            .get(id)
            .map(|component| grants(manifest, component)),
    }
}

fn grants(manifest: &Manifest, component: &Component) -> Grants {
    let secret = |name: &String| {
        let declared = manifest.variables.get(name);
        declared.is_some_and(|variable| variable.secret)
    };
    let seen = component.application_variables();
    Grants {
        key_value_stores: component.key_value_stores.clone(),
        sqlite_databases: component.sqlite_databases.clone(),
        allowed_outbound_hosts: component.allowed_outbound_hosts.clone(),
        secret_variables: seen.into_iter().filter(secret).collect(),
        files: component.files.iter().map(file).collect(),
        ai_models: component.ai_models.clone(),
    }
}

fn file(mount: &FileMount) -> String {
    match mount {
        FileMount::Pattern(pattern) => pattern.clone(),
        FileMount::Placement { destination, .. } => destination.clone(),
    }
}
