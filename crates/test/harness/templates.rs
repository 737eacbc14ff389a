//! Databases that are prepared once and copied, of applications that need to be told something.

use std::fs;
use std::path::{Path, PathBuf};

use jenny_test::{Store, TestApp, TestAppBuilder};
use postgres_server::PostgresServer;
use tempfile::TempDir;

/// An application of one component, which has been built before, with this in its manifest.
fn application(component: &str, variables: &str, grants: &str) -> (TempDir, PathBuf) {
    let built = format!("target/wasm32-wasip2/function/{component}.wasm");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = fs::canonicalize(workspace.join(built)).expect("it has been built");
    let folder = TempDir::new().expect("a temporary folder");
    fs::copy(built, folder.path().join("one.wasm")).expect("it is writable");
    let path = folder.path().join("spin.toml");
    let manifest = format!(
        "spin_manifest_version = 2\napplication = {{ name = \"a\" }}\n[variables]\n{variables}\n\
         [[trigger.http]]\nroute = \"/...\"\ncomponent = \"one\"\n[component.one]\n\
         source = \"one.wasm\"\nsqlite_databases = [\"default\"]\n{grants}\n"
    );
    fs::write(&path, manifest).expect("it is writable");
    (folder, path)
}

/// Built, because its tests are.
async fn build(builder: TestAppBuilder) {
    drop(builder.await);
}

#[tokio::test]
async fn what_is_prepared_with_other_variables_is_prepared_anew() {
    build(TestApp::from_manifest("fixtures/guestbook")).await;
    let (_folder, path) = application(
        "guestbook",
        "title = { required = true }",
        "variables = { title = \"{{ title }}\" }",
    );
    let titled = |title: &str| {
        let app = TestApp::from_manifest(&path).variable("title", title);
        app.prepared_by(|app| {
            Box::pin(async {
                let page = app.get("/entries").send().await;
                let title = page.assert_status(200).string_at("/title");
                app.sql(&format!(
                    "INSERT INTO entries (name, message) VALUES ('{title}', '')"
                ))
                .await;
            })
        })
    };

    for title in ["One", "Other", "One"] {
        let page = titled(title).await.get("/entries").send().await;

        page.assert_json("/entries/0/name", title);
    }
}

#[tokio::test]
async fn a_database_is_prepared_that_is_told_by_other_variables() {
    if PostgresServer::shared_or_skip().is_none() {
        return;
    }
    build(TestApp::builder().only("health")).await;
    let (_folder, path) = application(
        "health",
        "where_data_is = { default = \"sqlite:default\" }\nits_host = { default = \"\" }",
        "allowed_outbound_hosts = [\"{{ its_host }}\"]\n[component.one.variables]\n\
         auto_migrate = \"true\"\ncors_origins = \"\"\ndatabase_url = \"{{ where_data_is }}\"\n\
         log_level = \"info\"\npublic_url = \"http://127.0.0.1:3000\"\ntrusted_proxies = \"\"",
    );

    let app = TestApp::from_manifest(path)
        .on(Store::Postgres)
        .postgres_variables("where_data_is", Some("its_host"))
        .prepared_by(|app| {
            Box::pin(async {
                app.sql("CREATE TABLE prepared (number bigint)").await;
            })
        })
        .await;

    app.get("/health/ready").send().await.assert_status(200);
    assert_eq!(app.sql("SELECT count(*) FROM prepared").await, [[0]]);
}
