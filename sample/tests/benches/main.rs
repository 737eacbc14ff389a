//! What requests cost over few and over many articles, in process and over a socket.
//!
//! ```sh
//! cargo jenny bench          # both databases are seeded once and kept
//! cargo jenny bench feed     # only what has `feed` in its name
//! JENNY_BENCH_ARTICLES=1000,10000 cargo jenny bench
//! ```
//!
//! At the end stands a table with the medians, how many times dearer the larger database is, and the
//! statements and fuel (about one for each instruction in the component) of a request.

mod operation;
mod report;
mod socket;
mod statements;
mod world;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode};

use operation::Operation;
use socket::Socket;
use world::World;

/// The sizes to compare, unless the environment says otherwise.
const ARTICLES: [u64; 2] = [10_000, 1_000_000];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let _inside = runtime.enter();
    let worlds: Vec<World> = sizes()
        .into_iter()
        .map(|articles| {
            world::seed(articles);
            runtime.block_on(World::open(articles, false))
        })
        .collect();
    let sockets: Vec<Socket> = worlds
        .iter()
        .map(|world| runtime.block_on(Socket::open(world)))
        .collect();

    let output = target().join("criterion");
    let mut criterion = Criterion::default()
        .output_directory(&output)
        .sample_size(30)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    for operation in Operation::ALL {
        bench(&mut criterion, &operation.in_process(), &worlds, |world| {
            runtime.block_on(operation.run(world))
        });
        let served: Vec<(&World, &Socket)> = worlds.iter().zip(&sockets).collect();
        bench(
            &mut criterion,
            &operation.over_a_socket(),
            &served,
            |(world, socket)| {
                let elapsed = socket.run(operation.request(world));
                runtime.block_on(operation.undo(world));
                elapsed
            },
        );
    }
    criterion.final_summary();

    let costs = runtime.block_on(report::costs(&sizes()));
    report::print(&output, &sizes(), &costs);
}

/// Measures one thing in every world, one after the other, so that what else the machine does falls
/// upon all of them.
fn bench<W: AsArticles>(
    criterion: &mut Criterion,
    name: &str,
    worlds: &[W],
    run: impl Fn(&W) -> Duration,
) {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    for world in worlds {
        let id = BenchmarkId::from_parameter(world.articles());
        group.bench_function(id, |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| run(world)).sum());
        });
    }
    group.finish();
}

/// What says how many articles it has.
trait AsArticles {
    fn articles(&self) -> u64;
}

impl AsArticles for World {
    fn articles(&self) -> u64 {
        self.articles
    }
}

impl AsArticles for (&World, &Socket) {
    fn articles(&self) -> u64 {
        self.0.articles
    }
}

fn sizes() -> Vec<u64> {
    match std::env::var("JENNY_BENCH_ARTICLES") {
        Ok(sizes) => sizes
            .split(',')
            .map(|size| {
                size.trim()
                    .parse()
                    .expect("JENNY_BENCH_ARTICLES has numbers")
            })
            .collect(),
        Err(_) => ARTICLES.to_vec(),
    }
}

/// The workspace's folder.
fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("sample/tests is below the root")
}

/// Where results and databases are kept.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// How long something takes.
async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}
