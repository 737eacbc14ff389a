//! Binds values to a statement by number, alike on every database.

use std::borrow::Cow;

use super::{DbError, Dialect, Value};

/// The statement as the database takes it. Postgres reads `$2` as the second value. SQLite reads it as a
/// name and numbers names in the order of the text, so there the same parameter is written `?2`
/// (<https://www.sqlite.org/lang_expr.html#varparam>).
///
/// # Errors
///
/// When a parameter has no value, a value has no parameter, or a value is one that not every database can
/// store. They are errors on every database, so that a text which works on one works on the other.
pub(super) fn bind<'a>(
    sql: &'a str,
    parameters: &[Value],
    dialect: Dialect,
) -> Result<Cow<'a, str>, DbError> {
    let mut used = vec![false; parameters.len()];
    let mut bound = Cow::Borrowed(sql);
    for (at, number) in placeholders(sql) {
        let place = number.checked_sub(1).and_then(|index| used.get_mut(index));
        *place.ok_or_else(|| error(sql, "uses a parameter that has no value"))? = true;
        if dialect == Dialect::Sqlite {
            bound.to_mut().replace_range(at..=at, "?");
        }
    }
    if used.contains(&false) {
        return Err(error(sql, "has a value that no parameter uses"));
    }
    let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if parameters.iter().any(has_nul) {
        return Err(DbError::Nul(sql.to_owned()));
    }
    Ok(bound)
}

fn error(sql: &str, reason: &'static str) -> DbError {
    DbError::Parameters {
        statement: sql.to_owned(),
        reason,
    }
}

/// Each `$` outside quotes with the number after it. A `$` without a number counts as 0. Comments are not
/// recognised: a statement in a `store.rs` has none, and a migration has no parameters.
fn placeholders(sql: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut quote = None;
    sql.char_indices()
        .filter_map(move |(at, c)| match (quote, c) {
            (Some(open), _) => {
                if c == open {
                    quote = None;
                }
                None
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                None
            }
            (None, '$') => {
                let digits = &sql[at + 1..];
                let end = digits
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(digits.len());
                Some((at, digits[..end].parse().unwrap_or(0)))
            }
            (None, _) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_whatever_their_order() {
        let values = [Value::Null, Value::Null];
        for (sql, sqlite) in [
            ("a $1 $2", "a ?1 ?2"),
            ("$2 $1, $2", "?2 ?1, ?2"),
            ("'$9' ü $1 \"$7\" $2)", "'$9' ü ?1 \"$7\" ?2)"),
        ] {
            let bind = |dialect| bind(sql, &values, dialect).expect("every parameter has a value");
            assert_eq!(bind(Dialect::Sqlite), sqlite);
            assert_eq!(bind(Dialect::Postgres), sql);
        }
    }

    #[test]
    fn values_and_parameters_match_on_every_database() {
        let values = [Value::Null, Value::Null];
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            for sql in [
                "$1", "$2", "$1 $2 $3", "", "$1 $3", "$0 $1 $2", "$a $1 $2", "'$1' $2",
            ] {
                let outcome = bind(sql, &values, dialect);
                assert!(matches!(outcome, Err(DbError::Parameters { .. })), "{sql}");
            }
            assert!(bind("SELECT 1", &[], dialect).is_ok());
        }
    }

    #[test]
    fn text_that_postgres_cannot_store_is_refused_everywhere() {
        let bind = |value| bind("$1", &[value], Dialect::Sqlite).map(drop);
        let text = |text: &str| bind(Value::Text(text.to_owned()));
        assert!(text("\u{1}\u{202e}🧵").is_ok());
        assert!(matches!(text("a\0b"), Err(DbError::Nul(_))));
        assert!(bind(Value::Blob(vec![0])).is_ok());
    }
}
