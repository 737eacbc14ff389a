//! The stores that components may open: whether a target has them, and keeps what they are given.

use std::collections::BTreeMap;

use super::runtime_config::RuntimeConfig;
use super::{akamai, named, of};
use crate::check::finding::Report;
use crate::check::project::Project;

/// How a target keeps stores.
pub(super) enum Stores {
    /// In files of the machine, unless the runtime configuration says otherwise.
    OfTheMachine,
    /// In files of a pod, unless the runtime configuration says otherwise.
    OfAPod,
    /// It provides a key-value store for the label `default`, knows no other, and takes no runtime
    /// configuration.
    Provided,
}

/// That every store that is granted is there, and keeps what it is given.
pub(in crate::check) fn stores(project: &Project) -> Vec<Report> {
    let Some((cloud, config)) = of(project) else {
        return Vec::new();
    };
    let config = match config {
        Ok(config) => config,
        Err(report) => return vec![report],
    };
    let mut reports = Vec::new();
    if let (Stores::Provided, Some(file)) = (&cloud.stores, project.runtime_config()) {
        let message = format!(
            "{} takes no runtime configuration: deploy without it",
            cloud.name
        );
        reports.push(Report::at(file.display().to_string(), message));
    }
    for kind in [Kind::KeyValue, Kind::Sqlite] {
        for (label, owners) in granted(project, kind) {
            let Some(problem) = cloud.stores.problem(kind, &label, &config) else {
                continue;
            };
            let message = format!(
                "{} may open the {} `{label}`, {}",
                named(&owners),
                kind.name(),
                problem.sentence
            );
            let line = project.manifest_line(&format!("component.{}", owners[0]), kind.field());
            let report = Report::at(project.manifest_file(), message).line(line);
            reports.push(match problem.loses {
                true => report.warning(),
                false => report,
            });
        }
    }
    reports
}

/// A kind of store.
#[derive(Clone, Copy)]
enum Kind {
    KeyValue,
    Sqlite,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::KeyValue => "key-value store",
            Self::Sqlite => "SQLite database",
        }
    }

    /// The field of a component that grants it.
    fn field(self) -> &'static str {
        match self {
            Self::KeyValue => "key_value_stores",
            Self::Sqlite => "sqlite_databases",
        }
    }

    /// Its table in the runtime configuration.
    fn table(self) -> &'static str {
        match self {
            Self::KeyValue => "key_value_store",
            Self::Sqlite => "sqlite_database",
        }
    }

    /// The types of it that are not a file of the machine.
    fn shared(self) -> &'static str {
        match self {
            Self::KeyValue => "\"redis\"",
            Self::Sqlite => "\"libsql\"",
        }
    }
}

/// The labels that are granted, each with the components that have it.
fn granted(project: &Project, kind: Kind) -> BTreeMap<String, Vec<&str>> {
    let mut labels = BTreeMap::<_, Vec<_>>::new();
    for component in project.components() {
        let granted = match kind {
            Kind::KeyValue => &component.key_value_stores,
            Kind::Sqlite => &component.sqlite_databases,
        };
        for label in granted {
            labels
                .entry(label.clone())
                .or_default()
                .push(component.id.as_str());
        }
    }
    labels
}

/// What is wrong with a store.
struct Problem {
    /// Continues "components … may open the store …, ".
    sentence: String,
    /// Whether the application starts nevertheless.
    loses: bool,
}

impl Stores {
    fn problem(&self, kind: Kind, label: &str, config: &RuntimeConfig) -> Option<Problem> {
        let is_file = config
            .kind_of(kind.table(), label)
            .is_none_or(|kind| kind == "spin");
        let defined = config.kind_of(kind.table(), label).is_some();
        let (table, shared) = (kind.table(), kind.shared());
        let undefined = || Problem {
            sentence: format!(
                "which nothing defines, so that the application does not start: write \
                 [{table}.{label}] with its type into a runtime configuration and name that with \
                 --runtime-config-file"
            ),
            loses: false,
        };
        match self {
            Self::Provided if matches!(kind, Kind::Sqlite) => Some(Problem {
                sentence: format!(
                    "and {} has none: take the grant away and keep the data in Postgres",
                    akamai::NAME
                ),
                loses: false,
            }),
            Self::Provided if label == "default" => None,
            Self::Provided => Some(Problem {
                sentence: format!(
                    "and {} knows the label `default` alone: use that one",
                    akamai::NAME
                ),
                loses: false,
            }),
            _ if !defined && label != "default" => Some(undefined()),
            Self::OfTheMachine => None,
            Self::OfAPod if is_file => Some(Problem {
                sentence: format!(
                    "which is a file of the pod, lost with it and not shared by replicas: write \
                     [{table}.{label}] with type = {shared} into the runtime configuration \
                     (spec.runtimeConfig) and name that with --runtime-config-file, or keep nothing in it"
                ),
                loses: true,
            }),
            Self::OfAPod => None,
        }
    }
}
