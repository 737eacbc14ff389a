//! That the table of requests in docs/performance.md says what the budgets of functions say.

use std::fs;
use std::path::Path;

/// Set to write the table rather than to compare it.
const UPDATE: &str = "UPDATE_PERFORMANCE";

const HEAD: &str = "| request | fuel, cold | fuel, warm |\n|---|---|---|\n";

/// What a request costs by the budgets of the function that answers it, with commas.
fn fuel(budgets: &[toml::Table], request: &str) -> String {
    let of = |table: &toml::Table| table["requests"].get(request)?.get("fuel")?.as_integer();
    let fuel = budgets.iter().find_map(of);
    let fuel = fuel.unwrap_or_else(|| panic!("no function has a budget for `{request}`"));
    let digits = fuel.to_string().into_bytes();
    let groups = digits.rchunks(3).rev();
    let groups = groups.map(|group| str::from_utf8(group).expect("they are digits"));
    groups.collect::<Vec<_>>().join(",")
}

#[test]
fn requests_cost_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let root = root.expect("sample/tests is below the root");
    let functions = fs::read_dir(root.join("functions")).expect("there are functions");
    let files = functions.map(|folder| folder.expect("it can be read").path().join("budgets.toml"));
    let texts = files.filter_map(|file| fs::read_to_string(file).ok());
    let budgets: Vec<toml::Table> = texts
        .map(|text| text.parse().expect("budgets are TOML"))
        .collect();
    let path = root.join("docs/performance.md");
    let page = fs::read_to_string(&path).expect("there is a page");
    let (before, rest) = page.split_once(HEAD).expect("the page has the table");
    let (rows, after) = rest.split_once("\n\n").expect("the table ends");

    let rows = rows.lines().map(|row| {
        let name = row.split('`').nth(1).expect("a row begins with a request");
        let [cold, warm] =
            ["cold", "warm"].map(|start| fuel(&budgets, &format!("{name}, {start}")));
        format!("| `{name}` | {cold} | {warm} |")
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let expected = format!("{before}{HEAD}{rows}\n\n{after}");

    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &expected).expect("the page can be written");
    }
    assert!(
        std::env::var_os(UPDATE).is_some() || page == expected,
        "docs/performance.md is old: {UPDATE}=1 cargo test --workspace --test conduit performance"
    );
}
