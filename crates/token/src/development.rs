//! The development key: it signs while the variable `signing_key` is unset, and lies in the SQLite database of
//! an application that only this machine can reach.
//!
//! Functions create and read it through `shared::token`, `cargo jenny token` through the host. Both use these
//! statements, and so agree on one key.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// Selects the private key, in PEM.
pub const SELECT_PRIVATE_KEY: &str =
    "SELECT private_key FROM development_signing_keys WHERE id = 1";

/// Selects the public key, as the member `x` of its JWK.
pub const SELECT_PUBLIC_KEY: &str =
    "SELECT public_key FROM development_verification_keys WHERE id = 1";

/// Inserts a private key unless there is one: `$1` is the key, `$2` the time in milliseconds.
pub const INSERT_PRIVATE_KEY: &str =
    "INSERT INTO development_signing_keys (id, private_key, created_at)
     VALUES (1, $1, $2) ON CONFLICT DO NOTHING";

/// Inserts a public key unless there is one: `$1` is the key, `$2` the time in milliseconds.
pub const INSERT_PUBLIC_KEY: &str =
    "INSERT INTO development_verification_keys (id, public_key, created_at)
     VALUES (1, $1, $2) ON CONFLICT DO NOTHING";

/// Whether the host of a URL is the machine itself: `localhost` or a name below it (RFC 6761, section 6.3), or
/// a loopback address. No other machine can reach a service of that address.
///
/// ```
/// use jenny_token::development::is_loopback;
///
/// assert!(is_loopback("http://127.0.0.1:3000"));
/// assert!(is_loopback("http://api.localhost"));
/// assert!(!is_loopback("https://example.org"));
/// ```
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match address.unwrap_or(host).parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let name = host.strip_suffix('.').unwrap_or(host);
            let top = name.rsplit('.').next().unwrap_or_default();
            top.eq_ignore_ascii_case("localhost")
        }
    }
}

/// The user of a name: the UUID itself where it is one, else a UUID of version 8 from its SHA-256 (RFC 9562,
/// appendix B.2), so that a name always means the same user.
///
/// ```
/// use jenny_token::development::user;
///
/// assert_eq!(user("jacob"), user("jacob"));
/// assert_ne!(user("jacob"), user("anna"));
/// let id = "01900000-0000-7000-8000-000000000001";
/// assert_eq!(user(id).to_string(), id);
/// ```
#[must_use]
pub fn user(name: &str) -> Uuid {
    name.parse().unwrap_or_else(|_| {
        let hash = Sha256::digest(name);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    })
}
