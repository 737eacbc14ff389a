//! Tests of the harness itself. One target, so that wasmtime is linked once: a new file is a new
//! module here.

mod budgets;
mod calls;
mod client;
mod every_call;
mod failing;
mod failures;
mod fault_kinds;
mod foreign;
mod guest;
mod leftovers;
mod manifests;
mod outbound;
mod redis;
mod state_bleed;
mod templates;
