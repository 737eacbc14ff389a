//! Keys: read from PEM, named by their thumbprints, gathered in a set.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Why a text is no usable key. The messages never quote the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// Not PKCS#8 in PEM, or not an Ed25519 key.
    #[error("must be an Ed25519 private key in PEM (`openssl genpkey -algorithm ed25519`)")]
    NoPrivateKey,
    /// Not SubjectPublicKeyInfo in PEM, not an Ed25519 key, or one that anyone can forge for.
    #[error("must be Ed25519 public keys in PEM (`openssl pkey -pubout`), one after another")]
    NoPublicKey,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("must hold at most {} public keys", KeySet::MAX_KEYS)]
    TooManyKeys,
}

/// A private key, which issues tokens. Wiped from memory when dropped; its `Debug` shows nothing
/// but the thumbprint.
#[derive(Clone)]
pub struct SigningKey {
    pub(super) encoding_key: EncodingKey,
    public_key: PublicKey,
}

impl SigningKey {
    /// Reads an Ed25519 private key: PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` makes.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoPrivateKey`] for everything else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&unescape(pem))
            .map_err(|_| KeyError::NoPrivateKey)?;
        Ok(Self::from_dalek(&key))
    }

    /// The key of a 32-byte seed (RFC 8032, section 5.1.5), which must be random and secret.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::from_dalek(&ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// A new key in PEM, from the host's random source.
    ///
    /// # Errors
    ///
    /// When the host has no randomness to give.
    pub fn generate_pem() -> Result<Zeroizing<String>, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        let pem = ed25519_dalek::SigningKey::from_bytes(&seed)
            .to_pkcs8_pem(LineEnding::LF)
            .expect("every Ed25519 key has a PKCS#8 form");
        Ok(pem)
    }

    fn from_dalek(key: &ed25519_dalek::SigningKey) -> Self {
        Self {
            encoding_key: EncodingKey::from_ed_der(key.as_bytes()),
            public_key: PublicKey::from_dalek(key.verifying_key()),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.public_key.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.public_key.kid)
            .finish_non_exhaustive()
    }
}

/// A public key, which verifies tokens.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kid: String,
    x: String,
    pub(super) decoding_key: DecodingKey,
}

impl PublicKey {
    /// Reads the `x` member of the key's JWK (RFC 8037, section 2): 32 bytes in base64url.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoPublicKey`] for everything else.
    pub fn from_x(x: &str) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(x)
            .map_err(|_| KeyError::NoPublicKey)?;
        let key = ed25519_dalek::VerifyingKey::try_from(bytes.as_slice())
            .map_err(|_| KeyError::NoPublicKey)?;
        Self::checked(key)
    }

    /// The key's name: its thumbprint (RFC 7638 with the members of RFC 8037, section 2).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The `x` member of the key's JWK.
    #[must_use]
    pub fn x(&self) -> &str {
        &self.x
    }

    fn checked(key: ed25519_dalek::VerifyingKey) -> Result<Self, KeyError> {
        if key.is_weak() {
            return Err(KeyError::NoPublicKey);
        }
        Ok(Self::from_dalek(key))
    }

    fn from_dalek(key: ed25519_dalek::VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        // RFC 7638, section 3: the required members in lexicographic order, without white space.
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Self {
            kid: URL_SAFE_NO_PAD.encode(Sha256::digest(jwk)),
            x,
            decoding_key: DecodingKey::from_ed_der(key.as_bytes()),
        }
    }
}

impl Eq for PublicKey {}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.x == other.x
    }
}

/// The public keys that tokens are accepted from.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// The most keys in a set. A rotation needs two; the rest is room for mistakes.
    pub const MAX_KEYS: usize = 16;

    /// Reads public keys, each as SubjectPublicKeyInfo in PEM, one after another; text around
    /// them is ignored. An empty text is an empty set.
    ///
    /// # Errors
    ///
    /// When one of them is no Ed25519 public key, when there is text but no key, or too many keys.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        const BEGIN: &str = "-----BEGIN ";
        const END: &str = "-----END PUBLIC KEY-----";
        let text = unescape(text);
        let mut keys = Vec::new();
        let mut rest = text.as_str();
        while let Some(start) = rest.find(BEGIN) {
            let end = rest[start..].find(END).ok_or(KeyError::NoPublicKey)? + start + END.len();
            let key = ed25519_dalek::VerifyingKey::from_public_key_pem(&rest[start..end])
                .map_err(|_| KeyError::NoPublicKey)?;
            keys.push(PublicKey::checked(key)?);
            rest = &rest[end..];
        }
        match keys.len() {
            0 if !text.trim().is_empty() => Err(KeyError::NoPublicKey),
            0..=Self::MAX_KEYS => Ok(Self(keys)),
            _ => Err(KeyError::TooManyKeys),
        }
    }

    /// Whether there is no key, so that no token is accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether tokens signed by `key`'s private half are accepted.
    #[must_use]
    pub fn contains(&self, key: &PublicKey) -> bool {
        self.0.contains(key)
    }

    pub(super) fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.kid == kid)
    }
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// A variable set from an environment file holds its lines with `\n` written out.
fn unescape(pem: &str) -> Zeroizing<String> {
    Zeroizing::new(pem.trim().replace("\\n", "\n"))
}
