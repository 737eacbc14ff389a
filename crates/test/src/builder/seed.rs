//! What is in the stores before the first request.

use std::path::Path;

use crate::builder::TestAppBuilder;
use crate::package;
use crate::stores::Stores;

impl TestAppBuilder {
    /// Runs these statements on the application's database before its first request, in the order of
    /// these calls. On a database that was [prepared](Self::prepared_by) they find its tables.
    ///
    /// ```no_run
    /// # use jenny_test::TestApp;
    /// # async fn example() {
    /// let app = TestApp::from_manifest("fixtures/guestbook")
    ///     .sql(
    ///         "CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT, message TEXT);
    ///          INSERT INTO entries (name, message) VALUES ('Ada', 'I was here');",
    ///     )
    ///     .key_value("default", "entries", "1")
    ///     .await;
    /// # }
    /// ```
    #[must_use]
    pub fn sql(mut self, statements: impl Into<String>) -> Self {
        self.seeds.sql.push((None, statements.into()));
        self
    }

    /// Like [`sql`](Self::sql), on the SQLite database of this label.
    #[must_use]
    pub fn sql_in(mut self, label: &str, statements: impl Into<String>) -> Self {
        let label = Some(label.to_owned());
        self.seeds.sql.push((label, statements.into()));
        self
    }

    /// Like [`sql`](Self::sql), with the statements of a file, by its path from the tested package's
    /// folder.
    ///
    /// # Panics
    ///
    /// When the file cannot be read as text.
    #[must_use]
    #[track_caller]
    pub fn sql_file(self, path: impl AsRef<Path>) -> Self {
        let path = package::resolve(path.as_ref());
        let statements = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        self.sql(statements)
    }

    /// Sets a key of the key-value store of this label before the first request.
    #[must_use]
    pub fn key_value(mut self, store: &str, key: &str, value: impl Into<Vec<u8>>) -> Self {
        let (store, key) = (store.to_owned(), key.to_owned());
        self.seeds.key_values.push((store, key, value.into()));
        self
    }
}

/// What a test wants to find in the stores.
#[derive(Default)]
pub(crate) struct Seeds {
    /// Statements, each with the label of an SQLite database or for the application's only one.
    sql: Vec<(Option<String>, String)>,
    /// Store, key and value.
    key_values: Vec<(String, String, Vec<u8>)>,
}

impl Seeds {
    /// Puts it there.
    pub(crate) async fn sow(self, stores: &Stores) {
        for (label, statements) in self.sql {
            let session = match label {
                Some(label) => stores.connect_to(&label).await,
                None => stores.connect().await,
            };
            if let Err(error) = session.run(statements).await {
                panic!("seeding the database failed: {error}");
            }
        }
        for (label, key, value) in self.key_values {
            let store = stores.open_key_value(&label).await;
            if let Err(error) = store.set(&key, value).await {
                panic!("seeding {key:?} of the key-value store {label:?} failed: {error}");
            }
        }
    }
}
