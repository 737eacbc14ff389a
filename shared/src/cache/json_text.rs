//! An answer's body, already made.

use std::fmt;
use std::marker::PhantomData;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::openapi::{Answer, Description};

/// A JSON document as text: what [`axum::Json`] would make of a `T`, made once and answered many
/// times. For types that are written and not read, and for what is asked for often.
///
/// ```
/// use shared::cache::JsonText;
///
/// let text = JsonText::of(&serde_json::json!({ "tags": [] })).expect("is JSON");
/// assert_eq!(text.as_str(), r#"{"tags":[]}"#);
/// ```
pub struct JsonText<T>(Bytes, PhantomData<fn() -> T>);

impl<T> JsonText<T> {
    /// The text of a value.
    ///
    /// # Errors
    ///
    /// When it has no form in JSON, such as a map whose keys are no strings.
    pub fn of(value: &T) -> serde_json::Result<Self>
    where
        T: Serialize,
    {
        serde_json::to_vec(value).map(Self::from_text)
    }

    fn from_text(text: impl Into<Bytes>) -> Self {
        Self(text.into(), PhantomData)
    }

    /// The text.
    ///
    /// # Panics
    ///
    /// Never: JSON is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("JSON is UTF-8")
    }
}

impl<T> Clone for JsonText<T> {
    fn clone(&self) -> Self {
        Self::from_text(self.0.clone())
    }
}

impl<T> PartialEq for JsonText<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for JsonText<T> {}

impl<T> fmt::Debug for JsonText<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T> Serialize for JsonText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T> Deserialize<'de> for JsonText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A store that several components can write is not to be believed.
        serde_json::from_str::<de::IgnoredAny>(&text).map_err(de::Error::custom)?;
        Ok(Self::from_text(text))
    }
}

impl<T> IntoResponse for JsonText<T> {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], self.0).into_response()
    }
}

impl<T: ToSchema> Answer for JsonText<T> {
    fn describe(description: &mut Description) {
        axum::Json::<T>::describe(description);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_the_store() {
        let text = JsonText::of(&["a\"\n\u{1f980}", "\\"]).expect("is JSON");
        let kept = serde_json::to_string(&text).expect("is JSON");
        let found: JsonText<[&str; 2]> = serde_json::from_str(&kept).expect("is a text");
        assert_eq!(found, text);
        assert!(serde_json::from_str::<JsonText<()>>(r#""{\"a\":""#).is_err());
    }
}
