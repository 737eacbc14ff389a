//! What the functions' budgets are measured in. Each function measures its own requests, in the test
//! `keeps_to_its_budget` of its module.

use jenny_test::{Budgets, Store, TestApp};

/// An application that counts what its components compute.
pub(crate) struct Measured {
    pub(crate) app: TestApp,
    pub(crate) budgets: Budgets,
}

/// One to measure this function in, with the function's budgets. `None` on Postgres: what a server takes is
/// not counted, and when it answers differs.
pub(crate) async fn measured(function: &str) -> Option<Measured> {
    if crate::STORE == Store::Postgres {
        return None;
    }
    let app = crate::app().metered().build().await;
    // Lays the schema, which is not what is measured.
    app.get("/health/ready").send().await.assert_status(200);
    let mut budgets = Budgets::open(format!("../functions/{function}/budgets.toml"));
    budgets.component(&app, function);
    Some(Measured { app, budgets })
}
