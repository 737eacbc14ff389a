//! What the functions' budgets are measured in. Each function measures its own requests, in the test
//! `keeps_to_its_budget` of its module.

use jenny_test::{Budgets, TestApp};

/// An application that counts what its components compute.
pub(crate) struct Measured {
    pub(crate) app: TestApp,
    pub(crate) budgets: Budgets,
}

/// One to measure this function in, with the function's budgets.
pub(crate) async fn measured(function: &str) -> Measured {
    let app = crate::app().metered().build().await;
    let mut budgets = Budgets::open(format!("../functions/{function}/budgets.toml"));
    budgets.component(&app, function);
    Measured { app, budgets }
}
