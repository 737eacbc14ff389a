//! `jsonwebtoken`'s cryptography: Ed25519 from `ed25519-dalek`, and no other algorithm.
//!
//! The crate's own provider would link RSA and the NIST curves into every component, for
//! algorithms that we refuse.

use std::sync::Once;

use ed25519_dalek::{Signature, Signer as _};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use signature::{Error, Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    // Only for keys in JWK format, which we do not read.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes `jsonwebtoken` use Ed25519. Every use of that crate's `encode` and `decode` comes after
/// a call of this.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        PROVIDER
            .install_default()
            .expect("nobody else installs a provider in a function");
    });
}

/// The encoding key's bytes are the 32-byte seed of RFC 8032.
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let seed = key_bytes(algorithm, key.as_bytes())?;
    Ok(Box::new(Ed25519Signer(
        ed25519_dalek::SigningKey::from_bytes(seed),
    )))
}

/// The decoding key's bytes are the 32 bytes of the public key.
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let bytes = key_bytes(algorithm, key.try_get_as_bytes()?)?;
    let key =
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(Ed25519Verifier(key)))
}

fn key_bytes<'a>(algorithm: &Algorithm, bytes: &'a [u8]) -> Result<&'a [u8; 32]> {
    if *algorithm != Algorithm::EdDSA {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(bytes.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?)
}

struct Ed25519Signer(ed25519_dalek::SigningKey);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(ed25519_dalek::VerifyingKey);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let signature = Signature::from_slice(signature).map_err(|_| Error::new())?;
        // The strict variant also refuses keys and signatures of small order, under which one
        // signature can fit several messages.
        self.0
            .verify_strict(message, &signature)
            .map_err(|_| Error::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
