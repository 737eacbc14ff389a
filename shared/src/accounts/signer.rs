use std::time::Duration;

use jiff::Timestamp;

use crate::config::ACCESS_TOKEN_TTL_SECONDS;
use crate::db::Db;
use crate::identity::UserId;
use crate::problem::Problem;
use crate::token::{self, AccessToken, Issuer, SigningKey};

/// Everything that access tokens are made with.
pub struct Signer {
    key: SigningKey,
    issuer: Issuer,
    lifetime: Duration,
}

impl Signer {
    /// Reads the key and the settings. Open it before anything is written: a wrong setting then fails
    /// the request, rather than leave an account that cannot sign in.
    ///
    /// # Errors
    ///
    /// 500 when a variable or a key is wrong, which the log names; 503 when the database fails.
    pub async fn open(db: &Db, now: Timestamp) -> Result<Self, Problem> {
        Ok(Self {
            lifetime: Duration::from_secs(ACCESS_TOKEN_TTL_SECONDS.get().await?),
            issuer: token::issuer().await?,
            key: token::signing_key(db, now).await?,
        })
    }

    /// A token for this user, which is valid from `now` on.
    ///
    /// # Errors
    ///
    /// 500 when it cannot be signed.
    pub fn issue(&self, user_id: UserId, now: Timestamp) -> Result<AccessToken, Problem> {
        self.key
            .issue(&self.issuer, user_id, now, self.lifetime)
            .map_err(Problem::internal)
    }
}
