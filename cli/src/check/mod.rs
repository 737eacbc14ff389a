//! `jenny check`: holds folders, manifest, worlds, compiled components and sources against each
//! other.
//!
//! A function is described in five places: its folder, its entry in `spin.toml`, its world in
//! `wit/`, its test, and the component that the compiler made. Nothing ties them together but
//! this command, which is why a new function needs no central list. Each rule is one file in
//! [`rules`] and one line in its table; a finding is one sentence that says how to mend it.

mod finding;
mod markdown;
mod project;
mod rules;
mod rust_source;
mod world;

#[cfg(test)]
mod fixture;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::manifest_path;
use finding::Finding;
use project::Project;

/// The arguments of `jenny check`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The manifest, or a directory with a `spin.toml` [default: the nearest `spin.toml`, from here
    /// upwards].
    #[arg(short = 'f', long, value_name = "PATH")]
    from: Option<PathBuf>,

    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line a finding: `file:line: what to do [rule]`.
    Text,
    /// One JSON object: `{"findings": [{"rule", "file", "line", "message"}], …}`.
    Json,
}

/// Runs every rule and prints what they found.
///
/// The exit code is 0 when there is nothing to mend and 1 otherwise.
///
/// # Errors
///
/// When the project cannot be read at all: no manifest, no git repository, no standard output.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let project = Project::load(&manifest_path::find(arguments.from.as_deref())?)?;
    let findings = find(&project);
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Text => write_text(&mut out, &project, &findings),
        Format::Json => write_json(&mut out, &project, &findings),
    }
    .context("standard output cannot be written")?;
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Every finding of every rule, in the order of files and lines.
fn find(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<_> = rules::ALL
        .iter()
        .flat_map(|rule| {
            (rule.check)(project)
                .into_iter()
                .map(|report| report.of(rule.name))
        })
        .collect();
    findings.sort();
    findings.dedup();
    findings
}

fn write_text(
    out: &mut impl Write,
    project: &Project,
    findings: &[Finding],
) -> std::io::Result<()> {
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    let read = format!(
        "{} rules, {} functions, {} files",
        rules::ALL.len(),
        project.functions().len(),
        project.files().len()
    );
    match findings.len() {
        0 => writeln!(out, "Nothing to mend ({read})."),
        1 => writeln!(out, "1 finding ({read})."),
        many => writeln!(out, "{many} findings ({read})."),
    }
}

fn write_json(
    out: &mut impl Write,
    project: &Project,
    findings: &[Finding],
) -> std::io::Result<()> {
    let document = serde_json::json!({
        "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        "rules": rules::ALL.iter().map(|rule| serde_json::json!({
            "name": rule.name,
            "summary": rule.summary,
        })).collect::<Vec<_>>(),
        "functions": project.functions().len(),
        "files": project.files().len(),
    });
    writeln!(out, "{document:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::Fixture;

    #[test]
    fn a_project_in_order_has_no_finding() {
        let project = Fixture::new().load();
        let findings = find(&project);
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn text_and_json_carry_the_same_findings() {
        let project = Fixture::new().without("tests/it/hello.rs").load();
        let findings = find(&project);
        assert_eq!(findings.len(), 1, "{findings:#?}");

        let mut text = Vec::new();
        write_text(&mut text, &project, &findings).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("tests/it/hello.rs"), "{text}");
        assert!(text.contains("1 finding ("), "{text}");

        let mut json = Vec::new();
        write_json(&mut json, &project, &findings).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["findings"][0]["rule"], "layout");
        assert!(
            text.contains(json["findings"][0]["message"].as_str().unwrap()),
            "{text}"
        );
    }

    #[test]
    fn a_broken_manifest_is_a_finding_and_the_source_rules_still_run() {
        let project = Fixture::new()
            .with("spin.toml", "spin_manifest_version = 2\n[[[\n")
            .with("shared/src/late.rs", "fn later() { todo!() }\n")
            .load();
        let rules: Vec<_> = find(&project).iter().map(|finding| finding.rule).collect();
        assert!(rules.contains(&"manifest"), "{rules:?}");
        assert!(rules.contains(&"unfinished"), "{rules:?}");
    }
}
