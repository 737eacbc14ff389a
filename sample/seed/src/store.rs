//! What is written beside what `conduit` writes: users, and how far a seed has come.

use conduit::{articles, comments, favorites, follows};
use shared::db::{Db, DbError, Dialect, Transaction, Value, params};

use crate::data::{Data, NewUser, Range};

/// A PHC string that no password is known to fit, so that nobody can sign in as a seeded user.
const NO_PASSWORD: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Rows of one statement. SQLite looks up each parameter among those before it, one by one, so that a
/// statement costs the square of their number: with 2,000 rows that was two thirds of the time. Fewer
/// rows than this, and the statement itself costs more than its rows.
const ROWS: usize = 125;

/// Why a batch was not written.
pub(crate) enum WriteError {
    /// There are so many articles of the seed, rather than as many as the batch was to follow.
    Elsewhere(u64),
    Db(DbError),
}

impl From<DbError> for WriteError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// The row of `totals` that says how many articles of a seed there are.
fn name(seed: u32) -> String {
    format!("seed:{seed}")
}

pub(crate) async fn count(db: &Db, seed: u32) -> Result<u64, DbError> {
    let count: Option<(u64,)> = db
        .query_optional(
            "SELECT amount FROM totals WHERE name = $1",
            params![name(seed)],
        )
        .await?;
    Ok(count.map_or(0, |(amount,)| amount))
}

/// Writes everything of a batch, or nothing.
pub(crate) async fn write(db: &Db, range: Range, data: &Data) -> Result<(), WriteError> {
    db.transaction(async |tx| {
        claim(tx, range).await?;
        insert_users(tx, &data.users).await?;
        for follows in data.follows.chunks(ROWS) {
            follows::insert(tx, follows).await?;
        }
        for articles in data.articles.chunks(ROWS) {
            articles::insert(tx, articles).await?;
        }
        for favorites in data.favorites.chunks(ROWS) {
            favorites::insert(tx, favorites).await?;
        }
        for comments in data.comments.chunks(ROWS) {
            comments::insert(tx, comments).await?;
        }
        Ok(())
    })
    .await
}

/// Counts the batch in. Of two runs with the same seed the second one waits for the first, and then
/// sees that it was not its turn.
async fn claim(tx: &mut Transaction, range: Range) -> Result<(), WriteError> {
    let count = i64::try_from(range.count).unwrap_or(i64::MAX);
    let (amount,): (u64,) = tx
        .query_one(
            "INSERT INTO totals (name, amount) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET amount = totals.amount + excluded.amount
             RETURNING amount",
            params![name(range.seed), count],
        )
        .await?;
    let before = amount.saturating_sub(range.count);
    if before == range.first {
        Ok(())
    } else {
        Err(WriteError::Elsewhere(before))
    }
}

async fn insert_users(tx: &mut Transaction, users: &[NewUser]) -> Result<(), DbError> {
    for users in users.chunks(ROWS) {
        let places: Vec<String> = (0..users.len())
            .map(|row| {
                let numbers = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column));
                format!("({})", numbers.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let sql = format!(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash, bio,
                 created_at, updated_at)
             VALUES {}",
            places.join(", "),
        );
        let parameters: Vec<Value> = users.iter().flat_map(row).collect();
        tx.execute(&sql, parameters).await?;
    }
    Ok(())
}

/// The columns of a user.
const COLUMNS: usize = 9;

fn row(user: &NewUser) -> [Value; COLUMNS] {
    params![
        user.id,
        user.username.as_str(),
        user.username.key(),
        user.email.as_str(),
        user.email.key(),
        NO_PASSWORD,
        &user.bio,
        user.created_at,
        user.created_at,
    ]
}

/// Tells Postgres what its tables hold: it would find out by itself, but only after a while, in which
/// it plans as if they were empty. SQLite's plans need no statistics here.
pub(crate) async fn gather_statistics(db: &Db) -> Result<(), DbError> {
    if db.dialect() == Dialect::Postgres {
        db.execute("ANALYZE", []).await?;
    }
    Ok(())
}
