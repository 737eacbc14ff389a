//! Components keep to the budgets that are recorded for them, and the application to what clouds take.
//!
//! The tests hold components against the same budgets, with more to say; this tells it without a run.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::check::target;

/// What the harness allows above a budget where the file does not say.
const SIZE_PERCENT: u64 = 2;

/// The parts of a file of budgets that speak of sizes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Budgets {
    headroom: Headroom,
    components: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Headroom {
    size_percent: u64,
}

impl Default for Headroom {
    fn default() -> Self {
        Self {
            size_percent: SIZE_PERCENT,
        }
    }
}

pub(super) fn check(project: &Project) -> Vec<Report> {
    let files = project.files().iter();
    let budgets = files.filter(|file| is_of_budgets(file));
    let mut reports: Vec<_> = budgets.flat_map(|file| compare(project, file)).collect();
    // A target has limits of its own.
    if project.target().is_none()
        && let Some(bytes) = target::size_of_application(project)
        && bytes > target::SMALLEST_LIMIT.bytes
    {
        let message = format!(
            "the application has {bytes} bytes, more than the {} that {} takes: leave out what is not \
             needed, or divide it if it is to run there",
            target::SMALLEST_LIMIT.bytes,
            target::SMALLEST_LIMIT.cloud,
        );
        reports.push(Report::at(project.manifest_file(), message).warning());
    }
    reports
}

/// A function's own file, or one of the whole application.
fn is_of_budgets(file: &str) -> bool {
    let of_function = file
        .strip_prefix("functions/")
        .and_then(|file| file.split_once('/'));
    file == "tests/budgets.toml" || of_function.is_some_and(|(_, file)| file == "budgets.toml")
}

fn compare(project: &Project, file: &str) -> Vec<Report> {
    let Some(text) = project.read(file) else {
        return Vec::new();
    };
    let budgets: Budgets = match toml::from_str(&text) {
        Ok(budgets) => budgets,
        Err(error) => {
            let message = format!(
                "this is no file of budgets ({}): correct it",
                error.message()
            );
            return vec![Report::at(file, message)];
        }
    };
    let percent = budgets.headroom.size_percent;
    budgets
        .components
        .iter()
        .filter_map(|(name, budget)| {
            let line = text
                .lines()
                .position(|line| line.split('=').next().map(str::trim) == Some(name))
                .map(|index| index + 1);
            let Some(component) = project.component(name) else {
                let message = format!("there is no component `{name}`: remove its budget");
                return Some(Report::at(file, message).line(line));
            };
            let bytes = project.size(component)?;
            let most = budget.saturating_mul(100 + percent) / 100;
            (bytes > most).then(|| {
                let message = format!(
                    "component `{name}` has {bytes} bytes, more than its budget of {budget} and {percent} %: \
                     find out what it has come to link, or record that it is worth it (cargo jenny test \
                     --update-budgets budget)"
                );
                Report::at(file, message).line(line)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{COMPONENT, Fixture, messages};

    fn found(file: &str, budgets: &str) -> Vec<String> {
        messages(check(
            &Fixture::new()
                .with(COMPONENT, [0; 1000])
                .with(file, budgets)
                .load(),
        ))
    }

    #[test]
    fn a_component_within_its_budget_is_in_order() {
        for budgets in [
            "",
            "[components]\nhello = 1_000\n[requests]\n",
            "[components]\nhello = 981\n",
            "[headroom]\nsize_percent = 50\n[components]\nhello = 700\n",
        ] {
            for file in ["tests/budgets.toml", "functions/hello/budgets.toml"] {
                let found = found(file, budgets);
                assert!(found.is_empty(), "{budgets}: {found:?}");
            }
        }
        assert!(
            found(
                "functions/hello/tests/budgets.toml",
                "[components]\nhello = 1\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn what_is_over_its_budget_or_has_none_to_keep_is_found() {
        for (budgets, says) in [
            (
                "[components]\nhello = 980\n",
                "budgets.toml:2: component `hello` has 1000 bytes",
            ),
            (
                "[components]\nother = 980\n",
                "budgets.toml:2: there is no component `other`",
            ),
            ("[components]\nhello = 'much'\n", "no file of budgets"),
        ] {
            let found = found("tests/budgets.toml", budgets);
            assert_eq!(found.len(), 1, "{budgets}: {found:?}");
            assert!(found[0].contains(says), "{found:?}");
        }
    }

    #[test]
    fn an_application_that_no_cloud_takes_for_sure_is_a_warning() {
        let of = |bytes: u64| {
            let fixture = Fixture::new();
            let component = std::fs::File::create(fixture.path(COMPONENT)).unwrap();
            // A hole: the file has its size without taking the disk.
            component.set_len(bytes).unwrap();
            messages(check(&fixture.load()))
        };
        assert!(of(target::SMALLEST_LIMIT.bytes).is_empty());
        let found = of(target::SMALLEST_LIMIT.bytes + 1);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml: warning: "), "{found:?}");
    }
}
