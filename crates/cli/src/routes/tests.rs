//! A small application with one of everything, as text and as JSON.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "shop"
[variables]
endpoint = { default = "" }
key = { default = "", secret = true }
[[trigger.http]]
route = "/orders/..."
component = "orders"
[[trigger.http]]
route = "/orders/feed"
component = "orders"
[[trigger.http]]
route = "/"
static_response = { status_code = 204 }
[[trigger.http]]
route = "/legacy"
component = "legacy"
[[trigger.http]]
route = { private = true }
component = "inner"
[component.orders]
source = "orders.wasm"
key_value_stores = ["default"]
sqlite_databases = ["default", "audit"]
allowed_outbound_hosts = ["{{ endpoint }}"]
variables = { key = "{{ key }}", endpoint = "{{ endpoint }}" }
[component.legacy]
source = "legacy.wasm"
[component.inner]
source = "inner.wasm"
[component.forgotten]
source = "forgotten.wasm"
files = ["assets/*", { source = "data", destination = "/data" }]
"#;

/// The application, in a folder of its own.
fn shop() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    fs::write(folder.path().join("spin.toml"), MANIFEST).expect("the manifest is written");
    let bearer = json!([{ "Bearer": [] }]);
    let limited = json!({ "headers": { "RateLimit-Policy": { "example": "\"ip\";q=5;w=60" } } });
    describe(
        folder.path(),
        "orders",
        json!({
            "/orders/feed": { "get": {}, "head": {}, "options": {} },
            "/orders/{id}": {
                "get": { "security": [{}, { "Bearer": [] }] },
                "head": { "security": [{}, { "Bearer": [] }] },
                "put": { "security": bearer },
                "delete": { "security": bearer },
                "post": { "security": bearer, "responses": { "429": limited } },
                "options": { "security": [] },
            },
        }),
    );
    describe(
        folder.path(),
        "inner",
        json!({ "/anything": { "post": {} } }),
    );
    folder
}

fn describe(folder: &Path, function: &str, paths: Value) {
    let file = folder.join(jenny_openapi::fragment(function));
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the folder is made");
    fs::write(file, json!({ "paths": paths }).to_string()).expect("the document is written");
}

fn listing(folder: &Path) -> Listing {
    let manifest = Manifest::load(folder).expect("the manifest is good");
    Listing::new(&manifest).expect("the documents are good")
}

fn drawn(folder: &Path, width: Option<usize>) -> String {
    anstream::adapter::strip_str(&table::draw(&listing(folder), width)).to_string()
}

#[test]
fn each_route_is_a_line_and_so_is_each_way_of_authentication() {
    let folder = shop();
    let expected = r#"
ROUTE         METHODS      FUNCTION      AUTH      RATE LIMIT     GRANTS
/             any          (static 204)  none      none           nothing
/legacy       ?            legacy        ?         ?              nothing
/orders/feed  GET          orders        none      none           stores: default; databases: default, audit; hosts: {{ endpoint }}; secrets: key
/orders/...   GET          orders        optional  none           stores: default; databases: default, audit; hosts: {{ endpoint }}; secrets: key
/orders/...   POST         orders        required  "ip";q=5;w=60  stores: default; databases: default, audit; hosts: {{ endpoint }}; secrets: key
/orders/...   PUT, DELETE  orders        required  none           stores: default; databases: default, audit; hosts: {{ endpoint }}; secrets: key
(no route)    ?            forgotten     ?         ?              files: assets/*, /data
(private)     POST         inner         none      none           nothing
"#;
    let wide = drawn(folder.path(), None);
    assert_eq!(wide, expected.trim_start());
    let longest = wide.lines().map(str::len).max().expect("it has lines");
    assert_eq!(drawn(folder.path(), Some(longest)), wide);
}

#[test]
fn where_the_grants_do_not_fit_they_follow_by_function() {
    let folder = shop();
    let text = drawn(folder.path(), Some(80));
    let (routes, grants) = text.split_once("\n\n").expect("two tables");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert!(!routes.contains("GRANTS"), "{text}");
    assert_eq!(routes.lines().count(), 9, "{text}");
    let expected = "
FUNCTION   GRANTS
legacy     nothing
orders     stores: default
           databases: default, audit
           hosts: {{ endpoint }}
           secrets: key
forgotten  files: assets/*, /data
inner      nothing
";
    assert_eq!(format!("\n{grants}"), expected);
}

#[test]
fn json_has_all_that_is_known() {
    let folder = shop();
    let json = serde_json::to_value(listing(folder.path())).expect("it is JSON");
    let routes = json["routes"].as_array().expect("a list");
    let of = |route: &str| {
        let mut all = routes.iter();
        all.find(|entry| entry["route"] == route)
            .expect("it is listed")
    };
    assert_eq!(
        of("/orders/feed"),
        &json!({
            "route": "/orders/feed",
            "access": "public",
            "trigger": null,
            "function": "orders",
            "static_status": null,
            "operations": [
                operation("GET", "/orders/feed"),
                operation("HEAD", "/orders/feed"),
                operation("OPTIONS", "/orders/feed"),
            ],
            "grants": {
                "key_value_stores": ["default"],
                "sqlite_databases": ["default", "audit"],
                "allowed_outbound_hosts": ["{{ endpoint }}"],
                "secret_variables": ["key"],
                "files": [],
                "ai_models": [],
            },
        })
    );
    let limits = of("/orders/...")["operations"].as_array().expect("a list");
    assert_eq!(limits[2]["method"], "POST");
    assert_eq!(limits[2]["rate_limit"]["policy"], "\"ip\";q=5;w=60");
    assert_eq!(of("/legacy")["operations"], Value::Null);
    assert_eq!(of("/")["static_status"], 204);
    let reach: Vec<_> = routes
        .iter()
        .map(|route| route["access"].as_str())
        .collect();
    assert_eq!(reach[4..], [Some("nobody"), Some("private")]);
    assert_eq!(json["warnings"], json!([]));
}

fn operation(method: &str, path: &str) -> Value {
    json!({
        "method": method,
        "path": path,
        "operation_id": null,
        "authentication": "none",
        "rate_limit": null,
    })
}

#[test]
fn a_document_of_other_routes_tells_nothing_of_this_one() {
    let folder = shop();
    describe(folder.path(), "legacy", json!({ "/old": { "get": {} } }));
    let text = drawn(folder.path(), None);
    let line = text.lines().find(|line| line.starts_with("/legacy"));
    assert!(line.is_some_and(|line| line.contains('?')), "{text}");
}

#[test]
fn a_broken_document_is_named() {
    let folder = shop();
    let file = folder.path().join(jenny_openapi::fragment("orders"));
    fs::write(&file, "{").expect("it is written");
    let manifest = Manifest::load(folder.path()).expect("the manifest is good");
    let error = Listing::new(&manifest).expect_err("it is no JSON");
    assert!(
        error.to_string().contains("functions/orders/openapi.json"),
        "{error}"
    );
}

#[test]
fn what_other_triggers_start_is_listed_too() {
    let folder = shop();
    let foreign =
        "[[trigger.redis]]\nchannel = \"orders\"\ncomponent = \"forgotten\"\n[component.inner]";
    let manifest = MANIFEST.replace("[component.inner]", foreign);
    let path = folder.path().join("spin.toml");
    fs::write(&path, manifest).expect("the manifest is written");
    let manifest = Manifest::inspect(&path).expect("the manifest is good");
    let listing = Listing::new(&manifest).expect("the documents are good");
    let text = anstream::adapter::strip_str(&table::draw(&listing, None)).to_string();
    let line = text.lines().last().expect("it has lines");
    let words: Vec<_> = line.split_whitespace().take(5).collect();
    assert_eq!(words, ["(redis)", "-", "forgotten", "-", "-"], "{text}");
    assert!(!text.contains("(no route)"), "{text}");
    let json = serde_json::to_value(listing).expect("it is JSON");
    let last = json["routes"]
        .as_array()
        .and_then(|all| all.last())
        .expect("a route");
    assert_eq!(
        (&last["access"], &last["trigger"]),
        (&json!("trigger"), &json!("redis"))
    );
}
