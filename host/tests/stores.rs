//! Spin's interfaces, called by a component.

mod support;

use jenny_host::AppOptions;
use support::{Fixture, GUEST, body_text};

async fn call(interface: &str) -> String {
    let manifest = format!(
        "{GUEST}key_value_stores = [\"default\"]\nsqlite_databases = [\"default\"]\n\
         [component.guest.variables]\ngreeting = \"hello\"\n"
    );
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let fixture = Fixture::load(&manifest, options).await;
    body_text(fixture.get(&format!("/interface/{interface}")).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_key_value() {
    assert_eq!(
        call("key-value").await,
        "Ok(None) [\"a\", \"b\"] Ok(()) Ok(()) Ok(Some([49])) Ok(false) Some(Error::AccessDenied)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_sqlite_with_functions_that_block() {
    assert_eq!(
        call("sqlite-sync").await,
        "[] []\n\
         [] []\n\
         [\"a\", \"b\"] [[Value::Integer(1), Value::Text(\"x\")], [Value::Integer(2), Value::Real(2.5)]]\n\
         Error::Io(\"no such column: nonsense in SELECT nonsense at offset 7\")\n\
         2 2\n\
         Some(Error::AccessDenied)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_sqlite_with_streams() {
    assert_eq!(
        call("sqlite-async").await,
        "[] Ok(())\n\
         [\"a\"] Ok(())\n\
         [\"i\"] 5000 [Value::Integer(5000)] Ok(())\n\
         Some(Error::Io(\"no such column: nonsense in SELECT nonsense at offset 7\"))\n\
         7 1\n\
         Some(Error::AccessDenied)"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spin_variables_and_wasi_config() {
    assert_eq!(
        call("variables").await,
        "Ok(\"hello\")\ntrue\ntrue\nOk(Some(\"hello\")) Ok(None) Ok(None)\nOk([(\"greeting\", \"hello\")])"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wasi_key_value() {
    assert_eq!(
        call("wasi-key-value").await,
        "Ok(Some([49])) Ok(false)\n\
         Ok([(\"b\", Some([50])), (\"c\", None)])\n\
         Ok(KeyResponse { keys: [\"a\", \"b\"], cursor: None }) true\n\
         Some(Error::AccessDenied)\n\
         Ok(2) Ok(5)\n\
         true\n\
         true\n\
         Ok(Some([102, 105, 114, 115, 116]))\n\
         true\n\
         Ok(Some([116, 104, 105, 114, 100]))"
    );
}
