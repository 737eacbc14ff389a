//! Which fields never reach the log.

/// What stands in place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Parts of names that say "secret", in lower case without separators.
const SENSITIVE: &[&str] = &[
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "databaseurl",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "redisurl",
    "secret",
    "signingkey",
    "token",
];

/// Whether a field of this name is redacted: `password`, `newPassword`, `set-cookie`,
/// `access_token` and so on, in any case and with any separators.
///
/// ```
/// use shared::log::is_sensitive;
///
/// assert!(is_sensitive("Set-Cookie"));
/// assert!(is_sensitive("refreshToken"));
/// assert!(!is_sensitive("username"));
/// ```
pub fn is_sensitive(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    SENSITIVE.iter().any(|part| plain.contains(part))
}
