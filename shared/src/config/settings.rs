//! The settings that the foundation itself reads.

use tracing::level_filters::LevelFilter;

use super::{CommonPasswords, CorsOrigins, PublicUrl, Secret, Setting, TrustedProxies, parse};

/// Issuer of tokens and base of links.
pub const PUBLIC_URL: Setting<PublicUrl> = Setting::new(
    "public_url",
    "an http or https URL without a query",
    PublicUrl::parse,
);

/// Which other origins' pages may read answers.
pub const CORS_ORIGINS: Setting<CorsOrigins> = Setting::new(
    "cors_origins",
    "empty, `*` or a list of origins such as https://app.example.org",
    CorsOrigins::parse,
);

/// The least severe level that is logged.
pub const LOG_LEVEL: Setting<LevelFilter> = Setting::new(
    "log_level",
    "one of off, error, warn, info, debug, trace",
    parse::level,
);

/// The proxies whose `X-Forwarded-For` counts: addresses and networks. None when empty.
pub const TRUSTED_PROXIES: Setting<TrustedProxies> = Setting::new(
    "trusted_proxies",
    "empty or a comma-separated list of addresses and networks such as 10.0.0.0/8",
    parse::trusted_proxies,
);

/// How long an access token holds, in seconds.
pub const ACCESS_TOKEN_TTL_SECONDS: Setting<u64> = Setting::new(
    "access_token_ttl_seconds",
    "a whole number of seconds from 60 to 86400",
    parse::ttl_seconds,
);

/// Whether users may have one of the most common passwords.
pub const COMMON_PASSWORDS: Setting<CommonPasswords> = Setting::new(
    "common_passwords",
    "refuse or allow",
    CommonPasswords::parse,
);

/// Whether migrations run at first use.
pub const AUTO_MIGRATE: Setting<bool> = Setting::new("auto_migrate", "true or false", parse::flag);

/// The private key that signs access tokens: Ed25519, PEM. `None` when unset.
pub const SIGNING_KEY: Setting<Option<Secret<String>>> = Setting::new(
    "signing_key",
    "a PEM Ed25519 private key",
    parse::optional_secret,
)
.secret();

/// The public keys that tokens may be signed with, the current one included: Ed25519, PEM blocks one
/// after the other. Empty when unset.
pub const VERIFICATION_KEYS: Setting<String> =
    Setting::new("verification_keys", "PEM Ed25519 public keys", parse::text);

/// Where the data lives: `sqlite:<label>`, or `postgres://user:password@host:port/database`. A
/// secret, as the latter has a password in it.
pub const DATABASE_URL: Setting<Secret<String>> = Setting::new(
    "database_url",
    "`sqlite:` and the label of a database, such as sqlite:default, or a URL \
     postgres://user:password@host:port/database",
    parse::database_url,
)
.secret();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigError, Fault};

    #[test]
    fn empty_means_unset_where_that_has_a_meaning() {
        assert_eq!(CORS_ORIGINS.parse(""), Ok(CorsOrigins::None));
        assert_eq!(SIGNING_KEY.parse(""), Ok(None));
        assert_eq!(VERIFICATION_KEYS.parse(""), Ok(String::new()));
        for empty in [PUBLIC_URL.parse("").err(), DATABASE_URL.parse("").err()] {
            assert!(empty.is_some());
        }
    }

    #[test]
    fn an_error_names_the_variable_and_what_is_expected() {
        let error = ACCESS_TOKEN_TTL_SECONDS.parse("59").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the variable access_token_ttl_seconds must be a whole number of seconds from 60 to \
             86400, not `59`"
        );
        assert!(ACCESS_TOKEN_TTL_SECONDS.parse("86401").is_err());
        assert_eq!(ACCESS_TOKEN_TTL_SECONDS.parse(" 60 "), Ok(60));
        assert!(AUTO_MIGRATE.parse("yes").is_err());
        assert!(COMMON_PASSWORDS.parse("").is_err());
        assert!(
            COMMON_PASSWORDS.parse("refuse").is_ok() && COMMON_PASSWORDS.parse("allow").is_ok()
        );
        assert!(LOG_LEVEL.parse("loud").is_err());
        assert!(TRUSTED_PROXIES.parse("proxy.local").is_err());
        assert_eq!(TRUSTED_PROXIES.parse(""), Ok(TrustedProxies::default()));
    }

    #[test]
    fn a_database_is_one_that_can_be_opened() {
        for right in [
            "sqlite:default",
            "postgres://db/jenny",
            "postgresql://jenny:hunter2@db.example.org:5432/jenny?sslmode=require",
            "postgres://jenny:a@b@[::1]:5432/jenny",
        ] {
            assert!(DATABASE_URL.parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "sqlite:",
            "default",
            "postgres:",
            "postgres:db",
            "postgres:///jenny",
            "postgres://jenny:hunter2@/jenny",
            "postgresql://:5432/jenny",
            "mysql://root:hunter2@db",
        ] {
            let error = DATABASE_URL.parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_missing_variable_names_the_line_to_add() {
        let (variable, fault) = (AUTO_MIGRATE.name(), Fault::Undefined);
        let message = ConfigError { variable, fault }.to_string();
        assert!(
            message.contains("`auto_migrate = \"{{ auto_migrate }}\"`"),
            "{message}"
        );
        assert!(message.contains("[component.<id>.variables]"), "{message}");
    }

    #[test]
    fn origins_are_compared_as_browsers_send_them() {
        assert_eq!(
            CORS_ORIGINS.parse("https://App.example.org, http://localhost:5173"),
            Ok(CorsOrigins::List(vec![
                http::HeaderValue::from_static("https://app.example.org"),
                http::HeaderValue::from_static("http://localhost:5173"),
            ]))
        );
        for (written, sent) in [
            ("https://a.org:443", "https://a.org"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://a.org:80", "https://a.org:80"),
            ("http://a.org:443", "http://a.org:443"),
        ] {
            assert_eq!(
                CORS_ORIGINS.parse(written),
                Ok(CorsOrigins::List(vec![http::HeaderValue::from_static(
                    sent
                )]))
            );
        }
        assert_eq!(CORS_ORIGINS.parse("*"), Ok(CorsOrigins::Any));
        for wrong in [
            "example.org",
            "https://a.org/",
            "https://*.a.org",
            "https://:443",
            "*, https://a.org",
            "null",
        ] {
            assert!(CORS_ORIGINS.parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_public_url_can_be_this_machines_own() {
        let is_loopback = |url| PUBLIC_URL.parse(url).expect("a URL").is_loopback();
        for url in [
            "http://127.0.0.1:3000",
            "http://127.8.9.1/base",
            "http://[::1]:3000",
            "http://[::ffff:127.0.0.1]",
            "https://LocalHost",
            "http://localhost.:3000",
            "http://app.localhost",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://api.example",
            "http://0.0.0.0:3000",
            "http://10.0.0.1",
            "http://[::]:3000",
            "http://localhost.example",
            "http://notlocalhost",
            "http://127.0.0.1.example",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn a_public_url_is_an_address_without_secrets_or_query() {
        for wrong in [
            "",
            "127.0.0.1:3000",
            "/x",
            "ftp://a",
            "http://u:p@a",
            "http://a?x",
            "http://a#x",
        ] {
            assert!(PUBLIC_URL.parse(wrong).is_err(), "{wrong}");
        }
    }
}
