//! Variables are declared, granted to some component, and described in the operator's page.

use std::collections::BTreeSet;

use jenny_manifest::variables::Secret;
use jenny_manifest::{Component, Manifest, VariableDeclaration};

use crate::check::finding::Report;
use crate::check::markdown;
use crate::check::project::Project;

/// The page whose table of variables is held against the manifest.
const PAGE: &str = "docs/operations.md";

pub(super) fn check(project: &Project) -> Vec<Report> {
    let Ok(manifest) = project.manifest() else {
        return Vec::new();
    };
    let mut reports = unused(project, manifest);
    // Who has such a table wants it to be right; the house rules want it to be there.
    let rows = table(project);
    if !manifest.variables.is_empty() && (project.keeps_house_rules() || rows.is_some()) {
        reports.extend(documentation(project, manifest, rows));
    }
    reports
}

/// What of a component is a template.
pub(super) fn templates(component: &Component) -> impl Iterator<Item = &str> {
    component
        .variables
        .values()
        .chain(&component.allowed_outbound_hosts)
        .map(String::as_str)
}

/// The variables that a template refers to: `{{ name }}`.
pub(super) fn referenced(template: &str) -> impl Iterator<Item = &str> {
    template
        .split("{{")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("}}")?.0.trim()))
}

/// That what is referred to is declared, the manifest's reader has seen to.
fn unused(project: &Project, manifest: &Manifest) -> Vec<Report> {
    let granted: BTreeSet<&str> = manifest
        .components
        .values()
        .flat_map(templates)
        .flat_map(referenced)
        .collect();
    manifest
        .variables
        .iter()
        .filter(|(name, _)| {
            !granted.contains(name.as_str()) && !manifest.trigger_variables.contains(name.as_str())
        })
        .map(|(name, declaration)| {
            Report::at(
                project.manifest_file(),
                format!(
                    "variable `{name}` is granted to no component: grant it with \
                     `{name} = \"{{{{ {name} }}}}\"` or remove it"
                ),
            )
            .line(declaration.line)
        })
        .collect()
}

fn table(project: &Project) -> Option<Vec<(usize, Vec<String>)>> {
    markdown::table(&project.read(PAGE)?, &["variable", "default", "meaning"])
}

fn documentation(
    project: &Project,
    manifest: &Manifest,
    rows: Option<Vec<(usize, Vec<String>)>>,
) -> Vec<Report> {
    let Some(rows) = rows else {
        return vec![Report::at(
            PAGE,
            "the table of variables is missing: write `| variable | default | meaning |` and a row \
             for each",
        )];
    };
    let mut reports = Vec::new();
    let mut described = BTreeSet::new();
    for (line, cells) in &rows {
        let Some(name) = cells[0].split('`').nth(1) else {
            continue;
        };
        described.insert(name);
        let Some(declaration) = manifest.variables.get(name) else {
            reports.push(
                Report::at(
                    PAGE,
                    format!(
                        "`{name}` is no variable of {}: remove the row or declare it",
                        project.manifest_file()
                    ),
                )
                .line(*line),
            );
            continue;
        };
        let expected = first_cell(name, declaration);
        if cells[0] != expected {
            reports.push(Report::at(PAGE, format!("write `{expected}` in this row")).line(*line));
        }
        let expected = default_cell(declaration);
        if cells[1] != expected {
            reports.push(
                Report::at(
                    PAGE,
                    format!(
                        "the default of `{name}` is {expected} in {}: write the same here",
                        project.manifest_file()
                    ),
                )
                .line(*line),
            );
        }
    }
    for (name, declaration) in &manifest.variables {
        if !described.contains(name.as_str()) {
            let (first, default) = (first_cell(name, declaration), default_cell(declaration));
            reports.push(Report::at(
                PAGE,
                format!("variable `{name}` is missing: add `| {first} | {default} | … |`"),
            ));
        }
    }
    reports
}

fn first_cell(name: &str, declaration: &VariableDeclaration) -> String {
    let secret = if declaration.secret { " (secret)" } else { "" };
    format!("`{name}`{secret}")
}

fn default_cell(declaration: &VariableDeclaration) -> String {
    match declaration.default.as_ref().map(Secret::reveal) {
        None => "required".to_owned(),
        Some("") => "empty".to_owned(),
        Some(default) => format!("`{default}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    /// A project with one variable that is declared, granted and described.
    fn with_variable() -> Fixture {
        Fixture::with_house_rules()
            .edit(
                "spin.toml",
                "[variables]",
                "[variables]\nlog_level = { default = \"info\" }",
            )
            .edit(
                "spin.toml",
                "key_value_stores",
                "variables = { log_level = \"{{ log_level }}\" }\nkey_value_stores",
            )
            .with(
                PAGE,
                "| variable | default | meaning |\n|---|---|---|\n| `log_level` | `info` | how much |\n",
            )
    }

    #[test]
    fn agreement_is_quiet() {
        assert!(check(&Fixture::new().load()).is_empty());
        let found = messages(check(&with_variable().load()));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_a_trigger_uses_is_used() {
        let trigger = "[[trigger.redis]]\naddress = \"redis://{{ host }}\"\nchannel = \"c\"\n\
                       component = \"hello\"\n\n[[trigger.http]]";
        let project = Fixture::new()
            .edit(
                "spin.toml",
                "[variables]",
                "[variables]\nhost = { default = \"h\" }",
            )
            .edit("spin.toml", "[[trigger.http]]", trigger);
        let found = messages(check(&project.load()));
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn each_disagreement_is_one_finding() {
        for (file, from, to, says) in [
            (
                "spin.toml",
                "\"{{ log_level }}\"",
                "\"info\"",
                "granted to no component",
            ),
            (
                PAGE,
                "`info`",
                "`warn`",
                "the default of `log_level` is `info`",
            ),
            (
                PAGE,
                "`log_level`",
                "`log_level` (secret)",
                "write ``log_level``",
            ),
            (
                PAGE,
                "| `log_level` | `info` | how much |\n",
                "",
                "add `| `log_level`",
            ),
            (
                PAGE,
                "| variable |",
                "| name |",
                "the table of variables is missing",
            ),
            (
                PAGE,
                "| `log_level`",
                "| `other` | empty | x |\n| `log_level`",
                "`other` is no variable",
            ),
        ] {
            let found = messages(check(&with_variable().edit(file, from, to).load()));
            assert_eq!(found.len(), 1, "{to}: {found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }

    #[test]
    fn who_keeps_no_house_rules_may_do_without_the_table() {
        let fixture = || with_variable().without("Cargo.toml");
        let without_table = fixture().edit(PAGE, "| variable |", "| name |").load();
        assert!(check(&without_table).is_empty());
        let wrong_table = fixture().edit(PAGE, "`info`", "`warn`").load();
        assert_eq!(check(&wrong_table).len(), 1);
    }

    #[test]
    fn references_are_the_names_in_braces() {
        let names: Vec<_> = referenced("https://{{ host }}:{{port}}/").collect();
        assert_eq!(names, ["host", "port"]);
        assert_eq!(referenced("plain {{ open").count(), 0);
    }
}
