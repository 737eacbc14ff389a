//! An answer's body, already made.

use std::fmt;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A JSON document as text: what [`axum::Json`] would make of a value, made once and answered many
/// times. For types that are written and not read, and for what is asked for often.
///
/// ```
/// use shared::cache::JsonText;
///
/// let text = JsonText::of(&serde_json::json!({ "tags": [] })).expect("is JSON");
/// assert_eq!(text.as_str(), r#"{"tags":[]}"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(Bytes);

impl JsonText {
    /// The text of a value.
    ///
    /// # Errors
    ///
    /// When it has no form in JSON, such as a map whose keys are no strings.
    pub fn of(value: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::to_vec(value).map(|text| Self(text.into()))
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

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A store that several components can write is not to be believed.
        serde_json::from_str::<de::IgnoredAny>(&text).map_err(de::Error::custom)?;
        Ok(Self(text.into()))
    }
}

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_the_store() {
        let text = JsonText::of(&["a\"\n\u{1f980}", "\\"]).expect("is JSON");
        let kept = serde_json::to_string(&text).expect("is JSON");
        let found: JsonText = serde_json::from_str(&kept).expect("is a text");
        assert_eq!(found, text);
        assert!(serde_json::from_str::<JsonText>(r#""{\"a\":""#).is_err());
    }
}
