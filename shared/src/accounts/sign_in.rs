use crate::caller;
use crate::db::{Db, DbError, params};
use crate::identity::{Email, UserId};
use crate::password::{self, Password, PasswordHash, Verdict};
use crate::problem::Problem;

/// An account, as its owner sees it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// Its e-mail address, as it was written.
    pub email: String,
    /// Its name, as it was written.
    pub username: String,
}

/// An account and the hash of its password.
struct Stored {
    id: UserId,
    email: String,
    username: String,
    password_hash: String,
}

crate::from_row!(Stored {
    id,
    email,
    username,
    password_hash
});

/// Returns the account with this address and this password. It takes the same time whether the account
/// exists or not; the log says why a sign-in was refused.
///
/// Hashes the password, which takes tens of milliseconds of CPU. A stored hash of earlier parameters is
/// replaced.
///
/// # Errors
///
/// 401, the same for a wrong address and a wrong password; 503 when the database fails.
pub async fn sign_in(db: &Db, email: &str, password: &str) -> Result<Account, Problem> {
    // A text that is not an address goes the same way as an unknown address.
    let email = Email::sought(email);
    let stored = match &email {
        Some(email) => find_by_email(db, email).await?,
        None => None,
    };
    let hash = stored.as_ref().map(|stored| stored.password_hash.as_str());
    let verdict = password::verify(password, hash);
    let stored = match (stored, verdict) {
        (Some(stored), Verdict::Right) => stored,
        (Some(stored), Verdict::NeedsRehash) => {
            rehash(db, &stored, password).await;
            stored
        }
        (stored, _) => return Err(refusal(email.is_some(), stored.as_ref())),
    };
    caller::log(stored.id);
    Ok(Account {
        id: stored.id,
        email: stored.email,
        username: stored.username,
    })
}

/// The log learns why, the caller does not. Nothing that was sent is logged, not even the address: people
/// type their password into that field.
fn refusal(is_address: bool, stored: Option<&Stored>) -> Problem {
    let reason = match stored {
        Some(_) => "the password is wrong",
        None if is_address => "no user has the address",
        None => "the address is not valid",
    };
    let user_id = stored.map(|stored| tracing::field::display(stored.id));
    tracing::warn!(reason, user_id, "refused a sign-in");
    Problem::unauthorized("The e-mail address or the password is wrong.").about("credentials")
}

async fn find_by_email(db: &Db, email: &Email) -> Result<Option<Stored>, DbError> {
    let email_key = email.stored_key(db).await?;
    db.query_optional(
        "SELECT id, email, username, password_hash FROM users WHERE email_key = $1",
        params![email_key],
    )
    .await
}

/// Brings a hash up to the present parameters. The sign-in succeeds whether that does or not.
async fn rehash(db: &Db, stored: &Stored, password: &str) {
    // A password from before the present limits keeps its hash until it is changed.
    let Ok(password) = Password::parse(password) else {
        return;
    };
    let result = match password.hash_with_random_salt() {
        Ok(hash) => replace_hash(db, stored, &hash)
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = result {
        tracing::warn!(error, "could not replace an old password hash");
    }
}

/// Replaces a hash, unless the password was changed since it was read.
async fn replace_hash(db: &Db, stored: &Stored, hash: &PasswordHash) -> Result<(), DbError> {
    db.execute(
        "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3",
        params![hash.as_str(), stored.id, &stored.password_hash],
    )
    .await?;
    Ok(())
}
