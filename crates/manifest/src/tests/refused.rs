use super::*;

fn refused(text: &str) -> String {
    let error = parse(text).expect_err(text);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.contains("; ") || error.contains(", so "),
        "no remedy: {error}"
    );
    error
}

#[test]
fn the_top_of_the_file() {
    for (text, expected) in [
        (
            "",
            "1: the manifest has no 'spin_manifest_version'; start the file with spin_manifest_version = 2",
        ),
        (
            "spin_manifest_version = 3",
            "1: only manifests of version 2 are supported; write spin_manifest_version = 2",
        ),
        (
            "spin_manifest_version = \"2\"",
            "1: only manifests of version 2 are supported; write spin_manifest_version = 2",
        ),
        (
            "spin_manifest_version = \"1\"",
            "1: this is a manifest of version 1; convert it with `spin doctor` to spin_manifest_version = 2",
        ),
        (
            "spin_manifest_version = 1",
            "1: this is a manifest of version 1; convert it with `spin doctor` to spin_manifest_version = 2",
        ),
        (
            "spin_version = \"1\"",
            "1: this is a manifest of version 1; convert it with `spin doctor` to spin_manifest_version = 2",
        ),
        (
            "spin_manifest_version = 2",
            "1: the manifest has no 'application'; add [application] with a name",
        ),
        (
            "spin_manifest_version = 2\n[application]\n",
            "2: [application] has no 'name'; add name = \"…\"",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\n",
            "1: the manifest has no 'trigger'; add [[trigger.http]] with a route and a component",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\n[trigger]\n",
            "4: [trigger] has no 'http'; add [[trigger.http]] with a route and a component",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\n[trigger.http]\nroute = \"/\"",
            "4: 'http' of [trigger] must be an array of tables, not a table; write [[trigger.http]] with two brackets",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\n[trigger]\nhttp = []",
            "5: there is no trigger; add [[trigger.http]] with a route and a component",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\n[[trigger.redis]]\nchannel = \"c\"",
            "4: [[trigger.redis]] is not supported, only [[trigger.http]]; remove it, or run this application with Spin",
        ),
        (
            "spin_manifest_version = 2\n[application]\nname = \"a\"\ntrigger.http.base = \"/v1\"",
            "4: 'base' of the http trigger is gone from Spin; remove it and put it in front of each route",
        ),
    ] {
        assert_eq!(refused(text), format!("spin.toml:{expected}"));
    }
    let text = with("[[components]]", TRIGGER, COMPONENT);
    assert_eq!(
        refused(&text),
        "spin.toml:2: the manifest has no field 'components'; did you mean 'component'?"
    );
}

#[test]
fn variables() {
    for (variable, expected) in [
        (
            "x = {}",
            "variable 'x' has neither a default nor required = true; add one of them",
        ),
        (
            "x = { required = true, default = \"\" }",
            "variable 'x' has both a default and required = true; remove one of them",
        ),
        (
            "x = \"hunter2\"",
            "'x' of [variables] must be a table, not a string; write x = { default = \"…\" }",
        ),
        (
            "x = { default = 4711 }",
            "'default' of variable 'x' must be a string, not an integer; write it in double quotes",
        ),
        (
            "x = { default = \"\", secrte = true }",
            "variable 'x' has no field 'secrte'; did you mean 'secret'?",
        ),
        (
            "x-y = { default = \"\" }",
            "'x-y' cannot be the name of a variable; use lower-case letters, digits and single underscores, such as 'public_url'",
        ),
        (
            "url_2 = { default = \"\" }",
            "'url_2' cannot be the name of a variable; begin every word of it with a letter, as in 'url2' rather than 'url_2'",
        ),
    ] {
        let error = refused(&with(
            &format!("[variables]\n{variable}"),
            TRIGGER,
            COMPONENT,
        ));
        assert_eq!(error, format!("spin.toml:3: {expected}"));
        assert!(!error.contains("hunter2") && !error.contains("4711"));
    }
}

#[test]
fn triggers() {
    for (trigger, expected) in [
        (
            "component = \"a\"",
            "5: [[trigger.http]] has no 'route'; add route = \"/…\" or route = { private = true }",
        ),
        (
            "route = \"/\"",
            "5: the trigger of route '/' has neither a component nor a static_response; add one of them",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\nstatic_response = {}",
            "5: the trigger of route '/' has both a component and a static_response; remove one of them",
        ),
        (
            "route = \"/\"\ncomponent = \"b\"",
            "7: the trigger of route '/' names the component 'b', which does not exist; add [component.b] or correct the name",
        ),
        (
            "route = \"/\"\ncomponent = \"a_b\"",
            "7: 'a_b' cannot be the id of a component: '_' is not allowed in it, so write it in kebab-case, such as 'sign-in'",
        ),
        (
            "route = \"/\"\ncomponent = \"api-2\"",
            "7: 'api-2' cannot be the id of a component: its word '2' does not begin with a letter, so write it in kebab-case, such as 'sign-in'",
        ),
        (
            "route = \"/\"\ncomponent = \"a:b\"",
            "7: 'a:b' cannot be the id of a component: ':' is not allowed in it, so write it in kebab-case, such as 'sign-in'",
        ),
        (
            "route = \"/\"\ncomponent = { source = 1 }",
            "7: 'source' of component 'inline-component' must be a table, not an integer; write it as { name = value }",
        ),
        (
            "route = { private = false }\ncomponent = \"a\"",
            "6: 'private' of a route can only be true; write route = \"/…\" or route = { private = true }",
        ),
        (
            "route = 1\ncomponent = \"a\"",
            "6: 'route' of [[trigger.http]] must be a string or { private = true }, not an integer; write route = \"/…\" or route = { private = true }",
        ),
        (
            "route = \"/a/.../b\"\ncomponent = \"a\"",
            "6: route '/a/.../b' has a wildcard that is not at its end; move it there",
        ),
        (
            "route = \"/a b\"\ncomponent = \"a\"",
            "6: route '/a b' has the character ' '; percent-encode it, as in the path of a URL",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\nexecutor = { type = \"wagi\" }",
            "8: the trigger of route '/' uses the wagi executor, which is not supported; build the component for wasi:http, or run this application with Spin",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\nexecutor = { type = \"cgi\" }",
            "8: 'cgi' is no executor; write executor = { type = \"http\" } or remove it",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\ncomponents = { x = \"a\" }",
            "8: the trigger of route '/' has additional components, which this host does not run; remove 'components', or run this application with Spin",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\ndependencies = { middleware = [] }",
            "8: the trigger of route '/' has dependencies (middleware), which this host does not run; remove 'dependencies', or run this application with Spin",
        ),
        (
            "route = \"/\"\ncomponent = \"a\"\nmethods = [\"GET\"]",
            "8: the trigger of route '/' has no field 'methods'; remove it, or use one of: id, route, component, static_response, executor, components, dependencies",
        ),
        (
            "route = \"/\"\nstatic_response = { status_code = 99 }",
            "7: 'status_code' of a static_response must be between 200 and 599; correct it",
        ),
        (
            "route = \"/\"\nstatic_response = { status = 404 }",
            "7: 'static_response' has no field 'status'; remove it, or use one of: status_code, headers, body",
        ),
        (
            "route = \"/\"\nstatic_response = { headers = { \"a b\" = \"\" } }",
            "7: \"a b\" in 'headers' of a static_response cannot be the name of a header; correct it",
        ),
        (
            "route = \"/\"\nstatic_response = { headers = { a = \"x\\ny\" } }",
            "7: header 'a' of a static_response has a value that HTTP does not allow; use visible ASCII on one line",
        ),
    ] {
        let error = refused(&with("", trigger, COMPONENT));
        assert_eq!(error, format!("spin.toml:{expected}"));
    }
}

#[test]
fn components() {
    for (fields, expected) in [
        (
            "key_value_store = []",
            "component 'a' has no field 'key_value_store'; did you mean 'key_value_stores'?",
        ),
        (
            "key_value_stores = \"default\"",
            "'key_value_stores' of component 'a' must be an array of strings, not a string; write it as [\"…\"]",
        ),
        (
            "key_value_stores = [\"a b\"]",
            "'a b' in key_value_stores of component 'a' is not a label; write it in kebab-case or snake_case, each word beginning with a letter, such as 'default'",
        ),
        (
            "sqlite_databases = [1]",
            "an entry of 'sqlite_databases' of component 'a' must be a string, not an integer; write it in double quotes",
        ),
        (
            "variables = { x = \"{{ nope }}\" }",
            "variable 'x' of component 'a' uses the variable 'nope', which is not declared; add it under [variables]",
        ),
        (
            "variables = { x = \"{{ nope\" }",
            "variable 'x' of component 'a' has '{{' without '}}'; close it",
        ),
        (
            "variables = { X = \"\" }",
            "'X' cannot be the name of a variable; use lower-case letters, digits and single underscores, such as 'public_url'",
        ),
        (
            "variables = { x = true }",
            "'x' of 'variables' of component 'a' must be a string, not a boolean; write it in double quotes",
        ),
        (
            "environment = { A = 1 }",
            "'A' of 'environment' of component 'a' must be a string, not an integer; write it in double quotes",
        ),
        (
            "allowed_outbound_hosts = [\"{{ nope }}\"]",
            "allowed_outbound_hosts of component 'a' uses the variable 'nope', which is not declared; add it under [variables]",
        ),
        (
            "allowed_outbound_hosts = [\"http://a.com/x\"]",
            "\"http://a.com/x\" in allowed_outbound_hosts of component 'a' has a path; write scheme://host[:port] only",
        ),
        (
            "allowed_outbound_hosts = [\"insecure:allow-all\"]",
            "\"insecure:allow-all\" in allowed_outbound_hosts of component 'a' is gone; write \"*://*:*\" to allow everything",
        ),
        (
            "allowed_http_hosts = [\"insecure:allow-all\"]",
            "\"insecure:allow-all\" in allowed_http_hosts of component 'a' is gone; use allowed_outbound_hosts with scheme://host[:port], or \"*://*:*\" for everything",
        ),
        (
            "files = [\"/etc/passwd\"]",
            "an entry of 'files' of component 'a' is an absolute path; write a pattern relative to the manifest, or { source = \"…\", destination = \"/…\" }",
        ),
        (
            "files = [{ source = \"a\" }]",
            "an entry of 'files' of component 'a' has no 'destination'; add destination = \"/\"",
        ),
        (
            "files = [{ source = \"a\", destination = \"b\" }]",
            "'destination' of an entry of 'files' of component 'a' is not an absolute path; start it with '/'",
        ),
        (
            "build = {}",
            "'build' of component 'a' has no 'command'; add command = \"…\"",
        ),
        (
            "build = { command = [] }",
            "'command' of 'build' of component 'a' is empty; write a command",
        ),
        (
            "build = { command = \"x\", env = {} }",
            "'build' of component 'a' has no field 'env'; remove it, or use one of: command, workdir, watch",
        ),
        (
            "dependencies = { \"a:b\" = \"1\" }",
            "component 'a' has dependencies, which this host does not compose; compose them beforehand with `wac plug` and make the result its source",
        ),
        (
            "profile = { debug = { sources = \"x\" } }",
            "profile 'debug' of component 'a' has no field 'sources'; did you mean 'source'?",
        ),
        (
            "tool = 1",
            "'tool' of component 'a' must be a table, not an integer; write it as { name = value }",
        ),
    ] {
        let error = component(fields).expect_err(fields);
        assert_eq!(error, format!("spin.toml:10: {expected}"));
    }
}

#[test]
fn sources() {
    for (source, expected) in [
        (
            "",
            "8: component 'a' has no 'source'; add source = \"….wasm\"",
        ),
        (
            "source = \"\"",
            "9: 'source' of component 'a' is empty; write the path of a .wasm file",
        ),
        (
            "source = { url = \"https://a.com/a.wasm\" }",
            "9: 'source' of component 'a' has no 'digest'; add digest = \"sha256:…\"",
        ),
        (
            "source = { url = \"https://a.com/a.wasm\", digest = \"sha256:12\" }",
            "9: 'digest' of 'source' of component 'a' is not a SHA-256 digest; write sha256: and 64 hexadecimal digits",
        ),
        (
            "source = { registry = \"c.com\", package = \"a:b\", version = \"1.0.0\" }",
            "9: 'source' of component 'a' is a registry package, which is not supported; download it and write its path",
        ),
        (
            "source = { package = \"a:b\", version = \"1.0.0\" }",
            "9: 'source' of component 'a' is a registry package, which is not supported; download it and write its path",
        ),
        (
            "source = { registry = \"c.com\", version = \"1.0.0\" }",
            "9: 'source' of component 'a' has no 'package'; add package = \"…:…\"",
        ),
    ] {
        assert_eq!(
            refused(&with("", TRIGGER, source)),
            format!("spin.toml:{expected}")
        );
    }
    let bad = with("", TRIGGER, COMPONENT).replace(
        "[component.a]",
        "[component.A-b]\nsource = \"\"\n[component.a_b]",
    );
    assert!(refused(&bad).starts_with("spin.toml:9: 'source' of component 'A-b' is empty"));
}

#[test]
fn a_component_defined_twice() {
    let error = refused(&with(
        "",
        TRIGGER,
        &format!("{COMPONENT}\n[component.a]\n{COMPONENT}"),
    ));
    assert!(
        error.starts_with("spin.toml:10: this is not valid TOML (duplicate key"),
        "{error}"
    );
}

#[test]
fn no_mutilated_manifest_makes_the_parser_panic() {
    let text = with(
        "[variables]\nx = { default = \"é\" }",
        "route = \"/:a/...\"\ncomponent = \"a\"",
        "source = \"a.wasm\"\nvariables = { y = \"{{ x }}\" }\nfiles = [{ source = \"a\", destination = \"/\" }]",
    );
    // Cut anywhere, or with one character replaced by each of these.
    let ends = text.char_indices().map(|(at, _)| at);
    for at in ends.clone() {
        let _ = parse(&text[..at]);
    }
    for at in ends {
        let mut rest = text[at..].chars();
        rest.next();
        for replacement in ["\"", "[", "}", "=", "\n", "1", "é"] {
            let _ = parse(&format!("{}{replacement}{}", &text[..at], rest.as_str()));
        }
    }
}
