//! A component is granted what it imports, and imports what it is granted.
//!
//! In a workspace of functions an import is a fact about what the code does. Toolchains of other languages
//! import whole SDKs, so that elsewhere an import without a grant is a warning.

use jenny_manifest::Component;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::world::covers;

/// One kind of grant.
struct Grant {
    /// The key in the component's table.
    key: &'static str,
    /// An entry that grants something.
    example: &'static str,
    /// The interfaces that are of no use without it; one that ends in `/` means the whole package.
    interfaces: &'static [&'static str],
    /// How many entries the component has under that key.
    count: fn(&Component) -> usize,
}

const GRANTS: [Grant; 6] = [
    Grant {
        key: "key_value_stores",
        example: "key_value_stores = [\"default\"]",
        interfaces: &[
            "spin:key-value/",
            "wasi:keyvalue/",
            "fermyon:spin/key-value",
        ],
        count: |component| component.key_value_stores.len(),
    },
    Grant {
        key: "sqlite_databases",
        example: "sqlite_databases = [\"default\"]",
        interfaces: &["spin:sqlite/", "fermyon:spin/sqlite"],
        count: |component| component.sqlite_databases.len(),
    },
    Grant {
        key: "variables",
        example: "variables = { name = \"{{ name }}\" }",
        interfaces: &[
            "spin:variables/",
            "wasi:config/",
            "fermyon:spin/variables",
            "fermyon:spin/config",
        ],
        count: |component| component.variables.len(),
    },
    Grant {
        key: "allowed_outbound_hosts",
        example: "allowed_outbound_hosts = [\"https://example.com\"]",
        interfaces: &[
            "wasi:http/client",
            "wasi:http/outgoing-handler",
            "wasi:sockets/",
            "spin:mqtt/",
            "spin:mysql/",
            "spin:postgres/",
            "spin:redis/",
            "fermyon:spin/http",
            "fermyon:spin/mqtt",
            "fermyon:spin/mysql",
            "fermyon:spin/postgres",
            "fermyon:spin/redis",
        ],
        count: |component| component.allowed_outbound_hosts.len(),
    },
    Grant {
        key: "files",
        example: "files = [\"assets/**/*\"]",
        interfaces: &["wasi:filesystem/"],
        count: |component| component.files.len(),
    },
    Grant {
        key: "ai_models",
        example: "ai_models = [\"llama2-chat\"]",
        interfaces: &["fermyon:spin/llm"],
        count: |component| component.ai_models.len(),
    },
];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for (component, interfaces) in project.decoded() {
        let name = &component.id;
        for grant in &GRANTS {
            let import = interfaces
                .imports
                .keys()
                .find(|import| covers(grant.interfaces, import));
            let count = (grant.count)(component);
            let message = match (import, count) {
                (Some(import), 0) => format!(
                    "component `{name}` imports `{import}` but is granted no `{key}`: add such as \
                     `{example}`",
                    key = grant.key,
                    example = grant.example,
                ),
                (None, 1..) => format!(
                    "component `{name}` is granted `{key}` but imports nothing that uses them: \
                     remove the line",
                    key = grant.key,
                ),
                _ => continue,
            };
            let line = project.manifest_line(&format!("component.{name}"), grant.key);
            let report = Report::at(project.manifest_file(), message).line(line);
            reports.push(match count == 0 && !project.is_workspace() {
                true => report.warning(),
                false => report,
            });
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const HANDLER: &[&str] = &["wasi:http/handler@0.3.0"];

    /// For each grant, an import that needs it, in the order of [`GRANTS`].
    const IMPORTS: [&str; 6] = [
        "wasi:keyvalue/store@0.2.0-draft2",
        "spin:sqlite/sqlite@3.1.0",
        "wasi:config/store@0.2.0-draft-2024-09-27",
        "wasi:http/client@0.3.0",
        "wasi:filesystem/preopens@0.2.6",
        "fermyon:spin/llm@2.0.0",
    ];

    #[test]
    fn imported_and_not_granted_names_the_line_to_add() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (grant, import) in GRANTS.iter().zip(IMPORTS) {
            let project = Fixture::new()
                .edit("spin.toml", "key_value_stores = [\"default\"]\n", "")
                .component(&[import], HANDLER)
                .load();
            let found = messages(check(&project));
            assert_eq!(found.len(), 1, "{import}: {found:?}");
            assert!(found[0].starts_with("spin.toml:"), "{found:?}");
            assert!(found[0].contains(grant.example), "{found:?}");
        }
    }

    #[test]
    fn outside_a_workspace_an_import_may_be_the_toolchains() {
        let elsewhere = Fixture::new().without("functions/hello/Cargo.toml").edit(
            "spin.toml",
            "key_value_stores = [\"default\"]\n",
            "",
        );
        let found = messages(check(&elsewhere.load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("warning: "), "{found:?}");
    }

    #[test]
    fn granted_and_not_imported_names_the_line_to_remove() {
        for grant in &GRANTS {
            let project = Fixture::new()
                .edit(
                    "spin.toml",
                    "key_value_stores = [\"default\"]",
                    grant.example,
                )
                .edit(
                    "spin.toml",
                    "[variables]",
                    "[variables]\nname = { default = \"\" }",
                )
                .component(&[], HANDLER)
                .load();
            let found = messages(check(&project));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("remove the line"), "{found:?}");
            assert!(found[0].contains(grant.key), "{found:?}");
        }
    }

    #[test]
    fn both_sides_together_are_in_order() {
        for (grant, import) in GRANTS.iter().zip(IMPORTS) {
            let project = Fixture::new()
                .edit(
                    "spin.toml",
                    "key_value_stores = [\"default\"]",
                    grant.example,
                )
                .edit(
                    "spin.toml",
                    "[variables]",
                    "[variables]\nname = { default = \"\" }",
                )
                .component(&[import], HANDLER)
                .load();
            let found = messages(check(&project));
            assert!(found.is_empty(), "{found:?}");
        }
    }
}
