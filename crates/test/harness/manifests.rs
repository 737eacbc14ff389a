//! Manifests that are missing, wrong or cannot be built: said as `jenny up` says it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use jenny_manifest::Manifest;
use jenny_test::{TestApp, TestAppBuilder};
use tempfile::TempDir;

/// A folder with this `spin.toml` in it.
fn folder(manifest: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("spin.toml");
    fs::write(&path, manifest).expect("it is writable");
    (folder, path)
}

/// One component, with what its table holds.
fn one_component(table: &str) -> String {
    format!(
        "spin_manifest_version = 2\napplication = {{ name = \"a\" }}\n[[trigger.http]]\n\
         route = \"/...\"\ncomponent = \"one\"\n[component.one]\n{table}\n"
    )
}

/// What the application that is made so panics with when it is loaded.
fn panic_of(builder: impl FnOnce() -> TestAppBuilder + Send + 'static) -> String {
    let loading = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        drop(runtime.block_on(builder().build()));
    });
    let panic = loading.join().expect_err("it cannot be loaded");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&str>().expect("a panic has a text")).to_owned(),
    }
}

fn panic_of_manifest(path: &Path) -> String {
    let path = path.to_owned();
    panic_of(move || TestApp::from_manifest(path))
}

#[test]
fn a_manifest_that_is_not_there_is_named() {
    let panic = panic_of_manifest("fixtures/nowhere".as_ref());

    assert!(
        panic.contains("crates/test/fixtures/nowhere; a test names a file or a directory"),
        "{panic}"
    );
}

#[test]
fn a_mistake_in_a_manifest_reads_like_that_of_jenny_up() {
    for mistake in [
        "no toml",
        "spin_manifest_version = 3",
        &one_component("source = \"one.wasm\"\nkey_value_store = [\"default\"]"),
        &one_component("source = 1"),
    ] {
        let (_folder, path) = folder(mistake);

        let panic = panic_of_manifest(&path);

        let told = Manifest::load(&path).expect_err("it has a mistake");
        assert_eq!(panic, told.to_string());
        assert!(panic.contains("spin.toml"), "{panic}");
    }
}

#[test]
fn a_component_that_nothing_builds_is_named() {
    let (_folder, path) = folder(&one_component("source = \"one.wasm\""));

    let panic = panic_of_manifest(&path);

    assert!(
        panic.contains("one.wasm does not exist, and nothing says how to build it")
            && panic.contains("[component.one.build]")
            && panic.contains("spin.toml:7"),
        "{panic}"
    );
}

#[test]
fn a_build_that_fails_is_named_and_nothing_older_is_tested() {
    let (folder, path) = folder(&one_component(
        "source = \"one.wasm\"\n[component.one.build]\ncommand = \"exit 3\"",
    ));
    // Built before, by a source that compiled then.
    fs::write(folder.path().join("one.wasm"), "").expect("it is writable");

    let panic = panic_of_manifest(&path);

    assert!(
        panic.contains("building component one failed") && panic.contains("`exit 3`"),
        "{panic}"
    );
}

#[tokio::test]
async fn a_component_that_is_missing_is_built() {
    // So that there is something to copy.
    drop(
        TestApp::from_manifest("fixtures/guestbook")
            .only("reader")
            .await,
    );
    let target = fs::canonicalize("../../target/wasm32-wasip2/function/guestbook.wasm");
    let target = target.expect("it has been built");
    let (_folder, path) = folder(&one_component(&format!(
        "source = \"one.wasm\"\nsqlite_databases = [\"default\"]\n[component.one.build]\n\
         command = \"cp '{}' one.wasm\"",
        target.display()
    )));

    let app = TestApp::from_manifest(&path).await;

    app.get("/entries").send().await.assert_status(200);
}

#[test]
fn a_component_that_the_manifest_does_not_have_is_named() {
    let panic = panic_of(|| TestApp::from_manifest("fixtures/guestbook").only("writer"));

    assert!(
        panic.ends_with("guestbook/spin.toml has no component `writer`; it has book, reader"),
        "{panic}"
    );
}

#[tokio::test]
async fn one_component_of_the_workspace_is_loaded_without_the_others() {
    let app = TestApp::builder().only("health").await;

    assert_eq!(app.routes(), ["/health/live", "/health/ready"]);
    app.get("/health/live").send().await.assert_status(200);
    app.get("/docs").send().await.assert_status(404);
}

#[tokio::test]
async fn paths_begin_at_the_package_wherever_the_program_runs() {
    const ELSEWHERE: &str = "JENNY_TEST_RUNS_ELSEWHERE";
    if std::env::var_os(ELSEWHERE).is_none() {
        let program = std::env::current_exe().expect("a test has a file");
        let elsewhere = TempDir::new().expect("a temporary folder");
        let ended = Command::new(program)
            .args([
                "--exact",
                "manifests::paths_begin_at_the_package_wherever_the_program_runs",
            ])
            .env(ELSEWHERE, "1")
            .current_dir(elsewhere.path())
            .output()
            .expect("it can be started");
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(
            ended.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return;
    }
    let app = TestApp::from_manifest("fixtures/guestbook")
        .only("reader")
        .sql_file("fixtures/entries.sql")
        .await;
    app.get("/entries").send().await.assert_status(404);
    let page = app.get("/reader/entries").send().await;
    page.assert_json("/entries/0/name", "Ada");
}
