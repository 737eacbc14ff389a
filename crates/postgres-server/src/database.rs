//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use url::Url;

use crate::admin::Admin;

/// A database of its own for one test. Dropping it drops the database, whoever is connected.
#[derive(Debug)]
pub struct TestDatabase {
    admin: Admin,
    name: String,
    url: String,
}

impl TestDatabase {
    #[track_caller]
    pub(crate) fn create(admin: Admin, server: &Url, template: Option<&str>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_micros());
        // Several test processes may share the server.
        let name = format!(
            "jenny_test_{}_{started}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let template = template.unwrap_or("template0").replace('"', "\"\"");
        if let Err(error) =
            admin.execute(&format!("CREATE DATABASE {name} TEMPLATE \"{template}\""))
        {
            panic!("a database for the test cannot be created: {error}");
        }
        let mut url = server.clone();
        url.set_path(&name);
        Self {
            admin,
            name,
            url: url.into(),
        }
    }

    /// Where it is: `postgres://user@host:port/name`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it is called on its server, for
    /// [`create_database`](crate::PostgresServer::create_database) to copy it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A server that a test has stopped takes its databases with it.
        _ = self.admin.execute(&format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        ));
    }
}
