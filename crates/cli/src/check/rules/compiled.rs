//! Every component is there, is a component, and is as new as its sources: the rules about imports
//! speak of the file that they read.

use jenny_manifest::Build;

use crate::check::finding::Report;
use crate::check::project::{Compiled, Project};

pub(super) fn check(project: &Project) -> Vec<Report> {
    project
        .compiled()
        .iter()
        .filter_map(|(name, compiled)| {
            let why = match compiled {
                Compiled::Component(_) => return None,
                Compiled::Missing => "is not compiled".to_owned(),
                Compiled::Stale(newer) => format!("was compiled before {newer} changed"),
                Compiled::Unreadable(error) => format!("cannot be decoded ({error})"),
            };
            Some(
                Report::at(
                    project.manifest_file(),
                    format!("component `{name}` {why}: {}", mend(project, name)),
                )
                .line(project.manifest_line(&format!("component.{name}"), "source")),
            )
        })
        .collect()
}

/// What makes the component as its manifest says.
fn mend(project: &Project, name: &str) -> String {
    let build = project
        .component(name)
        .and_then(|component| component.build.as_ref());
    match build {
        Some(Build {
            commands,
            workdir: None,
            ..
        }) => format!("run `{}`", commands.join(" && ")),
        Some(Build {
            commands,
            workdir: Some(folder),
            ..
        }) => format!("run `{}` in {}", commands.join(" && "), folder.display()),
        None => "correct its source, or add [component.<id>.build] with the command that makes it"
            .replace("<id>", name),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::check::fixture::{COMPONENT, Fixture, messages};

    const COMMAND: &str = "cargo build -p hello --profile function --target wasm32-wasip2";

    #[test]
    fn a_missing_component_tells_the_command() {
        assert!(check(&Fixture::new().load()).is_empty());
        let found = messages(check(&Fixture::new().without(COMPONENT).load()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("is not compiled"), "{found:?}");
        assert!(found[0].contains(COMMAND), "{found:?}");
    }

    #[test]
    fn what_the_manifest_says_of_building_is_what_is_told() {
        let build = "[component.hello.build]";
        for (from, to, says) in [
            (COMMAND, "make", "run `make`"),
            (
                build,
                "[component.hello.build]\nworkdir = \"web\"",
                "` in web",
            ),
            (
                build,
                "[component.hello.profile.debug.build]",
                "add [component.hello.build]",
            ),
        ] {
            let project = Fixture::new()
                .without(COMPONENT)
                .edit("spin.toml", from, to);
            let found = messages(check(&project.load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }

    #[test]
    fn what_is_no_component_is_found() {
        // The second is a core module: the preamble's version field is 1.
        for bytes in [&b"no wasm"[..], b"\0asm\x01\0\0\0"] {
            let found = messages(check(&Fixture::new().with(COMPONENT, bytes).load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("cannot be decoded"), "{found:?}");
        }
    }

    #[test]
    fn a_component_older_than_its_sources_is_found() {
        let fixture = Fixture::new();
        let source = fixture.path("functions/hello/src/lib.rs");
        let list = format!(
            "{}: {}\n",
            fixture.path(COMPONENT).display(),
            source.display().to_string().replace(' ', "\\ ")
        );
        let fixture = fixture.with("target/wasm32-wasip2/function/hello.d", list);
        let touch = |when: SystemTime| {
            std::fs::File::options()
                .append(true)
                .open(&source)
                .unwrap()
                .set_modified(when)
                .unwrap();
        };
        touch(SystemTime::now() - Duration::from_secs(60));
        assert!(check(&fixture.project()).is_empty());
        touch(SystemTime::now() + Duration::from_secs(60));
        let found = messages(check(&fixture.project()));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("before functions/hello/src/lib.rs changed"),
            "{found:?}"
        );
    }
}
