//! A value that must not be printed.

use std::fmt;

/// Wraps a value so that `Debug` shows `[redacted]`; there is no `Display`.
///
/// ```
/// use shared::config::Secret;
///
/// let secret = Secret::new(String::from("hunter2"));
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
// Not `secrecy`: what that adds is wiping on drop, and a component's memory, which the host gives
// and takes as a whole, has held the same text in the buffers of the variable's call already.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Secret(value)
    }

    /// The value. Named so that reviews can search for it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, by move.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}
