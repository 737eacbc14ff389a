//! Where keys come from: the variables `signing_key` and `verification_keys`, or, while nobody has
//! set them, the database is SQLite and the service is reached from this machine alone, a development key
//! in the database.
//!
//! Everything found is kept for the life of the instance: one issuer, one signing key, one set of
//! at most [`KeySet::MAX_KEYS`] keys and one development key. None of it depends on a caller.

use std::sync::OnceLock;

use jiff::Timestamp;

use super::{Issuer, KeyError, KeySet, SigningKey};
use crate::config::{ConfigError, PUBLIC_URL, PublicUrl, SIGNING_KEY, VERIFICATION_KEYS};
use crate::db::{Db, DbError, Dialect, params};
use crate::problem::Problem;

#[cfg(test)]
mod tests;

/// Why there is no key to sign or verify with. For the operator; a caller learns nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// A setting cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A variable holds something else than keys.
    #[error("the variable {variable} {error}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it must be.
        error: KeyError,
    },
    /// The variables do not fit each other or the database.
    #[error("{0}")]
    Unusable(&'static str),
    /// The host has no randomness for a new key.
    #[error("no random bytes for a development key: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The database with the development key failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<KeySourceError> for Problem {
    fn from(error: KeySourceError) -> Self {
        match error {
            KeySourceError::Db(error) => error.into(),
            error => Problem::internal(error),
        }
    }
}

const UNSET_ON_POSTGRES: &str = "the variable signing_key is not set: make a key with `openssl \
    genpkey -algorithm ed25519` and set it, and put its public key (`openssl pkey -pubout`) into \
    verification_keys";
const UNSET_IN_PUBLIC: &str = "the variable signing_key is not set, and public_url does not name this \
    machine, so no development key is used: make a key with `openssl genpkey -algorithm ed25519` and set \
    it, and put its public key (`openssl pkey -pubout`) into verification_keys";
const KEY_NOT_LISTED: &str = "the variable verification_keys must hold the public key of \
    signing_key (`openssl pkey -pubout`): no function would accept the tokens signed with it";
const UNVERIFIABLE_ON_POSTGRES: &str = "the variable verification_keys is not set: put the public \
    key of signing_key (`openssl pkey -pubout`) into it";
const UNVERIFIABLE_IN_PUBLIC: &str = "the variable verification_keys is not set, and public_url does not \
    name this machine, so no development key is used: put the public key of signing_key (`openssl pkey \
    -pubout`) into it";
const KEY_MISSING: &str = "the variable verification_keys is set and signing_key is not: set both, \
    or neither";

/// Who issues the tokens: the variable `public_url`.
///
/// # Errors
///
/// When the variable is no URL.
pub async fn issuer() -> Result<Issuer, KeySourceError> {
    Ok(Issuer::new(public_url().await?.as_str()))
}

async fn public_url() -> Result<&'static PublicUrl, KeySourceError> {
    static URL: OnceLock<PublicUrl> = OnceLock::new();
    match URL.get() {
        Some(url) => Ok(url),
        None => {
            let url = PUBLIC_URL.get().await?;
            Ok(URL.get_or_init(|| url))
        }
    }
}

/// The key to sign with: the variable `signing_key`, or the development key, which the first call
/// ever creates.
///
/// # Errors
///
/// When the variables are wrong or do not fit each other; the message names them.
pub async fn signing_key(db: &Db, now: Timestamp) -> Result<SigningKey, KeySourceError> {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key.clone());
    }
    let private_pem = SIGNING_KEY.get().await?;
    let public_pems = VERIFICATION_KEYS.get().await?;
    let private_pem = private_pem.as_ref().map(|secret| secret.expose().as_str());
    let url = public_url().await?;
    let configured = configured_signing_key(private_pem, &public_pems, db.dialect(), url)?;
    let is_configured = configured.is_some();
    let key = match configured {
        Some(key) => key,
        None => development_signing_key(db, now).await?,
    };
    // First requests that come together each get here; one of them says it.
    if KEY.set(key.clone()).is_ok() && !is_configured {
        tracing::warn!(
            kid = key.public_key().kid(),
            "tokens are signed with a development key that lies in the database: set the \
             variables signing_key and verification_keys before anyone depends on them"
        );
    }
    Ok(key)
}

/// The keys that tokens are accepted from: the variable `verification_keys`, or while that is
/// empty, the development key in the database that `db` opens.
///
/// # Errors
///
/// When the variable is wrong, with its name; when it is unset and there can be no development key; or
/// when the database fails.
pub async fn key_set<E: From<KeySourceError>>(
    db: impl Future<Output = Result<Db, E>>,
) -> Result<KeySet, E> {
    static CONFIGURED: OnceLock<KeySet> = OnceLock::new();
    static DEVELOPMENT: OnceLock<KeySet> = OnceLock::new();
    let configured = match CONFIGURED.get() {
        Some(keys) => keys,
        None => {
            let pems = VERIFICATION_KEYS
                .get()
                .await
                .map_err(KeySourceError::from)?;
            let keys = verification_keys(&pems)?;
            CONFIGURED.get_or_init(|| keys)
        }
    };
    if !configured.is_empty() {
        return Ok(configured.clone());
    }
    if let Some(keys) = DEVELOPMENT.get() {
        return Ok(keys.clone());
    }
    if !public_url().await?.is_loopback() {
        return Err(KeySourceError::Unusable(UNVERIFIABLE_IN_PUBLIC).into());
    }
    let db = db.await?;
    if db.dialect() == Dialect::Postgres {
        return Err(KeySourceError::Unusable(UNVERIFIABLE_ON_POSTGRES).into());
    }
    let keys = development_key_set(&db).await?;
    if keys.is_empty() {
        // Nobody has signed in yet. Looked up again next time.
        return Ok(keys);
    }
    Ok(DEVELOPMENT.get_or_init(|| keys).clone())
}

fn verification_keys(pems: &str) -> Result<KeySet, KeySourceError> {
    KeySet::from_pem(pems).map_err(|error| KeySourceError::Variable {
        variable: VERIFICATION_KEYS.name(),
        error,
    })
}

/// The configured key, or `None` when the development key is to be used: where nobody but the developer
/// reads the database, and nobody else is served.
fn configured_signing_key(
    private_pem: Option<&str>,
    public_pems: &str,
    dialect: Dialect,
    public_url: &PublicUrl,
) -> Result<Option<SigningKey>, KeySourceError> {
    let accepted = verification_keys(public_pems)?;
    let Some(private_pem) = private_pem else {
        let missing = match dialect {
            _ if !accepted.is_empty() => KEY_MISSING,
            Dialect::Postgres => UNSET_ON_POSTGRES,
            Dialect::Sqlite if !public_url.is_loopback() => UNSET_IN_PUBLIC,
            Dialect::Sqlite => return Ok(None),
        };
        return Err(KeySourceError::Unusable(missing));
    };
    let key = SigningKey::from_pem(private_pem).map_err(|error| KeySourceError::Variable {
        variable: SIGNING_KEY.name(),
        error,
    })?;
    if accepted.contains(&key.public_key()) {
        Ok(Some(key))
    } else {
        Err(KeySourceError::Unusable(KEY_NOT_LISTED))
    }
}

const DEVELOPMENT_KEY: &str = "SELECT private_key FROM development_signing_keys WHERE id = 1";

/// The development key of this database. Instances that come first together agree: the row that is
/// there after both have tried is the key.
async fn development_signing_key(db: &Db, now: Timestamp) -> Result<SigningKey, KeySourceError> {
    match db.query_optional::<(String,)>(DEVELOPMENT_KEY, []).await? {
        Some((pem,)) => parse_development_key(&pem),
        None => create_development_key(db, now).await,
    }
}

/// Makes the key of a database that had none a moment ago.
async fn create_development_key(db: &Db, now: Timestamp) -> Result<SigningKey, KeySourceError> {
    let fresh = SigningKey::generate_pem()?;
    db.transaction(async |transaction| {
        transaction
            .execute(
                "INSERT INTO development_signing_keys (id, private_key, created_at)
                 VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
                params![fresh.as_str(), now],
            )
            .await?;
        let (pem,) = transaction
            .query_one::<(String,)>(DEVELOPMENT_KEY, [])
            .await?;
        let key = parse_development_key(&pem)?;
        transaction
            .execute(
                "INSERT INTO development_verification_keys (id, public_key, created_at)
                 VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
                params![key.public_key().x(), now],
            )
            .await?;
        Ok(key)
    })
    .await
}

fn parse_development_key(pem: &str) -> Result<SigningKey, KeySourceError> {
    SigningKey::from_pem(pem)
        .map_err(|_| KeySourceError::Unusable("the development key in the database is no key"))
}

/// The public half of the development key, or nothing while there is none.
async fn development_key_set(db: &Db) -> Result<KeySet, KeySourceError> {
    let row: Option<(String,)> = db
        .query_optional(
            "SELECT public_key FROM development_verification_keys WHERE id = 1",
            [],
        )
        .await?;
    let key = row.map(|(x,)| super::PublicKey::from_x(&x)).transpose();
    key.map(KeySet::from_iter)
        .map_err(|_| KeySourceError::Unusable("the development key in the database is no key"))
}
