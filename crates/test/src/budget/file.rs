//! The file of budgets: one line for each, sorted, so that a change of one shows as one line.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde::Deserialize;

use super::Cost;

/// What a new file begins with.
const PREAMBLE: &str = "\
# What requests and components may cost, in numbers that are the same on every machine. A test measures
# them and fails, with the old and the new number, when one goes over its budget and the headroom, or far
# below.
#
# `cargo jenny test --update-budgets budget` writes this file anew. What it changes is to be reviewed:
# a number that grew is a cost that somebody decided on. Comments stay, if they stand above their line.
";

const ABOUT_HEADROOM: &str = "\
# How far above its budget a number may be. Fuel and sizes move a little with the compiler and with
# dependencies; memory is had by the page, of 65,536 bytes; a call more is always somebody's decision. What
# is `slack_percent` below is to be lowered, so that it cannot grow back unseen. Fuel may move by
# `fuel_at_most` in either direction: in a request that hashes a password a per cent would hide all else.
";

const ABOUT_COMPONENTS: &str = "# The sizes of components, in bytes.\n";

const ABOUT_REQUESTS: &str = "\
# Fuel (about one for each instruction), peak memory in bytes, and calls of the host, for one request at a
# time.
";

/// How far above its budget a number may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Headroom {
    pub(super) fuel_percent: u64,
    pub(super) fuel_at_most: u64,
    pub(super) memory_bytes: u64,
    pub(super) calls: u64,
    pub(super) size_percent: u64,
    pub(super) slack_percent: u64,
}

impl Default for Headroom {
    fn default() -> Self {
        Self {
            fuel_percent: 5,
            fuel_at_most: 2_000_000,
            memory_bytes: 65_536,
            calls: 0,
            size_percent: 2,
            slack_percent: 20,
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) headroom: Headroom,
    pub(super) components: BTreeMap<String, u64>,
    pub(super) requests: BTreeMap<String, Cost>,
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The file, with the comments that stand in `before`, which this replaces.
    pub(super) fn render(&self, before: &str) -> String {
        let comments = Comments::of(before);
        let mut text = String::new();
        text += comments.preamble.as_deref().unwrap_or(PREAMBLE);

        let headroom = &self.headroom;
        let limits = [
            ("fuel_percent", headroom.fuel_percent),
            ("fuel_at_most", headroom.fuel_at_most),
            ("memory_bytes", headroom.memory_bytes),
            ("calls", headroom.calls),
            ("size_percent", headroom.size_percent),
            ("slack_percent", headroom.slack_percent),
        ];
        comments.begin(&mut text, "headroom", ABOUT_HEADROOM);
        for (key, limit) in limits {
            comments.entry(&mut text, "headroom", key, &grouped(limit));
        }
        comments.begin(&mut text, "components", ABOUT_COMPONENTS);
        for (id, size) in &self.components {
            comments.entry(&mut text, "components", id, &grouped(*size));
        }
        comments.begin(&mut text, "requests", ABOUT_REQUESTS);
        for (name, cost) in &self.requests {
            let value = format!(
                "{{ fuel = {}, memory_bytes = {}, calls = {} }}",
                grouped(cost.fuel),
                grouped(cost.memory_bytes),
                cost.calls
            );
            comments.entry(&mut text, "requests", name, &value);
        }
        text
    }
}

/// The comments of a file, each with the line that it stands above.
#[derive(Default)]
struct Comments {
    preamble: Option<String>,
    /// By table, and by key within it; without a key, those above the table.
    above: HashMap<(String, Option<String>), String>,
}

impl Comments {
    fn of(text: &str) -> Self {
        let mut comments = Self::default();
        let mut table = None;
        let mut block = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('#') {
                block += line;
                block.push('\n');
            } else if line.is_empty() && table.is_none() {
                // What stands above the first table, and is set off from it, is the file's.
                if !block.is_empty() {
                    let preamble = comments.preamble.get_or_insert_default();
                    if !preamble.is_empty() {
                        preamble.push('\n');
                    }
                    *preamble += &std::mem::take(&mut block);
                }
            } else if !line.is_empty() {
                let name = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
                if let Some((name, _)) = name {
                    table = Some(name.trim().to_owned());
                }
                let key = match name {
                    Some(_) => None,
                    None => key_of(line),
                };
                if let (Some(table), false) = (&table, block.is_empty()) {
                    let above = std::mem::take(&mut block);
                    comments.above.insert((table.clone(), key), above);
                }
                block.clear();
            }
        }
        comments
    }

    fn begin(&self, text: &mut String, table: &str, usual: &str) {
        let above = self.above.get(&(table.to_owned(), None));
        let above = above.map_or(usual, String::as_str);
        _ = write!(text, "\n{above}[{table}]\n");
    }

    fn entry(&self, text: &mut String, table: &str, key: &str, value: &str) {
        let above = self.above.get(&(table.to_owned(), Some(key.to_owned())));
        let above = above.map_or("", String::as_str);
        _ = writeln!(text, "{above}{} = {value}", quoted(key));
    }
}

fn key_of(line: &str) -> Option<String> {
    let mut table: toml::Table = toml::from_str(line).ok()?;
    let key = table.keys().next()?.clone();
    table.remove(&key).map(|_| key)
}

/// A key as TOML has it: bare where it can be.
fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        toml::Value::String(key.to_owned()).to_string()
    }
}

/// A number in groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
