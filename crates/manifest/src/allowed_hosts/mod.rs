//! What a component may reach: `allowed_outbound_hosts`.
//!
//! An entry is `scheme://host[:port]`. The scheme is a name or `*`; the host a name, an address, a
//! network (`10.0.0.0/8`), `*`, `*.example.com` for every name below, `self` for the application
//! itself; the port a number, `*`, or a range without its end (`8000..9000`). Without a port the
//! scheme's usual one is meant. `http://<component>.spin.internal` is another component of the
//! application, `http://*.spin.internal` any of them.
//!
//! Reference: <https://spinframework.dev/v4/http-outbound#granting-http-permissions-to-components>.

mod entry;

use entry::Entry;

use crate::Component;
use crate::document::FileError;
use crate::variables::Resolver;

/// The domain of the names under which components reach each other.
pub const SERVICE_CHAINING_DOMAIN: &str = "spin.internal";

/// The component that a host name such as `users.spin.internal` means.
///
/// ```
/// use jenny_manifest::allowed_hosts::service_chaining_target;
///
/// assert_eq!(service_chaining_target("users.spin.internal"), Some("users"));
/// assert_eq!(service_chaining_target("users.example.com"), None);
/// ```
pub fn service_chaining_target(host: &str) -> Option<&str> {
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let (component, domain) = host.split_once('.')?;
    (domain.eq_ignore_ascii_case(SERVICE_CHAINING_DOMAIN) && !component.is_empty())
        .then_some(component)
}

/// What a component may reach.
///
/// ```
/// use jenny_manifest::allowed_hosts::AllowedHosts;
///
/// let hosts = AllowedHosts::parse(&["https://*.example.com", "redis://127.0.0.1:6379"])?;
/// assert!(hosts.allows("https", "api.example.com", None));
/// assert!(!hosts.allows("http", "api.example.com", None));
/// assert!(hosts.allows("redis", "127.0.0.1", Some(6379)));
/// assert!(!hosts.allows_self("http"));
/// # Ok::<(), jenny_manifest::allowed_hosts::AllowedHostsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    entries: Vec<Entry>,
}

/// An entry that is not of the grammar. Its text never shows the entry, which may have been made
/// from a secret variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {} of allowed_outbound_hosts {problem}", index + 1)]
pub struct AllowedHostsError {
    index: usize,
    problem: String,
}

impl AllowedHostsError {
    /// What is wrong and what to do, to be put after the entry's name.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl AllowedHosts {
    /// Parses entries whose variables have been filled in. Empty ones are skipped, so that a
    /// variable without a value grants nothing.
    ///
    /// # Errors
    ///
    /// When an entry is not `scheme://host[:port]`.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, AllowedHostsError> {
        let parsed = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !entry.as_ref().trim().is_empty())
            .map(|(index, entry)| {
                Entry::parse(entry.as_ref().trim())
                    .map_err(|problem| AllowedHostsError { index, problem })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entries: parsed })
    }

    /// Fills in the variables of a component's entries and parses them.
    ///
    /// # Errors
    ///
    /// When a required variable is unset, or an entry is not of the grammar once filled in; the
    /// sentence shows the template, not what it became.
    pub fn for_component(component: &Component, resolver: &Resolver) -> Result<Self, FileError> {
        let (id, field) = (&component.id, "allowed_outbound_hosts");
        let mut entries = Vec::new();
        for template in &component.allowed_outbound_hosts {
            let entry = resolver
                .expand(template)
                .map_err(|error| component.lines.error(field, error.to_string()))?;
            let parsed = Self::parse(&[entry]).map_err(|error| {
                let problem = error.problem();
                component.lines.error(
                    field,
                    format!("{template:?} in {field} of component '{id}', with its variables filled in, {problem}"),
                )
            })?;
            entries.extend(parsed.entries);
        }
        Ok(Self { entries })
    }

    /// Whether a connection is allowed. Without a port the scheme's usual one is meant.
    ///
    /// `host` is a name, an IPv4 address, or an IPv6 address with or without brackets. Addresses
    /// are compared as addresses, names without regard to case.
    pub fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        let Some(host) = entry::parse_host(host) else {
            return false;
        };
        self.entries
            .iter()
            .any(|entry| entry.allows(scheme, &host, port))
    }

    /// Whether a request to the application itself (a URL without a host, or `http://self`) is
    /// allowed under this scheme.
    pub fn allows_self(&self, scheme: &str) -> bool {
        self.entries.iter().any(|entry| entry.allows_self(scheme))
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// What an entry of the deprecated `allowed_http_hosts` means today. The error continues the
/// entry's name.
pub(crate) fn from_allowed_http_host(entry: &str) -> Result<Vec<String>, String> {
    let remedy = "use allowed_outbound_hosts with scheme://host[:port]";
    if entry == entry::ALLOW_ALL {
        return Err(format!("is gone; {remedy}, or \"*://*:*\" for everything"));
    }
    let authority = entry
        .strip_prefix("http://")
        .or_else(|| entry.strip_prefix("https://"))
        .unwrap_or(entry);
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let converted = vec![
        format!("http://{authority}"),
        format!("https://{authority}"),
    ];
    match AllowedHosts::parse(&converted) {
        Ok(_) if !authority.is_empty() && !authority.contains('*') => Ok(converted),
        _ => Err(format!("is not host[:port]; {remedy}")),
    }
}

#[cfg(test)]
mod tests;
