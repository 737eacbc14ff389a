//! E-mail addresses.

use std::borrow::Cow;
use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::text::{comparison_key, is_deceptive, is_unknown, previous_comparison_key};
use crate::openapi::Text;

/// The longest address, in bytes: a path of RFC 5321, section 4.5.3.1.3 without its brackets.
const MAX_BYTES: usize = 254;

/// The longest local part, in bytes (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// The longest label of a domain, in bytes (RFC 1035, section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// An e-mail address, as its owner wrote it.
///
/// The check keeps out what cannot be an address and lets the confirmation mail decide the rest:
/// one `@`, parts within the lengths of RFC 5321, a domain of at least two labels, no white space,
/// quotes or brackets. Quoted local parts, which RFC 5321 says a host should avoid, and address
/// literals are refused. Letters beyond ASCII are fine (RFC 6531), as far as a domain may have them
/// (UTS 46), and as far as they do not stand for what an address may not have (`＠`).
///
/// ```
/// use shared::identity::Email;
///
/// let email = Email::parse(" Jake@Example.com ")?;
/// assert_eq!(email.as_str(), "Jake@Example.com");
/// assert_eq!(email.key(), "jake@example.com");
///
/// // A domain is the same in both of its spellings.
/// let [unicode, ascii] = ["j@bücher.example", "j@xn--bcher-kva.example"].map(Email::parse);
/// assert_eq!(unicode?.key(), ascii?.key());
/// # Ok::<(), shared::identity::EmailError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Email(String);

// Not all that is taken matches: letters beyond ASCII take more bytes than the length says.
crate::text_schema!(
    Email,
    Text {
        description: "An e-mail address, with a domain of at least two labels. White space around it is \
                  dropped. Upper and lower case do not tell addresses apart.",
        min_characters: 6,
        max_characters: MAX_BYTES,
        pattern: Some(
            "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@\
         ([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"
        ),
        format: Some("email"),
        example: "jake@example.com",
    }
);

/// Why a text is no [`Email`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EmailError {
    /// It cannot be an address.
    #[error("must be an e-mail address")]
    Malformed,
    /// It is longer than any address can be.
    #[error("must have at most {MAX_BYTES} bytes")]
    TooLong,
}

impl Email {
    /// Reads an address; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot be an address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::Malformed)?;
        if is_local_part(local) && is_domain(domain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailError::Malformed)
        }
    }

    /// Reads the address of a user who signs in; white space around it is dropped. `None` for what was
    /// never an address. The rules for new addresses do not apply: users keep the ones that they gave
    /// under earlier ones.
    #[must_use]
    pub fn sought(text: &str) -> Option<Self> {
        let text = text.trim();
        let can_be = text.len() <= MAX_BYTES && text.contains('@') && !text.contains(is_deceptive);
        can_be.then(|| Self(text.to_owned()))
    }

    /// The address as its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that decides whether two addresses are one. RFC 5321 lets the local part's case
    /// matter; no mail provider of note does, and two accounts apart by case alone are a trap. Domains
    /// are compared as DNS does, in Unicode: `ß` is not `ss` there (RFC 5892).
    #[must_use]
    pub fn key(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        format!("{}@{}", comparison_key(local), domain_key(domain))
    }

    pub(super) fn previous_key(&self) -> String {
        previous_comparison_key(&self.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A dot-string of RFC 5321, section 4.1.2, with the letters of RFC 6531. In the form that is compared
/// as well: a full-width `＠` is taken for the ASCII one by some readers.
fn is_local_part(local: &str) -> bool {
    let is_dot_string = |text: &str| {
        text.split('.').all(|atom| {
            !atom.is_empty()
                && atom.chars().all(|c| {
                    c.is_ascii_alphanumeric()
                        || "!#$%&'*+-/=?^_`{|}~".contains(c)
                        || is_letter_beyond_ascii(c)
                })
        })
    };
    local.len() <= MAX_LOCAL_BYTES
        && is_dot_string(local)
        && (local.is_ascii()
            || is_dot_string(&ComposingNormalizerBorrowed::new_nfkc().normalize(local)))
}

fn is_domain(domain: &str) -> bool {
    let Some(domain) = to_ascii(domain) else {
        return false;
    };
    let is_label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top_level = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(is_label)
        // Four numbers are an IPv4 address, not a domain.
        && !top_level.chars().all(|c| c.is_ascii_digit())
}

/// A domain in ASCII, with A-labels for the labels beyond it (UTS 46, section 4.2, as RFC 5891 has it:
/// `ß` stays). `None` when it cannot be one.
fn to_ascii(domain: &str) -> Option<Cow<'_, str>> {
    if !is_international(domain) {
        return Some(Cow::Borrowed(domain));
    }
    // Hyphens in third and fourth place are common enough in names that are registered.
    let hyphens = Hyphens::CheckFirstLast;
    Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            hyphens,
            DnsLength::Verify,
        )
        .ok()
}

/// A domain in lower case, with U-labels in place of A-labels. One that was accepted by earlier rules and
/// is none is compared as text.
fn domain_key(domain: &str) -> String {
    if !is_international(domain) {
        return domain.to_ascii_lowercase();
    }
    let (unicode, result) = Uts46::new().to_unicode(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
    );
    match result {
        Ok(()) => unicode.into_owned(),
        Err(_) => comparison_key(domain),
    }
}

/// Whether a domain has a label beyond ASCII, as such or as an A-label.
fn is_international(domain: &str) -> bool {
    let has_prefix = |label: &str| {
        label
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"))
    };
    !domain.is_ascii() || domain.split('.').any(has_prefix)
}

fn is_letter_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !is_deceptive(c) && !is_unknown(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_addresses() {
        for text in [
            "a@b.co",
            "jake@jake.jake",
            "first.last+tag@sub.example-host.com",
            "o'neil@example.com",
            "jörg@bücher.example",
            "用户@例子.中国",
            "x@xn--bcher-kva.example",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            " ",
            "@",
            "a",
            "a@",
            "@b.co",
            "a@b",
            "a@b.",
            "a@.b",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a@b@c.co",
            "a b@c.co",
            "a@b c.co",
            "a@-b.co",
            "a@b-.co",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "\"a\"@b.co",
            "a\0@b.co",
            "a@b.co\nBcc: x@y.z",
            "a\u{200B}@b.co",
            "a\u{202E}@b.co",
            "<a@b.co>",
            "a,b@c.co",
            // What stands for an ASCII character that an address may not have there.
            "a＠b.co",
            "x＠y@b.co",
            "x@y＠b.co",
            "x．@b.co",
            "x（y）@b.co",
            "x@b。",
            // No domains: letters that are not allowed, and A-labels that are none.
            "x@\u{378}.example",
            "x@\u{E000}.example",
            "x@xn--a.example",
            "x@xn--.example",
            "x@b\u{2024}.example",
            "x@١٢٣.456",
            "jacob\u{E000}@b.co",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_too_long() {
        let local = "a".repeat(MAX_LOCAL_BYTES);
        assert!(Email::parse(&format!("{local}@b.co")).is_ok());
        assert!(Email::parse(&format!("{local}a@b.co")).is_err());
        assert!(Email::parse(&format!("a@{}.co", "b".repeat(MAX_LABEL_BYTES + 1))).is_err());
        let domain = vec!["b".repeat(49); 5].join(".");
        assert_eq!(
            Email::parse(&format!("abcdef@{domain}")),
            Err(EmailError::TooLong)
        );
    }

    #[test]
    fn keys_ignore_case_and_composition() {
        let key = |text| Email::parse(text).expect("an address").key();
        assert_eq!(key("Jake@EXAMPLE.com"), key("jake@example.com"));
        assert_eq!(key("jo\u{308}rg@example.com"), key("J\u{D6}RG@example.com"));
        assert_eq!(key("STRASSE@example.com"), key("straße@example.com"));
        assert_ne!(key("jake@example.com"), key("jack@example.com"));
    }

    #[test]
    fn a_domain_is_one_in_both_of_its_spellings() {
        let key = |text| Email::parse(text).expect("an address").key();
        for [one, other] in [
            ["j@bücher.example", "j@xn--bcher-kva.example"],
            ["j@BÜCHER.example", "j@XN--BCHER-KVA.Example"],
            ["j@bu\u{308}cher.example", "j@xn--bcher-kva.example"],
            ["j@例子.中国", "j@xn--fsqu00a.xn--fiqs8s"],
            ["j@例子。中国", "j@例子.中国"],
            ["j@faß.example", "j@xn--fa-hia.example"],
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        // IDNA 2008 has `ß` as a letter of its own, so the two can be two owners'.
        assert_ne!(key("j@faß.example"), key("j@fass.example"));
    }

    #[test]
    fn addresses_of_earlier_rules_are_still_found() {
        for text in ["x＠y@b.co", "j@xn--a.example"] {
            let address = Email::sought(&format!(" {text} ")).expect("has been one");
            assert_eq!(address.as_str(), text);
        }
        for text in ["", "jake", "a\0@b.co", "a\u{200B}@b.co"] {
            assert_eq!(Email::sought(text), None, "{text:?}");
        }
    }
}
