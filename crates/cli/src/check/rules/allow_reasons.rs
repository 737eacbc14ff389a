//! Every lint that is switched off says why.

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::rust_source::{attributes, contains_word};

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for source in project.sources() {
        for (line, attribute) in attributes(&source.code) {
            let kind = ["allow", "expect"]
                .into_iter()
                .find(|kind| contains_word(attribute, &format!("{kind}(")));
            if let Some(kind) = kind
                && !contains_word(attribute, "reason")
            {
                reports.push(
                    Report::at(
                        &source.path,
                        format!("this `{kind}` has no reason: add `, reason = \"…\"`"),
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
    fn an_allow_without_a_reason_is_found_on_its_line() {
        assert!(check(&Fixture::new().load()).is_empty());
        for attribute in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "#[cfg_attr(test, allow(dead_code))]",
            "#[expect(dead_code)]",
            "#[allow(\n    dead_code,\n)]",
        ] {
            let text = format!("//! A page.\n{attribute}\nfn f() {{}}\n");
            let found = messages(check(&Fixture::new().with("shared/src/a.rs", text).load()));
            assert_eq!(found.len(), 1, "{attribute}: {found:?}");
            assert!(found[0].starts_with("shared/src/a.rs:2: "), "{found:?}");
        }
    }

    #[test]
    fn a_reason_or_another_attribute_is_fine() {
        let text = "#[allow(dead_code, reason = \"a test\")]\n#[arg(allow_hyphen_values = true)]\n\
                    fn f() { \"#[allow(dead_code)]\"; }\n// #[allow(dead_code)]\n";
        let found = messages(check(&Fixture::new().with("shared/src/a.rs", text).load()));
        assert!(found.is_empty(), "{found:?}");
    }
}
