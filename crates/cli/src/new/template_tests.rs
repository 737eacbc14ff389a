//! The template itself: every file of it, over all options and odd names.

use std::path::PathBuf;

use jenny_manifest::Manifest;

use super::*;
use crate::template::Snippet;

const AUTH: [&str; 3] = ["none", "optional", "required"];
const STORE: [&str; 3] = ["none", "sql", "kv"];

/// What every application declares.
const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "app"

[variables]
auto_migrate = { default = "true" }
cors_origins = { default = "" }
database_endpoint = { default = "" }
database_url = { default = "sqlite:default", secret = true }
log_level = { default = "info" }
public_url = { default = "http://127.0.0.1:3000" }
trusted_proxies = { default = "" }
"#;

/// Renders the template with every combination of its options, for names that are easily got wrong.
fn for_each(look: impl Fn(&str, &str, &str, Rendered)) {
    let name = "n".repeat(40);
    let names = [
        ("a", "/a".to_owned()),
        (
            "sensor-readings2",
            "/x_1/y.z/sensor-readings/...".to_owned(),
        ),
        (&name, format!("/api/{name}")),
    ];
    for (name, route) in names {
        for (auth, store) in AUTH
            .into_iter()
            .flat_map(|auth| STORE.map(|store| (auth, store)))
        {
            let values = BTreeMap::from([
                ("route", route.clone()),
                ("auth", auth.to_owned()),
                ("store", store.to_owned()),
            ]);
            look(
                name,
                auth,
                store,
                rendered(name, MANIFEST, 3, &values).unwrap(),
            );
        }
    }
}

fn text<'a>(rendered: &'a Rendered, file: &str) -> &'a str {
    let bytes = rendered.files.get(Path::new(file));
    std::str::from_utf8(bytes.unwrap_or_else(|| panic!("no {file}"))).unwrap()
}

#[test]
fn nothing_is_left_unrendered_and_nothing_unplaced() {
    for_each(|name, _, _, rendered| {
        for (path, bytes) in &rendered.files {
            let text = std::str::from_utf8(bytes).unwrap();
            let path = path.to_str().unwrap();
            for left in ["{%", "%}", "{{ ", "project-name", "output-path"] {
                assert!(!text.contains(left), "{name}: {path} has {left}");
            }
            assert!(
                !text.starts_with('\n') && text.ends_with('\n'),
                "{name}: {path}"
            );
            assert!(
                !text.ends_with("\n\n") && !text.contains("\n\n\n"),
                "{name}: {path}"
            );
            assert!(
                !text.lines().any(|line| line.ends_with(' ')),
                "{name}: {path}"
            );
            assert!(!path.contains(place::UNPLACED), "{path}");
        }
    });
}

#[test]
fn a_function_consists_of_what_it_needs() {
    for_each(|name, auth, store, rendered| {
        let expected = [
            "Cargo.toml",
            "openapi.json",
            "src/lib.rs",
            "src/model.rs",
            "src/routes.rs",
        ];
        let mut expected: Vec<String> = expected
            .iter()
            .map(|file| format!("functions/{name}/{file}"))
            .chain([format!("wit/{name}.wit"), format!("tests/it/{name}.rs")])
            .collect();
        if store != "none" {
            expected.push(format!("functions/{name}/src/store.rs"));
        }
        if store == "sql" {
            let table = name.replace('-', "_");
            for dialect in ["sqlite", "postgres"] {
                expected.push(format!("migrations/0003_{table}.{dialect}.sql"));
            }
        }
        expected.sort();
        let files: Vec<_> = rendered
            .files
            .keys()
            .map(|path| path.to_str().unwrap())
            .collect();
        let mut files: Vec<String> = files.into_iter().map(str::to_owned).collect();
        files.sort();
        assert_eq!(files, expected, "{name} {auth} {store}");
        assert!(
            text(&rendered, &format!("functions/{name}/src/lib.rs"))
                .lines()
                .count()
                <= 80
        );
        assert!(
            text(&rendered, &format!("tests/it/{name}.rs"))
                .lines()
                .count()
                <= 400
        );
    });
}

#[test]
fn the_document_describes_the_routes_of_the_entry() {
    for_each(|name, auth, store, rendered| {
        let document: serde_json::Value =
            serde_json::from_str(text(&rendered, &format!("functions/{name}/openapi.json")))
                .unwrap();
        let described: Vec<String> = document["paths"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let manifest: toml::Table = rendered.snippets[&Snippet::Component].parse().unwrap();
        let triggers = manifest["trigger"]["http"].as_array().unwrap();
        let routes: Vec<String> = triggers
            .iter()
            .map(|trigger| trigger["route"].as_str().unwrap())
            .map(|route| route.replace(":id", "{id}").replace(":key", "{key}"))
            .collect();
        assert_eq!(described, routes, "{name} {auth} {store}");
    });
}

#[test]
fn nothing_is_granted_that_was_not_asked_for() {
    for_each(|name, auth, store, rendered| {
        let text = add(&rendered);
        let manifest = Manifest::parse(&text, Path::new("spin.toml")).unwrap();
        let component = &manifest.components[name];
        // A key to verify tokens with lies in the database unless it is configured.
        let has_database = store == "sql" || auth != "none";
        assert_eq!(
            !component.sqlite_databases.is_empty(),
            has_database,
            "{name}"
        );
        assert_eq!(!component.allowed_outbound_hosts.is_empty(), has_database);
        assert_eq!(!component.key_value_stores.is_empty(), store == "kv");
        assert_eq!(
            component.variables.contains_key("verification_keys"),
            auth != "none"
        );
        assert_eq!(
            component.variables.contains_key("database_url"),
            has_database
        );
        assert!(!component.variables.contains_key("signing_key"));
        assert!(component.files.is_empty());
        assert_eq!(
            manifest.variables.contains_key("verification_keys"),
            auth != "none"
        );
    });
}

/// The manifest with the function in it.
fn add(rendered: &Rendered) -> String {
    application::add_snippets(MANIFEST, &rendered.snippets).unwrap()
}

#[test]
fn what_the_manifest_has_stays_as_it_is() {
    for_each(|_, auth, _, rendered| {
        let text = add(&rendered);
        let without = text.replacen("verification_keys = { default = \"\" }\n", "", 1);
        let kept = if auth == "none" { &text } else { &without };
        assert!(kept.starts_with(MANIFEST.trim_end()), "{text}");
    });
}

#[test]
fn a_declared_variable_is_left_alone() {
    let manifest = format!("{MANIFEST}verification_keys = {{ default = \"mine\" }} # why\n");
    let values = BTreeMap::from([("route", "/a".to_owned()), ("auth", "required".to_owned())]);
    let rendered = rendered("a", &manifest, 3, &values).unwrap();
    assert!(!rendered.snippets.contains_key(&Snippet::Variables));
    let text = application::add_snippets(&manifest, &rendered.snippets).unwrap();
    assert!(text.starts_with(&manifest), "{text}");
}

#[test]
fn wrong_values_are_refused() {
    for (parameter, value) in [
        ("route", "api"),
        ("route", "/:id"),
        ("auth", "some"),
        ("store", "mysql"),
    ] {
        let mut values = BTreeMap::from([("route", "/a".to_owned())]);
        values.insert(parameter, value.to_owned());
        assert!(
            rendered("a", MANIFEST, 3, &values).is_err(),
            "{parameter} {value}"
        );
    }
}

/// The folder of an application with functions whose documents the template is to have:
/// docs/adding-a-function.md says which.
const UPDATE: &str = "UPDATE_TEMPLATE_DOCUMENTS";

const PARTIALS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/templates/jenny-function/metadata/partials"
);

#[test]
fn documents_have_placeholders_for_what_is_a_functions_own() {
    let updated = std::env::var_os(UPDATE).map(PathBuf::from);
    for (auth, store) in AUTH
        .into_iter()
        .flat_map(|auth| STORE.map(|store| (auth, store)))
    {
        let name = format!("probe-{auth}-{store}");
        let values = BTreeMap::from([
            ("route", format!("/api/{name}")),
            ("auth", auth.to_owned()),
            ("store", store.to_owned()),
        ]);
        let rendered = rendered(&name, MANIFEST, 1, &values).unwrap();
        let file = format!("functions/{name}/openapi.json");
        let document = match &updated {
            Some(folder) => std::fs::read_to_string(folder.join(&file)).unwrap(),
            None => text(&rendered, &file).to_owned(),
        };
        let package: toml::Table = text(&rendered, &format!("functions/{name}/Cargo.toml"))
            .parse()
            .unwrap();
        let about = package["package"]["description"].as_str().unwrap();
        let words = heck::ToUpperCamelCase::to_upper_camel_case(name.as_str());
        let general = document
            .replace(&format!("OptionsApi{words}"), "{{ options }}")
            .replace(&format!("/api/{name}"), "{{ path }}")
            .replace(about, "{{ about }}")
            .replace(&words, "{{ type }}")
            .replace(&name, "{{ name }}");
        let general: serde_json::Value = serde_json::from_str(&general).unwrap();

        let partial = format!("{PARTIALS}/openapi-{auth}-{store}.json");
        if updated.is_some() {
            std::fs::write(&partial, narrow(&general)).unwrap();
        }
        let partial = std::fs::read(&partial).unwrap();
        let partial: serde_json::Value = serde_json::from_slice(&partial).unwrap();
        assert_eq!(partial, general, "{name}");
    }
}

/// With as little white space as lets one read what changes.
fn narrow(document: &serde_json::Value) -> Vec<u8> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    serde::Serialize::serialize(document, &mut serializer).unwrap();
    text.push(b'\n');
    text
}
