//! How values are read: pure functions, and the types that settings have of their own.

use std::net::IpAddr;

use super::{Secret, TrustedProxies};

/// The base of every link and the issuer of tokens: an `http` or `https` origin, optionally with a
/// path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Reads `https://api.example.org` or `https://example.org/base/`.
    ///
    /// ```
    /// use shared::config::PublicUrl;
    ///
    /// let url = PublicUrl::parse("https://example.org/").expect("a URL");
    /// assert_eq!(url.as_str(), "https://example.org");
    /// assert!(url.is_https());
    /// assert!(PublicUrl::parse("example.org").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let uri: http::Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?;
        let authority = uri.authority()?;
        let usable = matches!(scheme, "http" | "https")
            && !authority.host().is_empty()
            && !authority.as_str().contains('@')
            && uri.query().is_none()
            && !text.contains('#');
        usable.then(|| PublicUrl(text.trim_end_matches('/').to_owned()))
    }

    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers may be told to stay on https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether the host is the machine itself: `localhost` or a name below it (RFC 6761, section 6.3), or
    /// a loopback address. Nobody else can reach a service of that address.
    pub fn is_loopback(&self) -> bool {
        let Ok(uri) = self.0.parse::<http::Uri>() else {
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
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What happens to one of the most common passwords when a user would set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonPasswords {
    /// It is refused.
    Refuse,
    /// It is taken, as any other.
    Allow,
}

impl CommonPasswords {
    /// Reads `refuse` or `allow`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "refuse" => Some(Self::Refuse),
            "allow" => Some(Self::Allow),
            _ => None,
        }
    }
}

/// Which other origins' pages may read answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CorsOrigins {
    /// None: no CORS headers at all.
    #[default]
    None,
    /// Every origin; credentials (cookies) are never allowed with it.
    Any,
    /// The origins listed, `https://app.example.org`.
    List(Vec<http::HeaderValue>),
}

impl CorsOrigins {
    /// Reads an empty text, `*`, or origins separated by commas or spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let entries: Vec<&str> = words(text).collect();
        match entries.as_slice() {
            [] => Some(CorsOrigins::None),
            ["*"] => Some(CorsOrigins::Any),
            entries => entries
                .iter()
                .map(|entry| origin(entry))
                .collect::<Option<_>>()
                .map(CorsOrigins::List),
        }
    }
}

/// An origin as browsers send it (RFC 6454, section 6.2): scheme and authority, nothing after.
fn origin(text: &str) -> Option<http::HeaderValue> {
    let (scheme, authority) = text.split_once("://")?;
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    // The comparison is of bytes, and browsers leave out the port that the scheme implies.
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    let valid = !authority.is_empty()
        && !authority.contains(['/', '?', '#', '@', '*'])
        && authority.parse::<http::uri::Authority>().is_ok();
    if !valid {
        return None;
    }
    // They also send the host in lower case.
    http::HeaderValue::try_from(format!("{scheme}://{}", authority.to_ascii_lowercase())).ok()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n', '\t'])
        .filter(|word| !word.is_empty())
}

pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

pub(super) fn ttl_seconds(text: &str) -> Option<u64> {
    text.parse()
        .ok()
        .filter(|seconds| (60..=86_400).contains(seconds))
}

pub(super) fn level(text: &str) -> Option<tracing::level_filters::LevelFilter> {
    text.parse().ok()
}

pub(super) fn trusted_proxies(text: &str) -> Option<TrustedProxies> {
    text.parse().ok()
}

pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn optional_secret(text: &str) -> Option<Option<Secret<String>>> {
    Some((!text.is_empty()).then(|| Secret::new(text.to_owned())))
}

pub(super) fn database_url(text: &str) -> Option<Secret<String>> {
    let (scheme, rest) = text.split_once(':')?;
    let usable = match scheme {
        "sqlite" => !rest.is_empty(),
        // A host after the user, if there is one: sockets of Unix cannot be had in a component.
        "postgres" | "postgresql" => rest.strip_prefix("//").is_some_and(|rest| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            !host.is_empty() && !host.starts_with(':')
        }),
        _ => false,
    };
    usable.then(|| Secret::new(text.to_owned()))
}
