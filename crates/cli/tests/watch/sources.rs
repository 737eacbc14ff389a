//! What is built, and by which command.

use crate::watching::Folder;
use crate::{APPLICATION, FIRST, SECOND, application};

#[test]
fn without_building_artefacts_are_watched() {
    let folder = application();
    folder.component("a.wasm", FIRST);
    let mut jenny = folder.up(&["--no-build", "--state-dir", ""]);
    assert_eq!(jenny.answer(), FIRST);

    folder.component("a.wasm", SECOND);

    jenny.says("Changed a.wasm");
    jenny.says("Serving the new a.wasm");
    assert_eq!(jenny.answer(), SECOND);
}

#[test]
fn a_migration_that_fails_is_an_error_like_any_other() {
    let watching = "watch = [\"src/**\", \"migrations/**\"]";
    let folder = Folder::with(&APPLICATION.replace("watch = [\"src/**\"]", watching));
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");
    folder.write(
        "migrations/build.rs",
        "fn main() { jenny_build::migrations() }",
    );
    folder.write("migrations/0001_a.sqlite.sql", "CREATE TABLE a (b);\n");
    let mut jenny = folder.up(&["--state-dir", ""]);

    folder.write(
        "migrations/0002_b.sqlite.sql",
        "-- Why.\nCREATE TABLE b (\n    c TEXT PRIMARY KAY\n);\n",
    );

    let error = jenny.says("error: ");
    let place = "migrations/0002_b.sqlite.sql:3:20: near \"KAY\"";
    assert!(error.contains(place), "{error}");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), FIRST);
    folder.write("migrations/0002_b.sqlite.sql", "CREATE TABLE b (c TEXT);\n");
    jenny.says("Serving the new a");
}

#[test]
fn the_quick_profile_is_for_watching_alone() {
    let quick = "[component.a.profile.quick]\nsource = \"quick.wasm\"\n\
                 environment = { VERSION = \"quick\" }\nbuild.command = \"cp src/a quick.wasm\"\n";
    let folder = Folder::with(&format!("{APPLICATION}{quick}"));
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");

    let jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.get("/environment/VERSION").1, "quick");
    assert!(folder.path("quick.wasm").is_file());
    assert!(!folder.path("a.wasm").exists());
    drop(jenny);

    let jenny = folder.up(&["--state-dir", "", "--profile", ""]);
    assert_eq!(jenny.get("/environment/VERSION").1, "1");
    assert!(folder.path("a.wasm").is_file());
}

#[test]
fn the_quick_profile_comes_and_goes_with_the_manifest() {
    let quick = "[component.a.profile.quick]\nenvironment = { VERSION = \"quick\" }\n";
    let with_quick = format!("{APPLICATION}{quick}");
    let folder = Folder::with(&with_quick);
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.get("/environment/VERSION").1, "quick");

    folder.manifest(APPLICATION);
    jenny.says("Serving the new spin.toml");
    assert_eq!(jenny.get("/environment/VERSION").1, "1");

    folder.manifest(&with_quick);
    jenny.says("Serving the new spin.toml");
    assert_eq!(jenny.get("/environment/VERSION").1, "quick");
}

#[test]
fn cargo_builds_what_was_saved_and_shows_what_it_does_not_compile() {
    let source = |answer: &str| {
        format!(
            "use wasip2::exports::http::incoming_handler::Guest;\n\
             use wasip2::http::types::{{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam}};\n\
             struct Tiny;\n\
             wasip2::http::proxy::export!(Tiny);\n\
             impl Guest for Tiny {{\n\
             fn handle(_: IncomingRequest, answer: ResponseOutparam) {{\n\
             let response = OutgoingResponse::new(Fields::new());\n\
             let body = response.body().unwrap();\n\
             ResponseOutparam::set(answer, Ok(response));\n\
             let stream = body.write().unwrap();\n\
             stream.blocking_write_and_flush({answer}).unwrap();\n\
             drop(stream);\n\
             OutgoingBody::finish(body, None).unwrap();\n\
             }} }}\n"
        )
    };
    let folder = Folder::with(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"tiny\"\n\
         [component.tiny]\nsource = \"target/wasm32-wasip2/debug/tiny.wasm\"\n\
         [component.tiny.build]\n\
         command = \"cargo build --target wasm32-wasip2\"\nwatch = [\"src/**/*.rs\"]\n",
    );
    folder.write(
        "Cargo.toml",
        "[package]\nname = \"tiny\"\nedition = \"2024\"\n[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n\
         [dependencies]\nwasip2 = \"1\"\n[profile.dev]\ndebug = false\n",
    );
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2);
    let lock = workspace.expect("cli/ has a parent").join("Cargo.lock");
    folder.write("Cargo.lock", std::fs::read(lock).expect("it is there"));
    let included = source("include_bytes!(\"../answer.txt\")");
    folder.write("answer.txt", "one");
    folder.write("src/lib.rs", &included);
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.answer(), "one");

    folder.write("src/lib.rs", source("\"no bytes\""));
    jenny.says("error[E0308]");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), "one");

    folder.write("src/lib.rs", source("b\"two\""));
    jenny.says("Serving the new tiny");
    assert_eq!(jenny.answer(), "two");

    // What no pattern names, but cargo, which does not list it while nothing includes it.
    folder.write("src/lib.rs", included);
    jenny.says("Serving the new tiny");
    assert_eq!(jenny.answer(), "one");
    folder.write("answer.txt", "three");
    jenny.says("Changed answer.txt; building tiny");
    jenny.says("Serving the new tiny");
    assert_eq!(jenny.answer(), "three");
    let manifest = std::fs::read_to_string(folder.path("Cargo.toml")).expect("it is there");
    folder.write("Cargo.toml", format!("# Another.\n{manifest}"));
    jenny.says("Changed Cargo.toml; building tiny");
    jenny.says("Serving the new tiny");
}
