use std::path::Path;

use http::HeaderMap;

use super::*;

fn manifest(routes: &[&str]) -> Manifest {
    let mut text = "spin_manifest_version = 2\napplication = { name = 'test' }\n".to_owned();
    for (index, route) in routes.iter().enumerate() {
        text += &format!("[[trigger.http]]\nroute = {route}\ncomponent = 'c{index}'\n");
        text += &format!("[component.c{index}]\nsource = 'c.wasm'\n");
    }
    Manifest::parse(&text, Path::new("spin.toml")).unwrap()
}

fn table(routes: &[&str]) -> RouteTable {
    let quoted: Vec<_> = routes.iter().map(|route| format!("'{route}'")).collect();
    let quoted: Vec<_> = quoted.iter().map(String::as_str).collect();
    RouteTable::new(&manifest(&quoted)).unwrap()
}

/// The raw route that answers.
fn winner<'t>(table: &'t RouteTable, path: &str) -> &'t str {
    table.route(path).map_or("none", |found| found.raw_route())
}

#[test]
fn the_list_has_each_route_before_those_it_wins_against() {
    let listed = [
        "/",
        "/articles",
        "/articles/feed",
        "/articles/feed/...",
        "/articles/:slug.json",
        "/articles/:slug",
        "/articles/:slug/comments",
        "/users",
        "/:any",
        "/...",
    ];
    let mut reversed = listed;
    reversed.reverse();
    let table = table(&reversed);
    let entries = table.by_precedence();
    let raw: Vec<&str> = entries
        .iter()
        .map(|entry| reversed[entry.trigger])
        .collect();
    assert_eq!(raw, listed);
    // What the list says is what is done: nobody answers for a route above.
    for (index, route) in listed.iter().enumerate() {
        let path = route.replace(':', "").replace("...", "x");
        let answering = winner(&table, &path);
        let place = listed.iter().position(|route| *route == answering);
        assert!(place.is_some_and(|place| place <= index), "{path}");
    }
}

#[test]
fn text_beats_parameter_beats_wildcard() {
    let routes = [
        "/...",
        "/:any",
        "/one",
        "/one/...",
        "/one/:x",
        "/one/two",
        "/one/two/...",
        "/:any/two",
        "/f.:ext",
        "/:name.json",
        "/",
    ];
    let mut reversed = routes;
    reversed.reverse();
    for table in [table(&routes), table(&reversed)] {
        for (path, expected) in [
            ("/", "/"),
            ("/one", "/one"),
            ("/one/", "/one"),
            ("/two", "/:any"),
            ("/one/two", "/one/two"),
            ("/one/other", "/one/:x"),
            ("/one/two/three", "/one/two/..."),
            ("/one/other/three", "/one/..."),
            ("/other/two", "/:any/two"),
            ("/other/three", "/..."),
            ("/f.txt", "/f.:ext"),
            ("/f.json", "/f.:ext"),
            ("/g.json", "/:name.json"),
            ("/g.txt", "/:any"),
        ] {
            assert_eq!(winner(&table, path), expected, "{path}");
        }
    }
}

#[test]
fn no_route_no_match() {
    let table = table(&["/a", "/b/..."]);
    for path in ["/", "/c", "/a/b", "/bb", "", "*", "/A"] {
        assert_eq!(winner(&table, path), "none", "{path}");
    }
}

#[test]
fn the_trailing_wildcard_keeps_the_last_slash() {
    let table = table(&["/test/...", "/u/:id/..."]);
    for (path, rest) in [
        ("/test", ""),
        ("/test/", "/"),
        ("/test/hello", "/hello"),
        ("/test/hello/", "/hello/"),
        ("/test/a/b%20c", "/a/b%20c"),
        ("/test/hello//", "/hello/"),
        ("//test/hello", "/hello"),
        ("/u/7/x", "/x"),
        ("/u/7", ""),
    ] {
        assert_eq!(
            table.route(path).unwrap().trailing_wildcard(),
            rest,
            "{path}"
        );
    }
}

#[test]
fn headers_are_spins() {
    let client = "127.0.0.1:8777".parse().unwrap();
    let headers = |table: &RouteTable, path: &str| -> Vec<(String, String)> {
        let found = table.route(path).unwrap();
        let mut headers = HeaderMap::new();
        let path_and_query = format!("{path}?k=v");
        found.set_spin_headers(
            &mut headers,
            "https",
            "example.com",
            &path_and_query,
            client,
        );
        let mut pairs: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        pairs.sort();
        pairs
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let table = table(&["/foo/:user_id/...", "/", "/exact"]);
    assert_eq!(
        headers(&table, "/foo/42/bar"),
        pairs(&[
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:8777"),
            ("spin-component-route", "/foo/:user_id"),
            ("spin-full-url", "https://example.com/foo/42/bar?k=v"),
            ("spin-matched-route", "/foo/:user_id/..."),
            ("spin-path-info", "/bar"),
            ("spin-path-match-user-id", "42"),
            ("spin-raw-component-route", "/foo/:user_id/..."),
        ])
    );
    assert_eq!(
        headers(&table, "/"),
        pairs(&[
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:8777"),
            ("spin-component-route", "/"),
            ("spin-full-url", "https://example.com/?k=v"),
            ("spin-matched-route", ""),
            ("spin-path-info", ""),
            ("spin-raw-component-route", "/"),
        ])
    );
}

#[test]
fn forged_headers_are_removed() {
    let mut headers = HeaderMap::new();
    for name in [
        "spin-path-info",
        "spin-client-addr",
        "spin-path-match-id",
        "accept",
    ] {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static("x"));
        headers.append(HeaderName::from_static(name), HeaderValue::from_static("y"));
    }
    strip_spin_headers(&mut headers);
    assert_eq!(
        headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
        ["accept"]
    );
}

#[test]
fn private_components_are_reached_from_inside_only() {
    let table = RouteTable::new(&manifest(&["{ private = true }", "'/b'"])).unwrap();
    assert!(table.route("/").is_none());
    let found = table.internal("c0", "/x/y").unwrap();
    assert_eq!(found.component(), Some("c0"));
    assert_eq!(
        (found.raw_route(), &*found.trailing_wildcard()),
        ("/...", "/x/y")
    );
    assert_eq!(found.trigger(), 0);
    assert!(table.internal("c1", "/").is_some());
    assert!(table.internal("c2", "/").is_none());
    assert_eq!(table.entries().count(), 1);
}

#[test]
fn duplicates_are_reported_and_the_last_one_wins() {
    let doubled = table(&["/", "/foo", "/foo"]);
    assert_eq!(doubled.route("/foo").unwrap().component(), Some("c2"));
    assert_eq!(
        doubled.warnings(),
        [
            "spin.toml:8: route '/foo' is never reached, because spin.toml:13 has the same; remove one of them"
        ]
    );
    let respelled = table(&["/a/:x", "/a/:y", "/b", "/b/"]);
    assert_eq!(respelled.route("/a/1").unwrap().component(), Some("c0"));
    assert_eq!(respelled.route("/b").unwrap().component(), Some("c2"));
    assert_eq!(respelled.warnings().len(), 2, "{:?}", respelled.warnings());
}

#[test]
fn reserved_routes_are_reported() {
    for (route, reserved) in [
        ("/.well-known/spin/health", true),
        (".well-known/spin/...", true),
        ("/.well-known/spindle/...", false),
        ("/.well-known/spin", false),
    ] {
        assert_eq!(
            table(&[route]).warnings().len(),
            usize::from(reserved),
            "{route}"
        );
    }
}

#[test]
fn entries_are_what_the_user_reads() {
    let table = table(&["/", "/foo/...", "...", "/bar/:x"]);
    let shown: Vec<_> = table
        .entries()
        .map(|entry| (entry.path, entry.wildcard))
        .collect();
    assert_eq!(
        shown,
        [
            ("/", false),
            ("/foo", true),
            ("/", true),
            ("/bar/:x", false)
        ]
    );
}
