//! Adding functions to an application on disk.

use std::fs;
use std::path::PathBuf;

use clap::Parser as _;

use super::*;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const MANIFEST: &str = r#"# The composition.
spin_manifest_version = 2

[application]
name = "app"
version = "0.1.0"

# What each variable means stands in the page for operators.
[variables]
auto_migrate = { default = "true" }
cors_origins = { default = "" }
database_endpoint = { default = "" }
database_url = { default = "sqlite:default", secret = true }  # a secret
log_level = { default = "info" }
public_url = { default = "http://127.0.0.1:3000" }
trusted_proxies = { default = "" }

# The greeting.
[[trigger.http]]
route = "/hello/:name"
component = "hello"

[component.hello]
source = "target/wasm32-wasip2/function/hello.wasm"
"#;

const DOCUMENT: &str = r#"{ "paths": { "/hello/{name}": { "get": {} } } }"#;

const PAGE: &str = "# Operating\n\n| variable | default | meaning |\n|---|---|---|\n| `log_level` | `info` | what \
                    is logged |\n| `public_url` | here | where it is |\n\nMore.\n";

/// An application with one function.
fn application() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("spin.toml", MANIFEST),
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"functions/*\"]\n[workspace.dependencies]\nshared = \"1\"\n[workspace.package]\nversion = \"2.0.0\"\nlicense = \"ISC\"\n",
        ),
        (
            "Cargo.lock",
            "[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n",
        ),
        (
            "functions/hello/Cargo.toml",
            "[package]\nname = \"hello\"\n",
        ),
        ("functions/hello/openapi.json", DOCUMENT),
        (
            "wit/hello.wit",
            "package jenny:functions;\nworld hello {}\n",
        ),
        (
            "wit/other.wit",
            "package jenny:functions;\nworld other {}\n",
        ),
        ("tests/it/hello.rs", ""),
        ("tests/it/main.rs", ""),
        ("migrations/0001_identity.sqlite.sql", ""),
        ("docs/operations.md", PAGE),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Every file below a folder.
fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                files.insert(path.strip_prefix(root).unwrap().to_owned(), text);
            }
        }
    }
    files
}

fn new(folder: &Path, line: &str) -> Result<ExitCode> {
    let from = folder.to_str().unwrap();
    let words = ["new"].into_iter().chain(line.split_whitespace());
    let words = words.chain(["--accept-defaults", "--from", from]);
    run(&Line::parse_from(words).arguments)
}

#[track_caller]
fn refused(folder: &tempfile::TempDir, line: &str, says: &str) {
    let before = tree(folder.path());
    let error = format!("{:#}", new(folder.path(), line).unwrap_err());
    assert!(error.contains(says), "{line}: {error}");
    assert!(!error.contains('\n'), "one sentence: {error}");
    assert_eq!(tree(folder.path()), before, "{line}");
}

#[test]
fn a_function_is_added_and_everything_else_stays() {
    let folder = application();
    let before = tree(folder.path());

    new(folder.path(), "notes --auth required --store sql").unwrap();

    let after = tree(folder.path());
    let changed = ["docs/operations.md", "spin.toml"];
    for (path, text) in &before {
        let is_changed = changed.iter().any(|file| path == Path::new(file));
        assert_eq!(after[path] != *text, is_changed, "{}", path.display());
    }
    for file in [
        "functions/notes/src/lib.rs",
        "wit/notes.wit",
        "tests/it/notes.rs",
        "migrations/0002_notes.sqlite.sql",
        "migrations/0002_notes.postgres.sql",
    ] {
        assert!(after.contains_key(Path::new(file)), "{file}");
    }
    let own = &after[Path::new("functions/notes/openapi.json")];
    assert!(own.contains("\"version\": \"2.0.0\""), "{own}");
    assert!(own.contains("\"identifier\": \"ISC\""), "{own}");
    let openapi = &after[Path::new("openapi.json")];
    assert!(openapi.contains("\"/api/notes/{id}\""), "{openapi}");
    assert!(openapi.contains("\"/hello/{name}\""), "{openapi}");
    let page = &after[Path::new("docs/operations.md")];
    assert!(
        page.contains("| where it is |\n| `verification_keys` |"),
        "{page}"
    );
    let manifest = &after[Path::new("spin.toml")];
    assert!(manifest.contains("# a secret\n"), "{manifest}");
    let added = "public_url = { default = \"http://127.0.0.1:3000\" }\ntrusted_proxies = { default = \"\" }\nverification_keys = { default = \"\" }\n";
    assert!(manifest.contains(added), "{manifest}");
}

#[test]
fn what_spin_alone_runs_is_no_obstacle() {
    let folder = application();
    let trigger = "\n[[trigger.redis]]\naddress = \"redis://localhost\"\nchannel = \"c\"\ncomponent = \"hello\"\n";
    let manifest = folder.path().join("spin.toml");
    fs::write(&manifest, format!("{MANIFEST}{trigger}")).unwrap();
    new(folder.path(), "notes").unwrap();
    let placed = refused_to_place_in(&folder, "hello", "world.wit");
    assert_eq!(placed, "wit/hello.wit is there already");
}

#[test]
fn several_functions_live_beside_each_other() {
    let folder = application();
    for line in [
        "first --auth required --store sql",
        "second --auth optional --store sql",
        "third --store kv",
        "fourth --auth required --store kv --route /api/first/fourth/...",
        "fifth",
    ] {
        new(folder.path(), line).unwrap();
    }
    let after = tree(folder.path());
    assert!(after.contains_key(Path::new("migrations/0003_second.postgres.sql")));
    let manifest = &after[Path::new("spin.toml")];
    assert_eq!(manifest.matches("verification_keys = { default").count(), 1);
    assert!(
        manifest.contains("route = \"/api/first/fourth/:key\""),
        "{manifest}"
    );
}

/// What `spin add` does, followed by `cargo jenny check --fix`.
#[test]
fn by_way_of_spin_the_same_tree_comes_about() {
    for auth in Auth::value_variants() {
        for store in Store::value_variants() {
            let (ours, spins) = (application(), application());
            let (auth, store) = (value_of(*auth), value_of(*store));
            new(ours.path(), &format!("notes --auth {auth} --store {store}")).unwrap();

            let values = BTreeMap::from([
                ("route", "/api/notes".to_owned()),
                ("auth", auth),
                ("store", store),
            ]);
            let rendered = as_spin_renders("notes", MANIFEST, &values).unwrap();
            for (path, bytes) in &rendered.files {
                assert!(path.starts_with("functions/notes"), "{}", path.display());
                let path = spins.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let manifest = spins.path().join("spin.toml");
            let text = application::add_snippets(MANIFEST, &rendered.snippets).unwrap();
            fs::write(&manifest, text).unwrap();
            assert!(place::unplaced(spins.path()).contains("notes"));

            let changes = place::changes(&manifest, spins.path(), "notes").unwrap();
            changes.apply().unwrap();

            assert_eq!(tree(spins.path()), tree(ours.path()));
            assert!(!spins.path().join("functions/notes/unplaced").exists());
            assert!(place::unplaced(spins.path()).is_empty());
        }
    }
}

/// What is said of a file that waits in the function's folder, and that the tree stays as it is.
fn refused_to_place(function: &str, file: &str) -> String {
    refused_to_place_in(&application(), function, file)
}

fn refused_to_place_in(folder: &tempfile::TempDir, function: &str, file: &str) -> String {
    let waiting = folder
        .path()
        .join("functions")
        .join(function)
        .join("unplaced")
        .join(file);
    fs::create_dir_all(waiting.parent().unwrap()).unwrap();
    fs::write(&waiting, "package jenny:functions;\n").unwrap();
    let before = tree(folder.path());

    let manifest = folder.path().join("spin.toml");
    let changes = place::changes(&manifest, folder.path(), function);
    let error = changes.and_then(Changes::apply).unwrap_err().to_string();

    assert_eq!(tree(folder.path()), before);
    error
}

#[test]
fn placing_does_not_write_over_what_is_there() {
    let error = refused_to_place("hello", "world.wit");
    assert_eq!(error, "wit/hello.wit is there already");
}

#[test]
fn empty_files_of_others_stay() {
    let folder = application();
    let ours = "functions/hello/pages/.gitkeep";
    for (file, text) in [
        (ours, ""),
        ("functions/hello/unplaced/README.md", "One more command."),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let manifest = folder.path().join("spin.toml");
    let changes = place::changes(&manifest, folder.path(), "hello").unwrap();
    changes.apply().unwrap();
    let after = tree(folder.path());
    assert!(after.contains_key(Path::new(ours)));
    assert!(
        !after
            .keys()
            .any(|file| file.to_str().unwrap().contains("unplaced"))
    );
}

#[test]
fn what_spin_alone_would_take_is_not_placed() {
    for (function, file, says) in [
        ("my_notes", "world.wit", "write it in kebab-case"),
        ("list", "world.wit", "is a word of WIT"),
        ("other", "world.wit", "has no component `other`"),
        ("hello", "notes.txt", "notes.txt is not of the template"),
        (
            "hello",
            "openapi.json",
            "functions/hello/openapi.json is there already",
        ),
        (
            "hello",
            "wit/hello.wit",
            "wit/hello.wit is not of the template",
        ),
    ] {
        let error = refused_to_place(function, file);
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let folder = application();
    for (name, says) in [
        ("hello", "functions/hello is there already"),
        ("other", "wit/other.wit is there already"),
        ("main", "tests/it/main.rs is there already"),
        ("serde", "cargo knows another package"),
        ("shared", "cargo knows another package"),
        ("Notes", "kebab-case"),
        ("type", "keyword of Rust"),
        ("test", "choose another name"),
    ] {
        refused(&folder, name, says);
    }
    let entry = "\n[component.notes]\nsource = \"notes.wasm\"\n[[trigger.http]]\nroute = \"/n\"\ncomponent = \"notes\"\n";
    fs::write(
        folder.path().join("spin.toml"),
        format!("{MANIFEST}{entry}"),
    )
    .unwrap();
    refused(&folder, "notes", "spin.toml has such a component");
}

#[test]
fn a_route_that_clashes_is_refused() {
    let folder = application();
    for line in [
        "notes --route /hello --store kv",
        "notes --route /hello --store sql",
    ] {
        refused(&folder, line, "matches the same paths as");
    }
    refused(&folder, "notes --route /a/:b", "parameter `:b`");
    refused(&folder, "notes --route a", "does not begin with a slash");
    new(folder.path(), "notes --route /hello").unwrap();
}

#[test]
fn a_manifest_that_is_broken_is_refused() {
    let folder = application();
    for text in ["[[[", "<<<<<<< ours\n", ""] {
        fs::write(folder.path().join("spin.toml"), text).unwrap();
        refused(&folder, "notes", "correct the manifest first");
    }
    let without = MANIFEST.replace("log_level = { default = \"info\" }\n", "");
    fs::write(folder.path().join("spin.toml"), without).unwrap();
    refused(&folder, "notes", "log_level");
}

#[test]
fn an_application_in_no_workspace_is_refused() {
    let folder = application();
    for text in [
        "",
        "[workspace]\nmembers = [\"a\"]\n",
        "[package]\nname = \"x\"\n",
    ] {
        fs::write(folder.path().join("Cargo.toml"), text).unwrap();
        refused(&folder, "notes", "cargo jenny new-app");
    }
    fs::write(folder.path().join("Cargo.toml"), "[").unwrap();
    refused(&folder, "notes", "no valid TOML");
}

#[test]
fn documents_that_do_not_go_together_are_told_of_before_anything_is_written() {
    let folder = application();
    fs::remove_file(folder.path().join("functions/hello/openapi.json")).unwrap();
    let before = tree(folder.path());
    let error = new(folder.path(), "notes").unwrap_err().to_string();
    assert!(error.contains("hello is missing"), "{error}");
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn whatever_cannot_be_written_leaves_the_tree_as_it_was() {
    let folder = application();
    fs::remove_dir_all(folder.path().join("migrations")).unwrap();
    fs::write(folder.path().join("migrations"), "a file").unwrap();
    refused(&folder, "notes --store sql", "migrations");
    let folder = application();
    fs::remove_dir_all(folder.path().join("wit")).unwrap();
    fs::write(folder.path().join("wit"), "a file").unwrap();
    refused(&folder, "notes --store sql", "wit/notes.wit");
}

#[test]
fn without_a_name_and_a_terminal_there_is_nothing_to_ask() {
    let folder = application();
    refused(&folder, "", "a function needs a name");
}
