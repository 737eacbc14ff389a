//! From TOML to [`RuntimeConfig`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use super::{
    BlockedNetworks, KeyValueBackend, OutboundHttpConfig, RuntimeConfig, RuntimeConfigError,
    SqliteBackend,
};
use crate::check_label;
use crate::document::{Document, FileError, Table, Value};
use crate::variables::{ENVIRONMENT_PREFIX, EnvironmentProvider, Secret, VariableProvider};

pub(super) fn runtime_config(
    document: &Document<'_>,
    path: &Path,
) -> Result<RuntimeConfig, RuntimeConfigError> {
    let mut root = document.root("the runtime configuration")?;
    let mut config = RuntimeConfig {
        path: Some(path.to_owned()),
        state_dir: root.take_string("state_dir")?,
        log_dir: root.take_string("log_dir")?,
        max_instance_memory: root
            .take("max_instance_memory")
            .map(Value::size)
            .transpose()?,
        ..RuntimeConfig::default()
    };
    config.key_value_stores = labelled(&mut root, "key_value_store", |table, line| {
        key_value_store(table, path, line)
    })?;
    config.sqlite_databases = labelled(&mut root, "sqlite_database", |table, _| {
        sqlite_database(table)
    })?;
    // The second name is the one of Spin 1; Spin still reads it.
    for field in ["variables_provider", "config_provider"] {
        if let Some(value) = root.take(field) {
            for provider in value.array()? {
                config
                    .variables_providers
                    .push(variables_provider(provider)?);
            }
        }
    }
    if let Some(table) = root.take_table("outbound_http", "[outbound_http]".to_owned())? {
        config.outbound_http = outbound_http(table)?;
    }
    let name = "[outbound_networking]".to_owned();
    if let Some(table) = root.take_table("outbound_networking", name)? {
        outbound_networking(table, path, &mut config)?;
    }
    if let Some(mut table) = root.take_table("outbound_pg", "[outbound_pg]".to_owned())? {
        let limit = table.take("max_connections").map(Value::size).transpose()?;
        config.postgres_max_connections = limit;
        table.finish()?;
    }
    if let Some(mut table) = root.take_table("outbound_mysql", "[outbound_mysql]".to_owned())? {
        let limit = table.take("max_connections").map(Value::size).transpose()?;
        config.mysql_max_connections = limit;
        table.finish()?;
    }
    if let Some(mut table) = root.take_table("outbound_mqtt", "[outbound_mqtt]".to_owned())? {
        let limit = table.take("max_payload_size_bytes");
        config.mqtt_max_payload_bytes = limit.map(Value::size).transpose()?;
        table.finish()?;
    }
    let name = "[outbound_redis]".to_owned();
    if let Some(mut table) = root.take_table("outbound_redis", name)? {
        let limit = table.take("max_connections").map(Value::size).transpose()?;
        config.redis_max_connections = limit;
        table.finish()?;
    }
    if let Some(value) = root.take("client_tls") {
        let remedy = "remove it, or run this application with Spin";
        return Err(value.error(format!("[client_tls] is not supported yet; {remedy}")));
    }
    if let Some(value) = root.take("llm_compute") {
        config.warnings.push(format!(
            "{}:{}: [llm_compute] has no effect; this host has no language models",
            path.display(),
            value.line
        ));
    }
    root.finish()?;
    Ok(config)
}

/// Reads `[<field>.<label>]` tables.
fn labelled<T>(
    root: &mut Table<'_>,
    field: &'static str,
    read: impl Fn(Table<'_>, usize) -> Result<T, FileError>,
) -> Result<BTreeMap<String, T>, FileError> {
    let Some(tables) = root.take_table(field, format!("[{field}]"))? else {
        return Ok(BTreeMap::new());
    };
    tables
        .into_fields()
        .into_iter()
        .map(|(label, value)| {
            check_label(&label)
                .map_err(|remedy| value.error(format!("'{label}' is not a label; {remedy}")))?;
            let line = value.line;
            let table = value.table(format!("[{field}.{label}]"))?;
            Ok((label, read(table, line)?))
        })
        .collect()
}

/// Takes the `type` of a table, with the error for a type that is none of `known`.
fn kind(table: &mut Table<'_>, known: &str) -> Result<(String, FileError), FileError> {
    let name = table.name.clone();
    let value = table.require("type", &format!("add a type: {known}"))?;
    let line = value.error("");
    let kind = value.string()?;
    let unknown = line.with_message(format!("{name} has the unknown type '{kind}'; use {known}"));
    Ok((kind, unknown))
}

fn unsupported(name: &str, place: &FileError, kind: &str, remedy: &str) -> FileError {
    place.with_message(format!(
        "{name} has the type '{kind}', which is not supported; {remedy}"
    ))
}

fn key_value_store(
    mut table: Table<'_>,
    file: &Path,
    line: usize,
) -> Result<KeyValueBackend, FileError> {
    let (kind, unknown) = kind(&mut table, "\"spin\" or \"redis\"")?;
    let backend = match kind.as_str() {
        "spin" => {
            let path = table.take_string("path")?.map(PathBuf::from);
            // Spin takes these paths from the directory of the file, those of databases from the
            // current directory.
            let base = file.parent().unwrap_or(Path::new(""));
            KeyValueBackend::File {
                path: path.map(|path| base.join(path)),
            }
        }
        "redis" => KeyValueBackend::Redis {
            url: Secret::from(table.require("url", "add url = \"redis://…\"")?.string()?),
            place: format!("{}:{line}", file.display()),
        },
        "azure_cosmos" | "aws_dynamo" => {
            let remedy = "use \"spin\" or \"redis\"";
            return Err(unsupported(&table.name, &unknown, &kind, remedy));
        }
        _ => return Err(unknown),
    };
    table.finish()?;
    Ok(backend)
}

fn sqlite_database(mut table: Table<'_>) -> Result<SqliteBackend, FileError> {
    let (kind, unknown) = kind(&mut table, "\"spin\"")?;
    match kind.as_str() {
        "spin" => {}
        "libsql" => {
            let remedy = "use \"spin\", or Postgres for more than one machine";
            return Err(unsupported(&table.name, &unknown, &kind, remedy));
        }
        _ => return Err(unknown),
    }
    let path = table.take_string("path")?.map(PathBuf::from);
    table.finish()?;
    Ok(SqliteBackend::File { path })
}

fn variables_provider(value: Value<'_>) -> Result<VariableProvider, FileError> {
    let mut table = value.table("[[variables_provider]]".to_owned())?;
    let (kind, unknown) = kind(&mut table, "\"env\" or \"static\"")?;
    let provider = match kind.as_str() {
        "env" => {
            let prefix = table.take_string("prefix")?;
            let dotenv = table.take_string("dotenv_path")?.map(PathBuf::from);
            VariableProvider::Environment(EnvironmentProvider::new(
                prefix.unwrap_or_else(|| ENVIRONMENT_PREFIX.to_owned()),
                dotenv,
            ))
        }
        "static" => {
            let values = table.require("values", "add values = { name = \"…\" }")?;
            VariableProvider::fixed(
                values
                    .string_table()?
                    .into_iter()
                    .map(|(name, value)| (name, value.value)),
            )
        }
        "vault" | "open_bao" | "azure_key_vault" => {
            let remedy = "set the variables in the environment or with type = \"static\"";
            return Err(unsupported(&table.name, &unknown, &kind, remedy));
        }
        _ => return Err(unknown),
    };
    table.finish()?;
    Ok(provider)
}

fn outbound_http(mut table: Table<'_>) -> Result<OutboundHttpConfig, FileError> {
    let connection_pooling = table.take_boolean("connection_pooling")?.unwrap_or(true);
    let max_connections = table.take("max_connections").map(Value::size).transpose()?;
    // The deprecated name allowed one more than it said, and still does on Spin.
    let deprecated = match table.take("max_concurrent_requests") {
        None => None,
        Some(value) => {
            let both = value
                .error("'max_concurrent_requests' is the old name of 'max_connections'; remove it");
            if max_connections.is_some() {
                return Err(both);
            }
            Some(value.size()?.saturating_add(1))
        }
    };
    table.finish()?;
    Ok(OutboundHttpConfig {
        connection_pooling,
        max_connections: max_connections.or(deprecated),
    })
}

fn outbound_networking(
    mut table: Table<'_>,
    path: &Path,
    config: &mut RuntimeConfig,
) -> Result<(), FileError> {
    let mut blocked = BlockedNetworks::default();
    for entry in table.take_strings("block_networks")? {
        if entry.value == "private" {
            blocked.private = true;
            continue;
        }
        let network = entry.value.parse::<IpNet>().map(|network| network.trunc());
        let address = || entry.value.parse::<IpAddr>().map(IpNet::from);
        blocked
            .networks
            .push(network.or_else(|_| address()).map_err(|_| {
                let text = &entry.value;
                table.error_at(
                entry.line,
                format!(
                    "{text:?} in block_networks is no network; write \"10.0.0.0/8\" or \"private\""
                ),
            )
            })?);
    }
    config.blocked_networks = blocked;
    if let Some(value) = table.take("max_socket_connections") {
        config.warnings.push(format!(
            "{}:{}: max_socket_connections has no effect here; list fewer tcp:// and udp:// entries \
             in allowed_outbound_hosts",
            path.display(),
            value.line,
        ));
        config.max_socket_connections = Some(value.size()?);
    }
    let total = table.take("max_total_connections");
    config.max_total_connections = total.map(Value::size).transpose()?;
    table.finish()
}
