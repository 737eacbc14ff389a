//! `jenny up --watch`: builds and loads again what changes, while the version before serves.
//!
//! Whatever changes, sources, manifest, variables or files, leads to the same: what has to be built is
//! built, the whole application is loaded anew, and put in the place of the one that serves. Loading
//! is quick, because components that did not change are compiled already and stores stay open. If
//! anything goes wrong on the way it is told, and the version that serves stays.

mod builder;
mod changes;
mod globs;
mod inputs;
mod session;
mod snapshot;
mod work;

pub(super) use session::Session;
pub(super) use work::{Settings, in_profile};
