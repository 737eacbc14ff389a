//! The rules about parameters, checked on every database so that a text that works on one works on
//! the other.

use super::{DbError, Value};

/// Checks that `sql` uses `$1`, `$2`, … in order of first use, as many as there are values, and that
/// the values are some that every database can store.
pub(super) fn check(sql: &str, parameters: &[Value]) -> Result<(), DbError> {
    let mut highest = 0;
    for number in numbers(sql) {
        if number == highest + 1 {
            highest = number;
        } else if number == 0 || number > highest {
            return Err(error(
                sql,
                "parameters must be $1, $2, … in order of first use",
            ));
        }
    }
    if highest != parameters.len() {
        return Err(error(sql, "has another number of parameters than values"));
    }
    let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if parameters.iter().any(has_nul) {
        return Err(DbError::Nul(sql.to_owned()));
    }
    Ok(())
}

fn error(sql: &str, reason: &'static str) -> DbError {
    DbError::Parameters {
        statement: sql.to_owned(),
        reason,
    }
}

/// The numbers after each `$` outside quotes. (Comments are not looked for: a statement in a
/// `store.rs` has none, and a migration has no parameters.)
fn numbers(sql: &str) -> impl Iterator<Item = usize> {
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
                Some(digits[..end].parse().unwrap_or(0))
            }
            (None, _) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_first_use_is_the_rule() {
        let values = [Value::Null, Value::Null];
        for sql in ["a $1 $2", "$1, $1, $2, $1", "'$9' $1 \"$7\" $2", "$1)$2"] {
            assert!(check(sql, &values).is_ok(), "{sql}");
        }
        for sql in [
            "a $2 $1", "$1", "$1 $2 $3", "", "$1 $3", "$0 $1 $2", "$a $1 $2", "'$1' $2",
        ] {
            assert!(check(sql, &values).is_err(), "{sql}");
        }
        assert!(check("SELECT 1", &[]).is_ok());
    }

    #[test]
    fn text_that_postgres_cannot_store_is_refused_everywhere() {
        let text = |text: &str| [Value::Text(text.to_owned())];
        assert!(check("$1", &text("\u{1}\u{202e}🧵")).is_ok());
        assert!(matches!(check("$1", &text("a\0b")), Err(DbError::Nul(_))));
        assert!(check("$1", &[Value::Blob(vec![0])]).is_ok());
    }
}
