//! What `--sqlite` and `--key-value` put into the stores before the first request.

use anyhow::{Context as _, Result, bail};
use jenny_stores::Stores;

use super::sql::Script;

/// Runs each script on a connection of its own, so that a transaction may span its statements.
pub(super) async fn sqlite(stores: &Stores, scripts: &[Script]) -> Result<()> {
    for Script {
        database,
        sql,
        origin,
    } in scripts
    {
        if !stores.sqlite.is_defined(database) {
            bail!(
                "--sqlite needs the database `{database}`, which the runtime configuration does not define"
            );
        }
        let connection = stores
            .sqlite
            .open(database)
            .await
            .with_context(|| format!("cannot open the SQLite database `{database}`"))?;
        connection
            .execute_batch(sql.clone())
            .await
            .with_context(|| format!("{origin} failed in the database `{database}`"))?;
    }
    Ok(())
}

/// Sets values in the default store.
pub(super) async fn key_value(stores: &Stores, pairs: &[(String, String)]) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let context = "--key-value cannot set values in the store `default`";
    let store = stores.key_value.open("default").await.context(context)?;
    for (key, value) in pairs {
        store
            .set(key, value.clone().into_bytes())
            .await
            .context(context)?;
    }
    Ok(())
}
