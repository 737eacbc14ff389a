use super::*;

fn parse(text: &str) -> Result<RuntimeConfig, String> {
    RuntimeConfig::parse(text, Path::new("conf/runtime-config.toml"))
        .map_err(|error| error.to_string())
}

#[test]
fn everything_that_is_supported() {
    let config = parse(
        r#"
state_dir = "state"
log_dir = ""
max_instance_memory = 1_000_000

[key_value_store.default]
type = "spin"
path = "kv.db"
[key_value_store.memory]
type = "spin"
[key_value_store.absolute]
type = "spin"
path = "/var/kv.db"
[key_value_store.shared]
type = "redis"
url = "redis://:hunter2@cache"

[sqlite_database.default]
type = "spin"
path = "app.db"

[[variables_provider]]
type = "static"
values = { a = "hunter2" }
[[variables_provider]]
type = "env"
prefix = "APP"
dotenv_path = "app.env"

[outbound_http]
connection_pooling = false
max_connections = 10

[outbound_networking]
block_networks = ["8.8.8.8/16", "1.1.1.1", "private"]
max_total_connections = 20
max_socket_connections = 5

[llm_compute]
type = "spin"

[outbound_pg]
max_connections = 30
[outbound_redis]
max_connections = 40

[outbound_mysql]
max_connections = 50

[outbound_mqtt]
max_payload_size_bytes = 65536
"#,
    )
    .unwrap();
    let file = |path: &str| KeyValueBackend::File {
        path: Some(path.into()),
    };
    // Relative to the file, not to the current directory.
    assert_eq!(config.key_value_stores["default"], file("conf/kv.db"));
    assert_eq!(config.key_value_stores["absolute"], file("/var/kv.db"));
    assert_eq!(
        config.key_value_stores["memory"],
        KeyValueBackend::File { path: None }
    );
    let KeyValueBackend::Redis { url, place } = &config.key_value_stores["shared"] else {
        panic!("{:?}", config.key_value_stores["shared"]);
    };
    assert_eq!(url.reveal(), "redis://:hunter2@cache");
    assert_eq!(place, "conf/runtime-config.toml:14");
    // Relative to the current directory.
    let path = Some("app.db".into());
    assert_eq!(
        config.sqlite_databases["default"],
        SqliteBackend::File { path }
    );
    assert_eq!(config.variables_providers.len(), 2);
    assert_eq!(
        config.outbound_http,
        OutboundHttpConfig {
            connection_pooling: false,
            max_connections: Some(10)
        }
    );
    assert!(config.blocked_networks.blocks("8.8.200.1".parse().unwrap()));
    assert!(config.blocked_networks.blocks("1.1.1.1".parse().unwrap()));
    assert!(!config.blocked_networks.blocks("1.1.1.2".parse().unwrap()));
    assert_eq!(config.max_total_connections, Some(20));
    assert_eq!(config.postgres_max_connections, Some(30));
    assert_eq!(config.redis_max_connections, Some(40));
    assert_eq!(config.mysql_max_connections, Some(50));
    assert_eq!(config.mqtt_max_payload_bytes, Some(65_536));
    assert_eq!(config.max_instance_memory, Some(1_000_000));
    assert_eq!(
        config.warnings,
        [
            "conf/runtime-config.toml:37: max_socket_connections has no effect here; list fewer \
             tcp:// and udp:// entries in allowed_outbound_hosts",
            "conf/runtime-config.toml:39: [llm_compute] has no effect; this host has no language models"
        ]
    );
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
}

#[test]
fn an_empty_file_changes_nothing() {
    let config = parse("").unwrap();
    assert!(config.key_value_stores.is_empty());
    assert!(config.outbound_http.connection_pooling);
    assert!(config.blocked_networks.is_empty());
}

#[test]
fn where_state_goes() {
    let application = Path::new("app");
    let with = |state_dir: &str| parse(&format!("state_dir = '{state_dir}'")).unwrap();
    for (config, flag, expected) in [
        (RuntimeConfig::default(), None, Some("app/.spin")),
        (RuntimeConfig::default(), Some("x"), Some("x")),
        (RuntimeConfig::default(), Some(""), None),
        (with("y"), None, Some("y")),
        (with("y"), Some("x"), Some("x")),
        (with("y"), Some(""), None),
        (with(""), None, None),
        (with(""), Some("x"), Some("x")),
    ] {
        let found = config.state_directory(flag, application);
        assert_eq!(
            found.as_deref(),
            expected.map(Path::new),
            "{flag:?} {:?}",
            config.state_dir
        );
    }
}

#[test]
fn the_deprecated_limit_allows_one_more() {
    let config = parse("[outbound_http]\nmax_concurrent_requests = 0\n").unwrap();
    assert_eq!(config.outbound_http.max_connections, Some(1));
}

#[test]
fn what_is_wrong_or_unsupported_is_one_sentence() {
    for (text, expected) in [
        (
            "\nstate_dri = 'x'",
            "2: the runtime configuration has no field 'state_dri'; did you mean 'state_dir'?",
        ),
        (
            "[key_value_store.default]\npath = 'x'",
            "1: [key_value_store.default] has no 'type'; add a type: \"spin\" or \"redis\"",
        ),
        (
            "[key_value_store.default]\ntype = 'memcached'",
            "2: [key_value_store.default] has the unknown type 'memcached'; use \"spin\" or \"redis\"",
        ),
        (
            "[key_value_store.default]\ntype = 'azure_cosmos'\nkey = 'hunter2'",
            "2: [key_value_store.default] has the type 'azure_cosmos', which is not supported; use \"spin\" or \"redis\"",
        ),
        (
            "[key_value_store.default]\ntype = 'redis'",
            "1: [key_value_store.default] has no 'url'; add url = \"redis://…\"",
        ),
        (
            "[key_value_store.default]\ntype = 'spin'\nurl = 'x'",
            "3: [key_value_store.default] has no field 'url'; remove it, or use one of: type, path",
        ),
        (
            "[sqlite_database.default]\ntype = 'libsql'\nurl = 'x'\ntoken = 'hunter2'",
            "2: [sqlite_database.default] has the type 'libsql', which is not supported; use \"spin\", or Postgres for more than one machine",
        ),
        (
            "[[variables_provider]]\ntype = 'vault'\ntoken = 'hunter2'",
            "2: [[variables_provider]] has the type 'vault', which is not supported; set the variables in the environment or with type = \"static\"",
        ),
        (
            "[variables_provider]\ntype = 'env'",
            "1: 'variables_provider' of the runtime configuration must be an array, not a table; write it in square brackets",
        ),
        (
            "[outbound_networking]\nblock_networks = ['x']",
            "2: \"x\" in block_networks is no network; write \"10.0.0.0/8\" or \"private\"",
        ),
        (
            "[[client_tls]]\nhosts = ['x']",
            "1: [client_tls] is not supported yet; remove it, or run this application with Spin",
        ),
        (
            "max_instance_memory = -1",
            "1: 'max_instance_memory' of the runtime configuration must not be negative; write 0 or more",
        ),
        (
            "[key_value_store.\"a b\"]\ntype = 'spin'",
            "1: 'a b' is not a label; write it in kebab-case or snake_case, each word beginning with a letter, such as 'default'",
        ),
    ] {
        assert_eq!(
            parse(text).unwrap_err(),
            format!("conf/runtime-config.toml:{expected}")
        );
    }
}

#[test]
fn a_missing_file_is_one_sentence() {
    let error = RuntimeConfig::load(Path::new("/no/such.toml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/no/such.toml: there is no such file; correct --runtime-config-file"
    );
}
