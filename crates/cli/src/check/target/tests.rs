use super::*;
use crate::check::fixture::{COMPONENT, Fixture, messages};

const HANDLER: &str = "wasi:http/handler@0.3.0";

fn importing(target: Target, import: &str) -> Vec<String> {
    let fixture = Fixture::new().component(&[import], &[HANDLER]);
    messages(interfaces(&fixture.target(target).load()))
}

#[test]
fn without_a_target_nothing_is_checked() {
    let project = Fixture::new()
        .component(&["made:up/thing@1.0.0"], &[HANDLER])
        .load();
    for check in [interfaces, triggers, stores, variables, limits] {
        assert!(check(&project).is_empty());
    }
}

#[test]
fn what_a_cloud_does_not_offer_cannot_be_loaded_there() {
    for (target, import, instead) in [
        (
            Target::Akamai,
            "spin:sqlite/sqlite@3.1.0",
            "keep its data in Postgres",
        ),
        (
            Target::Akamai,
            "fermyon:spin/sqlite@2.0.0",
            "keep its data in Postgres",
        ),
        (
            Target::Akamai,
            "wasi:keyvalue/atomics@0.2.0-draft2",
            "in Postgres or Redis",
        ),
        (Target::Akamai, "spin:mqtt/mqtt@3.0.0", "without MQTT"),
        (
            Target::Akamai,
            "made:up/thing@1.0.0",
            "build it without that",
        ),
        (
            Target::Spinkube,
            "made:up/thing@1.0.0",
            "build it without that",
        ),
        (Target::Spin, "made:up/thing@1.0.0", "build it without that"),
    ] {
        let found = importing(target, import);
        let errors: Vec<_> = found
            .iter()
            .filter(|found| !found.contains("warning: "))
            .collect();
        assert_eq!(errors.len(), 1, "{import}: {found:?}");
        assert!(errors[0].starts_with("spin.toml:13: "), "{found:?}");
        assert!(
            errors[0].contains(import) && errors[0].contains(instead),
            "{found:?}"
        );
    }
}

#[test]
fn what_a_cloud_offers_is_quiet() {
    for import in [
        "spin:postgres/postgres@4.2.0",
        "spin:key-value/key-value@3.0.0",
        "fermyon:spin/redis@2.0.0",
        "wasi:keyvalue/batch@0.2.0-draft2",
        "wasi:config/store@0.2.0-draft-2024-09-27",
        "wasi:http/client@0.3.0",
    ] {
        for target in [Target::Akamai, Target::Spin] {
            let found = importing(target, import);
            assert!(found.is_empty(), "{import}: {found:?}");
        }
    }
    for import in [
        "spin:sqlite/sqlite@3.1.0",
        "spin:mqtt/mqtt@3.0.0",
        "wasi:keyvalue/atomics@0.2.0-draft2",
    ] {
        assert!(importing(Target::Spin, import).is_empty(), "{import}");
    }
}

#[test]
fn what_a_cloud_has_under_conditions_is_a_warning() {
    for (target, import, says) in [
        (Target::Akamai, "wasi:sockets/tcp@0.2.6", "try it there"),
        (Target::Akamai, "fermyon:spin/llm@2.0.0", "ask for it"),
        (
            Target::Spinkube,
            "wasi:http/client@0.3.0",
            "containerd-shim-spin 0.26.0",
        ),
    ] {
        let found = importing(target, import);
        assert_eq!(found.len(), 1, "{import}: {found:?}");
        assert!(found[0].starts_with("spin.toml:13: warning: "), "{found:?}");
        assert!(found[0].contains(says), "{found:?}");
    }
}

/// What is said of a store, with and without a runtime configuration.
fn stored(target: Target, grant: &str, config: Option<&str>) -> Vec<String> {
    let fixture = Fixture::new()
        .edit("spin.toml", "key_value_stores = [\"default\"]", grant)
        .target(target);
    let fixture = match config {
        Some(config) => fixture.runtime_config(config),
        None => fixture,
    };
    messages(stores(&fixture.load()))
}

#[test]
fn stores_that_a_target_keeps_are_quiet() {
    for (target, grant, config) in [
        (Target::Spin, "key_value_stores = ['default']", None),
        (
            Target::Spin,
            "sqlite_databases = ['links']",
            Some("[sqlite_database.links]\ntype = 'spin'"),
        ),
        (Target::Akamai, "key_value_stores = ['default']", None),
        (
            Target::Spinkube,
            "key_value_stores = ['default']",
            Some("[key_value_store.default]\ntype = 'redis'"),
        ),
        (
            Target::Spinkube,
            "sqlite_databases = ['default']",
            Some("[sqlite_database.default]\ntype = 'libsql'"),
        ),
        (
            Target::Spinkube,
            "key_value_stores = ['hits']",
            Some("[key_value_store.hits]\ntype = 'aws_dynamo'"),
        ),
    ] {
        let found = stored(target, grant, config);
        assert!(found.is_empty(), "{grant}: {found:?}");
    }
}

#[test]
fn a_store_that_is_not_there_is_an_error() {
    for (target, grant, says) in [
        (
            Target::Spin,
            "key_value_stores = ['hits']",
            "[key_value_store.hits]",
        ),
        (
            Target::Spinkube,
            "sqlite_databases = ['links']",
            "[sqlite_database.links]",
        ),
        (
            Target::Akamai,
            "key_value_stores = ['hits']",
            "knows the label `default` alone",
        ),
        (
            Target::Akamai,
            "sqlite_databases = ['default']",
            "Akamai Functions has none",
        ),
    ] {
        let found = stored(target, grant, None);
        assert_eq!(found.len(), 1, "{grant}: {found:?}");
        assert!(
            found[0].starts_with("spin.toml:14: component `hello` may open "),
            "{found:?}"
        );
        assert!(found[0].contains(says), "{found:?}");
    }
}

#[test]
fn a_store_that_is_lost_with_its_pod_is_a_warning() {
    for (grant, config) in [
        ("key_value_stores = ['default']", None),
        ("sqlite_databases = ['default']", None),
        (
            "sqlite_databases = ['default']",
            Some("[sqlite_database.default]\ntype = 'spin'\npath = 'a.db'"),
        ),
    ] {
        let found = stored(Target::Spinkube, grant, config);
        assert_eq!(found.len(), 1, "{grant}: {found:?}");
        assert!(
            found[0].contains("warning: ") && found[0].contains("lost with it"),
            "{found:?}"
        );
    }
}

#[test]
fn a_runtime_configuration_is_refused_where_none_is_taken_and_where_it_cannot_be_read() {
    let found = stored(Target::Akamai, "key_value_stores = ['default']", Some(""));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("takes no runtime configuration"),
        "{found:?}"
    );
    let found = stored(
        Target::Spinkube,
        "key_value_stores = ['default']",
        Some("["),
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("runtime-config.toml: this is no valid TOML"),
        "{found:?}"
    );
}

#[test]
fn required_variables_come_with_the_way_to_give_them() {
    let of = |target, declaration: &str, config: &str| {
        let fixture = Fixture::new()
            .edit(
                "spin.toml",
                "[variables]",
                &format!("[variables]\napi_key = {{ {declaration} }}"),
            )
            .target(target)
            .runtime_config(config);
        messages(variables(&fixture.load()))
    };
    for (target, declaration, says) in [
        (Target::Spin, "required = true", "SPIN_VARIABLE_API_KEY"),
        (
            Target::Akamai,
            "required = true",
            "spin aka deploy --variable api_key=",
        ),
        (Target::Spinkube, "required = true", "`- name: api_key`"),
        (
            Target::Spinkube,
            "required = true, secret = true",
            "valueFrom.secretKeyRef",
        ),
    ] {
        let found = of(target, declaration, "");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("spin.toml:7: warning: "), "{found:?}");
        assert!(found[0].contains(says), "{found:?}");
        assert!(of(target, "default = ''", "").is_empty());
        assert!(
            of(
                target,
                declaration,
                "[[variables_provider]]\ntype = 'vault'\n"
            )
            .is_empty()
        );
    }
}

#[test]
fn an_application_that_is_too_large_is_an_error_where_there_is_a_limit() {
    let of = |target, bytes| {
        let fixture = Fixture::new().target(target);
        let component = std::fs::File::create(fixture.path(COMPONENT)).unwrap();
        component.set_len(bytes).unwrap();
        messages(limits(&fixture.load()))
    };
    assert!(of(Target::Akamai, SMALLEST_LIMIT.bytes).is_empty());
    assert!(of(Target::Spinkube, SMALLEST_LIMIT.bytes + 1).is_empty());
    let found = of(Target::Akamai, SMALLEST_LIMIT.bytes + 1);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("52428801 bytes"), "{found:?}");
}

#[test]
fn what_cannot_be_measured_hides_no_size_and_is_named() {
    let files = "[component.files]\nsource = { registry = \"ttl.sh\", package = \"spin:files\", version = \"0.3.0\" }\n\n[component.hello]";
    let of = |bytes| {
        let fixture = Fixture::new()
            .edit("spin.toml", "[component.hello]", files)
            .target(Target::Akamai);
        let component = std::fs::File::create(fixture.path(COMPONENT)).unwrap();
        component.set_len(bytes).unwrap();
        messages(limits(&fixture.load()))
    };
    let found = of(SMALLEST_LIMIT.bytes + 1);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("52428801 bytes"), "{found:?}");
    let found = of(SMALLEST_LIMIT.bytes - 7);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(
            "spin.toml:13: warning: component `files` is downloaded and not counted: see that the 7 bytes \
             suffice that are left of the 52428800"
        ),
        "{found:?}"
    );
}

fn triggering(target: Target, kind: &str) -> Vec<String> {
    let trigger = format!("[[trigger.{kind}]]\ncomponent = \"hello\"\n\n[component.hello]");
    let fixture = Fixture::new().edit("spin.toml", "[component.hello]", &trigger);
    messages(triggers(&fixture.target(target).load()))
}

#[test]
fn what_a_target_runs_is_quiet() {
    for target in [Target::Spin, Target::Spinkube, Target::Akamai] {
        // The fixture has a trigger of the first kind, http.
        for kind in &target.cloud().triggers[1..] {
            let found = triggering(target, kind);
            assert!(found.is_empty(), "{found:?}");
        }
    }
}

#[test]
fn what_a_target_does_not_run_comes_with_what_it_does() {
    for (target, kind, says) in [
        (
            Target::Spin,
            "cron",
            "spin.toml:12: warning: Spin runs [[trigger.cron]] with a plugin: see that `spin plugins \
             install trigger-cron` has been run there [rule]",
        ),
        (
            Target::Spinkube,
            "cron",
            "spin.toml:12: SpinKube does not run [[trigger.cron]]: start its components by \
             [[trigger.http]], [[trigger.redis]], [[trigger.mqtt]], [[trigger.sqs]], \
             [[trigger.command]], or deploy them elsewhere [rule]",
        ),
        (
            Target::Akamai,
            "redis",
            "spin.toml:12: Akamai Functions does not run [[trigger.redis]]: start its components by \
             [[trigger.http]], or deploy them elsewhere [rule]",
        ),
    ] {
        assert_eq!(triggering(target, kind), [says]);
    }
}
