//! Holds docs/checks.md and docs/checks.schema.json against the code.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::finding::Report;
use super::fixture::Fixture;
use super::target::Target;
use super::{find, markdown, print, rules};

const PAGE: &str = include_str!("../../../../docs/checks.md");

const SCHEMA: &str = include_str!("../../../../docs/checks.schema.json");

#[test]
fn the_page_has_a_row_for_each_rule_with_its_audience_and_summary() {
    let rows = markdown::table(PAGE, &["rule", "for", "what holds when it is quiet"]).unwrap();
    let written: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
    let expected: Vec<Vec<String>> = rules::ALL
        .iter()
        .map(|rule| {
            let name = format!("`{}`", rule.name);
            vec![
                name,
                rule.audience.name().to_owned(),
                rule.summary.to_owned(),
            ]
        })
        .collect();
    assert_eq!(written, expected, "write the table of docs/checks.md anew");
}

fn complaints(document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect()
}

#[test]
fn what_is_printed_is_of_the_schema() {
    let akamai = Fixture::new()
        .component(&["spin:sqlite/sqlite@3.1.0"], &["wasi:http/handler@0.3.0"])
        .target(Target::Akamai);
    let spinkube = Fixture::new().target(Target::Spinkube);
    for fixture in [
        Fixture::new(),
        Fixture::new().with("spin.toml", ""),
        akamai,
        spinkube,
    ] {
        let project = fixture.load();
        let findings = find(&project);
        let document = print::document(&project, &findings, 0);
        assert_eq!(complaints(&document), [""; 0]);
    }
}

#[test]
fn the_list_of_rules_is_of_the_schema_too() {
    let list = print::list();
    assert_eq!(complaints(&list), [""; 0]);
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/rules", json!("all")),
        ("/rules/0", json!({})),
    ] {
        let mut other = list.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(complaints(&other).len(), 1, "{pointer}");
    }
}

#[test]
fn the_schema_refuses_what_is_never_printed() {
    let project = Fixture::new().load();
    let findings = [Report::at("spin.toml", "Mend it.").line(1).of("routes")];
    let document = print::document(&project, &findings, 0);
    assert_eq!(complaints(&document), [""; 0]);
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/target", json!("moon")),
        ("/errors", json!("many")),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/line", json!(0)),
        ("/findings/0/message", json!("")),
        ("/findings", json!(null)),
        ("/findings/0", json!({})),
        ("/rules/0/audience", json!("nobody")),
    ] {
        let mut other = document.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(complaints(&other).len().min(1), 1, "{pointer}");
    }
}

#[test]
fn the_schema_knows_the_targets_and_audiences_that_there_are() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let listed = |pointer: &str| -> BTreeMap<String, ()> {
        let names = schema.pointer(pointer).and_then(Value::as_array).unwrap();
        let names = names.iter().filter_map(Value::as_str);
        names.map(|name| (name.to_owned(), ())).collect()
    };
    let audiences = rules::ALL
        .iter()
        .map(|rule| (rule.audience.name().to_owned(), ()));
    assert_eq!(
        listed("/$defs/rule/properties/audience/enum"),
        audiences.collect()
    );
    let targets = <Target as clap::ValueEnum>::value_variants().iter();
    let targets = targets.map(|target| (target.name().to_owned(), ()));
    assert_eq!(
        listed("/$defs/report/properties/target/enum"),
        targets.collect()
    );
}
