//! `jenny token`: an access token for development.
//!
//! It is signed with the key that the functions of `jenny up` accept: the variable `signing_key`, or the
//! development key in the SQLite database. Claims and keys are those of `jenny-token`, as in the functions.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jenny_host::capability::{SqliteConnection, Value};
use jenny_host::manifest::{Manifest, VariableDeclaration};
use jenny_host::variables::Secret;
use jenny_token::{Issuer, KeySet, SigningKey, development};
use jiff::Timestamp;

use crate::application::{self, Application};
use crate::{logging, manifest_path, output};

/// A working day.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// A key in PEM has about 120 bytes.
const MAX_ROW_BYTES: usize = 64 * 1024;

/// What the functions read, and the default of what an application does not declare.
const VARIABLES: [(&str, &str); 4] = [
    ("database_url", "sqlite:default"),
    ("public_url", "http://127.0.0.1:3000"),
    ("signing_key", ""),
    ("verification_keys", ""),
];

/// The arguments of `jenny token`.
#[derive(Args, Debug)]
#[command(after_help = "\
The token is valid for twelve hours, for the application as `up` runs it with the same --variable, --state-dir and \
--runtime-config-file. It is signed with the variable `signing_key`, or else with the development key in the \
SQLite database, which this command creates where it is missing. Where `public_url` is not an address of this \
machine, the command fails.

Examples:
  curl -H \"Authorization: Bearer $(cargo jenny token jacob)\" localhost:3000/api/notes
  cargo jenny token 01900000-0000-7000-8000-000000000001")]
pub(crate) struct Arguments {
    /// Whose token it is: the UUID of a user, or any name, which always stands for the same UUID.
    user: String,

    #[command(flatten)]
    manifest: manifest_path::Argument,

    #[command(flatten)]
    application: application::Arguments,
}

/// Prints a token.
///
/// # Errors
///
/// When others can reach the application, when the variables do not agree, and when the database has no table
/// for the key.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    logging::start(arguments.application.log_format);
    let from = arguments.manifest.from.as_deref();
    let application = Application::new(arguments.application, from, |manifest| {
        Ok(declared(manifest))
    })?;
    let public_url = application.variable("public_url")?;
    if !development::is_loopback(&public_url) {
        bail!(
            "public_url is {public_url}, which is not this machine: tokens for development are only issued where \
             nobody else can reach the application"
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the host")?;
    let now = Timestamp::now();
    let key = runtime.block_on(signing_key(&application, now))?;
    let user = development::user(&arguments.user);
    let token = key.issue(&Issuer::new(&public_url), user, now, LIFETIME)?;
    output::text(&format!("{}\n", token.as_str()))?;
    Ok(ExitCode::SUCCESS)
}

/// The manifest with all [`VARIABLES`]: an application whose functions only verify does not declare
/// `signing_key`.
fn declared(mut manifest: Manifest) -> Manifest {
    for (name, default) in VARIABLES {
        manifest
            .variables
            .entry(name.to_owned())
            .or_insert_with(|| VariableDeclaration {
                default: Some(Secret::new(default)),
                required: false,
                secret: true,
                description: String::new(),
                line: 0,
            });
    }
    manifest
}

/// The key whose tokens the functions accept.
async fn signing_key(application: &Application, now: Timestamp) -> Result<SigningKey> {
    let private_pem = application.variable("signing_key")?;
    let accepted = KeySet::from_pem(&application.variable("verification_keys")?)
        .context("verification_keys")?;
    if !private_pem.is_empty() {
        let key = SigningKey::from_pem(&private_pem).context("signing_key")?;
        if !accepted.contains(&key.public_key()) {
            bail!(
                "verification_keys does not have the public key of signing_key: no function accepts its tokens"
            );
        }
        return Ok(key);
    }
    if !accepted.is_empty() {
        bail!("verification_keys is set and signing_key is not: give --variable signing_key=@FILE");
    }
    let database_url = application.variable("database_url")?;
    let Some(label) = database_url.strip_prefix("sqlite:") else {
        bail!("there is no development key on Postgres: set signing_key and verification_keys");
    };
    let databases = application.sqlite_databases()?;
    let connection = databases
        .open(label)
        .await
        .with_context(|| format!("cannot open the SQLite database `{label}`"))?;
    development_key(connection.as_ref(), now).await.context(
        "cannot read the development key; in a new database, `cargo jenny up` and one request to \
             /health/ready create its table",
    )
}

/// Reads the development key, and creates it where there is none. Whoever comes first decides, as between
/// functions.
async fn development_key(connection: &dyn SqliteConnection, now: Timestamp) -> Result<SigningKey> {
    let created_at = Value::Integer(now.as_millisecond());
    let fresh = SigningKey::generate_pem()?;
    let fresh = Value::Text(fresh.to_string());
    let insert = development::INSERT_PRIVATE_KEY;
    rows(connection, insert, vec![fresh, created_at.clone()]).await?;
    let found = rows(connection, development::SELECT_PRIVATE_KEY, Vec::new()).await?;
    let Some([Value::Text(pem)]) = found.first().map(Vec::as_slice) else {
        bail!("there is none");
    };
    let key = SigningKey::from_pem(pem)?;
    let public = Value::Text(key.public_key().x().to_owned());
    let insert = development::INSERT_PUBLIC_KEY;
    rows(connection, insert, vec![public, created_at]).await?;
    Ok(key)
}

async fn rows(
    connection: &dyn SqliteConnection,
    statement: &str,
    parameters: Vec<Value>,
) -> Result<Vec<Vec<Value>>> {
    let result = connection.execute(statement.to_owned(), parameters).await?;
    Ok(result.collect(MAX_ROW_BYTES).await?)
}
