use crate::caller::Caller;
use crate::db::DbError;
use crate::identity::Taken;
use crate::problem::Problem;

/// Why an account was not registered or changed.
#[derive(Debug)]
pub enum AccountError {
    /// The account does not exist any more.
    Gone,
    /// The address, the name or both belong to another account.
    Taken(Taken),
    /// The system gives no randomness to hash a password with.
    Randomness(getrandom::Error),
    /// The database failed.
    Db(DbError),
}

impl AccountError {
    /// The problem to answer with. `body` is the pointer of the object that holds `email` and `username` in
    /// the request (RFC 6901): the empty text if that is the whole body.
    #[must_use]
    pub fn at(self, body: &str) -> Problem {
        match self {
            Self::Gone => Caller::gone(),
            Self::Taken(taken) => taken.at(body),
            Self::Randomness(error) => Problem::internal(error),
            Self::Db(error) => error.into(),
        }
    }
}

impl From<DbError> for AccountError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}
