//! Relative links in Markdown lead somewhere.

use crate::check::finding::Report;
use crate::check::markdown;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    let pages = project
        .files()
        .iter()
        .filter(|file| file.ends_with(".md") && !is_carried_over(file));
    for page in pages {
        let Some(text) = project.read(page) else {
            continue;
        };
        for (line, target) in markdown::links(&text) {
            let Some(path) = resolve(page, &target) else {
                continue;
            };
            if !project.exists(&path) {
                reports.push(
                    Report::at(
                        page,
                        format!("the link to {target} leads nowhere: correct or remove it"),
                    )
                    .line(line),
                );
            }
        }
    }
    reports
}

/// Other projects' files, kept unedited, and pages that a template makes, whose links lead from where
/// they will lie.
fn is_carried_over(file: &str) -> bool {
    file.contains("/deps/") || (file.starts_with("templates/") && file.contains("/content/"))
}

/// The path, relative to the root, that a link on a page leads to; `None` for links to elsewhere,
/// to a place on the page itself, and for placeholders of a template.
fn resolve(page: &str, target: &str) -> Option<String> {
    let elsewhere = target.contains("://") || target.starts_with("mailto:");
    if elsewhere || target.starts_with('#') || target.contains("{{") {
        return None;
    }
    let path = target.split(['#', '?']).next()?;
    if let Some(from_root) = path.strip_prefix('/') {
        return Some(from_root.to_owned());
    }
    Some(match page.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn a_link_that_leads_nowhere_is_found_on_its_line() {
        assert!(check(&Fixture::new().load()).is_empty());
        for text in [
            "\n[a](no.md)\n",
            "\n![a](../no.png \"title\")\n",
            "\n[a]: no.md\n",
        ] {
            let found = messages(check(&Fixture::new().with("docs/page.md", text).load()));
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with("docs/page.md:2: "), "{found:?}");
        }
    }

    #[test]
    fn links_that_lead_somewhere_or_elsewhere_are_fine() {
        let text = "[a](page.md) [b](../spin.toml#L1) [c](/spin.toml) [d](https://example.com/x) \
                    [e](#here) [f](../functions/) `[g](no.md)`\n\n```text\n[h](no.md)\n```\n";
        let project = Fixture::new()
            .with("docs/page.md", text)
            .with("wit/deps/x/README.md", "[a](no.md)")
            .with("templates/app/content/README.md", "[a](no.md)")
            .load();
        let found = messages(check(&project));
        assert!(found.is_empty(), "{found:?}");
    }
}
