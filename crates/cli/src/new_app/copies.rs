//! What of the template is a copy, and of what.
//!
//! Spin reads a template's files as they lie there, so what an application has in common with this one lies
//! there once more. This makes the copies, and fails where one is stale.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use crate::template::{Rendered, Snippet};

/// The variable that has the copies written rather than compared.
const UPDATE: &str = "UPDATE_TEMPLATES";

/// Below the repository's root.
const CONTENT: &str = "templates/jenny-app/content";

/// Files that are the same, but for [`ADAPTED`].
const FILES: [&str; 17] = [
    ".cargo/config.toml",
    ".gitignore",
    "clippy.toml",
    "functions/docs/Cargo.toml",
    "functions/docs/build.rs",
    "functions/docs/openapi.json",
    "functions/docs/src/lib.rs",
    "functions/health/Cargo.toml",
    "functions/health/openapi.json",
    "functions/health/src/lib.rs",
    "migrations/Cargo.toml",
    "migrations/README.md",
    "migrations/build.rs",
    "migrations/src/lib.rs",
    "tests/build.rs",
    "wit/docs.wit",
    "wit/health.wit",
];

/// Folders that are the same.
const FOLDERS: [&str; 1] = ["wit/deps"];

/// What differs in a copy: pages that only this repository has, folders that are packages there, and its
/// licence.
const ADAPTED: [(&str, &str); 6] = [
    ("\n# (docs/adr/0006). ", ".\n# "),
    ("\n# (docs/adr/0023). ", ".\n# "),
    (" (docs/adr/0006)", ""),
    ("\"crates/build/**/*\", ", ""),
    (", \"shared/src/**/*.rs\"", ""),
    ("\"MIT OR Apache-2.0\"", "\"LicenseRef-Proprietary\""),
];

/// What functions and their tests may be written with.
const DEPENDENCIES: [&str; 15] = [
    "axum",
    "form_urlencoded",
    "futures",
    "http",
    "jiff",
    "regex",
    "serde",
    "serde_json",
    "spin-sdk",
    "thiserror",
    "tokio",
    "tracing",
    "utoipa",
    "uuid",
    "validator",
];

/// The functions that an application has of this one.
const FUNCTIONS: [&str; 2] = ["health", "docs"];

/// Where the rest of a file, which is written by hand, is followed by what is a copy.
const DEPENDENCIES_FOLLOW: &str = "# What functions and their tests are written with, with the features that Jenny's packages use.\n";
const ROUTES_FOLLOW: &str = "# starting a component. Text wins over a parameter.\n";

/// Stand for what is rendered, while the document is made.
const NAME: &str = "the-name-of-the-application";
const DESCRIPTION: &str = "The description of the application";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn adapted(text: &str) -> String {
    let changes = ADAPTED.iter();
    changes.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Every copy, by its path below [`CONTENT`].
fn copies() -> BTreeMap<String, String> {
    let mut copies = BTreeMap::new();
    let mut put = |path: &str, text: String| copies.insert(path.to_owned(), text);
    for path in FILES {
        put(&named(path), adapted(&read(path)));
    }
    for folder in FOLDERS {
        for path in files_below(folder) {
            put(&path, read(&path));
        }
    }
    put("rust-toolchain.toml", read("rust-toolchain.toml"));
    put("wit/README.md", read("wit/README.md"));

    let hello = hello();
    for (path, bytes) in &hello.files {
        let text = String::from_utf8(bytes.clone()).expect("a function is text");
        put(&named(&path.to_string_lossy()), adapted(&text));
    }
    for (path, text) in &copies {
        let is_liquid = text.contains("{{") || text.contains("{%");
        assert!(!is_liquid, "{path} would be rendered");
    }

    let cargo = followed_by(
        &template_file("Cargo.toml.tmpl"),
        DEPENDENCIES_FOLLOW,
        &settings(),
    );
    let manifest = template_file("spin.toml");
    let manifest = followed_by(&manifest, ROUTES_FOLLOW, &composition(&hello));
    let document = document(&manifest, &copies);
    copies.insert("Cargo.toml.tmpl".to_owned(), cargo);
    copies.insert("spin.toml".to_owned(), manifest);
    copies.insert("openapi.json".to_owned(), document);
    for (path, text) in &copies {
        assert!(
            !text.contains("docs/adr"),
            "{path} refers to a page of ours"
        );
    }
    copies
}

/// Cargo would take a folder with a `Cargo.toml` for a package.
fn named(path: &str) -> String {
    match path.strip_suffix("/Cargo.toml") {
        Some(folder) => format!("{folder}/Cargo.toml.tmpl"),
        None => path.to_owned(),
    }
}

fn files_below(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
        let entry = entry.expect("it can be read");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn template_file(path: &str) -> String {
    read(&format!("{CONTENT}/{path}"))
}

/// The text up to and including the line `line`, and what is to follow it.
fn followed_by(text: &str, line: &str, rest: &str) -> String {
    let (head, _) = text
        .split_once(line)
        .unwrap_or_else(|| panic!("the line {line:?} is missing in {text}"));
    format!("{head}{line}{rest}")
}

/// The dependencies, lints and profiles.
fn settings() -> String {
    let manifest = read("Cargo.toml");
    let mut settings = String::new();
    for name in DEPENDENCIES {
        let start = format!("{name} = ");
        let line = manifest
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("Cargo.toml has no {name}"));
        settings.push_str(&format!("{line}\n"));
    }
    let (_, rest) = manifest
        .split_once("[workspace.lints.rust]\n")
        .expect("Cargo.toml has lints");
    adapted(&format!("{settings}\n[workspace.lints.rust]\n{rest}"))
}

/// The routes and components.
fn composition(hello: &Rendered) -> String {
    let manifest = read("spin.toml");
    let manifest = manifest.trim_end();
    let of = |name: &str, is_route: bool| {
        let (route, component) = (
            format!("component = \"{name}\""),
            format!("[component.{name}"),
        );
        let wanted: Vec<&str> = manifest
            .split("\n\n")
            .filter(|part| match is_route {
                true => part.contains("[[trigger.http]]") && part.contains(&route),
                false => part.lines().any(|line| {
                    let rest = line.strip_prefix(&component);
                    rest.is_some_and(|rest| rest.starts_with(['.', ']']))
                }),
            })
            .map(|part| match is_route {
                // What stands above the first route is said of all of them.
                true => part.trim_start_matches(|c| c != '['),
                false => part,
            })
            .collect();
        assert!(!wanted.is_empty(), "spin.toml has no {name}");
        wanted.join("\n\n")
    };
    let routes = FUNCTIONS.map(|name| of(name, true));
    let components = FUNCTIONS.map(|name| of(name, false));
    let snippet = hello.snippets[&Snippet::Component].trim();
    adapted(&format!(
        "{}\n\n{}\n\n{snippet}\n{{% endraw %}}",
        routes.join("\n\n"),
        components.join("\n\n")
    ))
}

/// The first function, as `cargo jenny new hello --route /hello` makes it.
fn hello() -> Rendered {
    let values = BTreeMap::from([("route", "/hello".to_owned())]);
    let migration = 2;
    crate::new::rendered("hello", "", migration, &values).expect("the function can be made")
}

/// What `cargo jenny openapi` would make of the application.
fn document(manifest: &str, files: &BTreeMap<String, String>) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("is below the folder")).expect("can be made");
        fs::write(path, text).expect("can be written");
    };
    let (_, composition) = manifest.split_once(ROUTES_FOLLOW).expect("was put there");
    let composition = composition.replace("{% endraw %}", "");
    let application = format!(
        "[application]\nname = \"{NAME}\"\nversion = \"0.1.0\"\ndescription = \"{DESCRIPTION}\"\n{composition}"
    );
    place("spin.toml", &application);
    for (path, text) in files {
        if path.ends_with("/openapi.json") {
            place(path, text);
        }
    }
    let document = crate::openapi::document(&folder.path().join("spin.toml"))
        .expect("the functions' documents make one");
    assert!(!document.contains("{{") && !document.contains("{%"));
    document
        .replace(NAME, "{{ project-name | kebab_case }}")
        .replace(DESCRIPTION, "{{ project-description }}")
}

#[test]
fn the_copies_are_what_they_are_copies_of() {
    let copies = copies();
    let is_update = std::env::var_os(UPDATE).is_some();
    let mut stale = Vec::new();
    for (path, text) in &copies {
        let file = root().join(CONTENT).join(path);
        if fs::read_to_string(&file).ok().as_ref() == Some(text) {
            continue;
        }
        stale.push(path.clone());
        if is_update {
            fs::create_dir_all(file.parent().expect("is below the template")).expect("can be made");
            fs::write(file, text).expect("the template can be written");
        }
    }
    // Of these folders, everything is a copy.
    for folder in ["functions", "wit"] {
        for path in files_below(&format!("{CONTENT}/{folder}")) {
            let path = path.trim_start_matches(CONTENT).trim_start_matches('/');
            if !copies.contains_key(path) {
                stale.push(path.to_owned());
                if is_update {
                    fs::remove_file(root().join(CONTENT).join(path)).expect("can be removed");
                }
            }
        }
    }
    assert!(
        is_update || stale.is_empty(),
        "{CONTENT} has stale copies: {}\nWrite them anew and look at the difference:\n\n    \
         {UPDATE}=1 cargo test --workspace --lib copies\n",
        stale.join(", ")
    );
}

#[test]
fn what_is_written_by_hand_agrees_with_this_application() {
    let version = env!("CARGO_PKG_VERSION");
    let cargo = template_file("Cargo.toml.tmpl");
    for package in ["jenny-build", "jenny-cli", "jenny-test"] {
        let line = format!("\n{package} = \"{version}\"\n");
        assert!(
            cargo.contains(&line),
            "{package} is another version: {cargo}"
        );
    }
    let ours: Table = read("Cargo.toml").parse().expect("it is TOML");
    let rust = ours["workspace"]["package"]["rust-version"].as_str();
    let line = format!("\nrust-version = \"{}\"\n", rust.expect("a version"));
    assert!(cargo.contains(&line), "another Rust: {cargo}");

    let declared: Table = read("spin.toml").parse().expect("it is TOML");
    let template = template_file("spin.toml");
    let (_, variables) = template.split_once("[variables]\n").expect("has variables");
    let (variables, _) = variables.split_once("\n\n").expect("routes follow");
    let variables: Table = variables.parse().expect("it is TOML");
    for (name, declaration) in &variables {
        assert_eq!(declared["variables"].get(name), Some(declaration), "{name}");
    }
    let page = template_file("docs/operations.md");
    let own = read("docs/operations.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.clone().count(), variables.len());
    for row in rows {
        assert!(
            own.contains(row),
            "docs/operations.md says otherwise: {row}"
        );
    }
}
