//! What the functions' budgets are measured in. Each function measures its own requests, in the test
//! `keeps_to_its_budget` of its module.

use jenny_test::{Budgets, Store, TestApp};

/// An application that counts what its components compute.
pub(crate) struct Measured {
    pub(crate) app: TestApp,
    pub(crate) budgets: Budgets,
}

/// The application to measure this function in, with the function's budgets. `None` on Postgres: what a server
/// takes is not counted, and when it answers differs.
pub(crate) async fn measured(function: &str) -> Option<Measured> {
    if crate::STORE == Store::Postgres {
        return None;
    }
    let app = crate::app().metered().build().await;
    let mut budgets = Budgets::open(format!("../functions/{function}/budgets.toml"));
    budgets.component(&app, function);
    Some(Measured { app, budgets })
}
