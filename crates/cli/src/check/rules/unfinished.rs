//! Nothing is left undone, and no test is skipped.
//!
//! What the rule looks for stands in this file as text, in messages and in what its tests feed it.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::rust_source::{attributes, lines_with};

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for source in project.sources() {
        for name in ["todo!", "unimplemented!"] {
            for line in lines_with(&source.code, name) {
                reports.push(
                    Report::at(
                        &source.path,
                        format!(
                            "`{name}` would end the instance: write the code or return an error"
                        ),
                    )
                    .line(line),
                );
            }
        }
        for (line, attribute) in attributes(&source.code) {
            let name = attribute.split(['=', '(', ' ']).next();
            if name == Some("ignore") {
                reports.push(
                    Report::at(
                        &source.path,
                        "this test never runs: mend it or delete it, and remove `#[ignore]`",
                    )
                    .line(line),
                );
            }
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn macros_and_skipped_tests_are_found_on_their_lines() {
        assert!(check(&Fixture::new().load()).is_empty());
        for text in [
            "fn f() {\n    todo!()\n}\n",
            "fn f() {\n    unimplemented!(\"later\")\n}\n",
            "#[test]\n#[ignore]\nfn f() {}\n",
            "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n",
        ] {
            let found = messages(check(&Fixture::new().with("shared/src/a.rs", text).load()));
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with("shared/src/a.rs:2: "), "{found:?}");
        }
    }

    #[test]
    fn comments_and_strings_may_speak_of_them() {
        let text = "// todo!() #[ignore]\nconst A: &str = \"todo!() #[ignore]\";\n";
        assert!(check(&Fixture::new().with("shared/src/a.rs", text).load()).is_empty());
    }
}
