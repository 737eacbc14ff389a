//! What calls are answered, as far as ledger and faults have to do with it.

use std::fmt::Display;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use http::Response;
use http_body_util::{BodyExt as _, Full};
use jenny_host::HttpError;
use jenny_host::capability::{OutboundResponse, VariableError};
use jenny_stores::postgres::ServerError;
use jenny_stores::{
    KeyValueError, KeyValueStore, MqttConnection, MqttError, MysqlConnection, MysqlError,
    PostgresConnection, PostgresError, RedisConnection, RedisError, SqliteConnection, SqliteError,
};

use super::counted::Counted;
use crate::fault::Odd;
use crate::ledger::Recording;

/// A failure that can be injected.
pub(super) trait Failure: Display + Send + 'static {
    /// A failure with this message, of the kind that a store gives whose disk is broken. `opening`:
    /// while something is opened.
    fn injected(opening: bool, message: &str) -> Self;
}

/// An answer to a call that can also fail with `E`.
pub(super) trait Reply<E>: Sized + Send {
    /// Whether something is opened.
    const IS_OPENING: bool = false;

    /// The answer in a few words, without what may be secret.
    fn in_short(&self) -> String;

    /// What a test answers in its place, if that is an answer of this kind.
    fn odd(answer: &Odd) -> Option<Self>;

    /// Waits until all that was asked for has been done.
    fn settled(self) -> impl Future<Output = ()> + Send {
        async move { drop(self) }
    }

    /// So many of its items, and then `error`; nothing if it is not made of items.
    fn broken_off(self, _after: usize, _error: E) -> Option<Self> {
        None
    }

    /// Has `recording` told what comes of the rest of it.
    fn followed(self, _recording: Recording) -> Self {
        self
    }
}

/// Items that end in `error` after so many.
pub(super) fn broken_off<'a, T: Send + 'a, E: Send + 'a>(
    items: BoxStream<'a, Result<T, E>>,
    after: usize,
    error: E,
) -> BoxStream<'a, Result<T, E>> {
    let end = stream::once(async { Err(error) });
    items.take(after).chain(end).boxed()
}

/// Reads items to their end.
pub(super) async fn drained<T>(mut items: BoxStream<'_, T>) {
    while items.next().await.is_some() {}
}

impl Failure for KeyValueError {
    fn injected(_: bool, message: &str) -> Self {
        Self::Other(message.to_owned())
    }
}

impl Failure for SqliteError {
    fn injected(_: bool, message: &str) -> Self {
        Self::Io(message.to_owned())
    }
}

impl Failure for PostgresError {
    /// What a server says whose disk fails: SQLSTATE 58030, `io_error`.
    fn injected(opening: bool, message: &str) -> Self {
        if opening {
            return Self::ConnectionFailed(message.to_owned());
        }
        Self::Refused(Box::new(ServerError {
            as_text: message.to_owned(),
            severity: "ERROR".to_owned(),
            code: "58030".to_owned(),
            message: message.to_owned(),
            detail: None,
            extras: Vec::new(),
        }))
    }
}

impl Failure for VariableError {
    fn injected(_: bool, message: &str) -> Self {
        Self::Provider(message.to_owned())
    }
}

impl Failure for HttpError {
    fn injected(_: bool, message: &str) -> Self {
        Self::InternalError(Some(message.to_owned()))
    }
}

/// Stores and connections, which nobody can make up.
macro_rules! opened {
    ($($what:ident, $error:ty;)*) => {$(
        // Of any lifetime, because futures forget which one it is.
        impl<'a> Reply<$error> for Arc<dyn $what + 'a> {
            const IS_OPENING: bool = true;

            fn in_short(&self) -> String {
                "opened".to_owned()
            }

            fn odd(_: &Odd) -> Option<Self> {
                None
            }
        }
    )*};
}

opened! {
    KeyValueStore, KeyValueError;
    SqliteConnection, SqliteError;
    PostgresConnection, PostgresError;
    MysqlConnection, MysqlError;
    RedisConnection, RedisError;
    MqttConnection, MqttError;
}

impl<E> Reply<E> for () {
    fn in_short(&self) -> String {
        "done".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        matches!(answer, Odd::Nothing).then_some(())
    }
}

impl<E> Reply<E> for bool {
    fn in_short(&self) -> String {
        self.to_string()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }
}

impl<E> Reply<E> for i64 {
    fn in_short(&self) -> String {
        self.to_string()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// How many rows were touched.
impl<E> Reply<E> for u64 {
    fn in_short(&self) -> String {
        self.to_string()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Number(number) => Self::try_from(*number).ok(),
            Odd::Nothing => Some(0),
            _ => None,
        }
    }
}

/// The value of a key.
impl<E> Reply<E> for Option<Vec<u8>> {
    fn in_short(&self) -> String {
        match self {
            Some(value) => format!("{} bytes", value.len()),
            None => "none".to_owned(),
        }
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Nothing => Some(None),
            Odd::Bytes(bytes) => Some(Some(bytes.clone())),
            _ => None,
        }
    }
}

/// The values of several keys.
impl Reply<KeyValueError> for Vec<(String, Option<Vec<u8>>)> {
    fn in_short(&self) -> String {
        let found = self.iter().filter(|(_, value)| value.is_some()).count();
        format!("{found} of {}", self.len())
    }

    fn odd(answer: &Odd) -> Option<Self> {
        matches!(answer, Odd::Nothing).then(Vec::new)
    }
}

/// The keys of a store: a `KeyStream` of any lifetime.
impl<'a> Reply<KeyValueError> for BoxStream<'a, Result<String, KeyValueError>> {
    fn in_short(&self) -> String {
        "keys".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        matches!(answer, Odd::Nothing).then(|| stream::empty().boxed())
    }

    async fn settled(self) {
        drained(self).await;
    }

    fn broken_off(self, after: usize, error: KeyValueError) -> Option<Self> {
        Some(broken_off(self, after, error))
    }

    fn followed(self, recording: Recording) -> Self {
        Counted::new(self, "key", recording).boxed()
    }
}

/// The value of a variable, which may be secret.
impl Reply<VariableError> for String {
    fn in_short(&self) -> String {
        "a value".to_owned()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Text(text) => Some(text.clone()),
            Odd::Nothing => Some(Self::new()),
            _ => None,
        }
    }
}

/// All variables.
impl Reply<VariableError> for Vec<(String, String)> {
    fn in_short(&self) -> String {
        format!("{} values", self.len())
    }

    fn odd(answer: &Odd) -> Option<Self> {
        matches!(answer, Odd::Nothing).then(Vec::new)
    }
}

impl Reply<HttpError> for OutboundResponse {
    fn in_short(&self) -> String {
        self.response.status().to_string()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        let Odd::Response {
            status,
            headers,
            body,
        } = answer
        else {
            return None;
        };
        let body = Full::new(body.clone()).map_err(|never| match never {});
        let mut response = Response::new(body.boxed_unsync());
        *response.status_mut() = *status;
        *response.headers_mut() = headers.clone();
        let io = Box::pin(async { Ok(()) });
        Some(Self { response, io })
    }
}
