//! Spin's interfaces, called by a component.

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use jenny_host::{AppOptions, HttpClient};
use jenny_stores::{QueryResult, SqliteConnection, SqliteDatabases, SqliteError, Value};
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

/// A database in which every statement returns this many rows, numbered from 0 and at hand at once,
/// and then `end`.
struct Numbers {
    rows: i64,
    end: Option<SqliteError>,
}

#[async_trait]
impl SqliteDatabases for Numbers {
    async fn open(&self, _label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        Ok(Arc::new(Self {
            rows: self.rows,
            end: self.end.clone(),
        }))
    }

    fn is_defined(&self, _label: &str) -> bool {
        true
    }
}

#[async_trait]
impl SqliteConnection for Numbers {
    async fn execute(&self, _: String, _: Vec<Value>) -> Result<QueryResult, SqliteError> {
        let rows = stream::iter((0..self.rows).map(|number| Ok(vec![Value::Integer(number)])));
        // `unfold` panics when it is asked for more than there is.
        let end = stream::unfold(self.end.clone(), |end| async { Some((Err(end?), None)) });
        Ok(QueryResult {
            columns: vec!["number".to_owned()],
            rows: rows.chain(end).boxed(),
        })
    }

    async fn execute_batch(&self, _: String) -> Result<(), SqliteError> {
        Ok(())
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        Ok(0)
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        Ok(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_read_in_parts_is_whole_and_its_source_is_not_asked_beyond_its_end() {
    let manifest = format!("{GUEST}sqlite_databases = [\"default\"]\n");
    let broken = SqliteError::Io("broken".to_owned());
    // The guest reads 100 at a time, and the host has up to 1024 at hand.
    for rows in [0, 1, 99, 100, 101, 1023, 1024, 1025, 1500, 5000] {
        for end in [None, Some(broken.clone())] {
            let result = match &end {
                None => "Ok(())",
                Some(_) => "Err(Error::Io(\"broken\"))",
            };
            let fixture = Fixture::try_load_with(
                &manifest,
                AppOptions {
                    quiet: true,
                    ..AppOptions::default()
                },
                Arc::new(HttpClient::default()),
                |capabilities| capabilities.stores.sqlite = Arc::new(Numbers { rows, end }),
            );
            let fixture = fixture.await.expect("it loads");
            let answer = fixture.get("/interface/sqlite-parts").await;
            assert_eq!(body_text(answer).await, format!("{rows} true {result}"));
        }
    }
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

/// What the component for WASIp2 makes of an interface of `fermyon:spin@2.0.0`.
async fn call_old(interface: &str) -> (Fixture, String) {
    let file = support::build("host-guest-p2");
    let manifest = format!(
        "{GUEST}key_value_stores = [\"default\"]\nsqlite_databases = [\"default\"]\n\
         ai_models = [\"listed\"]\n[component.guest.variables]\ngreeting = \"hello\"\n"
    )
    .replace("{guest}", file.to_str().expect("a path in UTF-8"));
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let fixture = Fixture::load(&manifest, options).await;
    let answer = body_text(fixture.get(&format!("/interface/{interface}")).await).await;
    (fixture, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn key_value_of_spin_2() {
    let (fixture, answer) = call_old("key-value").await;
    assert_eq!(
        answer,
        "Ok(None) [\"a\", \"b\"]\nOk(Some([49])) Ok(false)\nSome(Error::AccessDenied)"
    );
    let advice = "add key_value_stores = [\"default\", \"other\"] under [component.guest]";
    fixture.wait_for_log(advice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_of_spin_2() {
    let (fixture, answer) = call_old("sqlite").await;
    assert_eq!(
        answer,
        "[] []\n\
         [] []\n\
         [\"a\", \"b\"] [[Value::Integer(1), Value::Text(\"x\")], [Value::Integer(2), \
         Value::Real(2.5)], [Value::Integer(3), Value::Blob([1, 2])], [Value::Integer(4), \
         Value::Null]]\n\
         Error::Io(\"no such column: nonsense in SELECT nonsense at offset 7\")\n\
         Some(Error::AccessDenied)"
    );
    let advice = "add sqlite_databases = [\"default\", \"other\"] under [component.guest]";
    fixture.wait_for_log(advice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_of_spin_2_are_bounded_and_come_back_when_closed() {
    let (_, stores) = call_old("key-value-handles").await;
    assert_eq!(stores, "256 Error::StoreTableFull true");

    let (_, databases) = call_old("sqlite-handles").await;
    assert_eq!(
        databases,
        "256 Error::Io(\"too many connections opened\") true"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_spin_2() {
    let (fixture, answer) = call_old("variables").await;
    assert_eq!(answer, "hello undefined invalid name");
    let advice = "add no = \"{{ no }}\" under [component.guest.variables]";
    fixture.wait_for_log(advice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn language_models_are_refused_in_words_of_the_interface() {
    let (fixture, answer) = call_old("llm").await;
    let denied = "Error::InvalidInput(\"the component may not use the language model \\\"other\\\": \
                  it is not among the ai_models of its manifest entry\")";
    assert_eq!(
        answer,
        format!("Error::RuntimeError(\"this host runs no language models\")\n{denied}\n{denied}")
    );
    let advice = "add ai_models = [\"listed\", \"other\"] under [component.guest]";
    fixture.wait_for_log(advice).await;
}
