//! What nothing that is shown or kept may hold.

/// A URL, or an address of a database, without the password in it.
///
/// What is neither is not shown at all, since nobody knows where its password is.
pub(crate) fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return keywords(address);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}@{host}"),
            None => authority.to_owned(),
        },
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{path}")
}

/// `host=… port=… dbname=…`: what of an address in keywords says where it leads.
fn keywords(address: &str) -> String {
    // Quotes and escapes would have to be understood to tell where a value ends.
    if address.contains(['\'', '\\']) {
        return "(address not shown)".to_owned();
    }
    let words = address.split_whitespace();
    let telling = words.filter(|word| {
        let name = word.split('=').next().unwrap_or_default();
        ["host", "hostaddr", "port", "dbname"].contains(&name)
    });
    let telling: Vec<&str> = telling.collect();
    match telling.is_empty() {
        true => "(address not shown)".to_owned(),
        false => telling.join(" "),
    }
}

/// Text that may be shown: a private key in it is not.
pub(crate) fn without_secrets(text: &str) -> &str {
    match text.contains("PRIVATE KEY-----") {
        true => "(a private key)",
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_go_and_the_rest_stays() {
        for (address, shown) in [
            (
                "postgres://jenny:secret@db:5432/app",
                "postgres://jenny@db:5432/app",
            ),
            (
                "postgres://jenny:se:cr@et@db/app",
                "postgres://jenny@db/app",
            ),
            ("postgres://db/app", "postgres://db/app"),
            ("redis://:secret@cache", "redis://@cache"),
            ("https://example.com/a:b@c", "https://example.com/a:b@c"),
            (
                "host=db user=jenny password=secret dbname=app",
                "host=db dbname=app",
            ),
            ("host=db password='se cret'", "(address not shown)"),
            ("secret", "(address not shown)"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }

    #[test]
    fn private_keys_are_not_shown() {
        let pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----";
        assert_eq!(without_secrets(pem), "(a private key)");
        assert_eq!(without_secrets("a key"), "a key");
    }
}
