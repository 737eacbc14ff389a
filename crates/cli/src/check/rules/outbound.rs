//! What is in `allowed_outbound_hosts` is valid with the defaults of the variables in it and of a kind that
//! the component connects to, and it has an entry for each kind. Whether it connects to anything at all is the grants rule's question.

use jenny_manifest::allowed_hosts::{
    AllowedHosts, SERVICE_CHAINING_DOMAIN, service_chaining_target,
};
use jenny_manifest::variables::Resolver;
use jenny_manifest::{Component, Manifest};

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::world::{Interfaces, covers};

/// A kind of connection.
struct Kind {
    /// What addresses of it begin with; the first is the usual one.
    schemes: &'static [&'static str],
    /// What a component imports to make one.
    interfaces: &'static [&'static str],
}

const KINDS: [Kind; 6] = [
    Kind {
        schemes: &["https", "http"],
        interfaces: &[
            "wasi:http/client",
            "wasi:http/outgoing-handler",
            "fermyon:spin/http",
        ],
    },
    Kind {
        schemes: &["postgres", "postgresql"],
        interfaces: &["spin:postgres/", "fermyon:spin/postgres"],
    },
    Kind {
        schemes: &["mysql"],
        interfaces: &["spin:mysql/", "fermyon:spin/mysql"],
    },
    Kind {
        schemes: &["redis", "rediss"],
        interfaces: &["spin:redis/", "fermyon:spin/redis"],
    },
    Kind {
        schemes: &["mqtt", "mqtts"],
        interfaces: &["spin:mqtt/", "fermyon:spin/mqtt"],
    },
    Kind {
        schemes: &["tcp", "udp"],
        interfaces: &["wasi:sockets/"],
    },
];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    let known = |id: &str| id == "*" || project.component(id).is_some();
    for component in project.components() {
        let table = format!("component.{}", component.id);
        let line = project.manifest_line(&table, "allowed_outbound_hosts");
        let report = |message| Report::at(project.manifest_file(), message).line(line);
        reports.extend(dangling(component, known).map(report));
    }
    if let Ok(manifest) = project.manifest() {
        for (component, message) in invalid_defaults(manifest) {
            let table = format!("component.{}", component.id);
            let line = project.manifest_line(&table, "allowed_outbound_hosts");
            reports.push(Report::at(project.manifest_file(), message).line(line));
        }
    }
    for (component, interfaces) in project.decoded() {
        let table = format!("component.{}", component.id);
        let line = project.manifest_line(&table, "allowed_outbound_hosts");
        let report = |message| Report::at(project.manifest_file(), message).line(line);
        reports.extend(unused(component, interfaces).into_iter().map(report));
        // As with grants, an import may be the toolchain's.
        let missing = missing(component, interfaces).into_iter().map(report);
        reports.extend(missing.map(|report| match project.is_workspace() {
            true => report,
            false => report.warning(),
        }));
    }
    reports
}

/// Whether an entry lets a component send requests to the component `id`. One that is made of variables
/// may.
pub(super) fn may_reach_component(entry: &str, id: &str) -> bool {
    let host = format!("{id}.{SERVICE_CHAINING_DOMAIN}");
    entry.contains("{{")
        || AllowedHosts::parse(&[entry]).is_ok_and(|hosts| {
            hosts.allows("http", &host, None) || hosts.allows("https", &host, None)
        })
}

fn dangling(component: &Component, known: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
    plain(component).filter_map(move |entry| {
        let target = service_chaining_target(entry.split_once("://")?.1)?;
        (!known(target)).then(|| {
            format!(
                "component `{}` may send requests to a component `{target}`, which does not exist: \
                 remove `{entry}` or correct the name",
                component.id
            )
        })
    })
}

/// The entries that variables without another value than their default make invalid: the application
/// does not start then, and on Spin all that the component sends is refused.
fn invalid_defaults(manifest: &Manifest) -> Vec<(&Component, String)> {
    let Ok(defaults) = Resolver::new(manifest, &[]) else {
        return Vec::new();
    };
    let mut invalid = Vec::new();
    for component in manifest.components.values() {
        for template in &component.allowed_outbound_hosts {
            // A required variable has no default, and its value is not known here.
            let Ok(entry) = defaults.expand(template) else {
                continue;
            };
            if let Err(error) = AllowedHosts::parse(&[entry]) {
                let message = format!(
                    "`{template}` in allowed_outbound_hosts of component `{}`, with the defaults of its \
                     variables, {}",
                    component.id,
                    error.problem()
                );
                invalid.push((component, message));
            }
        }
    }
    invalid
}

/// The entries without variables, whose values are not known here.
fn plain(component: &Component) -> impl Iterator<Item = &str> {
    let entries = component.allowed_outbound_hosts.iter().map(String::as_str);
    entries.filter(|entry| !entry.contains("{{"))
}

/// The first import for a kind of connection, if there is one.
fn import<'i>(kind: &Kind, interfaces: &'i Interfaces) -> Option<&'i str> {
    let mut names = interfaces.imports.keys();
    names
        .find(|import| covers(kind.interfaces, import))
        .map(String::as_str)
}

fn unused(component: &Component, interfaces: &Interfaces) -> Vec<String> {
    // A component that connects to nothing is a finding of the grants rule.
    if KINDS.iter().all(|kind| import(kind, interfaces).is_none()) {
        return Vec::new();
    }
    plain(component)
        .filter(|entry| kind(entry).is_some_and(|kind| import(kind, interfaces).is_none()))
        .map(|entry| {
            format!(
                "component `{}` is granted `{entry}` but imports nothing that connects to {}://: remove \
                 the entry",
                component.id,
                scheme(entry)
            )
        })
        .collect()
}

fn missing(component: &Component, interfaces: &Interfaces) -> Vec<String> {
    let entries = &component.allowed_outbound_hosts;
    // An entry with variables, or of any scheme, may be for every kind.
    let open = plain(component).count() < entries.len()
        || plain(component).any(|entry| kind(entry).is_none());
    if entries.is_empty() || open {
        return Vec::new();
    }
    let granted = |kind: &Kind| plain(component).any(|entry| kind.schemes.contains(&scheme(entry)));
    KINDS
        .iter()
        .filter(|kind| !granted(kind))
        .filter_map(|kind| {
            let (import, scheme) = (import(kind, interfaces)?, kind.schemes[0]);
            Some(format!(
                "component `{}` imports `{import}` but none of its allowed_outbound_hosts begins with \
                 {scheme}://: add such as `\"{scheme}://example.com\"`, or stop using it",
                component.id
            ))
        })
        .collect()
}

fn scheme(entry: &str) -> &str {
    entry.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// The kind of an entry; none for one of any scheme or of a scheme that is nobody's.
fn kind(entry: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.schemes.contains(&scheme(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const HANDLER: &[&str] = &["wasi:http/handler@0.3.0"];
    const POSTGRES: &str = "spin:postgres/postgres@4.2.0";

    fn found(imports: &[&str], entries: &str) -> Vec<String> {
        let project = Fixture::new()
            .edit(
                "spin.toml",
                "key_value_stores = [\"default\"]",
                &format!("allowed_outbound_hosts = [{entries}]"),
            )
            .edit(
                "spin.toml",
                "[variables]",
                "[variables]\nhost = { default = \"\" }",
            )
            .component(imports, HANDLER)
            .load();
        messages(check(&project))
    }

    #[test]
    fn entries_of_the_kinds_that_are_imported_are_in_order() {
        for (imports, entries) in [
            (&[][..], "'https://example.com'"),
            (&[POSTGRES], "'postgres://db:5432'"),
            (&[POSTGRES], "'{{ host }}'"),
            (&[POSTGRES], "'*://db:5432'"),
            (
                &[POSTGRES, "wasi:http/client@0.3.0"],
                "'postgres://db', 'http://hello.spin.internal'",
            ),
            (&["wasi:sockets/tcp@0.2.6"], "'tcp://127.0.0.0/8:*'"),
        ] {
            let found = found(imports, entries);
            assert!(found.is_empty(), "{entries}: {found:?}");
        }
    }

    #[test]
    fn a_default_that_makes_an_entry_invalid_is_found() {
        for (default, says) in [
            ("postgres://db/users", "has a path"),
            ("db", "with the defaults of its variables, "),
        ] {
            let project = Fixture::new()
                .edit(
                    "spin.toml",
                    "key_value_stores = [\"default\"]",
                    "allowed_outbound_hosts = ['{{ endpoint }}', '{{ given }}']",
                )
                .edit(
                    "spin.toml",
                    "[variables]",
                    &format!(
                        "[variables]\nendpoint = {{ default = \"{default}\", secret = true }}\n\
                         given = {{ required = true }}"
                    ),
                )
                .component(&[POSTGRES], HANDLER)
                .load();
            let found = messages(check(&project));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].starts_with("spin.toml:16: `{{ endpoint }}`"),
                "{found:?}"
            );
            assert!(found[0].contains(says), "{found:?}");
            assert!(!found[0].contains("users"), "a secret: {found:?}");
        }
    }

    #[test]
    fn each_departure_is_one_finding_on_the_line_of_the_grant() {
        for (imports, entries, says) in [
            (
                &[POSTGRES][..],
                "'postgres://db', 'redis://cache'",
                "remove the entry",
            ),
            (
                &[POSTGRES, "wasi:http/client@0.3.0"],
                "'postgres://db'",
                "add such as `\"https://example.com\"`",
            ),
            (
                &["wasi:http/client@0.3.0"],
                "'http://nobody.spin.internal'",
                "correct the name",
            ),
        ] {
            let found = found(imports, entries);
            assert_eq!(found.len(), 1, "{entries}: {found:?}");
            assert!(found[0].starts_with("spin.toml:15: "), "{found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }
}
