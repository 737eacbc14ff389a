use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Who issues the tokens of an application with the usual `public_url`.
const ISSUER: &str = "http://127.0.0.1:3000";

/// The end of the year 9999 (RFC 3339 writes no later one), in seconds since the Unix epoch.
const NEVER: i64 = 253_402_300_799;

/// A key of the test's own, with which it can sign what the application never would, and with which
/// a token from one application is valid in another.
///
/// ```no_run
/// use jenny_test::{Mint, TestApp};
///
/// # async fn example() {
/// let mint = Mint::new();
/// let app = TestApp::builder().signed_by(&mint).build().await;
/// let failing = TestApp::builder().signed_by(&mint).failing_database().build().await;
/// // A token that `app` issues is valid in `failing`.
/// # }
/// ```
pub struct Mint {
    key: SigningKey,
}

impl Mint {
    /// A fresh key.
    ///
    /// # Panics
    ///
    /// When the system has no randomness.
    #[expect(clippy::new_without_default, reason = "every call gives another key")]
    pub fn new() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the system has randomness");
        Self::of_seed(seed)
    }

    /// The key of this seed (RFC 8032, section 5.1.5): the same in every run, and so is what is signed
    /// with it.
    #[must_use]
    pub fn of_seed(seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self { key }
    }

    /// The private key as the variable `signing_key` wants it: PKCS #8 in PEM.
    #[must_use]
    pub fn private_pem(&self) -> String {
        self.key
            .to_pkcs8_pem(LineEnding::LF)
            .expect("a key encodes")
            .to_string()
    }

    /// The public key as the variable `verification_keys` wants it: SubjectPublicKeyInfo in PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        self.key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .expect("a key encodes")
    }

    /// A JWT (RFC 7519) of exactly this header and these claims, signed with EdDSA whatever the
    /// header says.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!(
            "{}.{}",
            BASE64URL.encode(header.to_string()),
            BASE64URL.encode(claims.to_string())
        );
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", BASE64URL.encode(signature))
    }
    /// An access token of this user, a UUID, as `shared::token` issues it, good at any time: for an
    /// application that is [signed by](crate::TestAppBuilder::signed_by) this key and has the usual
    /// `public_url`. Nobody has to register or to sign in for it.
    ///
    /// ```no_run
    /// # use jenny_test::{Mint, TestApp};
    /// # async fn example() {
    /// let mint = Mint::new();
    /// let app = TestApp::builder().signed_by(&mint).await;
    /// let token = mint.token_of("01900000-0000-7000-8000-000000000001");
    /// app.get("/api/notes").bearer(&token).send().await.assert_status(200);
    /// # }
    /// ```
    #[must_use]
    pub fn token_of(&self, user_id: &str) -> String {
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.thumbprint() });
        let claims = json!({
            "iss": ISSUER,
            "aud": format!("{ISSUER}/api"),
            "sub": user_id,
            "iat": 0,
            "exp": NEVER,
            "jti": "01900000-0000-7000-8000-000000000000",
        });
        self.sign(&header, &claims)
    }

    /// What the key is named by: the thumbprint of its JWK (RFC 7638, with the members of RFC 8037,
    /// section 2, in the order of their names).
    fn thumbprint(&self) -> String {
        let public = BASE64URL.encode(self.key.verifying_key().as_bytes());
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        BASE64URL.encode(Sha256::digest(jwk))
    }
}
