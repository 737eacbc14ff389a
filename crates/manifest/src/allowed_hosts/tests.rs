use std::path::Path;

use super::*;
use crate::Manifest;
use crate::variables::VariableProvider;

fn hosts(entries: &[&str]) -> AllowedHosts {
    AllowedHosts::parse(entries).unwrap_or_else(|error| panic!("{entries:?}: {error}"))
}

/// Whether the entry allows a URL, given as scheme, host and port.
fn allows(entry: &str, scheme: &str, host: &str, port: u16) -> bool {
    hosts(&[entry]).allows(scheme, host, (port != 0).then_some(port))
}

#[test]
fn schemes_and_usual_ports() {
    for (entry, scheme, host, port, expected) in [
        ("http://a.com", "http", "a.com", 0, true),
        ("http://a.com", "http", "a.com", 80, true),
        ("http://a.com/", "http", "a.com", 80, true),
        ("http://a.com", "http", "a.com", 8080, false),
        ("http://a.com", "https", "a.com", 0, false),
        ("https://a.com", "https", "a.com", 443, true),
        ("https://a.com:8443/", "https", "a.com", 8443, true),
        ("redis://a.com", "redis", "a.com", 6379, true),
        ("postgres://a.com", "postgres", "a.com", 5432, true),
        ("*://a.com:7777", "tcp", "a.com", 7777, true),
        ("*://a.com:80", "http", "a.com", 0, true),
        ("*://a.com:80", "tcp", "a.com", 0, false),
        ("HTTP://A.com", "http", "a.COM", 0, true),
        ("http://a.com:*", "http", "a.com", 1, true),
        ("http://a.com:4444..5555", "http", "a.com", 4444, true),
        ("http://a.com:4444..5555", "http", "a.com", 5554, true),
        ("http://a.com:4444..5555", "http", "a.com", 5555, false),
        ("*://*:*", "udp", "1.2.3.4", 53, true),
        ("http://*", "http", "anything.example", 0, true),
        ("http://*", "http", "anything.example", 81, false),
    ] {
        assert_eq!(
            allows(entry, scheme, host, port),
            expected,
            "{entry} {scheme}://{host}:{port}"
        );
    }
}

#[test]
fn host_forms() {
    for (entry, host, expected) in [
        ("http://*.example.com", "a.example.com", true),
        ("http://*.example.com", "a.b.Example.com", true),
        ("http://*.example.com", "example.com", false),
        ("http://*.example.com", "myexample.com", false),
        ("http://192.168.1.1", "192.168.1.1", true),
        // Other spellings of the same address.
        ("http://127.0.0.1", "0x7f.1", true),
        ("http://[::1]", "::1", true),
        ("http://[::1]:80", "[::1]", true),
        ("http://10.0.0.0/8:80", "10.1.2.3", true),
        ("http://10.1.2.3/8", "10.200.0.1", true),
        ("http://10.0.0.0/8", "11.0.0.1", false),
        ("http://10.0.0.0/8", "example.com", false),
        ("http://ff00::/8:80", "ff12::1", true),
        ("http://ff00::/8:80", "[fe00::1]", false),
        ("http://self", "self", false),
        ("http://users.spin.internal", "users.spin.internal", true),
        ("http://users.spin.internal", "admin.spin.internal", false),
        ("http://*.spin.internal", "admin.spin.internal", true),
        ("http://bücher.example", "xn--bcher-kva.example", true),
    ] {
        assert_eq!(allows(entry, "http", host, 80), expected, "{entry} {host}");
    }
    assert!(!hosts(&["*://*:*"]).allows("http", "not a host", None));
}

#[test]
fn the_application_itself() {
    assert!(hosts(&["http://self"]).allows_self("http"));
    assert!(hosts(&["http://self.alt"]).allows_self("http"));
    assert!(!hosts(&["http://self"]).allows_self("https"));
    assert!(hosts(&["*://*:*"]).allows_self("https"));
    assert!(!hosts(&["http://example.com"]).allows_self("http"));
    assert!(!hosts(&[]).allows_self("http"));
}

#[test]
fn empty_entries_grant_nothing() {
    assert!(hosts(&["", "  "]).is_empty());
    assert!(!hosts(&[""]).allows("http", "a.com", None));
}

#[test]
fn what_is_not_of_the_grammar_is_refused() {
    for entry in [
        "*",
        "a.com",
        "a.com:80",
        "localhost",
        "insecure:allow-all",
        "http://",
        "://a.com",
        "http://a.com/path",
        "http://a.com:80/path",
        "http://*.a.com/x",
        "http://a.*",
        "http://*.*.com",
        "http://a.com:x",
        "http://a.com:99999",
        "http://a.com:9..1",
        "http://a.com:1..",
        "tcp://a.com",
        "*://a.com",
        "*://127.0.0.0/24",
        "ht+tp://a.com",
        "http://{a,b}",
        "{http}://a.com",
        "http://u:p@a.com",
        "postgres://user:hunter2@db:5432/app",
        "http://a b",
        "http://a.com:{1,2}",
        "http://[::1",
        "http://*.1.2.3.4",
    ] {
        let error = AllowedHosts::parse(&["", entry]).expect_err(entry);
        assert!(error.to_string().starts_with("entry 2 of"), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(
            error.to_string().contains("; "),
            "{entry} has no remedy: {error}"
        );
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    let alphabet = ["*", "a", ":", "/", "://", "[", "]", "..", "1", "é", "."];
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let to = texts.len();
        for at in from..to {
            for piece in alphabet {
                texts.push(format!("{}{piece}", texts[at]));
            }
        }
        from = to;
    }
    for text in &texts {
        let _ = AllowedHosts::parse(&[text.as_str()]);
        let _ = AllowedHosts::parse(&[format!("http://{text}")]);
        hosts(&["http://*"]).allows("http", text, None);
    }
}

#[test]
fn templates_of_a_component() {
    let manifest = Manifest::parse(
        r#"
spin_manifest_version = 2
application = { name = "test" }
[variables]
endpoint = { default = "" }
database_url = { default = "", secret = true }
[[trigger.http]]
route = "/"
component = "a"
[component.a]
source = "a.wasm"
allowed_outbound_hosts = [
    "{{ endpoint }}",
    "{{ database_url }}",
    "https://example.com",
]
"#,
        Path::new("spin.toml"),
    )
    .unwrap();
    let component = &manifest.components["a"];
    let with = |pairs: &[(&str, &str)]| {
        let values = VariableProvider::fixed(pairs.iter().copied());
        let resolver = Resolver::new(&manifest, &[values]).unwrap();
        AllowedHosts::for_component(component, &resolver)
    };
    assert_eq!(with(&[]).unwrap(), hosts(&["https://example.com"]));
    assert!(
        with(&[("endpoint", "redis://cache")])
            .unwrap()
            .allows("redis", "cache", None)
    );
    assert_eq!(
        with(&[("database_url", "postgres://db/hunter2")])
            .unwrap_err()
            .to_string(),
        "spin.toml:12: \"{{ database_url }}\" in allowed_outbound_hosts of component 'a', with its \
         variables filled in, has a path; write scheme://host[:port] only"
    );
}

#[test]
fn deprecated_entries_are_converted() {
    for (entry, authority) in [
        ("example.com", "example.com"),
        ("example.com:8080", "example.com:8080"),
        ("http://example.com/", "example.com"),
        ("https://example.com:8443", "example.com:8443"),
        ("self", "self"),
        ("[::1]:8001", "[::1]:8001"),
    ] {
        let both = vec![
            format!("http://{authority}"),
            format!("https://{authority}"),
        ];
        assert_eq!(from_allowed_http_host(entry), Ok(both), "{entry}");
    }
    for entry in [
        "",
        "insecure:allow-all",
        "ftp://a.com",
        "http://a.com/x",
        "*",
        "*.a.com",
    ] {
        assert!(from_allowed_http_host(entry).is_err(), "{entry}");
    }
}

#[test]
fn chained_components() {
    for (host, component) in [
        ("users.spin.internal", Some("users")),
        ("users.spin.internal:80", Some("users")),
        ("Users.SPIN.internal", Some("Users")),
        (".spin.internal", None),
        ("spin.internal", None),
        ("a.b.spin.internal", None),
        ("users.spin.internal.example.com", None),
    ] {
        assert_eq!(service_chaining_target(host), component, "{host}");
    }
}
