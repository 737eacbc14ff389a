//! Calls as people read them.

use std::fmt::{self, Display, Formatter, Write as _};

use jenny_host::RequestTag;

use super::call::{Call, HostCall, KeyValueCall, MqttCall, Outcome, RedisCall, SqlCall, SqlKind};
use super::{Calls, Entry, SqlValue, without_secrets};

/// The most characters of a statement, a value or a line that are shown.
const MAX_CHARACTERS: usize = 240;

/// The most entries that are shown at once.
const MAX_ENTRIES: usize = 400;

/// Everything from where the request with this number began.
pub(super) fn since(entries: &[Entry], number: u64) -> String {
    let begins =
        |entry: &Entry| matches!(entry, Entry::Sent { request, .. } if request.0 >= number);
    let start = entries.iter().position(begins).unwrap_or(0);
    let start = start.max(entries.len().saturating_sub(MAX_ENTRIES));
    let mut text = match start {
        0 => "what the application was asked and did:".to_owned(),
        earlier => format!("what the application was asked and did ({earlier} entries before):"),
    };
    for entry in &entries[start..] {
        // A string takes everything.
        _ = write!(text, "\n{entry}");
    }
    text
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { request, summary } => write!(f, "{} > {summary}", Column(Some(*request))),
            Self::Answered { request, status } => {
                write!(f, "{} < {status}", Column(Some(*request)))
            }
            Self::Line { component, line } => {
                write!(f, "{}   {component} | {}", Column(None), Short(line))
            }
            Self::Call(call) => write!(f, "{call:#}"),
        }
    }
}

/// The number of a request, with room for three digits.
struct Column(Option<RequestTag>);

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(RequestTag(number)) => write!(f, "{:>4}", format!("#{number}")),
            None => f.write_str("    "),
        }
    }
}

impl Display for Calls {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (number, call) in self.iter().enumerate() {
            if number > 0 {
                f.write_char('\n')?;
            }
            call.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no calls");
        }
        write!(f, "{self}")
    }
}

impl Display for Call {
    /// `{:#}` says also how long it took.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            component,
            instance,
            ..
        } = self;
        let mark = if self.injected.is_some() { '!' } else { ' ' };
        write!(f, "{} {mark} {component}/{instance} ", Column(self.request))?;
        write!(f, "{} → {}", self.what, self.outcome)?;
        if let Some(injected) = &self.injected {
            write!(f, " [the test: {injected}]")?;
        }
        if f.alternate() && self.outcome != Outcome::Unanswered {
            write!(f, " ({} µs)", self.took.as_micros())?;
        }
        Ok(())
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => f.write_str("(no answer)"),
            Self::Answered(answer) => f.write_str(answer),
            Self::Failed(error) => write!(f, "error: {}", Short(error)),
        }
    }
}

impl Display for HostCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyValue { store, operation } => write!(f, "key-value {store}: {operation}"),
            Self::Sql {
                kind,
                database,
                operation,
            } => write!(f, "{kind} {database}: {operation}"),
            Self::Variable { name: Some(name) } => write!(f, "variable {name}"),
            Self::Variable { name: None } => f.write_str("all variables"),
            Self::Http { method, url } => write!(f, "http {method} {}", Short(url)),
            Self::Redis { server, operation } => write!(f, "redis {server}: {operation}"),
            Self::Mqtt { broker, operation } => write!(f, "mqtt {broker}: {operation}"),
        }
    }
}

impl Display for SqlKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        })
    }
}

impl Display for SqlCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Statement { text, parameters } => {
                write!(f, "{}", Short(text))?;
                if parameters.is_empty() {
                    return Ok(());
                }
                f.write_str(" [")?;
                for (number, parameter) in parameters.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    write!(f, "{comma}{parameter}")?;
                }
                f.write_char(']')
            }
            Self::LastInsertRowid => f.write_str("last insert rowid"),
            Self::Changes => f.write_str("changes"),
        }
    }
}

impl Display for SqlValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Integer(integer) => integer.fmt(f),
            Self::Real(real) => real.fmt(f),
            Self::Text(text) => write!(f, "'{}'", Short(text)),
            Self::Bytes(bytes) => write!(f, "{}", Bytes(bytes)),
            Self::Other(other) => write!(f, "{}", Short(other)),
        }
    }
}

/// As it is shown to people: what is too long or secret for them is so in a failed assertion, too.
impl fmt::Debug for SqlValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Display for KeyValueCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Get { key } => write!(f, "get {}", Short(key)),
            Self::Set { key, value } => write!(f, "set {} = {}", Short(key), Bytes(value)),
            Self::Delete { key } => write!(f, "delete {}", Short(key)),
            Self::Exists { key } => write!(f, "exists {}", Short(key)),
            Self::GetKeys => f.write_str("get-keys"),
            Self::GetMany { keys } => write!(f, "get-many {}", Short(&keys.join(" "))),
            Self::SetMany { pairs } => {
                let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
                write!(f, "set-many {}", Short(&keys.join(" ")))
            }
            Self::DeleteMany { keys } => write!(f, "delete-many {}", Short(&keys.join(" "))),
            Self::Increment { key, delta } => write!(f, "increment {} by {delta}", Short(key)),
            Self::CompareAndSwap { key, value, .. } => {
                write!(f, "compare-and-swap {} = {}", Short(key), Bytes(value))
            }
        }
    }
}

impl Display for RedisCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Command { name, arguments } => {
                f.write_str(name)?;
                for argument in arguments {
                    write!(f, " {}", Bytes(argument))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for MqttCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Publish {
                topic,
                payload,
                qos,
            } => write!(f, "publish {} = {} ({qos:?})", Short(topic), Bytes(payload)),
        }
    }
}

/// Text in one line, which ends when it becomes too long.
struct Short<'a>(&'a str);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut left = MAX_CHARACTERS;
        for (number, word) in without_secrets(self.0).split_whitespace().enumerate() {
            if number > 0 {
                f.write_char(' ')?;
            }
            for character in word.chars() {
                if left == 0 {
                    return write!(f, "… ({} bytes)", self.0.len());
                }
                left -= 1;
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Bytes: as text if they are some.
struct Bytes<'a>(&'a [u8]);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let printable = |text: &&str| !text.chars().any(char::is_control);
        match std::str::from_utf8(self.0).ok().filter(printable) {
            Some(text) => write!(f, "'{}'", Short(text)),
            None => write!(f, "({} bytes)", self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use http::StatusCode;

    use super::super::{Ledger, begun};
    use super::*;

    fn statement(text: &str, parameter: SqlValue) -> HostCall {
        HostCall::Sql {
            kind: SqlKind::Sqlite,
            database: "default".into(),
            operation: SqlCall::Statement {
                text: text.to_owned(),
                parameters: vec![parameter],
            },
        }
    }

    fn of_request(request: RequestTag, what: HostCall) -> Call {
        Call {
            request: Some(request),
            component: "tags".into(),
            instance: 1,
            ..begun(what)
        }
    }

    #[test]
    fn the_last_requests_are_shown_with_their_calls_and_lines_in_order() {
        let ledger = Arc::<Ledger>::default();
        for number in 1..=7 {
            let request = ledger.sent(format!("GET /{number}"));
            let what = statement("SELECT\n  $1", SqlValue::Integer(number));
            let (recording, ()) = ledger.called(of_request(request, what), |_| ());
            ledger.printed("tags", "a line");
            recording.ended(Outcome::Answered("1 row".to_owned()));
            recording.change(|call| call.took = Duration::from_micros(12));
            ledger.answered(request, StatusCode::OK);
        }

        let shown = ledger.recent();

        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "what the application was asked and did (8 entries before):",
                "  #3 > GET /3",
                "  #3   tags/1 sqlite default: SELECT $1 [3] → 1 row (12 µs)",
                "       tags | a line",
                "  #3 < 200 OK",
            ]
        );
        assert_eq!(lines.len(), 1 + 5 * 4, "{shown}");
    }

    #[test]
    fn what_is_long_or_secret_is_not_shown() {
        let long = statement(&"x".repeat(10_000), SqlValue::Null).to_string();
        assert!(long.len() < 400 && long.contains("(10000 bytes)"), "{long}");

        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----";
        for value in [
            SqlValue::Text(pem.to_owned()),
            SqlValue::Bytes(pem.as_bytes().to_vec()),
            SqlValue::Other(pem.to_owned()),
        ] {
            let shown = statement("INSERT", value).to_string();
            assert!(!shown.contains("MC4CAQ"), "{shown}");
        }
    }

    #[test]
    fn what_is_forgotten_is_told_nothing() {
        let ledger = Arc::<Ledger>::default();
        let (recording, ()) = ledger.called(begun(HostCall::Variable { name: None }), |_| ());
        ledger.clear();
        let (kept, ()) = ledger.called(begun(HostCall::Variable { name: None }), |_| ());

        recording.ended(Outcome::Failed("late".to_owned()));
        kept.ended(Outcome::Answered("2 values".to_owned()));

        let calls = ledger.calls(|_| true);
        assert_eq!(calls.len(), 1);
        assert!(calls.failed().is_empty(), "{calls}");
    }
}
