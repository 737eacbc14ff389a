//! Entity tags and the headers that list them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha512};

use super::Version;

/// How much of the hash an entity tag keeps, in bytes. At 128 bits nobody finds two bodies of one
/// tag by chance, and looking for them on purpose only spoils one's own cache.
pub(super) const HASH_BYTES: usize = 16;

/// What stands between the version and the hash of the body. Neither has it: they are Base64url.
const SEPARATOR: u8 = b'.';

/// An entity tag (RFC 9110, section 8.8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    weak: bool,
    opaque: Vec<u8>,
}

impl EntityTag {
    /// The strong entity tag of a representation: the same for the same bytes, on every instance
    /// and after every restart.
    ///
    /// It is SHA-512, truncated: verifying a token brings that hash along, and on 64-bit words it
    /// is faster than SHA-256. Nothing is compressed or otherwise encoded inside a component, so
    /// the bytes of the body are those of the representation; a proxy that compresses them has to
    /// weaken the tag (section 8.8.1).
    ///
    /// ```
    /// use shared::conditional::EntityTag;
    ///
    /// let tag = EntityTag::of(br#"{"tags":[]}"#);
    /// assert_eq!(tag.to_header(), "\"yqL2QPHc-Odb4DGbj5Mwfg\"");
    /// ```
    #[must_use]
    pub fn of(representation: &[u8]) -> Self {
        let hash = Sha512::digest(representation);
        Self {
            weak: false,
            opaque: BASE64URL.encode(&hash[..HASH_BYTES]).into_bytes(),
        }
    }

    /// The strong entity tag of a representation that shows a version. Others with the same version
    /// differ in what a writer does not change.
    pub(super) fn of_version(version: &Version, representation: &[u8]) -> Self {
        let mut tag = Self::of(representation);
        let prefix = version.as_str().bytes().chain([SEPARATOR]);
        tag.opaque.splice(..0, prefix);
        tag
    }

    /// The entity tag in a header's value; `None` where there is something else.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use shared::conditional::EntityTag;
    ///
    /// let header = HeaderValue::from_static("\"r7\"");
    /// let tag = EntityTag::parse(&header).expect("an entity tag");
    /// assert_eq!(tag.to_header(), header);
    /// ```
    #[must_use]
    pub fn parse(header: &HeaderValue) -> Option<Self> {
        match entity_tag(header.as_bytes().trim_ascii()) {
            Ok((tag, [])) => Some(tag),
            _ => None,
        }
    }

    /// Whether it stands for this version, in whatever representation.
    pub(super) fn names(&self, version: &Version) -> bool {
        let rest = self.opaque.strip_prefix(version.as_str().as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&SEPARATOR))
    }

    pub(super) fn is_strong(&self) -> bool {
        !self.weak
    }

    /// As it stands in a header.
    ///
    /// # Panics
    ///
    /// Never: only what a header may hold becomes an entity tag.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        let prefix: &[u8] = if self.weak { b"W/" } else { b"" };
        let text = [prefix, b"\"", &self.opaque, b"\""].concat();
        HeaderValue::from_bytes(&text).expect("a tag holds no control characters")
    }

    /// Section 8.8.3.2: for the bytes of a representation.
    pub(super) fn equals_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Section 8.8.3.2: for what a representation means.
    pub(super) fn equals_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

/// What `If-Match` or `If-None-Match` hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Candidates {
    /// `*`: whatever there is.
    Any,
    /// One of these.
    Listed(Vec<EntityTag>),
}

/// A header that is no list of entity tags.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Candidates {
    /// Reads a header, which may come in several lines; `None` without it.
    pub(super) fn of(headers: &HeaderMap, name: HeaderName) -> Result<Option<Self>, Malformed> {
        let lines: Vec<&[u8]> = headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let joined = lines.join(&b","[..]);
        if joined.trim_ascii() == b"*" {
            return Ok(Some(Self::Any));
        }
        // An empty list is one as well, which names nothing (section 5.6.1.2).
        Ok(Some(Self::Listed(list(&joined)?)))
    }

    pub(super) fn match_strongly(&self, current: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|tag| tag.equals_strongly(current)),
        }
    }

    pub(super) fn match_weakly(&self, current: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|tag| tag.equals_weakly(current)),
        }
    }
}

/// `#entity-tag`. Not split at commas, which a tag may hold; empty elements are passed over
/// (section 5.6.1.2).
fn list(mut rest: &[u8]) -> Result<Vec<EntityTag>, Malformed> {
    let mut tags = Vec::new();
    loop {
        while let [b' ' | b'\t' | b',', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return Ok(tags);
        }
        let (tag, after) = entity_tag(rest)?;
        tags.push(tag);
        rest = after.trim_ascii_start();
        if !matches!(rest, [] | [b',', ..]) {
            return Err(Malformed);
        }
    }
}

fn entity_tag(text: &[u8]) -> Result<(EntityTag, &[u8]), Malformed> {
    let (weak, quoted) = match text.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let rest = quoted.strip_prefix(b"\"").ok_or(Malformed)?;
    let end = rest
        .iter()
        .position(|byte| *byte == b'"')
        .ok_or(Malformed)?;
    let opaque = &rest[..end];
    let is_etagc = |byte: &u8| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff);
    if !opaque.iter().all(is_etagc) {
        return Err(Malformed);
    }
    let tag = EntityTag {
        weak,
        opaque: opaque.to_vec(),
    };
    Ok((tag, &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use http::header::IF_MATCH;

    use super::*;

    fn candidates(lines: &[&str]) -> Result<Option<Candidates>, Malformed> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, line.parse().expect("a header's value"));
        }
        Candidates::of(&headers, IF_MATCH)
    }

    fn listed(lines: &[&str]) -> Vec<String> {
        match candidates(lines) {
            Ok(Some(Candidates::Listed(tags))) => tags
                .iter()
                .map(|tag| tag.to_header().to_str().expect("ASCII").to_owned())
                .collect(),
            other => panic!("{lines:?} is {other:?}"),
        }
    }

    #[test]
    fn lists_are_read_in_every_shape() {
        assert_eq!(candidates(&[]), Ok(None));
        for any in ["*", " * "] {
            assert_eq!(candidates(&[any]), Ok(Some(Candidates::Any)));
        }
        assert_eq!(listed(&["\"a\""]), ["\"a\""]);
        assert_eq!(listed(&["\"a\",W/\"b\""]), ["\"a\"", "W/\"b\""]);
        assert_eq!(listed(&[" , \"a,b\" ,\t, \"\" ,"]), ["\"a,b\"", "\"\""]);
        assert_eq!(listed(&["\"a\"", "\"b\""]), ["\"a\"", "\"b\""]);
        for empty in ["", ",", " , "] {
            assert!(listed(&[empty]).is_empty(), "{empty:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        let wrong = [
            "a",
            "\"a",
            "a\"",
            "w/\"a\"",
            "W/a",
            "\"a\" \"b\"",
            "\"a\"b",
            "\"a\", *",
            "*, \"a\"",
            "\"a b\"",
            "**",
            "\"a\";q=1",
        ];
        for text in wrong {
            assert_eq!(candidates(&[text]), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn strong_and_weak_comparison_differ_as_the_standard_says() {
        // The table of RFC 9110, section 8.8.3.2.
        for (left, right, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let tag = |text: &str| entity_tag(text.as_bytes()).expect("an entity tag").0;
            let (left, right) = (tag(left), tag(right));
            assert_eq!(left.equals_strongly(&right), strong, "{left:?} {right:?}");
            assert_eq!(left.equals_weakly(&right), weak, "{left:?} {right:?}");
        }
    }

    #[test]
    fn a_version_is_named_by_the_beginning_of_a_tag() {
        let version = Version::of([b"a", b"1"]);
        let tag = EntityTag::of_version(&version, b"body");
        assert!(tag.names(&version));
        assert!(EntityTag::of_version(&version, b"another").names(&version));
        assert!(!tag.names(&Version::of([b"a", b"2"])));
        assert!(!EntityTag::of(b"body").names(&version));
        for text in [
            version.as_str().to_owned(),
            format!("{}x", version.as_str()),
        ] {
            let tag = EntityTag::parse(&format!("\"{text}\"").parse().unwrap());
            assert!(!tag.expect("an entity tag").names(&version), "{text}");
        }
    }

    #[test]
    fn a_tag_follows_the_bytes() {
        assert_eq!(EntityTag::of(b"a"), EntityTag::of(b"a"));
        assert_ne!(EntityTag::of(b"a"), EntityTag::of(b"b"));
        let header = EntityTag::of(b"").to_header();
        let read = entity_tag(header.as_bytes()).expect("an entity tag").0;
        assert_eq!(read, EntityTag::of(b""));
    }
}
