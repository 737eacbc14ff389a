//! Members of bodies.

use serde::{Deserialize, Deserializer};

/// Reads a member that may be absent and must not be `null`, which serde otherwise takes for the same.
///
/// ```
/// use serde::Deserialize;
/// use serde_json::{from_value, json};
///
/// #[derive(Deserialize)]
/// struct Change {
///     #[serde(default, deserialize_with = "shared::extract::not_null")]
///     title: Option<String>,
/// }
///
/// assert!(from_value::<Change>(json!({})).is_ok_and(|change| change.title.is_none()));
/// assert!(from_value::<Change>(json!({ "title": null })).is_err());
/// ```
///
/// # Errors
///
/// What the type has against the value.
pub fn not_null<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
