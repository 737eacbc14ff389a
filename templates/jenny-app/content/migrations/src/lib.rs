//! The schema: every migration in this package's folder, in order. How to write one stands in its
//! `README.md`.

use shared::db::Migration;

/// All migrations, in order. A function hands them to `shared::db::layer`.
pub const ALL: &[Migration] = include!(concat!(env!("OUT_DIR"), "/all.rs"));
