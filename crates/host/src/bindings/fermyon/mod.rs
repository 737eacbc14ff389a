//! `fermyon:spin@2.0.0`, which components import that were built before Spin gave each interface a
//! package of its own, and those of languages whose SDKs have not followed.
//!
//! They reach the same stores with the same grants, and hold them as the same resources, as through
//! the newer interfaces. Every function here holds the whole instance until it returns.
//! `postgres` is with [the newer versions of it](super::postgres).

mod key_value;
mod llm;
mod sqlite;
mod variables;
