//! What the build scripts of an application do.
//!
//! An application has no list of its migrations, its tests or its operations: they are found where they
//! lie. Each function here is all that the build script of one package calls:
//!
//! ```no_run
//! // The whole of `main` in migrations/build.rs.
//! jenny_build::migrations();
//! ```
//!
//! What it writes is included by the package's source, from the folder that cargo gives to the script. A
//! mistake ends the build with one sentence.

mod component_tests;
mod docs;
pub mod migrations;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Lists the migrations in the package's folder, `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql`, in a
/// file `all.rs`: an expression of the type `&[shared::db::Migration]`.
///
/// ```text
/// use shared::db::Migration;
///
/// pub const ALL: &[Migration] = include!(concat!(env!("OUT_DIR"), "/all.rs"));
/// ```
///
/// The build ends when two migrations have one number, when a migration has no SQLite file, and when a file
/// is named otherwise.
pub fn migrations() {
    script("migrations", |folder, out| {
        let found = migrations::find(&folder)?;
        Ok(fs::write(out.join("all.rs"), found)?)
    });
}

/// Makes a module of each file in the folder `it` of the package, in a file `it.rs`, so that writing
/// `it/<function>.rs` is all it takes to have it run. `main.rs` is left out, which includes them.
pub fn tests() {
    script("tests", |folder, out| {
        let found = component_tests::find(&folder.join("it"))?;
        Ok(fs::write(out.join("it.rs"), found)?)
    });
}

/// Makes what a function `docs` serves: the documents of the functions that the manifest names, merged into
/// one, the page that lists their operations, and both compressed. They are in a file `site.rs`: an
/// expression of the type `shared::docs::Site`.
///
/// The manifest is the nearest `spin.toml`, from the package's folder upwards.
pub fn docs() {
    script("docs", |folder, out| docs::make(&folder, &out));
}

/// Runs a build script with the folder of its package and the one to write to. cargo shows its error as the
/// package's.
fn script(name: &str, make: impl FnOnce(PathBuf, PathBuf) -> Result<(), Box<dyn Error>>) {
    let folder = |variable| env::var_os(variable).map(PathBuf::from);
    let made = match (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR")) {
        (Some(package), Some(out)) => make(package, out),
        _ => Err("this is for build scripts, which cargo runs".into()),
    };
    if let Err(error) = made {
        println!("cargo::error={name}: {error}");
        std::process::exit(1);
    }
}
