//! Issuing and verifying one token. The time is an argument.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::keys::{KeySet, SigningKey};
use super::provider;
use crate::identity::UserId;

/// How far the clocks of two replicas may be apart, in seconds: a token is accepted that long
/// after it expired, and that long before it was issued or becomes valid. Replicas run NTP, so it is short.
pub const LEEWAY_SECONDS: i64 = 5;

/// The longest token that is looked at, in bytes. Ours have about 500.
const MAX_TOKEN_BYTES: usize = 4096;

/// The `typ` of RFC 9068, section 2.1, as it is issued.
const TOKEN_TYPE: &str = "at+jwt";

/// What is accepted as `typ`: RFC 9068, section 4 names both. A media type, so case does not count
/// (RFC 7515, section 4.1.9).
const ACCEPTED_TYPES: [&str; 2] = [TOKEN_TYPE, "application/at+jwt"];

/// Who issues the tokens and whom they are for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issuer {
    url: String,
    audience: String,
}

impl Issuer {
    /// The backend at `public_url`; a slash at its end makes no difference.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        let url = public_url.trim_end_matches('/');
        Self {
            audience: format!("{url}/api"),
            url: url.to_owned(),
        }
    }
}

/// What a verified token says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    iat: i64,
    exp: i64,
    /// Optional in RFC 9068, and not issued. What has it is held to it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    nbf: Option<i64>,
    jti: Uuid,
}

/// A claim that may be absent. `null` is not a number (RFC 7519, section 4.1.5).
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

impl Claims {
    /// The user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.sub
    }

    /// The token's own id.
    #[must_use]
    pub fn token_id(&self) -> Uuid {
        self.jti
    }

    /// When the token was issued, in seconds since the Unix epoch.
    #[must_use]
    pub fn issued_at_seconds(&self) -> i64 {
        self.iat
    }

    /// When it expires, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires_at_seconds(&self) -> i64 {
        self.exp
    }
}

/// A token in its compact form. Its `Debug` shows nothing of it: whoever has it is the user.
#[derive(Clone, Eq, PartialEq)]
pub struct AccessToken(String);

impl AccessToken {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text that goes into `Authorization: Bearer …`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, by value.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

/// Why a token was refused. For the log alone: a caller only hears that it is invalid, because
/// each of these would tell someone who forges tokens how far they have come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT in compact form, or longer than any of ours.
    #[error("is not a JWT")]
    Malformed,
    /// Another `alg` than EdDSA.
    #[error("is signed with another algorithm than EdDSA")]
    Algorithm,
    /// Another `typ` than `at+jwt` and `application/at+jwt`.
    #[error("is not an access token")]
    Type,
    /// A header that must be understood and is not (RFC 7515, section 4.1.11).
    #[error("has critical headers that are not known")]
    CriticalHeader,
    /// No `kid`, or none of the keys accepted.
    #[error("names a key that is not accepted")]
    UnknownKey,
    /// The signature does not fit.
    #[error("has a wrong signature")]
    Signature,
    /// A claim is missing, has the wrong type or names somebody else.
    #[error("has missing or wrong claims")]
    Claims,
    /// Expired.
    #[error("has expired")]
    Expired,
    /// Issued in the future.
    #[error("was issued in the future")]
    NotYetIssued,
    /// Its `nbf` is in the future.
    #[error("is not valid yet")]
    NotYetValid,
}

impl SigningKey {
    /// A token for a user, good from `now` for `lifetime` (in whole seconds).
    ///
    /// # Errors
    ///
    /// When `jsonwebtoken` cannot write it, which no user can bring about.
    pub fn issue(
        &self,
        issuer: &Issuer,
        user_id: UserId,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<AccessToken, jsonwebtoken::errors::Error> {
        provider::install();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.public_key().kid().to_owned());

        let iat = now.as_second();
        let lifetime_seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: issuer.url.clone(),
            aud: issuer.audience.clone(),
            sub: user_id,
            iat,
            exp: iat.saturating_add(lifetime_seconds),
            nbf: None,
            jti: crate::identity::new_uuid(now),
        };
        jsonwebtoken::encode(&header, &claims, &self.encoding_key).map(AccessToken)
    }
}

impl KeySet {
    /// What `token` says, if one of the keys in the set signed it, for us, and it is `now` within
    /// its time.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn verify(
        &self,
        token: &str,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        provider::install();
        let key = self.find(&kid(token)?).ok_or(TokenError::UnknownKey)?;

        let data = jsonwebtoken::decode::<Claims>(token, &key.decoding_key, &validation(issuer))
            .map_err(|error| token_error(&error))?;

        let now = now.as_second();
        let Claims { iat, exp, nbf, .. } = data.claims;
        let latest_start = now.saturating_add(LEEWAY_SECONDS);
        if iat > latest_start {
            return Err(TokenError::NotYetIssued);
        }
        if nbf.is_some_and(|nbf| nbf > latest_start) {
            return Err(TokenError::NotYetValid);
        }
        if now >= exp.saturating_add(LEEWAY_SECONDS) {
            return Err(TokenError::Expired);
        }
        Ok(data.claims)
    }
}

/// The key that an unverified token names, after everything else in its header was found in order.
pub(super) fn kid(token: &str) -> Result<String, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::Malformed);
    }
    // `jsonwebtoken` knows no `alg: none`: a header with it does not parse.
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
    if header.alg != Algorithm::EdDSA {
        return Err(TokenError::Algorithm);
    }
    let typ = header.typ.as_deref().unwrap_or_default();
    let is_accepted = |accepted: &&str| typ.eq_ignore_ascii_case(accepted);
    if !ACCEPTED_TYPES.iter().any(is_accepted) {
        return Err(TokenError::Type);
    }
    if header.crit.is_some() {
        return Err(TokenError::CriticalHeader);
    }
    header.kid.ok_or(TokenError::UnknownKey)
}

fn validation(issuer: &Issuer) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
    validation.set_issuer(&[&issuer.url]);
    validation.set_audience(&[&issuer.audience]);
    // The crate would ask the system's clock; `verify` compares with the time it was given, `nbf` too.
    validation.validate_exp = false;
    validation
}

fn token_error(error: &jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        ErrorKind::InvalidToken | ErrorKind::Base64(_) => TokenError::Malformed,
        _ => TokenError::Claims,
    }
}
