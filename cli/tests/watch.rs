//! The real `jenny up --watch`: files change, and somebody asks.
#![cfg(unix)]

mod watching;

use watching::{Folder, make_pipe};

/// One component that is built by being copied. What is missing is what does not compile.
const APPLICATION: &str = r#"
[variables]
greeting = { default = "hello" }
[[trigger.http]]
route = "/..."
component = "a"
[component.a]
source = "a.wasm"
key_value_stores = ["default"]
environment = { VERSION = "1" }
variables = { greeting = "{{ greeting }}" }
files = ["page.txt"]
[component.a.build]
command = "cp src/a a.wasm"
watch = ["src/**"]
"#;

const FIRST: &str = "the first version";
const SECOND: &str = "the other version";

fn application() -> Folder {
    let folder = Folder::with(APPLICATION);
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");
    folder
}

#[test]
fn a_change_is_built_and_served() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.answer(), FIRST);

    folder.component("src/a", SECOND);

    jenny.says("Changed src/a; building a");
    jenny.says("Serving the new a after ");
    assert_eq!(jenny.answer(), SECOND);
}

#[test]
fn a_request_in_flight_finishes_on_what_it_began_with() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    let mut echo = jenny.begin_echo();

    folder.component("src/a", SECOND);
    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);

    echo.send("second");
    assert_eq!(echo.part(), "second");
    echo.end();
    assert_eq!(echo.part(), "");
    // The connection stays, and what it asks next is asked of the new one.
    assert_eq!(echo.then_get("/interface/unknown"), SECOND);
}

#[test]
fn an_error_is_shown_while_the_last_version_that_works_serves() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);

    std::fs::remove_file(folder.path("src/a")).expect("it is there");

    jenny.says("cp: ");
    let error = jenny.says("error: ");
    assert!(error.contains("building component a failed"), "{error}");
    assert!(error.contains("cp src/a a.wasm"), "{error}");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), FIRST);

    folder.component("src/a", SECOND);
    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);
}

#[test]
fn a_component_that_does_not_load_is_an_error_like_any_other() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);

    folder.write("src/a", "no component");

    let error = jenny.says("error: ");
    assert!(error.contains("component `a`"), "{error}");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), FIRST);

    folder.component("src/a", SECOND);
    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);
}

#[test]
fn the_first_version_is_waited_for_too() {
    let folder = Folder::with(APPLICATION);
    folder.write("page.txt", "page 1");
    std::fs::create_dir(folder.path("src")).expect("it is new");
    let mut jenny = folder.start(&["--state-dir", ""]);
    jenny.says("Nothing is served yet");

    folder.component("src/a", FIRST);

    jenny.serves();
    assert_eq!(jenny.answer(), FIRST);
}

#[test]
fn a_changed_manifest_serves_its_routes_and_grants() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.get("/environment/VERSION").1, "1");

    let more =
        "[[trigger.http]]\nroute = \"/fixed\"\nstatic_response = { body = \"a fixed answer\" }\n";
    let changed = APPLICATION.replace("VERSION = \"1\"", "VERSION = \"2\"");
    folder.manifest(&format!("{more}{changed}"));

    jenny.says("Changed spin.toml");
    jenny.says("Serving the new spin.toml");
    assert_eq!(jenny.get("/fixed").1, "a fixed answer");
    assert_eq!(jenny.get("/environment/VERSION").1, "2");
    // The new route is shown.
    jenny.stdout_with("/fixed");
    let built = jenny.said().matches("building a").count();
    assert_eq!(built, 0, "{}", jenny.said());
}

#[test]
fn a_broken_manifest_is_told_and_changes_nothing() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);

    folder.manifest("[application\n");

    let error = jenny.says("error: ");
    assert!(error.contains("spin.toml:4"), "{error}");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), FIRST);
    // What is not the manifest's fault goes on.
    folder.component("src/a", SECOND);
    let error = jenny.says("error: ");
    assert!(error.contains("spin.toml:4"), "{error}");

    folder.manifest(APPLICATION);
    jenny.says("Serving the new a, spin.toml");
    assert_eq!(jenny.answer(), SECOND);
}

#[test]
fn variables_and_files_are_read_again() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert!(jenny.get("/interface/variables").1.contains("\"hello\""));
    assert_eq!(jenny.get("/file/page.txt").1, "page 1");

    // There was none until now.
    folder.write(".env", "SPIN_VARIABLE_GREETING=goodbye\n");
    jenny.says("Serving the new .env");
    assert!(jenny.get("/interface/variables").1.contains("\"goodbye\""));

    folder.write("page.txt", "page 2");
    jenny.says("Serving the new page.txt");
    assert_eq!(jenny.get("/file/page.txt").1, "page 2");

    folder.write(".env", "what is this");
    jenny.says("error: ");
    jenny.says("keeps serving");
    assert!(jenny.get("/interface/variables").1.contains("\"goodbye\""));

    std::fs::remove_file(folder.path(".env")).expect("it is there");
    jenny.says("Serving the new .env");
    assert!(jenny.get("/interface/variables").1.contains("\"hello\""));
}

#[test]
fn what_is_in_memory_outlives_a_change() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert!(jenny.get("/interface/key-value").1.starts_with("Ok(None)"));

    folder.component("src/a", SECOND);
    jenny.says("Serving the new a");

    let kept = jenny.get("/interface/key-value").1;
    assert!(kept.starts_with("Ok(Some([49]))"), "{kept}");
}

#[test]
fn a_change_during_a_build_begins_it_anew() {
    // A build waits at the gate that a source names.
    let folder = Folder::with(&APPLICATION.replace("cp src/a", "cat $(cat src/gate) && cp src/a"));
    for gate in ["open", "first", "second"] {
        make_pipe(&folder.path(gate));
    }
    let open = |gate| std::fs::write(folder.path(gate), "").expect("a build waits there");
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");
    folder.write("src/gate", "open");
    let mut jenny = folder.start(&["--state-dir", ""]);
    open("open");
    jenny.serves();

    folder.write("src/gate", "first");
    jenny.says("Changed src/gate; building a");
    folder.component("src/a", SECOND);
    jenny.says("Changed src/a; building a");
    folder.write("src/gate", "second");
    jenny.says("Changed src/gate; building a");
    assert_eq!(jenny.answer(), FIRST);
    open("second");

    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);
    // What was given up is not told as if it had failed.
    assert!(!jenny.said().contains("error: "), "{}", jenny.said());
}

#[test]
fn the_end_of_the_process_is_the_end_of_a_build() {
    let folder = application();
    let jenny = folder.up(&["--state-dir", ""]);
    make_pipe(&folder.path("gate"));
    let waiting = "echo runs > gate; exec sh -c 'read never < gate; true'";
    folder.manifest(&APPLICATION.replace("cp src/a a.wasm", waiting));
    let said = std::fs::read_to_string(folder.path("gate"));
    assert_eq!(said.expect("the build says so"), "runs\n");

    jenny.ends_with_all_that_it_started();
}

#[test]
fn components_come_and_go_and_only_what_changed_is_built() {
    let entry = |id: &str| {
        format!(
            "[[trigger.http]]\nroute = \"/interface/{id}\"\ncomponent = \"{id}\"\n\
             [component.{id}]\nsource = \"{id}.wasm\"\n\
             [component.{id}.build]\ncommand = \"cp functions/{id}/a {id}.wasm\"\nwatch = [\"functions/{id}/*\"]\n"
        )
    };
    let folder = Folder::with(&entry("one"));
    folder.component("functions/one/a", FIRST);
    let mut jenny = folder.up(&["--state-dir", ""]);

    // Its manifest entry comes last, as `cargo jenny new` writes it, in a folder that is new.
    folder.component("functions/two/a", FIRST);
    folder.manifest(&format!("{}{}", entry("one"), entry("two")));
    let told = jenny.says("Changed spin.toml");
    assert!(told.ends_with("; building two"), "{told}");
    jenny.says("Serving the new spin.toml");
    assert_eq!(jenny.get("/interface/two").1, FIRST);

    folder.component("functions/two/a", SECOND);
    jenny.says("; building two");
    jenny.says("Serving the new two");
    assert_eq!(jenny.get("/interface/one").1, FIRST);
    assert_eq!(jenny.get("/interface/two").1, SECOND);

    let both = "the third version";
    for id in ["one", "two"] {
        folder.component(&format!("functions/{id}/a"), both);
    }
    while [jenny.get("/interface/one").1, jenny.get("/interface/two").1] != [both, both] {
        jenny.says("Serving the new ");
    }

    // One is renamed, the other gone.
    std::fs::remove_dir_all(folder.path("functions/two")).expect("it is there");
    std::fs::rename(folder.path("functions/one"), folder.path("functions/three"))
        .expect("it is there");
    folder.manifest(&entry("three"));
    while jenny.get("/interface/three").1 != both {
        jenny.says("Serving the new ");
    }
    assert_eq!(jenny.get("/interface/one").0, 404);
    assert_eq!(jenny.get("/interface/two").0, 404);
}

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
         command = \"cargo build --offline --target wasm32-wasip2\"\nwatch = [\"src/**/*.rs\", \"Cargo.toml\"]\n",
    );
    folder.write(
        "Cargo.toml",
        "[package]\nname = \"tiny\"\nedition = \"2024\"\n[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n\
         [dependencies]\nwasip2 = \"1\"\n[profile.dev]\ndebug = false\n",
    );
    let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let lock = workspace.expect("cli/ has a parent").join("Cargo.lock");
    folder.write("Cargo.lock", std::fs::read(lock).expect("it is there"));
    folder.write("src/lib.rs", source("b\"one\""));
    let mut jenny = folder.up(&["--state-dir", ""]);
    assert_eq!(jenny.answer(), "one");

    folder.write("src/lib.rs", source("\"no bytes\""));
    jenny.says("error[E0308]");
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), "one");

    folder.write("src/lib.rs", source("b\"two\""));
    jenny.says("Serving the new tiny");
    assert_eq!(jenny.answer(), "two");
}
