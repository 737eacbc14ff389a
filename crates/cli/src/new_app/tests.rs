use std::fs;

use clap::Parser;
use tempfile::TempDir;
use toml::Table;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Runs the command for a folder in a temporary one.
fn make(base: &TempDir, folder: &str, more: &[&str]) -> Result<(), String> {
    let folder = base.path().join(folder);
    let line = ["new-app", folder.to_str().unwrap()];
    let line = Line::try_parse_from(line.iter().chain(more)).unwrap();
    run(&line.arguments)
        .map(|_| ())
        .map_err(|error| crate::sentence(&error))
}

fn base() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn toml(base: &TempDir, path: &str) -> Table {
    let text = fs::read_to_string(base.path().join(path)).unwrap();
    text.parse().unwrap()
}

fn entries(base: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(base.path()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_application_has_its_name_everywhere_and_every_file_in_its_place() {
    let base = base();
    make(
        &base,
        "corner-shop",
        &["--description", "Sells what there is"],
    )
    .unwrap();

    let manifest = toml(&base, "corner-shop/spin.toml");
    assert_eq!(
        manifest["application"]["name"].as_str(),
        Some("corner-shop")
    );
    let components = manifest["component"].as_table().unwrap();
    let mut names: Vec<&String> = components.keys().collect();
    names.sort();
    assert_eq!(names, ["docs", "health", "hello"]);
    let health = &components["health"]["variables"]["database_url"];
    assert_eq!(health.as_str(), Some("{{ database_url }}"));
    let folder = base.path().join("corner-shop");
    for name in names {
        for file in [
            format!("functions/{name}/Cargo.toml"),
            format!("functions/{name}/openapi.json"),
            format!("wit/{name}.wit"),
            format!("tests/it/{name}.rs"),
        ] {
            assert!(folder.join(&file).is_file(), "{file}");
        }
    }
    let document = fs::read_to_string(folder.join("openapi.json")).unwrap();
    assert_eq!(
        document,
        crate::openapi::document(&folder.join("spin.toml")).unwrap(),
        "`cargo jenny openapi` would write another"
    );
    assert!(document.contains("Sells what there is"), "{document}");
}

#[test]
fn packages_are_those_of_the_checkout_or_published_ones() {
    let base = base();
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let checkout = checkout.canonicalize().unwrap();
    make(&base, "by-itself", &[]).unwrap();
    make(
        &base,
        "asked",
        &["--jenny-path", checkout.to_str().unwrap()],
    )
    .unwrap();
    make(&base, "published", &["--published"]).unwrap();
    let dependency = |app: &str, name: &str| {
        let manifest = toml(&base, &format!("{app}/Cargo.toml"));
        manifest["workspace"]["dependencies"][name].clone()
    };

    for app in ["by-itself", "asked"] {
        let path = dependency(app, "shared")["path"].clone();
        assert_eq!(path.as_str(), checkout.join("shared").to_str());
        let lock_file = fs::read(base.path().join(app).join("Cargo.lock")).unwrap();
        assert_eq!(lock_file, fs::read(checkout.join("Cargo.lock")).unwrap());
    }
    let version = Some(env!("CARGO_PKG_VERSION"));
    assert_eq!(dependency("published", "jenny-cli").as_str(), version);
    assert_eq!(
        dependency("published", "shared")["version"].as_str(),
        version
    );
    assert!(!base.path().join("published/Cargo.lock").exists());
}

#[test]
fn a_folder_that_is_empty_is_taken_and_any_other_refused() {
    let base = base();
    fs::create_dir(base.path().join("empty")).unwrap();
    make(&base, "empty", &[]).unwrap();
    let before = fs::read(base.path().join("empty/spin.toml")).unwrap();

    let error = make(&base, "empty", &["--name", "other"]).unwrap_err();
    assert!(error.contains("is not empty"), "{error}");
    assert_eq!(
        fs::read(base.path().join("empty/spin.toml")).unwrap(),
        before
    );

    fs::write(base.path().join("file"), "kept").unwrap();
    for taken in ["file", "file/below"] {
        let error = make(&base, taken, &["--name", "a"]).unwrap_err();
        assert!(error.contains("is no folder"), "{error}");
    }
    assert_eq!(fs::read(base.path().join("file")).unwrap(), b"kept");
}

#[test]
fn what_cannot_be_leaves_nothing_behind() {
    let base = base();
    for name in ["Shop", "2nd", "a_b", "a--b", "a-", "größe", ""] {
        let error = make(&base, "deep/app", &["--name", name]).unwrap_err();
        assert!(
            error.contains("kebab-case") && error.contains("--name"),
            "{error}"
        );
    }
    let error = make(&base, "My App", &[]).unwrap_err();
    assert!(
        error.contains("`My App`") && error.contains("--name"),
        "{error}"
    );
    let error = make(&base, "deep/app", &["--jenny-path", "no/such"]).unwrap_err();
    assert!(error.contains("no checkout of Jenny at no/such"), "{error}");
    let here = base.path().to_str().unwrap();
    let error = make(&base, "deep/app", &["--jenny-path", here]).unwrap_err();
    assert!(error.contains("is no checkout of Jenny"), "{error}");
    let error = make(&base, "deep/app", &["--description", "a \"b\""]).unwrap_err();
    assert!(error.contains("project-description"), "{error}");
    assert_eq!(entries(&base), [""; 0]);
}

#[test]
fn a_workspace_that_would_claim_it_is_named() {
    let base = base();
    let manifest = base.path().join("Cargo.toml");
    fs::write(&manifest, "[workspace]\nmembers = [\"*\"]\n").unwrap();
    let error = make(&base, "app", &[]).unwrap_err();
    assert!(
        error.contains("is in the cargo workspace") && error.contains("`exclude`"),
        "{error}"
    );
    assert_eq!(entries(&base), ["Cargo.toml"]);

    fs::write(&manifest, "[workspace]\nexclude = [\"app\"]\n").unwrap();
    make(&base, "app", &[]).unwrap();
    fs::write(&manifest, "[package]\nname = \"other\"\n").unwrap();
    make(&base, "beside", &[]).unwrap();
}

#[test]
fn a_folder_is_written_as_a_shell_reads_it() {
    assert_eq!(shell_word(Path::new("../a-b/c_1")), "../a-b/c_1");
    assert_eq!(shell_word(Path::new("it's here")), r"'it'\''s here'");
}
