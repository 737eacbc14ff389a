//! Random sequences of requests against a model of the domain.
//!
//! What fails is shrunk to a short sequence, shown with every request and answer, and its seed is
//! kept in `sample/tests/proptest-regressions/` to be tried first from then on.
//!
//! `PROPTEST_CASES` asks for more than the few sequences that are tried otherwise, and
//! `PROPTEST_RNG_SEED` for the same ones again. In CI the seed is fixed, so that a change fails for
//! what it changed.

#[path = "model/answer.rs"]
mod answer;
#[path = "model/domain.rs"]
mod domain;
#[path = "model/drive.rs"]
mod drive;
#[path = "model/invariants.rs"]
mod invariants;
#[path = "model/judge.rs"]
mod judge;
#[path = "model/step.rs"]
mod step;
#[path = "model/vocabulary.rs"]
mod vocabulary;
#[path = "model/wire.rs"]
mod wire;

use std::env;
use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use self::drive::Stage;

/// Cases unless `PROPTEST_CASES` says otherwise: a few seconds, for either store.
const CASES: u32 = 24;

/// Shrinking ends after so much, with what it has.
const MAX_SHRINK_TIME_MILLISECONDS: u32 = 60_000;
const MAX_SHRINK_ITERATIONS: u32 = 2_000;

#[test]
fn answers_agree_with_the_model() {
    check("sequences", &step::sequence(40), async |stage, steps| {
        stage.one_by_one(steps).await
    });
}

#[test]
fn counts_and_references_hold_when_requests_race() {
    check("races", &step::races(6, 8), async |stage, batches| {
        stage.at_once(batches).await
    });
}

/// Draws cases and checks each; panics with the smallest one that fails.
fn check<S>(
    name: &'static str,
    strategy: &S,
    holds: impl AsyncFn(&Stage, &S::Value) -> Result<(), String>,
) where
    S: Strategy,
    S::Value: Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime starts");
    let stage = runtime.block_on(Stage::set());
    let mut runner = TestRunner::new(config(name));
    let result = runner.run(strategy, |case| {
        runtime
            .block_on(holds(&stage, &case))
            .map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn config(name: &str) -> Config {
    let regressions = match name {
        "races" => concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/proptest-regressions/races.txt"
        ),
        _ => concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/proptest-regressions/sequences.txt"
        ),
    };
    // With what the environment says.
    let mut config = Config {
        max_shrink_time: MAX_SHRINK_TIME_MILLISECONDS,
        max_shrink_iters: MAX_SHRINK_ITERATIONS,
        ..Config::default()
    };
    if config.failure_persistence.is_some() {
        let file = FileFailurePersistence::Direct(regressions);
        config.failure_persistence = Some(Box::new(file));
    }
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if env::var_os("CI").is_some() && config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(0);
    }
    config
}
