//! A secret variable reaches the functions whose worlds name it, and no others.
//!
//! A WIT world cannot say which variables are read, so its doc comment does, for the ones that
//! matter: ``/// Secrets: `signing_key`.`` A reviewer then sees in the world that a function can
//! sign, and nobody can grant a secret to one more function by a line in the manifest alone.

use std::collections::BTreeSet;

use super::variables::{referenced, templates};
use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let Ok(manifest) = project.manifest() else {
        return Vec::new();
    };
    let mut reports = Vec::new();
    for component in project.components() {
        let name = &component.id;
        let Some(world) = project.world(name) else {
            // A missing world is a finding of the layout rule.
            continue;
        };
        let named = world.secrets();
        let granted: BTreeSet<&str> = templates(component)
            .flat_map(referenced)
            .filter(|variable| {
                manifest
                    .variables
                    .get(*variable)
                    .is_some_and(|declaration| declaration.secret)
            })
            .collect();
        let table = format!("component.{name}");
        for secret in granted.difference(&named) {
            reports.push(
                Report::at(
                    project.manifest_file(),
                    format!(
                        "component `{name}` is granted the secret `{secret}`, which its world does \
                         not name: add ``/// Secrets: `{secret}`.`` to wit/{name}.wit, or take the \
                         variable away"
                    ),
                )
                .line(project.manifest_line(&table, "variables")),
            );
        }
        for secret in named.difference(&granted) {
            reports.push(Report::at(
                format!("wit/{name}.wit"),
                format!(
                    "world `{name}` names the secret `{secret}`, which the component is not \
                     granted: remove it here, or grant it in {}",
                    project.manifest_file()
                ),
            ));
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    fn with_secret() -> Fixture {
        Fixture::new()
            .edit(
                "spin.toml",
                "[variables]",
                "[variables]\nsigning_key = { default = \"\", secret = true }",
            )
            .edit(
                "spin.toml",
                "key_value_stores",
                "variables = { signing_key = \"{{ signing_key }}\" }\nkey_value_stores",
            )
    }

    #[test]
    fn a_secret_that_the_world_does_not_name_is_found() {
        let found = messages(check(&with_secret().load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:"), "{found:?}");
        assert!(found[0].contains("`signing_key`"), "{found:?}");
    }

    #[test]
    fn a_secret_that_the_world_names_is_in_order() {
        let project = with_secret()
            .edit(
                "wit/hello.wit",
                "/// Greets.",
                "/// Greets.\n/// Secrets: `signing_key`.",
            )
            .load();
        let found = messages(check(&project));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_named_secret_that_is_not_granted_is_found() {
        let project = Fixture::new()
            .edit(
                "wit/hello.wit",
                "/// Greets.",
                "/// Secrets: `signing_key`.",
            )
            .load();
        let found = messages(check(&project));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("wit/hello.wit"), "{found:?}");
    }
}
