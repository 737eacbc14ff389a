//! Every function whose tests stand in this package has the tests that a function needs. They stand in files
//! named after it, `<function>.rs` or `<function>-<what>.rs`. Nothing lists the functions: the test program
//! lists its tests, and the manifest its components. Other packages of tests include this file.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The tests of this program.
struct Tests {
    /// By module and name: `articles_lists::are_empty_at_first`.
    paths: Vec<String>,
    functions: Vec<String>,
}

impl Tests {
    /// Those of this program, for an application of these functions.
    fn for_functions(functions: Vec<String>) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let listed = Command::new(program)
            .args(["--list", "--format", "terse"])
            .output()
            .expect("this program runs");
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout).expect("names are text");
        let paths = listed
            .lines()
            .filter_map(|line| line.strip_suffix(": test"));
        Self {
            paths: paths.map(str::to_owned).collect(),
            functions,
        }
    }

    /// Those of this program, for the functions of the application whose tests stand in this package.
    async fn of_the_package() -> Self {
        let mut functions = crate::app().build().await.components();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it");
        functions.retain(|function| folder.join(format!("{function}.rs")).exists());
        assert!(!functions.is_empty(), "{}", folder.display());
        Self::for_functions(functions)
    }

    /// Whether one of a function's tests is such a one.
    fn any(&self, function: &str, is_such: impl Fn(&str) -> bool) -> bool {
        let of_function = |path: &&String| self.owner(path) == Some(function);
        self.paths
            .iter()
            .filter(of_function)
            .any(|path| is_such(path))
    }

    /// The function whose test this is: the one with the longest name that the module begins with.
    fn owner(&self, path: &str) -> Option<&str> {
        let (module, _) = path.split_once("::")?;
        let begins_with = |function: &&String| {
            let rest = module.strip_prefix(&function.replace('-', "_"));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        };
        let owners = self.functions.iter().filter(begins_with);
        owners
            .max_by_key(|function| function.len())
            .map(String::as_str)
    }

    /// Those among the functions that have no such test.
    fn without(&self, is_such: impl Fn(&str) -> bool) -> Vec<&str> {
        let functions = self.functions.iter().map(String::as_str);
        functions
            .filter(|function| !self.any(function, &is_such))
            .collect()
    }
}

fn is_called(path: &str, name: &str) -> bool {
    path.rsplit("::").next() == Some(name)
}

/// The functions of the package that have no test of their own in which their callers meet: the package's
/// `state-bleed.rs` tests those.
pub(crate) async fn without_mingling() -> Vec<String> {
    let tests = Tests::of_the_package().await;
    let without = tests.without(|path| is_called(path, "tells_nobody_of_another_caller"));
    without.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_function_keeps_to_a_budget() {
    let tests = Tests::of_the_package().await;

    let without = tests.without(|path| is_called(path, "keeps_to_its_budget"));

    assert!(
        without.is_empty(),
        "{without:?}: each needs a test `keeps_to_its_budget` in it/<function>.rs, which measures a \
         request of each of its routes; docs/testing.md shows one"
    );
}

#[tokio::test]
async fn every_function_that_writes_does_it_wholly_or_not_at_all() {
    let tests = Tests::of_the_package().await;

    let mut without = tests.without(|path| path.contains("every_call"));
    without.retain(|function| writes(function));

    assert!(
        without.is_empty(),
        "{without:?}: each needs tests of its writes in it/<function>-every-call.rs, or with \
         `every_call` in their names, in which each call of the host goes wrong once; docs/testing.md \
         shows one"
    );
}

/// Whether a function has operations that may change something, by its own document.
fn writes(function: &str) -> bool {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = format!("functions/{function}/openapi.json");
    let mut files = package.ancestors().map(|folder| folder.join(&file));
    let path = files.find(|path| path.exists());
    let path = path.unwrap_or_else(|| panic!("there is no {file}"));
    let text = std::fs::read_to_string(path).expect("a document can be read");
    let document: Value = serde_json::from_str(&text).expect("a document is JSON");
    let paths = document["paths"].as_object().expect("it has paths");
    let writing = ["post", "put", "patch", "delete"];
    let mut items = paths.values();
    items.any(|item| writing.iter().any(|method| item.get(method).is_some()))
}

#[test]
fn tests_belong_to_the_function_with_the_longest_name_that_fits() {
    let tests = Tests {
        paths: ["sign_in::a", "sign_in_every_call::b", "sign::c", "signs::d"]
            .map(str::to_owned)
            .to_vec(),
        functions: ["sign", "sign-in", "tags"].map(str::to_owned).to_vec(),
    };

    let owners = tests.paths.iter().map(|path| tests.owner(path));
    let owners: Vec<_> = owners.collect();

    let sign_in = Some("sign-in");
    assert_eq!(owners, [sign_in, sign_in, Some("sign"), None]);
    assert_eq!(
        tests.without(|path| path.contains("every_call")),
        ["sign", "tags"]
    );
}
