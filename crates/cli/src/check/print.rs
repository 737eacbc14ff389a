//! What `jenny check` prints: lines for a person, one document for a program.
//!
//! docs/checks.schema.json is the document's schema, and a test holds it against what is printed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::finding::{Finding, Severity};
use super::project::Project;
use super::rules::{self, Rule};
use super::target::Target;
use crate::output::{self, Format};

/// Of the documents. It grows when a member changes its meaning or goes; new ones may come without.
const VERSION: u32 = 1;

/// Prints what was found, without the `allowed` warnings that nobody is to see.
///
/// # Errors
///
/// When standard output cannot be written.
pub(super) fn findings(
    format: Format,
    project: &Project,
    findings: &[Finding],
    allowed: usize,
) -> anyhow::Result<()> {
    match format {
        Format::Text => output::text(&text(project, findings, allowed)),
        Format::Json => output::json(&document(project, findings, allowed)),
    }
}

/// Prints the rules that there are.
///
/// # Errors
///
/// When standard output cannot be written.
pub(super) fn rules(format: Format) -> anyhow::Result<()> {
    match format {
        Format::Text => {
            let mut text = String::new();
            for rule in rules::ALL {
                let (name, audience) = (rule.name, rule.audience.name());
                // Writing to a String does not fail.
                _ = writeln!(text, "{name:18}  {audience:11}  {}", rule.summary);
            }
            output::text(&text)
        }
        Format::Json => output::json(&list()),
    }
}

pub(super) fn list() -> Value {
    let rules: Vec<_> = rules::ALL.iter().map(rule).collect();
    json!({ "version": VERSION, "rules": rules })
}

fn text(project: &Project, findings: &[Finding], allowed: usize) -> String {
    let mut text = String::new();
    for finding in findings {
        _ = writeln!(text, "{finding}");
    }
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    };
    let read = [
        counted(applied(project).count(), "rule"),
        counted(project.functions().len(), "function"),
        counted(project.files().len(), "file"),
    ]
    .join(", ");
    let (errors, warnings) = (
        count(findings, Severity::Error),
        count(findings, Severity::Warning),
    );
    let found = match (errors, warnings) {
        (0, 0) => "Nothing to mend".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => {
            format!(
                "{} and {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            )
        }
    };
    let allowed = match allowed {
        0 => String::new(),
        some => format!(", {} allowed", counted(some, "warning")),
    };
    _ = writeln!(text, "{found}{allowed} ({read}).");
    text
}

pub(super) fn document(project: &Project, findings: &[Finding], allowed: usize) -> Value {
    json!({
        "version": VERSION,
        "target": project.target().map(Target::name),
        "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        "errors": count(findings, Severity::Error),
        "warnings": count(findings, Severity::Warning),
        "allowed": allowed,
        "rules": applied(project).map(rule).collect::<Vec<_>>(),
        "functions": project.functions().len(),
        "files": project.files().len(),
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "name": rule.name,
        "audience": rule.audience.name(),
        "summary": rule.summary,
    })
}

fn applied(project: &Project) -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().filter(|rule| rule.applies(project))
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::finding::Report;
    use crate::check::fixture::Fixture;

    #[test]
    fn text_and_json_carry_the_same_findings() {
        let project = Fixture::new().without("tests/it/hello.rs").load();
        let findings = crate::check::find(&project);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        let text = text(&project, &findings, 0);
        assert!(text.starts_with("tests/it/hello.rs: "), "{text}");
        let document = document(&project, &findings, 0);
        assert_eq!(document["findings"][0]["rule"], "layout");
        let message = document["findings"][0]["message"].as_str().unwrap();
        assert!(text.contains(message), "{text}");
    }

    #[test]
    fn the_last_line_counts() {
        let project = Fixture::new().load();
        let found = |errors, warnings, allowed| {
            let error = || Report::at("a", "b").of("rule");
            let warning = || Report::at("a", "b").warning().of("rule");
            let mut findings: Vec<_> = std::iter::repeat_with(error).take(errors).collect();
            findings.extend(std::iter::repeat_with(warning).take(warnings));
            let text = text(&project, &findings, allowed);
            text.lines()
                .last()
                .unwrap()
                .split(" (")
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(found(0, 0, 0), "Nothing to mend");
        assert_eq!(found(0, 0, 1), "Nothing to mend, 1 warning allowed");
        assert_eq!(found(1, 0, 0), "1 error");
        assert_eq!(found(0, 2, 0), "2 warnings");
        assert_eq!(found(2, 1, 3), "2 errors and 1 warning, 3 warnings allowed");
    }
}
