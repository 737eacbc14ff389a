//! The real `jenny up --watch`: files change, and somebody asks.
#![cfg(unix)]

mod ends;
mod files;
mod sources;
mod versions;
mod watching;

use watching::{Folder, Watching};

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

/// Whoever saves the other version of the component has that answer.
fn serves_the_other_version(folder: &Folder, jenny: &mut Watching) {
    folder.component("src/a", SECOND);
    jenny.says("Serving the new a");
    assert_eq!(jenny.answer(), SECOND);
}

/// After an error the version before serves, until there is one that works.
fn keeps_serving_until_it_works(folder: &Folder, jenny: &mut Watching) {
    jenny.says("keeps serving");
    assert_eq!(jenny.answer(), FIRST);

    serves_the_other_version(folder, jenny);
}
