//! What the harness itself costs: an application for each test, and a request to it.
//!
//! ```sh
//! cargo jenny bench --bench harness
//! ```
//!
//! At the end stands a table with the medians, what they may be at most, and how many isolated tests
//! this machine runs in a second.

mod bare;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode};
use jenny_test::{TestApp, TestAppBuilder};
use serde_json::Value;
use tokio::runtime::Runtime;

use bare::Bare;

/// A request that a component answers without doing anything for it, but for what it does as a
/// component of WASIp3: see [`guest`].
const OK: &str = "/ok";

/// A request that a component of ours answers without its database.
const LIVE: &str = "/health/live";

/// One for which a guest book lays its schema and reads.
const ENTRIES: &str = "/book/entries";

const NEW: &str = "test-app-new";
const REQUEST: &str = "request";
const HEALTH: &str = "request-of-the-harness";
const BARE: &str = "request-of-the-host";
const ISOLATED: &str = "isolated-tests";
const ISOLATED_SQL: &str = "isolated-tests-with-a-schema";

/// What one application may cost, and what a request may beyond what the component does.
const MAX_NEW: Duration = Duration::from_millis(2);
const MAX_REQUEST: Duration = Duration::from_micros(200);

fn main() {
    // As a test has it.
    let runtime = runtime();
    // Builds and compiles what is not yet.
    runtime.block_on(async { drop((TestApp::new().await, guestbook().await)) });

    let output = target().join("criterion");
    let mut criterion = Criterion::default()
        .output_directory(&output)
        .sample_size(50)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    bench(&mut criterion, NEW, |iterations| {
        runtime.block_on(creation(iterations))
    });
    for (name, builder, path) in [(REQUEST, guest(), OK), (HEALTH, TestApp::builder(), LIVE)] {
        let app = runtime.block_on(builder.build());
        bench(&mut criterion, name, |iterations| {
            runtime.block_on(requests(iterations, async || {
                app.get(path).send().await.assert_status(200);
            }))
        });
    }
    let bare = runtime.block_on(Bare::new());
    bench(&mut criterion, BARE, |iterations| {
        runtime.block_on(requests(iterations, async || bare.get(LIVE).await))
    });
    bench(&mut criterion, ISOLATED, |iterations| {
        isolated(iterations, TestApp::builder, LIVE)
    });
    bench(&mut criterion, ISOLATED_SQL, |iterations| {
        isolated(iterations, guestbook, ENTRIES)
    });
    criterion.final_summary();
    report(&output);
}

fn bench(criterion: &mut Criterion, name: &str, mut run: impl FnMut(u64) -> Duration) {
    let mut group = criterion.benchmark_group("harness");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(name, |bencher| bencher.iter_custom(&mut run));
    group.finish();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

/// The component of the host's tests, which does nothing but what a path says.
fn guest() -> TestAppBuilder {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/harness/guest/spin.toml");
    TestApp::from_manifest(manifest)
}

/// An application with a database.
fn guestbook() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/guestbook")
}

/// How long it takes to make so many applications. That they end is not counted.
async fn creation(applications: u64) -> Duration {
    let mut elapsed = Duration::ZERO;
    for _ in 0..applications {
        let start = Instant::now();
        let app = TestApp::new().await;
        elapsed += start.elapsed();
        drop(app);
    }
    elapsed
}

/// How long it takes to send so many requests, one after the other, to an instance that is there.
async fn requests(requests: u64, send: impl AsyncFn()) -> Duration {
    send().await;
    let start = Instant::now();
    for _ in 0..requests {
        send().await;
    }
    start.elapsed()
}

/// How long it takes to run so many tests, on all processors at once: each has a runtime and an
/// application of its own, sends one request, and cleans up.
fn isolated(tests: u64, builder: fn() -> TestAppBuilder, path: &str) -> Duration {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let own = tests / threads + u64::from(thread < tests % threads);
            scope.spawn(move || {
                for _ in 0..own {
                    runtime().block_on(async {
                        let app = builder().await;
                        app.get(path).send().await.assert_status(200);
                    });
                }
            });
        }
    });
    start.elapsed()
}

fn report(output: &Path) {
    let median = |name: &str| median(&output.join("harness").join(name));
    let within = |is: Duration, most: Duration| match is <= most {
        true => "",
        false => "  MORE THAN IT MAY",
    };
    println!();
    if let Some(new) = median(NEW) {
        println!(
            "an application        {new:>10.1?}, at most {MAX_NEW:?}{}",
            within(new, MAX_NEW)
        );
    }
    if let Some(request) = median(REQUEST) {
        println!(
            "a request             {request:>10.1?}, at most {MAX_REQUEST:?}{}",
            within(request, MAX_REQUEST)
        );
    }
    if let (Some(harness), Some(bare)) = (median(HEALTH), median(BARE)) {
        println!("one to {LIVE}   {harness:>10.1?}, and {bare:.1?} without the harness");
    }
    for (name, what) in [
        (ISOLATED, "one request each"),
        (ISOLATED_SQL, "one request and a schema each"),
    ] {
        if let Some(each) = median(name) {
            println!(
                "isolated tests        {:>10.0} a second, {what}",
                1.0 / each.as_secs_f64()
            );
        }
    }
}

/// `None` for what was never measured.
fn median(folder: &Path) -> Option<Duration> {
    let text = std::fs::read_to_string(folder.join("new/estimates.json")).ok()?;
    let estimates: Value = serde_json::from_str(&text).ok()?;
    let nanoseconds = estimates["median"]["point_estimate"].as_f64()?;
    Some(Duration::from_nanos(nanoseconds as u64))
}

/// Cargo's target folder, in which this program is.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a file");
    program
        .ancestors()
        .nth(3)
        .expect("it is deep in the target folder")
        .to_owned()
}
