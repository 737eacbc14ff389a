//! Component tests: one module for each function, named after it, and one for each thing that
//! concerns them all. `build.rs` lists them; nothing has to be registered here.

include!(concat!(env!("OUT_DIR"), "/it.rs"));
