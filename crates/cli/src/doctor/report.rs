//! What was found, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use serde_json::{Value, json};

use super::check::{Check, Group, Status};
use super::machine::Remedy;

const HEADING: Style = Style::new().effects(Effects::BOLD);

/// The groups, in order, and what stands above each.
const GROUPS: [(Group, &str); 3] = [
    (Group::Required, "Required"),
    (Group::Machine, "This machine"),
    (Group::Optional, "Optional"),
];

/// What `jenny doctor` prints.
#[derive(Debug)]
pub(super) struct Report {
    /// Names of packages and their versions.
    pub(super) versions: Vec<(&'static str, String)>,
    pub(super) checks: Vec<Check>,
}

impl Report {
    /// Whether nothing required is missing.
    pub(super) fn is_well(&self) -> bool {
        !self.checks.iter().any(Check::is_fatal)
    }

    pub(super) fn to_json(&self) -> Value {
        let versions = self.versions.iter();
        let versions: BTreeMap<_, _> = versions.cloned().collect();
        json!({
            "ok": self.is_well(),
            "jenny": env!("CARGO_PKG_VERSION"),
            "versions": versions,
            "checks": self.checks.iter().map(Check::to_json).collect::<Vec<_>>(),
        })
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = format!("jenny {}", env!("CARGO_PKG_VERSION"));
        for (name, version) in &self.versions {
            _ = write!(text, ", {name} {version}");
        }
        text.push('\n');
        let widths = self.checks.iter().map(|check| check.name.len());
        let width = widths.max().unwrap_or(0);
        for (group, heading) in GROUPS {
            let mut checks = self
                .checks
                .iter()
                .filter(|check| check.group == group)
                .peekable();
            if checks.peek().is_some() {
                _ = writeln!(text, "\n{HEADING}{heading}{HEADING:#}");
            }
            for check in checks {
                lines(&mut text, check, width);
            }
        }
        _ = writeln!(text, "\n{}", self.verdict());
        text
    }

    fn verdict(&self) -> String {
        let fatal: Vec<&str> = self
            .checks
            .iter()
            .filter(|check| check.is_fatal())
            .map(|check| check.name)
            .collect();
        if fatal.is_empty() {
            return "Nothing required is missing.".to_owned();
        }
        format!("Required, and missing or unfit: {}.", fatal.join(", "))
    }
}

fn lines(text: &mut String, check: &Check, width: usize) {
    let colour = match check.status {
        Status::Ok => AnsiColor::Green,
        Status::Note => AnsiColor::Yellow,
        Status::Missing | Status::Unfit if check.is_fatal() => AnsiColor::Red,
        Status::Missing | Status::Unfit => AnsiColor::Yellow,
    };
    let style = colour.on_default();
    let Check {
        name,
        status,
        detail,
        ..
    } = check;
    _ = writeln!(
        text,
        "  {style}{status:7}{style:#}  {name:width$}  {detail}"
    );
    let indent = " ".repeat(2 + 7 + 2 + width + 2);
    _ = match &check.remedy {
        Some(Remedy::Command(command)) => writeln!(text, "{indent}run `{command}`"),
        Some(Remedy::Advice(advice)) => writeln!(text, "{indent}{advice}"),
        None => Ok(()),
    };
}
