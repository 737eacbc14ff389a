//! The cloud runs the triggers that the application has.

use jenny_host::manifest::Feature;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::target::Target;

/// What Spin runs without a plugin.
const SPIN: &[&str] = &["http", "redis"];

/// What the shim is built with. It refuses an application that has any other trigger.
const SPINKUBE: &[&str] = &["http", "redis", "mqtt", "sqs", "command"];

/// "Redis: not supported", "custom triggers: not supported".
const AKAMAI: &[&str] = &["http"];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let (Ok(manifest), Some(target)) = (project.manifest(), project.target()) else {
        return Vec::new();
    };
    let features = manifest.unsupported.iter();
    features
        .filter_map(|unsupported| {
            let Feature::Triggers { kind, .. } = &unsupported.feature else {
                return None;
            };
            let report = lacking(target, kind, project.manifest_file())?;
            Some(report.line(unsupported.refusal.line()))
        })
        .collect()
}

/// What the target lacks to run triggers of this kind.
fn lacking(target: Target, kind: &str, manifest: &str) -> Option<Report> {
    let (name, runs) = match target {
        Target::Spin => ("Spin", SPIN),
        Target::Spinkube => ("SpinKube", SPINKUBE),
        Target::Akamai => ("Akamai Functions", AKAMAI),
    };
    if runs.contains(&kind) {
        return None;
    }
    if target == Target::Spin {
        let message = format!(
            "{name} runs [[trigger.{kind}]] with a plugin: see that `spin plugins install trigger-{kind}` has \
             been run there"
        );
        return Some(Report::at(manifest, message).warning());
    }
    let message = format!(
        "{name} does not run [[trigger.{kind}]]: start its components by [[trigger.{}]], or deploy them \
         elsewhere",
        runs.join("]], [[trigger.")
    );
    Some(Report::at(manifest, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    fn found(target: Target, kind: &str) -> Vec<String> {
        let trigger = format!("[[trigger.{kind}]]\ncomponent = \"hello\"\n\n[component.hello]");
        let fixture = Fixture::new().edit("spin.toml", "[component.hello]", &trigger);
        messages(check(&fixture.target(target).load()))
    }

    #[test]
    fn what_a_target_runs_is_quiet() {
        for (target, kinds) in [
            (Target::Spin, SPIN),
            (Target::Spinkube, SPINKUBE),
            (Target::Akamai, AKAMAI),
        ] {
            // The fixture has a trigger of the first kind, http.
            for kind in &kinds[1..] {
                let found = found(target, kind);
                assert!(found.is_empty(), "{found:?}");
            }
        }
    }

    #[test]
    fn what_a_target_does_not_run_comes_with_what_it_does() {
        for (target, kind, says) in [
            (
                Target::Spin,
                "cron",
                "spin.toml:12: warning: Spin runs [[trigger.cron]] with a plugin: see that `spin plugins \
                 install trigger-cron` has been run there [rule]",
            ),
            (
                Target::Spinkube,
                "cron",
                "spin.toml:12: SpinKube does not run [[trigger.cron]]: start its components by \
                 [[trigger.http]], [[trigger.redis]], [[trigger.mqtt]], [[trigger.sqs]], \
                 [[trigger.command]], or deploy them elsewhere [rule]",
            ),
            (
                Target::Akamai,
                "redis",
                "spin.toml:12: Akamai Functions does not run [[trigger.redis]]: start its components by \
                 [[trigger.http]], or deploy them elsewhere [rule]",
            ),
        ] {
            assert_eq!(found(target, kind), [says]);
        }
    }
}
