//! What the place where an application is meant to run lacks (`--target`).
//!
//! Each cloud is one file of facts, and every fact has its page: docs/checks.md names them. What no page
//! tells is not guessed: it is listed there as not checked.

mod akamai;
mod runtime_config;
mod spin;
mod spinkube;
mod stores;

use std::collections::BTreeMap;

use clap::ValueEnum;
use jenny_manifest::{ComponentSource, Feature, VariableDeclaration};

use super::finding::Report;
use super::project::Project;
use super::world::covers;
use runtime_config::RuntimeConfig;
use stores::Stores;
pub(super) use stores::stores;

/// Where an application is meant to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// Spin 4.1 on a machine of one's own.
    Spin,
    /// Kubernetes with SpinKube.
    Spinkube,
    /// Akamai Functions.
    Akamai,
}

/// What is known of a target.
struct Cloud {
    /// What it is called.
    name: &'static str,
    /// What components may import besides the interfaces of every Spin; a name that ends in `/` means
    /// the whole package.
    interfaces: &'static [&'static str],
    /// What it has under conditions, and which.
    conditions: &'static [Condition],
    /// What stands in for an interface that it lacks.
    instead: &'static [(&'static [&'static str], &'static str)],
    /// The kinds of triggers that it runs, `http` first.
    triggers: &'static [&'static str],
    /// How to have it run those of another kind, if it can.
    plugin: Option<fn(&str) -> String>,
    /// What happens to stores that are granted.
    stores: Stores,
    /// How a required variable is given to it.
    give: fn(&str, &VariableDeclaration) -> String,
    /// What all components may have together, in bytes.
    max_bytes: Option<u64>,
}

/// An interface that is there if somebody sees to it.
struct Condition {
    /// The imports or exports that it holds for.
    interfaces: &'static [&'static str],
    /// What to see to, continuing "component … uses `interface`, ".
    says: &'static str,
}

/// The smallest limit on the size of an application that a page of a cloud states.
pub(super) const SMALLEST_LIMIT: Limit = Limit {
    bytes: akamai::MAX_APP_BYTES,
    cloud: akamai::NAME,
};

/// A limit and whose it is.
pub(super) struct Limit {
    pub(super) bytes: u64,
    pub(super) cloud: &'static str,
}

/// What every Spin 4.1 offers without conditions.
const EVERYWHERE: &[&str] = &[
    "fermyon:spin/config",
    "fermyon:spin/http",
    "fermyon:spin/http-types",
    "fermyon:spin/key-value",
    "fermyon:spin/mysql",
    "fermyon:spin/postgres",
    "fermyon:spin/rdbms-types",
    "fermyon:spin/redis",
    "fermyon:spin/redis-types",
    "fermyon:spin/variables",
    "spin:key-value/",
    "spin:mysql/",
    "spin:postgres/",
    "spin:redis/",
    "spin:variables/",
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:config/store",
    "wasi:filesystem/",
    "wasi:http/",
    "wasi:io/",
    "wasi:keyvalue/batch",
    "wasi:keyvalue/store",
    "wasi:random/",
];

impl Cloud {
    /// Whether a component that imports this can be loaded.
    fn offers(&self, import: &str) -> bool {
        let mut conditions = self.conditions.iter();
        covers(EVERYWHERE, import)
            || covers(self.interfaces, import)
            || conditions.any(|condition| covers(condition.interfaces, import))
    }
}

impl Target {
    /// The word for it on the command line and in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spin => "spin",
            Self::Spinkube => "spinkube",
            Self::Akamai => "akamai",
        }
    }

    fn cloud(self) -> &'static Cloud {
        match self {
            Self::Spin => &spin::CLOUD,
            Self::Spinkube => &spinkube::CLOUD,
            Self::Akamai => &akamai::CLOUD,
        }
    }
}

/// The target, with the runtime configuration; no target, nothing to check.
fn of(project: &Project) -> Option<(&'static Cloud, Result<RuntimeConfig, Report>)> {
    let cloud = project.target()?.cloud();
    Some((cloud, RuntimeConfig::read(project.runtime_config())))
}

/// Whether Spin itself runs triggers of this kind with a plugin only.
pub(super) fn needs_plugin(kind: &str) -> bool {
    !spin::CLOUD.triggers.contains(&kind)
}

/// That all triggers are of a kind that the cloud runs.
pub(super) fn triggers(project: &Project) -> Vec<Report> {
    let (Ok(manifest), Some(target)) = (project.manifest(), project.target()) else {
        return Vec::new();
    };
    let cloud = target.cloud();
    let reports = manifest.unsupported.iter().filter_map(|unsupported| {
        let Feature::Triggers { kind, .. } = &unsupported.feature else {
            return None;
        };
        if cloud.triggers.contains(&kind.as_str()) {
            return None;
        }
        let name = cloud.name;
        let at = |message| {
            Report::at(project.manifest_file(), message).line(unsupported.refusal.line())
        };
        Some(match cloud.plugin {
            Some(plugin) => {
                let see = plugin(kind);
                let message = format!("{name} runs [[trigger.{kind}]] with a plugin: see that {see}");
                at(message).warning()
            }
            None => at(format!(
                "{name} does not run [[trigger.{kind}]]: start its components by [[trigger.{}]], or deploy \
                 them elsewhere",
                cloud.triggers.join("]], [[trigger.")
            )),
        })
    });
    reports.collect()
}

/// That the components can be loaded.
pub(super) fn interfaces(project: &Project) -> Vec<Report> {
    let Some(target) = project.target() else {
        return Vec::new();
    };
    let cloud = target.cloud();
    let mut reports = Vec::new();
    // What the whole application needs is said once, with the components that need it.
    let mut needed = BTreeMap::<(&str, &str), Vec<&str>>::new();
    for (component, interfaces) in project.decoded() {
        for interface in interfaces.imports.keys().chain(&interfaces.exports) {
            let mut conditions = cloud.conditions.iter();
            if let Some(found) = conditions.find(|found| covers(found.interfaces, interface)) {
                let key = (interface.as_str(), found.says);
                needed.entry(key).or_default().push(&component.id);
            }
        }
        let name = &component.id;
        let line = project.manifest_line(&format!("component.{name}"), "source");
        for import in interfaces
            .imports
            .keys()
            .filter(|import| !cloud.offers(import))
        {
            let instead = cloud
                .instead
                .iter()
                .find(|(interfaces, _)| covers(interfaces, import))
                .map_or("build it without that", |(_, instead)| instead);
            let message = format!(
                "component `{name}` imports `{import}`, which {} does not offer, and cannot be loaded \
                 there: {instead}",
                cloud.name
            );
            reports.push(Report::at(project.manifest_file(), message).line(line));
        }
    }
    for ((interface, says), components) in needed {
        let verb = if components.len() == 1 { "uses" } else { "use" };
        let message = format!("{} {verb} `{interface}`, {says}", named(&components));
        let line = project.manifest_line(&format!("component.{}", components[0]), "source");
        let report = Report::at(project.manifest_file(), message);
        reports.push(report.line(line).warning());
    }
    reports
}

/// `component `a``, or `components `a`, `b``.
fn named(components: &[&str]) -> String {
    let plural = if components.len() == 1 { "" } else { "s" };
    format!("component{plural} `{}`", components.join("`, `"))
}

/// That every required variable is given.
pub(super) fn variables(project: &Project) -> Vec<Report> {
    let (Some((cloud, Ok(config))), Ok(manifest)) = (of(project), project.manifest()) else {
        return Vec::new();
    };
    manifest
        .variables
        .iter()
        .filter(|(name, declaration)| declaration.required && !config.may_give(name))
        .map(|(name, declaration)| {
            let message = format!(
                "required variable `{name}` is to be given to {}: {}",
                cloud.name,
                (cloud.give)(name, declaration)
            );
            Report::at(project.manifest_file(), message)
                .line(declaration.line)
                .warning()
        })
        .collect()
}

/// That nothing is larger than the target takes.
pub(super) fn limits(project: &Project) -> Vec<Report> {
    let Some(target) = project.target() else {
        return Vec::new();
    };
    let cloud = target.cloud();
    let Some(limit) = cloud.max_bytes else {
        return Vec::new();
    };
    let bytes = size_of_application(project).unwrap_or_default();
    if bytes > limit {
        let message = format!(
            "the components have {bytes} bytes together, more than the {limit} that {} takes: leave out \
             what is not needed, or make two applications of it",
            cloud.name
        );
        return vec![Report::at(project.manifest_file(), message)];
    }
    // One that is not compiled is an error of its own.
    let downloads = project.components().filter_map(|component| {
        let download = matches!(component.source, ComponentSource::Remote { .. });
        download.then_some(component.id.as_str())
    });
    let downloads: Vec<_> = downloads.collect();
    let Some(first) = downloads.first() else {
        return Vec::new();
    };
    let verb = if downloads.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {verb} downloaded and not counted: see that the {} bytes suffice that are left of the {limit} that \
         {} takes",
        named(&downloads),
        limit - bytes,
        cloud.name
    );
    let line = project.manifest_line(&format!("component.{first}"), "source");
    vec![
        Report::at(project.manifest_file(), message)
            .line(line)
            .warning(),
    ]
}

/// The bytes of the components that are there to be measured, as they lie on disk; none if none is.
pub(super) fn size_of_application(project: &Project) -> Option<u64> {
    let components = project.components();
    components
        .filter_map(|component| project.size(component))
        .reduce(|sum, bytes| sum + bytes)
}

#[cfg(test)]
mod tests;
