//! `jenny up` runs all of the application. What it does not run, Spin does; where a target is named, it is
//! the target's matter.

use jenny_manifest::Feature;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::target;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let (Ok(manifest), None) = (project.manifest(), project.target()) else {
        return Vec::new();
    };
    manifest
        .unsupported
        .iter()
        .map(|unsupported| {
            let spin = match &unsupported.feature {
                Feature::Triggers { kind, .. } if target::needs_plugin(kind) => {
                    format!("Spin does this where it has the plugin `trigger-{kind}`,")
                }
                _ => "Spin does this".to_owned(),
            };
            let refusal = &unsupported.refusal;
            let message = format!(
                "{spin} and `cargo jenny up` does not: {}",
                refusal.message()
            );
            Report::at(project.manifest_file(), message)
                .line(refusal.line())
                .warning()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};
    use crate::check::target::Target;

    fn with(from: &str, to: &str) -> Fixture {
        Fixture::new().edit("spin.toml", from, to)
    }

    const HTTP: &str = "[[trigger.http]]\nroute = \"/hello\"";
    const SOURCE: &str = "source = \"target/wasm32-wasip2/function/hello.wasm\"";

    #[test]
    fn what_only_spin_runs_is_a_warning_with_its_line() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (from, to, says) in [
            (
                HTTP,
                "[[trigger.redis]]\nchannel = \"hello\"",
                "spin.toml:8: warning: Spin does this and `cargo jenny up` does not: [[trigger.redis]] is not \
                 supported",
            ),
            (
                HTTP,
                "[[trigger.cron]]\ncron_expression = \"* * * * *\"",
                "spin.toml:8: warning: Spin does this where it has the plugin `trigger-cron`, and ",
            ),
            (
                SOURCE,
                "source = { registry = \"ttl.sh\", package = \"spin:files\", version = \"0.3.0\" }",
                "spin.toml:13: warning: Spin does this and `cargo jenny up` does not: 'source' of component \
                 'hello' is a registry package",
            ),
            (
                "key_value_stores = [\"default\"]",
                "dependencies = { \"example:tax\" = \"1.0\" }",
                "spin.toml:14: warning: Spin does this and `cargo jenny up` does not: component 'hello' has \
                 dependencies",
            ),
        ] {
            let found = messages(check(&with(from, to).load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(says), "{found:?}");
            let elsewhere = with(from, to).target(Target::Spinkube).load();
            assert!(check(&elsewhere).is_empty(), "{to}");
        }
    }

    #[test]
    fn the_other_rules_go_on() {
        let project = with(HTTP, "[[trigger.redis]]\nchannel = \"hello\"")
            .edit(
                "spin.toml",
                "[\"default\"]",
                "[\"default\"]\nfiles = [\"no.txt\"]",
            )
            .load();
        let findings = crate::check::find(&project);
        let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["runs-here", "files", "grants"]);
    }
}
