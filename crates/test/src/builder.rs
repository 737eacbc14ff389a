mod database;
mod faults;
mod limits;
mod manifest;
mod outbound;
mod seed;

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use jenny_host::{App, AppOptions, Clock, LogSink, Observer, Runtime, RuntimeOptions};
use jenny_manifest::variables::{Resolver, VariableProvider};
use jiff::Timestamp;

pub(crate) use self::database::PostgresVariables;
use self::limits::Bounds;
pub(crate) use self::manifest::Source;
use self::seed::Seeds;
use crate::app::TestApp;
use crate::clock::TestClock;
use crate::database::Location;
use crate::fault::Faults;
use crate::interpose::{Interposer, UncleanConnections};
use crate::ledger::{Ledger, ShownOnFailure};
use crate::leftovers::Leftovers;
use crate::mint::Mint;
use crate::outbound::Outbound;
use crate::output::CapturedOutput;
use crate::settle::Settling;
use crate::stores::Stores;
use crate::template::Preparation;
use crate::watch::Watch;

/// What a [`TestApp`] is made with, beside its manifest.
#[derive(Default)]
pub struct TestAppBuilder {
    source: Source,
    variables: Vec<(String, String)>,
    location: Location,
    postgres_variables: PostgresVariables,
    preparation: Option<Preparation>,
    seeds: Seeds,
    faults: Arc<Faults>,
    unclean_connections: bool,
    bounds: Bounds,
    metered: bool,
    outbound: Outbound,
    start: Option<Timestamp>,
    real_time: bool,
    seed: u64,
}

impl TestAppBuilder {
    /// Sets an application variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Has the application sign with this key and accept it alone.
    #[must_use]
    pub fn signed_by(self, mint: &Mint) -> Self {
        self.variable("signing_key", mint.private_pem())
            .variable("verification_keys", mint.public_pem())
    }

    /// Lets the application's time begin here: see [`TestClock`].
    #[must_use]
    pub fn starting_at(mut self, time: Timestamp) -> Self {
        self.start = Some(time);
        self
    }

    /// Lets time pass by itself, as the machine's does. It begins with the machine's unless
    /// [`starting_at`](Self::starting_at) says otherwise, and can still be moved.
    #[must_use]
    pub fn real_time(mut self) -> Self {
        self.real_time = true;
        self
    }

    /// Has the components draw other randomness: from another seed than 0. Applications with the same
    /// seed, time and requests, sent one after the other, answer the same to the byte.
    ///
    /// So the first user of one has the identifier of the first user of the other, and keys that they
    /// make are the same. Where a test has two that are to differ, it gives one of them another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Counts what components compute, for [`TestApp::cost_of`]. They are compiled once more for
    /// that, and run slower.
    #[must_use]
    pub fn metered(mut self) -> Self {
        self.metered = true;
        self
    }

    /// Loads the application.
    ///
    /// # Panics
    ///
    /// When the components cannot be built or loaded, or there is no database for it; the message
    /// says why.
    pub async fn build(mut self) -> TestApp {
        let manifest = self.source.load();
        let server = self.take_server(&manifest);
        if let Some(server) = &server {
            self.point_to(server, &manifest);
        }
        let variables = VariableProvider::fixed(self.variables.clone());
        let resolver =
            Resolver::new(&manifest, &[variables]).unwrap_or_else(|error| panic!("{error}"));
        let mut capabilities = self
            .capabilities(&manifest, &resolver, server.is_some())
            .unwrap_or_else(|error| panic!("{error}"));
        capabilities.outbound_http = Arc::new(self.outbound.clone());
        let stores = Stores::new(&capabilities, &manifest, server);
        self.seeds.sow(&stores).await;
        let ledger = Arc::<Ledger>::default();
        let output = Arc::new(CapturedOutput::new(Arc::clone(&ledger)));
        let clock = match self.real_time {
            true => TestClock::flowing(self.start),
            false => TestClock::new(self.start),
        };
        let rule: Arc<dyn Clock> = Arc::new(clock.clone());
        self.outbound.ruled_by(&rule);
        if self.unclean_connections {
            let databases = UncleanConnections::of(capabilities.stores.postgres);
            capabilities.stores.postgres = Arc::new(databases);
        }
        let interposer =
            Interposer::new(Arc::clone(&ledger), Arc::clone(&self.faults), clock.clone());
        interposer.wrap(&mut capabilities);
        let watch = Arc::<Watch>::default();
        let options = AppOptions {
            limits: self.bounds.limits(&manifest),
            quiet: true,
            log_sink: Some(Arc::clone(&output) as Arc<dyn LogSink>),
            clock: Some(rule),
            random_seed: Some(self.seed),
            attribute_calls: true,
            observer: Some(Arc::clone(&watch) as Arc<dyn Observer>),
            ..AppOptions::default()
        };
        let app = App::load(
            runtime(self.metered),
            manifest,
            resolver,
            capabilities,
            options,
            |_| (),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
        let settling = Settling::of(&app, &ledger, &clock);
        TestApp {
            leftovers: Leftovers::new(self.outbound, watch),
            shown: ShownOnFailure(ledger),
            settling,
            app,
            clock,
            faults: self.faults,
            output,
            stores,
        }
    }
}

/// Awaiting a builder builds the application.
impl IntoFuture for TestAppBuilder {
    type Output = TestApp;
    type IntoFuture = Pin<Box<dyn Future<Output = TestApp>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

/// The engine for all tests of the process, so that a component is compiled once; or, for those that
/// measure, the one that counts.
fn runtime(metered: bool) -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static METERED: OnceLock<Runtime> = OnceLock::new();
    let runtime = if metered { &METERED } else { &RUNTIME };
    runtime.get_or_init(|| {
        let options = RuntimeOptions {
            consume_fuel: metered,
            ..RuntimeOptions::default()
        };
        Runtime::new(&options).unwrap_or_else(|error| panic!("{error}"))
    })
}
