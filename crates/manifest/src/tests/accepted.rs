use super::*;

const EVERYTHING: &str = r#"
spin_manifest_version = 2

[application]
name = "everything"
version = "1.2.3"
description = "All that Spin documents"
authors = ["Alice <alice@example.com>"]
targets = ["spin-up:4.1"]

[application.trigger.http]
base = "/"

[application.tool.lint]
level = "high"

[variables]
host = { default = "localhost", description = "Where" }
password = { required = true, secret = true }

[[trigger.http]]
route = "/a/:id/..."
component = "a"
executor = { type = "http" }

[[trigger.http]]
id = "inside"
route = { private = true }
component = "a"

[[trigger.http]]
route = "/robots.txt"
static_response = { status_code = 404, headers = { b = "2", a = "1" }, body = "no" }

[[trigger.http]]
route = "/inline"
component = { source = "inline.wasm" }

[component.a]
source = "a.wasm"
description = "Component a"
variables = { url = "http://{{ host }}", fixed = "x" }
environment = { LEVEL = "{{ kept as it is }}" }
files = ["assets/**/*.jpg", { source = "content", destination = "/" }]
exclude_files = ["secrets/*"]
key_value_stores = ["default", "my-store", "my_store"]
sqlite_databases = ["default"]
allowed_outbound_hosts = ["https://{{ host }}", "redis://127.0.0.1"]
ai_models = ["llama2-chat"]
dependencies_inherit_configuration = true
dependencies = {}

[component.a.build]
command = ["cargo build", "true"]
workdir = "functions/a"
watch = ["src/**/*.rs"]

[component.a.tool.spin-deps]
anything = [1, 2]

[component.a.profile.debug]
source = "a-debug.wasm"
environment = { LEVEL = "2", MORE = "3" }
build.command = "cargo build --debug"

[component.b]
source = { url = "https://example.com/b.wasm", digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
"#;

#[test]
fn everything_that_spin_documents() {
    let manifest = parse(EVERYTHING).unwrap();
    assert_eq!(manifest.application.name, "everything");
    assert_eq!(manifest.application.authors, ["Alice <alice@example.com>"]);
    let host = &manifest.variables["host"];
    assert_eq!(host.default.as_ref().unwrap().reveal(), "localhost");
    assert_eq!((host.required, host.secret, host.line), (false, false, 18));
    let password = &manifest.variables["password"];
    assert!(password.required && password.secret && password.default.is_none());

    let component = &manifest.components["a"];
    assert_eq!(component.source, ComponentSource::Local("a.wasm".into()));
    assert_eq!(component.variables["url"], "http://{{ host }}");
    assert_eq!(component.environment["LEVEL"], "{{ kept as it is }}");
    assert_eq!(
        component.files,
        [
            FileMount::Pattern("assets/**/*.jpg".into()),
            FileMount::Placement {
                source: "content".into(),
                destination: "/".into()
            }
        ]
    );
    assert_eq!(
        component.key_value_stores,
        ["default", "my-store", "my_store"]
    );
    assert_eq!(component.allowed_outbound_hosts.len(), 2);
    let build = component.build.as_ref().unwrap();
    assert_eq!(build.commands, ["cargo build", "true"]);
    assert_eq!(build.workdir.as_deref(), Some(Path::new("functions/a")));
    assert!(
        matches!(&manifest.components["b"].source, ComponentSource::Remote { url, .. } if url.ends_with("b.wasm"))
    );
}

#[test]
fn triggers_keep_their_order_and_get_spins_ids() {
    let manifest = parse(EVERYTHING).unwrap();
    let triggers: Vec<_> = manifest
        .triggers
        .iter()
        .map(|trigger| (trigger.id.as_str(), &trigger.route, trigger.line))
        .collect();
    let path = |path: &str| TriggerRoute::Path(path.into());
    assert_eq!(
        triggers,
        [
            ("a-http-trigger", &path("/a/:id/..."), 21),
            ("inside", &TriggerRoute::Private, 26),
            ("http-trigger1", &path("/robots.txt"), 31),
            ("http-trigger2", &path("/inline"), 35),
        ]
    );
    assert_eq!(
        manifest.triggers[2].target,
        TriggerTarget::Static(StaticResponse {
            status_code: 404,
            headers: vec![("a".into(), "1".into()), ("b".into(), "2".into())],
            body: Some("no".into()),
        })
    );
    let inline = "http-trigger2-component";
    assert_eq!(
        manifest.triggers[3].target,
        TriggerTarget::Component(inline.into())
    );
    assert_eq!(manifest.components[inline].id, inline);
}

#[test]
fn what_has_no_effect_is_said() {
    assert_eq!(
        parse(EVERYTHING).unwrap().warnings,
        [
            "spin.toml:9: 'targets' of [application] is not checked here; `spin build` checks it",
            "spin.toml:66: component 'b' has no trigger and never runs; add a [[trigger.http]] for it",
            "spin.toml:49: ai_models of component 'a' has no effect; this host has no language models",
        ]
    );
}

#[test]
fn lines_point_at_fields_and_else_at_the_component() {
    let manifest = parse(EVERYTHING).unwrap();
    let lines = &manifest.components["a"].lines;
    assert_eq!(lines.of("key_value_stores"), "spin.toml:46");
    assert_eq!(lines.of("build"), "spin.toml:53");
    assert_eq!(lines.of("nothing"), lines.component());
    assert_eq!(lines.component(), "spin.toml:39");
}

#[test]
fn profiles_are_read() {
    let manifest = parse(EVERYTHING).unwrap();
    let debug = &manifest.components["a"].profiles["debug"];
    assert_eq!(
        debug.source,
        Some(ComponentSource::Local("a-debug.wasm".into()))
    );
    assert_eq!(debug.environment["MORE"], "3");
    assert_eq!(
        debug.commands.as_deref(),
        Some(&["cargo build --debug".to_owned()][..])
    );
}

#[test]
fn a_profile_changes_what_it_names() {
    let plain = parse(EVERYTHING).unwrap();
    assert!(plain.has_profile("debug") && !plain.has_profile("other"));
    let debug = plain.clone().with_profile("debug");
    assert_eq!(debug.profile.as_deref(), Some("debug"));
    let (before, after) = (&plain.components["a"], &debug.components["a"]);
    assert_eq!(after.source, ComponentSource::Local("a-debug.wasm".into()));
    let build = after.build.as_ref().unwrap();
    assert_eq!(build.commands, ["cargo build --debug"]);
    assert_eq!(build.watch, before.build.as_ref().unwrap().watch);
    assert_eq!(before.environment.len(), 1);
    assert_eq!(after.environment["LEVEL"], "2");
    assert_eq!(after.environment["MORE"], "3");
    assert_eq!(plain.components["b"].source, debug.components["b"].source);
}

#[test]
fn paths_start_from_the_manifest() {
    let at = |path: &str| {
        let text = with("", TRIGGER, COMPONENT);
        Manifest::parse(&text, Path::new(path)).unwrap()
    };
    assert_eq!(at("spin.toml").directory(), Path::new("."));
    assert_eq!(
        at("spin.toml").resolve(Path::new("a.wasm")),
        Path::new("a.wasm")
    );
    assert_eq!(at("app/spin.toml").directory(), Path::new("app"));
    assert_eq!(
        at("app/spin.toml").resolve(Path::new("a.wasm")),
        Path::new("app/a.wasm")
    );
    assert_eq!(
        at("app/spin.toml").resolve(Path::new("/a.wasm")),
        Path::new("/a.wasm")
    );
}

#[test]
fn a_directory_means_its_spin_toml() {
    let directory = std::env::temp_dir().join(format!("jenny-manifest-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let missing = Manifest::load(&directory).unwrap_err().to_string();
    std::fs::write(directory.join("spin.toml"), with("", TRIGGER, COMPONENT)).unwrap();
    let found = Manifest::load(&directory);
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(missing.ends_with(
        "spin.toml: there is no such file; start in the directory that holds spin.toml, or name it with --from"
    ));
    assert_eq!(found.unwrap().path, directory.join("spin.toml"));
}

#[test]
fn the_deprecated_allowlist_is_converted() {
    let text = with(
        "",
        TRIGGER,
        &format!("{COMPONENT}\nallowed_http_hosts = [\"example.com\"]"),
    );
    let manifest = parse(&text).unwrap();
    assert_eq!(
        manifest.components["a"].allowed_outbound_hosts,
        ["http://example.com", "https://example.com"]
    );
    assert_eq!(
        manifest.warnings,
        [
            "spin.toml:10: allowed_http_hosts of component 'a' is deprecated; write allowed_outbound_hosts = [\"http://example.com\", \"https://example.com\"]"
        ]
    );
}

#[test]
fn a_component_sees_the_variables_that_its_templates_name() {
    let text = with(
        "[variables]\nhost = { required = true }\nport = { default = '1' }\nother = { default = '' }",
        TRIGGER,
        &format!(
            "{COMPONENT}\nallowed_outbound_hosts = ['https://{{{{ host }}}}', '{{{{ host }}}}:*']\nvariables = {{ url = 'https://{{{{host}}}}:{{{{ port }}}}', plain = 'other' }}"
        ),
    );
    let seen = parse(&text).unwrap().components["a"].application_variables();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["host", "port"]);
}

#[test]
fn defaults_are_not_shown() {
    let text = with(
        "[variables]\nkey = { default = \"hunter2\" }",
        TRIGGER,
        COMPONENT,
    );
    let shown = format!("{:?}", parse(&text).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn windows_line_ends_count_like_others() {
    let text = with("", TRIGGER, &format!("{COMPONENT}\nnope = 1")).replace('\n', "\r\n");
    assert!(parse(&text).unwrap_err().starts_with("spin.toml:10: "));
}
