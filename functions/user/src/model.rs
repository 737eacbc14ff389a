//! Requests, in the shapes of the RealWorld contract, and the two domain types that
//! only this function has.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Deserializer};
use shared::accounts::Change;
use shared::extract::not_null;
use shared::identity::{Email, Username, rule};
use shared::openapi::Text;
use shared::password::Password;
use shared::problem::Problem;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// A change of the caller's own user.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = UpdateUserRequest)]
pub(crate) struct Update {
    #[validate(nested)]
    pub(crate) user: UserUpdate,
}

/// A member that is absent stays as it is. `null` clears what a user may lack, and so does an empty
/// text.
#[derive(Deserialize, ToSchema, Validate)]
#[schema(as = UpdateUser, min_properties = 1)]
#[validate(schema(function = changes_something))]
pub(crate) struct UserUpdate {
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = rule::username))]
    #[schema(value_type = Option<Username>, nullable = false)]
    username: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = rule::email))]
    #[schema(value_type = Option<Email>, nullable = false)]
    email: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    #[validate(custom(function = rule::password))]
    #[schema(value_type = Option<Password>, nullable = false)]
    password: Option<String>,
    #[serde(default, deserialize_with = "cleared_when_null")]
    #[validate(custom(function = is_bio))]
    #[schema(value_type = Option<Bio>)]
    bio: Option<String>,
    #[serde(default, deserialize_with = "cleared_when_null")]
    #[validate(custom(function = is_image_url))]
    #[schema(value_type = Option<ImageUrl>)]
    image: Option<String>,
}

/// What an update asks for, in the domain's types.
pub(crate) struct Changes {
    pub(crate) username: Option<Username>,
    pub(crate) email: Option<Email>,
    pub(crate) password: Option<Password>,
    pub(crate) bio: Option<Bio>,
    pub(crate) image: Option<ImageUrl>,
}

/// What of a change others see, beside an article for example, and identifies nobody.
pub(crate) struct ProfileChange {
    pub(crate) bio: Option<Bio>,
    pub(crate) image: Option<ImageUrl>,
}

impl ProfileChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.bio.is_none() && self.image.is_none()
    }
}

impl Changes {
    /// The two parts that are stored, the password as its hash.
    pub(crate) fn hashed(self) -> Result<(Change, ProfileChange), Problem> {
        let password = self.password.as_ref();
        let hash = password.map(Password::hash_with_random_salt).transpose();
        let change = Change {
            username: self.username,
            email: self.email,
            password_hash: hash.map_err(Problem::internal)?,
        };
        let profile = ProfileChange {
            bio: self.bio,
            image: self.image,
        };
        Ok((change, profile))
    }
}

impl UserUpdate {
    /// The domain's types, once the extractor has validated the request.
    pub(crate) fn into_changes(self) -> Changes {
        const VALID: &str = "the extractor applied this rule";
        Changes {
            username: self
                .username
                .map(|text| Username::parse(&text).expect(VALID)),
            email: self.email.map(|text| Email::parse(&text).expect(VALID)),
            password: self
                .password
                .map(|text| Password::parse(&text).expect(VALID)),
            bio: self.bio.map(|text| Bio::parse(&text).expect(VALID)),
            image: self.image.map(|text| ImageUrl::parse(&text).expect(VALID)),
        }
    }
}

impl fmt::Debug for UserUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserUpdate").finish_non_exhaustive()
    }
}

/// Called only for fields that are there: `Some("")` for `null`.
fn cleared_when_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}

fn changes_something(update: &UserUpdate) -> Result<(), ValidationError> {
    let UserUpdate {
        username,
        email,
        password,
        bio,
        image,
    } = update;
    let fields = [username, email, password, bio, image];
    if fields.iter().any(|field| field.is_some()) {
        return Ok(());
    }
    let message = "must hold at least one of email, username, password, bio and image";
    Err(ValidationError::new("empty").with_message(message.into()))
}

fn is_bio(text: &str) -> Result<(), ValidationError> {
    rule::parses(Bio::parse(text))
}

fn is_image_url(text: &str) -> Result<(), ValidationError> {
    rule::parses(ImageUrl::parse(text))
}

/// As `shared::openapi::LINES`, and blank if need be.
const LINES_OR_NOTHING: &str = "^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*$";

/// The longest text about oneself, in characters: some pages of it.
const MAX_BIO_CHARACTERS: usize = 4096;

/// What users say of themselves; empty, which is stored and answered as none, when they say nothing.
/// Plain text: whoever shows it escapes it.
#[derive(Debug)]
pub(crate) struct Bio(String);

shared::text_schema!(
    Bio,
    Text {
        description: "What users say of themselves, in plain text.",
        max_characters: MAX_BIO_CHARACTERS,
        pattern: Some(LINES_OR_NOTHING),
        example: "I work at statefarm",
        ..Text::ANY
    }
);

#[derive(Debug, thiserror::Error)]
pub(crate) enum BioError {
    #[error("must have at most {MAX_BIO_CHARACTERS} characters")]
    TooLong,
    #[error("must not contain control characters other than line breaks and tabs")]
    Control,
}

impl Bio {
    fn parse(text: &str) -> Result<Self, BioError> {
        if text.chars().count() > MAX_BIO_CHARACTERS {
            return Err(BioError::TooLong);
        }
        // Postgres cannot store NUL, and the rest would only garble a page.
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            return Err(BioError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest address of an image, in bytes: what browsers and proxies agree on.
const MAX_IMAGE_URL_BYTES: usize = 2048;

/// Said more narrowly than it is checked: names and characters of RFC 3986 alone, no IP address in
/// brackets.
const URL_OR_NOTHING: &str = "^(https?://[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*(:[0-9]{1,4})?\
    ([/?]([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?)?$";

/// What RFC 3986 (section 2) has in no URI and `http::Uri` lets pass: with a quote or a bracket, a
/// page that forgets to escape would let the URL out of its attribute.
const NOT_IN_URIS: [char; 9] = ['"', '<', '>', '\\', '^', '`', '{', '|', '}'];

/// Where a user's picture is; empty, which is stored and answered as none, when there is no picture.
#[derive(Debug)]
pub(crate) struct ImageUrl(String);

shared::text_schema!(
    ImageUrl,
    Text {
        description: "Where a picture is: an address on the web (`http` or `https`), or nothing. White \
                      space around it is dropped.",
        max_characters: MAX_IMAGE_URL_BYTES,
        pattern: Some(URL_OR_NOTHING),
        example: "https://example.com/jake.png",
        ..Text::ANY
    }
);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageUrlError {
    #[error("must have at most {MAX_IMAGE_URL_BYTES} bytes")]
    TooLong,
    #[error("must be an http or https URL, or empty")]
    Malformed,
}

impl ImageUrl {
    /// `http` and `https` alone: pages put it into `src`, where `javascript:` and `data:` are
    /// openings.
    fn parse(text: &str) -> Result<Self, ImageUrlError> {
        let text = text.trim();
        if text.len() > MAX_IMAGE_URL_BYTES {
            return Err(ImageUrlError::TooLong);
        }
        let is_url = |uri: Uri| {
            !text.contains(NOT_IN_URIS)
                && matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        };
        if text.is_empty() || text.parse().is_ok_and(is_url) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ImageUrlError::Malformed)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::openapi::testing::assert_agrees;

    use super::*;

    fn update(user: Value) -> Update {
        serde_json::from_value(json!({ "user": user })).expect("has the shape")
    }

    #[test]
    fn absent_null_and_text_are_told_apart() {
        let update = update(json!({ "bio": null, "username": "jake" }));
        update.validate().expect("keeps every rule");

        let changes = update.user.into_changes();

        assert_eq!(changes.bio.as_ref().map(Bio::as_str), Some(""));
        assert!(changes.image.is_none() && changes.email.is_none() && changes.password.is_none());
        assert_eq!(
            changes.username.as_ref().map(Username::as_str),
            Some("jake")
        );
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        for user in [json!({}), json!({ "role": "admin" })] {
            assert!(update(user).validate().is_err());
        }
    }

    #[test]
    fn what_a_user_must_have_is_not_cleared() {
        for member in ["email", "username", "password"] {
            let body = json!({ "user": { "bio": "kept out", member: null } });
            assert!(serde_json::from_value::<Update>(body).is_err(), "{member}");
        }
    }

    #[test]
    fn every_broken_rule_is_found() {
        let user = json!({
            "username": "", "email": "jake", "password": "short", "bio": "a\u{0}", "image": "jake.png",
        });
        let text = update(user)
            .validate()
            .expect_err("breaks five")
            .to_string();
        for field in ["username", "email", "password", "bio", "image"] {
            assert!(text.contains(&format!("user.{field}")), "{field} in {text}");
        }
    }

    #[test]
    fn images_are_on_the_web_or_nowhere() {
        for url in [
            "",
            " ",
            "https://example.com/j.png",
            "http://[::1]:8080/?a=b",
        ] {
            assert!(ImageUrl::parse(url).is_ok(), "{url}");
        }
        for url in [
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "/j.png",
            "example.com/j.png",
            "https://",
            "https://example.com/a b",
            "ftp://example.com/",
            "https://example.com/\0",
            r#"https://e.com/x"onerror="alert(1)"#,
            "https://e.com/<b>",
            "https://e.com/`x`",
            r"https://e.com\x",
            "https://e.com/{x}",
        ] {
            assert!(ImageUrl::parse(url).is_err(), "{url}");
        }
        assert!(
            ImageUrl::parse(&format!(
                "https://e.com/{}",
                "a".repeat(MAX_IMAGE_URL_BYTES)
            ))
            .is_err()
        );
    }

    #[test]
    fn a_bio_may_have_lines_and_an_end() {
        assert!(Bio::parse("one\r\ntwo\t🦀").is_ok());
        assert!(Bio::parse(&"é".repeat(MAX_BIO_CHARACTERS)).is_ok());
        assert!(Bio::parse(&"é".repeat(MAX_BIO_CHARACTERS + 1)).is_err());
    }

    #[test]
    fn the_schemas_take_what_the_types_take() {
        let matches = |pattern: &str, text: &str| {
            let pattern = regex::Regex::new(pattern).expect("a regular expression");
            pattern.is_match(text)
        };
        assert_agrees::<Bio>(matches, |text| Bio::parse(text).is_ok(), false);
        assert_agrees::<ImageUrl>(matches, |text| ImageUrl::parse(text).is_ok(), false);
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", update(json!({ "password": "correct horse" })));
        assert!(!shown.contains("horse"), "{shown}");
    }
}
