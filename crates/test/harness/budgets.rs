//! What requests cost, and that it is always the same.

use jenny_test::{Cost, TestApp};

use crate::failing::failing_future;
use crate::guest;

async fn metered() -> TestApp {
    guest::builder().metered().build().await
}

/// What the first two requests to a new application cost.
async fn costs(path: &str) -> [Cost; 2] {
    let app = metered().await;
    let first = app.get(path).send().await;
    let second = app.get(path).send().await;
    [app.cost_of(&first).await, app.cost_of(&second).await]
}

#[tokio::test]
async fn the_same_requests_cost_the_same() {
    let once = costs("/interface/key-value").await;
    assert_eq!(once, costs("/interface/key-value").await);
    assert!(once[0].calls > 5, "{once:?}");
    // There is always the stack, of a mebibyte.
    assert!(once[0].memory_bytes > 1 << 20, "{once:?}");
}

#[tokio::test]
async fn an_instance_that_is_started_costs_something() {
    let [cold, warm] = costs("/ok").await;
    assert!(cold.fuel > warm.fuel && warm.fuel > 0, "{cold:?} {warm:?}");
}

#[tokio::test]
async fn it_costs_the_same_however_busy_the_machine_is() {
    let alone = costs("/interface/wasi-key-value").await;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let busy = std::thread::scope(|scope| {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..2 * processors {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let measured = std::thread::scope(|inner| {
            let runtime = inner.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime can be made");
                runtime.block_on(costs("/interface/wasi-key-value"))
            });
            runtime.join()
        });
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        measured.expect("it is measured")
    });
    assert_eq!(alone, busy);
}

#[tokio::test]
async fn instances_are_new_after_they_were_restarted() {
    let app = guest::app().await;
    app.get("/count").send().await.assert_text("1");
    app.get("/count").send().await.assert_text("2");

    app.restart_instances().await;

    app.get("/count").send().await.assert_text("1");
}

#[tokio::test]
async fn what_was_not_metered_has_no_cost() {
    let app = guest::app().await;
    let response = app.get("/ok").send().await;
    failing_future(app.cost_of(&response))
        .await
        .says(&["TestAppBuilder::metered"]);
}

#[tokio::test]
async fn what_no_component_answered_has_no_cost() {
    let app = TestApp::builder().metered().build().await;
    let response = app.get("/nowhere").send().await;
    failing_future(app.cost_of(&response))
        .await
        .says(&["no component answered GET /nowhere"]);
}
