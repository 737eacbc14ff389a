//! Manifests that Spin runs and this host does not, as `spin new` and Spin's examples write them.

use super::*;

const REDIS: &str = r#"
spin_manifest_version = 2

[application]
name = "messages"
version = "0.1.0"

[application.trigger.redis]
address = "redis://{{ redis_host }}:6379"

[variables]
redis_host = { default = "localhost" }

[[trigger.redis]]
channel = "orders"
component = "messages"

[[trigger.redis]]
channel = "returns"
component = { source = "returns.wasm" }

[component.messages]
source = "target/wasm32-wasip2/release/messages.wasm"
allowed_outbound_hosts = []
[component.messages.build]
command = "cargo build --target wasm32-wasip2 --release"
"#;

const COMPOSED: &str = r#"
spin_manifest_version = 2

[application]
name = "composed"

[[trigger.http]]
route = "/static/..."
component = "fileserver"
components = { helper = "helper" }
dependencies = { middleware = ["guard"] }

[[trigger.http]]
route = "/cgi"
component = "remote"
executor = { type = "wagi", argv = "${SCRIPT_NAME}" }

[component.fileserver]
source = { registry = "ttl.sh", package = "spin:fileserver", version = "0.3.0" }
files = [{ source = "assets", destination = "/" }]
ai_models = ["llama2-chat"]

[component.helper]
source = "helper.wasm"
[component.helper.dependencies]
"example:shop/cart@1.0.0" = { path = "../cart.wasm", export = "cart" }
"example:tax" = ">= 0.1.0"

[component.guard]
source = "guard.wasm"

[component.remote]
source = { url = "https://example.com/b.wasm", digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
"#;

fn inspect(text: &str) -> Result<Manifest, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spin.toml"), text).unwrap();
    Manifest::inspect(folder.path()).map_err(|error| error.message().to_owned())
}

fn refusals(manifest: &Manifest) -> Vec<(Option<usize>, &str)> {
    let unsupported = manifest.unsupported.iter();
    unsupported
        .map(|one| (one.refusal.line(), one.refusal.message()))
        .collect()
}

#[test]
fn triggers_of_another_kind_are_kept_with_what_they_start() {
    let manifest = inspect(REDIS).unwrap();
    assert!(manifest.triggers.is_empty());
    let [unsupported] = &manifest.unsupported[..] else {
        panic!("{:?}", manifest.unsupported);
    };
    let started = ["messages", "redis-trigger2-component"].map(str::to_owned);
    let expected = Feature::Triggers {
        kind: "redis".to_owned(),
        components: started.clone().into(),
    };
    assert_eq!(unsupported.feature, expected);
    assert!(manifest.components.keys().eq(&started));
    assert_eq!(manifest.trigger_variables, ["redis_host".to_owned()].into());
    assert!(manifest.warnings.is_empty(), "{:?}", manifest.warnings);

    let refused = parse(REDIS).unwrap_err();
    assert!(
        refused.starts_with("spin.toml:14: [[trigger.redis]] is not supported"),
        "{refused}"
    );
}

#[test]
fn what_composes_components_is_kept() {
    let manifest = inspect(COMPOSED).unwrap();
    assert_eq!(
        refusals(&manifest),
        [
            (
                Some(19),
                "'source' of component 'fileserver' is a registry package, which is not supported; download it and write its path"
            ),
            (
                Some(21),
                "ai_models of component 'fileserver' has no effect; this host has no language models"
            ),
            (
                Some(25),
                "component 'helper' has dependencies, which this host does not compose; compose them beforehand with `wac plug` and make the result its source"
            ),
            (
                Some(33),
                "'source' of component 'remote' is a download, which this host does not fetch; download it and write its path"
            ),
            (
                Some(10),
                "the trigger of route '/static/...' has additional components, which this host does not run; remove 'components', or run this application with Spin"
            ),
            (
                Some(11),
                "the trigger of route '/static/...' has dependencies (middleware), which this host does not run; remove 'dependencies', or run this application with Spin"
            ),
            (
                Some(16),
                "the trigger of route '/cgi' uses the wagi executor, which is not supported; build the component for wasi:http, or run this application with Spin"
            ),
        ]
    );
    let source = ComponentSource::Remote {
        url: "ttl.sh/spin:fileserver@0.3.0".to_owned(),
    };
    assert_eq!(manifest.components["fileserver"].source, source);
    // Which registry a package comes from is then for Spin's own configuration to say.
    let anywhere = COMPOSED.replacen("registry = \"ttl.sh\", ", "", 1);
    let source = ComponentSource::Remote {
        url: "spin:fileserver@0.3.0".to_owned(),
    };
    let inspected = inspect(&anywhere).unwrap();
    assert_eq!(inspected.components["fileserver"].source, source);
    let mut dependencies = manifest.components["helper"].dependencies.clone();
    dependencies.sort_unstable();
    assert_eq!(dependencies, ["example:shop/cart@1.0.0", "example:tax"]);
    // What is named where this host does not look is used.
    assert!(manifest.warnings.is_empty(), "{:?}", manifest.warnings);
    assert!(parse(COMPOSED).is_err());
}

#[test]
fn what_is_no_manifest_for_spin_either_stays_an_error() {
    for (from, to, says) in [
        (
            "component = \"messages\"",
            "component = \"mesages\"",
            "names the component 'mesages', which does not exist",
        ),
        (
            "[[trigger.redis]]\nchannel = \"orders\"\ncomponent = \"messages\"\n\n[[trigger.redis]]",
            "[trigger.redis]",
            "write [[trigger.redis]] with two brackets",
        ),
        (
            "source = \"target",
            "sorce = \"target",
            "did you mean 'source'?",
        ),
    ] {
        let error = inspect(&REDIS.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    let nothing = "spin_manifest_version = 2\n[application]\nname = \"a\"\n[trigger]\n";
    let error = inspect(nothing).unwrap_err();
    assert!(error.contains("has no 'http'"), "{error}");
}

#[test]
fn settings_without_their_triggers_have_no_effect() {
    let head = "[application.trigger.redis]\naddress = \"redis://localhost\"\n";
    let text = with("", TRIGGER, COMPONENT) + head;
    let warning =
        "spin.toml:10: [application.trigger.redis] has no effect here; only http triggers run";
    assert_eq!(parse(&text).unwrap().warnings, [warning]);
}
