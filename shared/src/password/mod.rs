//! Passwords: Argon2id with the parameters of OWASP's Password Storage Cheat Sheet.
//!
//! A hash is stored as a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$salt$hash`), so that it says
//! itself how it was made: when [the parameters](MEMORY_KIB) are raised, old hashes go on working
//! and [`Verdict::NeedsRehash`] says when to replace one.
//!
//! # What is hashed
//!
//! A password is hashed in the form NFKC, and counted in it, as NIST SP 800-63B, section 5.1.1.2 says: what
//! is one character on one keyboard can be two on another. Hashes from before that are of the text as it
//! was typed: an attempt that NFKC changes is tried in both forms, whoever's it is.
//!
//! # One at a time
//!
//! A hash needs [`MEMORY_KIB`] of memory. An instance has one thread, and both [`Password::hash`]
//! and [`verify`] run from start to end without an `await`, so two never overlap in one
//! instance, however many requests it serves at once: the memory in use by hashing is either
//! nothing or one block, which is returned before the function does. The same holds for natively
//! compiled code, where a lock stands in for the single thread.
//!
//! ```
//! use shared::password::{Password, Verdict, verify};
//!
//! let password = Password::parse("correct horse battery staple")?;
//! let stored = password.hash(&[7; 16]);
//!
//! assert_eq!(verify("correct horse battery staple", Some(stored.as_str())), Verdict::Right);
//! assert_eq!(verify("Tr0ub4dor&3", Some(stored.as_str())), Verdict::Wrong);
//! assert_eq!(verify("Tr0ub4dor&3", None), Verdict::Wrong);
//! # Ok::<(), shared::password::PasswordError>(())
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use icu_normalizer::ComposingNormalizerBorrowed;
use zeroize::Zeroizing;

use crate::config::{COMMON_PASSWORDS, CommonPasswords};
use crate::openapi::Text;
use crate::problem::{Problem, Violation};

mod most_common;
#[cfg(test)]
mod tests;

/// Memory that one hash takes, in KiB: 19 MiB, the first choice of OWASP's [Password Storage Cheat
/// Sheet](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).
pub const MEMORY_KIB: u32 = 19_456;

/// Passes over that memory (the same source).
pub const PASSES: u32 = 2;

/// Lanes (the same source). An instance has one thread, so more would only cost.
pub const LANES: u32 = 1;

/// Bytes of salt, as [RFC 9106, section 3.1](https://www.rfc-editor.org/rfc/rfc9106#section-3.1)
/// recommends.
pub const SALT_BYTES: usize = 16;

/// The shortest password accepted, in characters: [NIST SP 800-63B, section
/// 5.1.1.2](https://pages.nist.gov/800-63-3/sp800-63b.html#memsecretver).
pub const MIN_CHARACTERS: usize = 8;

/// The longest password accepted, in characters. NIST asks for at least 64; twice that leaves room
/// for passphrases while the form's text stays small. Nothing is ever cut off: a longer password
/// is refused when it is set.
pub const MAX_CHARACTERS: usize = 128;

/// A text of more characters has more than [`MAX_CHARACTERS`] in the form NFKC as well, which makes one of at
/// most four (`ᾂ`). What is longer is not brought into that form.
const MAX_RAW_CHARACTERS: usize = 4 * MAX_CHARACTERS;

/// A hash of no password, made with the current parameters. Verifying against it costs what
/// verifying against a user's hash costs, so that the time of an answer does not tell whether an
/// e-mail address is registered. A test holds its parameters against the constants above.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Held while a hash runs. Inside a component it is never contended (see the [module's
/// page](self#one-at-a-time)); it keeps the promise of one block of memory in native code too.
static HASHING: Mutex<()> = Mutex::new(());

/// Why a text cannot become a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_CHARACTERS`].
    #[error("must have at least {MIN_CHARACTERS} characters")]
    TooShort,
    /// More than [`MAX_CHARACTERS`].
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// A line break, a tab or another control character, which some keyboards and forms cannot type.
    #[error("must not contain control characters")]
    Control,
}

/// A password that a user chose, within the limits. Wiped from memory when dropped; its `Debug`
/// shows nothing of it.
pub struct Password(Zeroizing<String>);

crate::text_schema!(
    Password,
    Text {
        description: "A password. Every character counts, spaces too; no kind of them is asked for. Where the \
                      service says so, the most common ones are refused.",
        min_characters: MIN_CHARACTERS,
        max_characters: MAX_CHARACTERS,
        pattern: Some("^[^\\u0000-\\u001F\\u007F-\\u009F]*$"),
        format: Some("password"),
        example: "correct horse battery staple",
    }
);

impl Password {
    /// Checks `text` in the form NFKC; every character counts.
    ///
    /// # Errors
    ///
    /// When the length is outside [`MIN_CHARACTERS`] to [`MAX_CHARACTERS`], or a character is a control
    /// character.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if is_too_long_to_normalize(text) {
            return Err(PasswordError::TooLong);
        }
        let text = Zeroizing::new(normalize(text).into_owned());
        match text.chars().count() {
            ..MIN_CHARACTERS => Err(PasswordError::TooShort),
            MIN_CHARACTERS..=MAX_CHARACTERS if text.contains(char::is_control) => {
                Err(PasswordError::Control)
            }
            MIN_CHARACTERS..=MAX_CHARACTERS => Ok(Self(text)),
            _ => Err(PasswordError::TooLong),
        }
    }

    /// Whether it is one of the most common passwords, in any case.
    #[must_use]
    pub fn is_common(&self) -> bool {
        most_common::contains(&self.0)
    }

    /// Refuses one of the most common passwords, unless the variable `common_passwords` allows them.
    /// `pointer` says where in the request it is.
    ///
    /// # Errors
    ///
    /// A 422, and a 500 when the variable is wrong.
    pub async fn refuse_if_common(&self, pointer: &str) -> Result<(), Problem> {
        if !self.is_common() {
            return Ok(());
        }
        match COMMON_PASSWORDS.get().await? {
            CommonPasswords::Allow => Ok(()),
            CommonPasswords::Refuse => {
                let detail = "must not be one of the most common passwords";
                Err(Problem::unprocessable([Violation::new(pointer, detail)]))
            }
        }
    }

    /// Hashes the password with `salt`, which must be fresh random bytes for every hash.
    ///
    /// Takes tens of milliseconds of CPU and [`MEMORY_KIB`] of memory, on purpose.
    ///
    /// # Panics
    ///
    /// When the memory cannot be had, which a component's limit of 128 MiB allows for.
    #[must_use]
    pub fn hash(&self, salt: &[u8; SALT_BYTES]) -> PasswordHash {
        hash_bytes(self.0.as_bytes(), salt)
    }

    /// [`hash`](Self::hash) with a salt from the host's random source.
    ///
    /// # Errors
    ///
    /// When the host has no randomness to give.
    pub fn hash_with_random_salt(&self) -> Result<PasswordHash, getrandom::Error> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        Ok(self.hash(&salt))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// A password's hash as a PHC string. Its `Debug` shows nothing of it: whoever has a hash can try
/// passwords against it at leisure.
#[derive(Clone, Eq, PartialEq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The PHC string, to be stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}

/// What [`verify`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The password is the one that was hashed.
    Right,
    /// The same, and the hash was made with other parameters than today's, or of the text before it was
    /// brought into the form NFKC: store a new one.
    NeedsRehash,
    /// It is another password, or there was no hash to compare with.
    Wrong,
}

/// Whether `attempt` is the password whose hash is `stored`.
///
/// With `None` (there is no such user) it verifies against a hash that nothing matches, so that
/// the answer takes as long. The comparison takes the same time wherever the hashes differ. An
/// attempt of more than [`MAX_CHARACTERS`] matches nothing and costs the same: one hash, of an empty
/// text in its place, so that no caller decides how much there is to hash. A stored hash that does
/// not parse matches nothing.
///
/// An attempt that the form NFKC changes costs two hashes, in that form and as it is, and costs them
/// whatever is stored: its time tells something about the attempt and nothing about the user.
///
/// One difference is left after the parameters were raised. A hash is verified with the parameters
/// that it was made with, so until a user's next login the answer about that user takes as long as
/// it used to, and the answer about an unknown address as long as it does now: whoever measures
/// well can tell them apart. [`Verdict::NeedsRehash`] ends it, one login at a time.
#[must_use]
pub fn verify(attempt: &str, stored: Option<&str>) -> Verdict {
    let parsed = stored.and_then(|text| phc::PasswordHash::new(text).ok());
    let known = parsed.is_some();
    let hash = parsed.unwrap_or_else(|| {
        phc::PasswordHash::new(DUMMY_HASH).expect("the dummy hash is a PHC string")
    });

    let normalized = match is_too_long_to_normalize(attempt) {
        true => Cow::Borrowed(attempt),
        false => normalize(attempt),
    };
    let normalized = Zeroizing::new(normalized.into_owned());
    // `&`: what is computed does not depend on what was found.
    let is_right = known & matches(&normalized, &hash);
    let is_right_as_typed = *normalized != attempt && (known & matches(attempt, &hash));
    match (is_right, is_right_as_typed) {
        (true, _) if !needs_rehash(&hash) => Verdict::Right,
        (true, _) | (_, true) => Verdict::NeedsRehash,
        (false, false) => Verdict::Wrong,
    }
}

/// Computes a hash, whatever the attempt is.
fn matches(attempt: &str, hash: &phc::PasswordHash) -> bool {
    let too_long = attempt.chars().nth(MAX_CHARACTERS).is_some();
    let attempt = if too_long { "" } else { attempt };
    let _one_at_a_time = HASHING.lock().unwrap_or_else(PoisonError::into_inner);
    let matches = argon2().verify_password(attempt.as_bytes(), hash).is_ok();
    matches && !too_long
}

fn is_too_long_to_normalize(text: &str) -> bool {
    text.chars().nth(MAX_RAW_CHARACTERS).is_some()
}

fn normalize(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text)
}

fn hash_bytes(password: &[u8], salt: &[u8; SALT_BYTES]) -> PasswordHash {
    let _one_at_a_time = HASHING.lock().unwrap_or_else(PoisonError::into_inner);
    let hash: phc::PasswordHash = argon2().hash_password_with_salt(password, salt).expect(
        "the parameters and the salt's length are valid, and the memory is within the limit",
    );
    PasswordHash(hash.to_string())
}

fn needs_rehash(hash: &phc::PasswordHash) -> bool {
    let parameters = Params::try_from(hash).ok();
    let current = parameters.is_some_and(|made_with| {
        (made_with.m_cost(), made_with.t_cost(), made_with.p_cost()) == (MEMORY_KIB, PASSES, LANES)
    });
    !current
        || hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || hash.version != Some(Version::V0x13.into())
}

fn argon2() -> Argon2<'static> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, Some(Params::DEFAULT_OUTPUT_LEN))
        .expect("OWASP's parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
}
