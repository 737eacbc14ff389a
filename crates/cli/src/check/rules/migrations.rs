//! Migrations run on an empty SQLite database.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::rehearsal::{self, Fault};

pub(super) fn check(project: &Project) -> Vec<Report> {
    let faults = rehearsal::faults(project.root());
    faults
        .into_iter()
        .map(|fault| report(project, fault))
        .collect()
}

fn report(project: &Project, fault: Fault) -> Report {
    let file = fault
        .file
        .unwrap_or_else(|| project.root().join("migrations"));
    let file = file.strip_prefix(project.root()).unwrap_or(&file);
    let file = file.to_string_lossy().replace('\\', "/");
    let report = Report::at(file, fault.message).line(fault.line);
    if fault.fails {
        report
    } else {
        report.warning()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::Fixture;

    #[test]
    fn a_migration_that_fails_is_an_error_and_one_that_deletes_children_a_warning() {
        let said = |text: &str| {
            let project = Fixture::new()
                .with(
                    "migrations/build.rs",
                    "fn main() { jenny_build::migrations() }",
                )
                .with("migrations/0001_notes.sqlite.sql", text)
                .load();
            let reports = check(&project).into_iter();
            let findings = reports.map(|report| report.of("migrations").to_string());
            findings.collect::<Vec<_>>()
        };
        assert_eq!(said("SELECT 1;\n"), [""; 0]);
        assert_eq!(
            said("SELECT 1;\n\nSELECT x;\n"),
            ["migrations/0001_notes.sqlite.sql:3: no such column: x [migrations]"]
        );
        let drop = "CREATE TABLE a (b INTEGER PRIMARY KEY);\n\nCREATE TABLE c (d REFERENCES a);\n\nDROP TABLE a;\n";
        let said = said(drop);
        let expected = "migrations/0001_notes.sqlite.sql:5: warning: dropping `a` deletes";
        assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}");
    }
}
