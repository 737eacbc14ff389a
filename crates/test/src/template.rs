//! Databases that are prepared once and copied for every application that begins with them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use postgres_server::{PostgresServer, TestDatabase};
use tempfile::TempDir;

use crate::app::TestApp;
use crate::builder::{PostgresVariables, Source};
use crate::database::Location;

/// What makes a new database ready to be copied: a request that has the application lay its schema,
/// say.
pub type Preparation = for<'a> fn(&'a TestApp) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The contents of SQLite databases, by label.
pub(crate) type Contents = BTreeMap<String, Vec<u8>>;

/// What a database is prepared by.
pub(crate) struct Template {
    pub(crate) source: Source,
    pub(crate) preparation: Preparation,
    /// The variables without which the application cannot be loaded.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) postgres_variables: PostgresVariables,
}

/// Everything that a template may depend on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    /// The address of the function. Should the compiler have one function stand for two, they do the
    /// same; should it have two for one, there are two templates.
    preparation: usize,
    variables: Vec<(String, String)>,
    postgres_variables: PostgresVariables,
}

/// What there is for each key.
type Kept<T> = Mutex<Option<HashMap<Key, T>>>;

impl Template {
    /// The contents of the application's SQLite databases, as prepared.
    pub(crate) fn contents(&self) -> Arc<Contents> {
        static KEPT: Kept<Arc<Contents>> = Mutex::new(None);

        let known = |kept: &mut HashMap<Key, Arc<Contents>>| kept.get(&self.key()).cloned();
        self.find_or_make(&KEPT, known, || {
            let folder = TempDir::new().expect("the folder for temporary files is writable");
            self.prepare(Location::Folder(folder.path().to_owned()));
            let contents = read_all(folder.path()).expect("what was written can be read");
            let contents = Arc::new(contents);
            (Arc::clone(&contents), contents)
        })
    }

    /// The prepared database on the server. It is gone with the last application that was made from
    /// it.
    pub(crate) fn database(&self, server: &'static PostgresServer) -> Arc<TestDatabase> {
        static KEPT: Kept<Weak<TestDatabase>> = Mutex::new(None);

        let known = |kept: &mut HashMap<Key, Weak<TestDatabase>>| kept.get(&self.key())?.upgrade();
        self.find_or_make(&KEPT, known, || {
            let database = self.prepare(Location::Database(server.create_database(None)));
            let database = Arc::new(database.expect("the application leaves its database"));
            (Arc::downgrade(&database), database)
        })
    }

    fn key(&self) -> Key {
        Key {
            source: self.source.clone(),
            preparation: self.preparation as usize,
            variables: self.variables.clone(),
            postgres_variables: self.postgres_variables.clone(),
        }
    }

    /// What is known, or what is made anew: what is kept of it, and itself. Whoever needs it meanwhile
    /// waits.
    fn find_or_make<K, T>(
        &self,
        kept: &Kept<K>,
        known: impl FnOnce(&mut HashMap<Key, K>) -> Option<T>,
        make: impl FnOnce() -> (K, T),
    ) -> T {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get_or_insert_default();
        if let Some(known) = known(kept) {
            return known;
        }
        let (keep, made) = make();
        kept.insert(self.key(), keep);
        made
    }

    /// Prepares a database there, and leaves it if it is on a server.
    fn prepare(&self, location: Location) -> Option<TestDatabase> {
        let (source, preparation) = (self.source.clone(), self.preparation);
        let variables = self.variables.clone();
        let postgres_variables = self.postgres_variables.clone();
        // On a thread of its own, whose connections end with it: while there is one, a database
        // cannot be copied.
        let preparing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(async {
                let builder = TestApp::builder().at(source, location, postgres_variables);
                let builder = variables
                    .into_iter()
                    .fold(builder, |builder, (name, value)| {
                        builder.variable(&name, value)
                    });
                let app = builder.build().await;
                preparation(&app).await;
                app.into_database()
            })
        });
        preparing
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The contents of the databases in `folder`, by their names without ending.
fn read_all(folder: &Path) -> std::io::Result<Contents> {
    let mut contents = Contents::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // A journal would hold what is missing in the database.
        assert!(
            path.extension().is_some_and(|ending| ending == "db"),
            "{} is left: somebody still has the prepared database open",
            path.display()
        );
        if let Some(label) = path.file_stem().and_then(|stem| stem.to_str()) {
            contents.insert(label.to_owned(), std::fs::read(&path)?);
        }
    }
    Ok(contents)
}
