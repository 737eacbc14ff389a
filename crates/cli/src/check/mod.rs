//! `jenny check`: holds folders, manifest, worlds, compiled components and sources against each
//! other.
//!
//! A function is described in five places: its folder, its entry in `spin.toml`, its world in
//! `wit/`, its test, and the component that the compiler made. Nothing ties them together but
//! this command, which is why a new function needs no central list. Each rule is one file in
//! [`rules`] and one line in its table; a finding is one sentence that says how to mend it.
//!
//! Any Spin application can be checked. Some rules are for workspaces of functions, some for those that
//! keep this project's style ([`rules::Audience`]), and some for the place where the application is meant
//! to run ([`target`]).

mod files;
mod finding;
mod fix;
mod markdown;
mod print;
mod project;
mod rules;
mod rust_source;
mod target;
mod world;

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod fixture;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::manifest_path;
use crate::output::Format;
use finding::{Finding, Severity};
use project::{Project, Surroundings};
use target::Target;

/// The arguments of `jenny check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cargo jenny check\n  cargo jenny check --fix\n  cargo jenny check --target akamai\n  cargo jenny check --target spinkube --runtime-config-file runtime-config.toml\n  cargo jenny check --target akamai --deny-warnings --allow target-variables\n  cargo jenny check --format json\n\nThe exit code is 1 when there is an error, and 0 when there are warnings alone."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,

    /// Also say what the place lacks where the application is meant to run.
    #[arg(long, value_enum, value_name = "TARGET")]
    target: Option<Target>,

    /// The runtime configuration that the application is run with: it may define stores and give values
    /// to variables.
    #[arg(long, value_name = "FILE")]
    runtime_config_file: Option<PathBuf>,

    /// Exit with 1 for warnings too.
    #[arg(long)]
    deny_warnings: bool,

    /// Leave out the warnings of a rule, once somebody has seen to them. It can be given several times, with
    /// names that `--list` prints. Errors stay errors.
    #[arg(
        long,
        value_name = "RULE",
        value_parser = PossibleValuesParser::new(rules::ALL.iter().map(|rule| rule.name)),
        hide_possible_values = true
    )]
    allow: Vec<String>,

    /// First do what takes no judgement: put what `spin add` had to leave below a function's folder where it
    /// belongs, and merge the functions' API documents anew.
    #[arg(long)]
    fix: bool,

    /// List the rules, and for whom they are, instead of checking anything.
    #[arg(long, conflicts_with_all = ["fix", "target", "runtime_config_file", "deny_warnings", "allow"])]
    list: bool,

    /// How to print the findings.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs every rule that the project is held to and prints what they found.
///
/// The exit code is 0 when there is nothing but warnings, and 1 otherwise.
///
/// # Errors
///
/// When the project cannot be read at all: no manifest, no standard output.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.list {
        print::rules(arguments.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let surroundings = Surroundings {
        target: arguments.target,
        runtime_config: arguments.runtime_config_file.clone(),
    };
    let manifest = arguments.manifest.find()?;
    if arguments.fix {
        fix::run(&manifest)?;
    }
    let project = Project::load(&manifest, surroundings)?;
    let mut findings = find(&project);
    let allowed = leave_out(&mut findings, &arguments.allow);
    print::findings(arguments.format, &project, &findings, allowed)?;
    Ok(if fails(&findings, arguments.deny_warnings) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn fails(findings: &[Finding], deny_warnings: bool) -> bool {
    let counts = |finding: &Finding| deny_warnings || finding.severity == Severity::Error;
    findings.iter().any(counts)
}

/// Takes out the warnings of these rules, and returns how many there were.
fn leave_out(findings: &mut Vec<Finding>, rules: &[String]) -> usize {
    let before = findings.len();
    findings.retain(|finding| {
        finding.severity == Severity::Error || !rules.iter().any(|rule| rule == finding.rule)
    });
    before - findings.len()
}

/// Every finding of every rule, in the order of files and lines.
fn find(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<_> = rules::ALL
        .iter()
        .filter(|rule| rule.applies(project))
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

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::Fixture;

    fn names(fixture: Fixture) -> Vec<&'static str> {
        let findings = find(&fixture.load());
        findings.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_project_in_order_has_no_finding() {
        for fixture in [Fixture::new(), Fixture::with_house_rules()] {
            let findings = find(&fixture.load());
            assert!(findings.is_empty(), "{findings:#?}");
        }
    }

    #[test]
    fn what_is_told_without_a_manifest_is_the_manifest() {
        assert_eq!(names(Fixture::new().with("spin.toml", "")), ["manifest"]);
    }

    #[test]
    fn a_broken_manifest_is_a_finding_and_the_source_rules_still_run() {
        // The text of a file that has something to find.
        let rules = names(
            Fixture::with_house_rules()
                .with("spin.toml", "spin_manifest_version = 2\n[[[\n")
                .with("shared/src/late.rs", "fn later() { todo!() }\n"),
        );
        assert!(rules.contains(&"manifest"), "{rules:?}");
        assert!(rules.contains(&"unfinished"), "{rules:?}");
    }

    #[test]
    fn the_house_rules_are_for_those_who_chose_them() {
        let long = "\n".repeat(1000);
        let file = "functions/hello/src/routes.rs";
        assert!(names(Fixture::new().with(file, &long)).is_empty());
        assert_eq!(
            names(Fixture::with_house_rules().with(file, &long)),
            ["length"]
        );
    }

    #[test]
    fn an_application_of_any_layout_is_held_to_what_is_true_of_all() {
        let elsewhere = || {
            Fixture::new()
                .without("functions/hello/Cargo.toml")
                .without("functions/hello/src/lib.rs")
                .without("tests/it/hello.rs")
                .without("wit/hello.wit")
        };
        assert!(names(elsewhere()).is_empty());
        let unused = elsewhere().component(&[], &["wasi:http/handler@0.3.0"]);
        assert_eq!(names(unused), ["grants"]);
    }

    #[test]
    fn a_target_is_checked_besides_everything_else() {
        let fixture = Fixture::new()
            .component(&["spin:sqlite/sqlite@3.1.0"], &["wasi:http/handler@0.3.0"])
            .target(Target::Akamai);
        let mut names = names(fixture);
        names.sort_unstable();
        assert_eq!(
            names,
            ["grants", "grants", "target-interfaces", "worlds", "worlds"]
        );
    }

    #[test]
    fn errors_fail_and_warnings_do_when_they_are_denied() {
        let of = |report: finding::Report| vec![report.of("rule")];
        let error = of(finding::Report::at("a", "b"));
        let warning = of(finding::Report::at("a", "b").warning());
        assert!(fails(&error, false));
        assert!(!fails(&warning, false));
        assert!(fails(&warning, true));
        assert!(!fails(&[], true));
    }

    #[test]
    fn what_is_allowed_is_left_out_unless_it_is_an_error() {
        let mut findings = vec![
            finding::Report::at("a", "wrong").of("allowed"),
            finding::Report::at("a", "unsettled")
                .warning()
                .of("allowed"),
            finding::Report::at("a", "unsettled").warning().of("other"),
        ];
        assert_eq!(leave_out(&mut findings, &["allowed".to_owned()]), 1);
        let left: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            left,
            ["a: wrong [allowed]", "a: warning: unsettled [other]"]
        );
    }

    #[test]
    fn rules_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> =
            rules::ALL.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), rules::ALL.len());
    }
}
