//! One version after another.

use crate::watching::{Folder, make_pipe, open_for_all, read_pipe};
use crate::{
    APPLICATION, FIRST, SECOND, application, keeps_serving_until_it_works, serves_the_other_version,
};

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
    // The client says nothing while the other version is built, however long that takes.
    let mut jenny = folder.up(&["--state-dir", "", "--body-timeout", "60m"]);
    let mut echo = jenny.begin_echo();

    serves_the_other_version(&folder, &mut jenny);

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
    keeps_serving_until_it_works(&folder, &mut jenny);
}

#[test]
fn a_component_that_does_not_load_is_an_error_like_any_other() {
    let folder = application();
    let mut jenny = folder.up(&["--state-dir", ""]);

    folder.write("src/a", "no component");

    let error = jenny.says("error: ");
    assert!(error.contains("component `a`"), "{error}");
    keeps_serving_until_it_works(&folder, &mut jenny);
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
fn a_change_during_a_build_begins_the_next_one() {
    // A build waits at the gate that a source names. How many builds come to which gate is not known: one
    // may read the name only when it is the next.
    let folder = Folder::with(&APPLICATION.replace("cp src/a", "cat $(cat src/gate) && cp src/a"));
    for gate in ["open", "first", "second"] {
        make_pipe(&folder.path(gate));
    }
    let open = |gate| open_for_all(folder.path(gate));
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
fn what_changes_before_a_build_begins_is_built_once() {
    // While there is a file `slow`, a build says when it waits and, given up, when it ends.
    let build = "echo >> builds; if [ -e slow ]; then \
                 trap 'echo ends > told; cat ending; exit 1' TERM; \
                 echo waits > told; cat gate & wait; fi; cp src/a";
    let folder = Folder::with(&APPLICATION.replace("cp src/a", build));
    for pipe in ["told", "gate", "ending"] {
        make_pipe(&folder.path(pipe));
    }
    folder.component("src/a", FIRST);
    folder.write("page.txt", "page 1");
    let mut jenny = folder.up(&["--state-dir", ""]);
    folder.write("slow", "");
    folder.write("src/b", "1");
    assert_eq!(read_pipe(folder.path("told")), "waits\n");
    std::fs::remove_file(folder.path("slow")).expect("it is there");
    folder.write("src/b", "2");
    assert_eq!(read_pipe(folder.path("told")), "ends\n");

    folder.component("src/a", SECOND);
    open_for_all(folder.path("ending"));

    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);
    folder.component("src/a", FIRST);
    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), FIRST);
    // One was given up.
    let builds = std::fs::read_to_string(folder.path("builds")).expect("it is text");
    assert_eq!(builds.lines().count(), 4, "{}", jenny.said());
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
