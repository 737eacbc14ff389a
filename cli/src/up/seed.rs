//! What `--sqlite` and `--key-value` put into the stores before anything is served.

use anyhow::{Context as _, Result, bail};
use jenny_host::capability::Capabilities;

use super::sql::Script;

/// How much a statement may return. What a seeding statement returns is thrown away, so this only
/// has to be enough for the odd `SELECT` or `RETURNING`.
const MAX_RESULT_BYTES: usize = 16 << 20;

/// Runs each script on a connection of its own, so that a transaction may span its statements.
pub(super) async fn sqlite(capabilities: &Capabilities, scripts: &[Script]) -> Result<()> {
    for Script {
        database,
        statements,
        origin,
    } in scripts
    {
        if !capabilities.sqlite.is_defined(database) {
            bail!(
                "--sqlite needs the database `{database}`, which the runtime configuration does not define"
            );
        }
        let connection = capabilities
            .sqlite
            .open(database)
            .await
            .with_context(|| format!("cannot open the SQLite database `{database}`"))?;
        for statement in statements {
            let context = || {
                format!(
                    "{origin}: `{}` failed in the database `{database}`",
                    first_line(statement)
                )
            };
            let result = connection
                .execute(statement.clone(), Vec::new())
                .await
                .with_context(context)?;
            // A statement has run only when its rows have been read.
            result
                .collect(MAX_RESULT_BYTES)
                .await
                .with_context(context)?;
        }
    }
    Ok(())
}

/// Sets values in the default store.
pub(super) async fn key_value(
    capabilities: &Capabilities,
    pairs: &[(String, String)],
) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let context = "--key-value cannot set values in the store `default`";
    let store = capabilities
        .key_value
        .open("default")
        .await
        .context(context)?;
    for (key, value) in pairs {
        store
            .set(key, value.clone().into_bytes())
            .await
            .context(context)?;
    }
    Ok(())
}

fn first_line(statement: &str) -> &str {
    statement.lines().next().unwrap_or_default().trim_end()
}
