//! Route patterns: what they may look like, what they match, which one wins.

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Dot,
    Literal(Box<str>),
    Parameter(Box<str>),
    Wildcard,
    Slash,
}

impl Piece {
    /// Routes are compared piece by piece, and the first difference decides: the smaller wins.
    ///
    /// The end of a route counts as [`END`]: `/:x.json` wins against `/:x`, and that against
    /// `/:x/...`. routefinder's own order is the same but for parameters with dots, where it runs
    /// in circles and leaves the choice to the order of the manifest.
    fn rank(&self) -> u8 {
        match self {
            Self::Dot => 0,
            Self::Slash => END + 1,
            Self::Literal(_) => END + 2,
            Self::Parameter(_) => END + 3,
            Self::Wildcard => END + 4,
        }
    }
}

const END: u8 = 1;

/// A parsed route.
///
/// Matching and precedence are those of the `routefinder` crate, which Spin uses: slashes at both
/// ends of the path do not count, `:name` takes everything up to the next slash (or dot, where a
/// dot follows it in the route), the trailing wildcard takes what is left, be it nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) pieces: Vec<Piece>,
}

impl Pattern {
    /// Parses a route as the manifest has it. The error continues the words "route '…'".
    pub(super) fn parse(route: &str) -> Result<Self, String> {
        // An allowed route ends up in request headers and is compared with the path of a URL.
        if let Some(character) = route.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(format!(
                "has the character {character:?}; percent-encode it, as in the path of a URL"
            ));
        }
        if let Some(character) = route.chars().find(|c| matches!(c, '?' | '#')) {
            return Err(format!(
                "has '{character}', which no path has; remove everything from there on"
            ));
        }
        let (body, wildcard) = match route
            .strip_suffix("...")
            .or_else(|| route.strip_suffix('*'))
        {
            Some(body) if body.is_empty() || body.ends_with('/') => (body, true),
            Some(_) => {
                return Err("has its wildcard inside a segment; write '/...' at its end".into());
            }
            None => (route, false),
        };
        let mut pieces = Vec::new();
        for segment in body.split('/').filter(|segment| !segment.is_empty()) {
            if !pieces.is_empty() {
                pieces.push(Piece::Slash);
            }
            if segment == "..." || segment.starts_with('*') {
                return Err("has a wildcard that is not at its end; move it there".into());
            }
            parse_segment(segment, &mut pieces)?;
        }
        if wildcard {
            if !pieces.is_empty() {
                pieces.push(Piece::Slash);
            }
            pieces.push(Piece::Wildcard);
        }
        Ok(Self { pieces })
    }

    /// The whole path, without outer slashes, if only one path matches.
    pub(super) fn literal(&self) -> Option<String> {
        let mut path = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => path.push_str(text),
                Piece::Dot => path.push('.'),
                Piece::Slash => path.push('/'),
                Piece::Parameter(_) | Piece::Wildcard => return None,
            }
        }
        Some(path)
    }

    /// The first segment, if it holds neither parameter nor wildcard.
    pub(super) fn first_segment(&self) -> Option<String> {
        let end = self
            .pieces
            .iter()
            .position(|piece| *piece == Piece::Slash)
            .unwrap_or(self.pieces.len());
        let first = Self {
            pieces: self.pieces[..end].to_vec(),
        };
        first.literal().filter(|segment| !segment.is_empty())
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(&**name),
            _ => None,
        })
    }

    /// Less means: wins against the other where both match.
    pub(super) fn precedence(&self, other: &Self) -> std::cmp::Ordering {
        self.ranks().cmp(other.ranks())
    }

    /// As [`Pattern::precedence`], but text goes by the alphabet. No path fits two patterns that
    /// differ in a text before they differ in anything else.
    pub(super) fn listing_order(&self, other: &Self) -> std::cmp::Ordering {
        fn texts(pattern: &Pattern) -> impl Iterator<Item = (u8, &str)> {
            let pieces = pattern.pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => (piece.rank(), &**text),
                _ => (piece.rank(), ""),
            });
            pieces.chain([(END, "")])
        }
        texts(self).cmp(texts(other))
    }

    fn ranks(&self) -> impl Iterator<Item = u8> {
        self.pieces.iter().map(Piece::rank).chain([END])
    }

    /// Matches a path that was stripped of its outer slashes. The captures are the parameters in
    /// order, then the wildcard's part; they are only meaningful when the answer is true.
    pub(super) fn matches<'p>(&self, mut path: &'p str, captures: &mut Vec<&'p str>) -> bool {
        for (index, piece) in self.pieces.iter().enumerate() {
            let next = self.pieces.get(index + 1);
            path = match piece {
                Piece::Literal(text) => match path.strip_prefix(&**text) {
                    Some(rest) => rest,
                    None => return false,
                },
                Piece::Dot => match path.strip_prefix('.') {
                    Some(rest) => rest,
                    None => return false,
                },
                Piece::Slash => match path.strip_prefix('/') {
                    Some(rest) => rest,
                    // `/a/...` matches `/a`.
                    None if path.is_empty() && next == Some(&Piece::Wildcard) => path,
                    None => return false,
                },
                Piece::Parameter(_) if path.is_empty() => return false,
                Piece::Parameter(_) if next == Some(&Piece::Dot) => {
                    match path.bytes().position(|byte| matches!(byte, b'.' | b'/')) {
                        Some(end) if path.as_bytes()[end] == b'.' => {
                            captures.push(&path[..end]);
                            &path[end..]
                        }
                        _ => return false,
                    }
                }
                Piece::Parameter(_) => {
                    let end = path.find('/').unwrap_or(path.len());
                    captures.push(&path[..end]);
                    &path[end..]
                }
                Piece::Wildcard => {
                    captures.push(path);
                    ""
                }
            };
        }
        path.is_empty()
    }
}

/// Splits a segment at its dots, as routefinder does: `:name.json` is a parameter, a dot and a
/// text. A dot after a text belongs to the text.
fn parse_segment(segment: &str, pieces: &mut Vec<Piece>) -> Result<(), String> {
    for (index, section) in segment.split('.').enumerate() {
        if index > 0 {
            match pieces.last_mut() {
                Some(Piece::Literal(text)) => *text = format!("{text}.").into(),
                _ => pieces.push(Piece::Dot),
            }
        }
        match section.strip_prefix(':') {
            Some("") => return Err("has a ':' without a name; name it, as in '/:id'".into()),
            Some(name) => {
                let header = format!("{}{name}", super::PATH_MATCH_PREFIX).replace('_', "-");
                if http::HeaderName::from_bytes(header.as_bytes()).is_err() {
                    return Err(format!(
                        "has the parameter ':{name}', which cannot be part of a header's name; use letters, digits and '_'"
                    ));
                }
                pieces.push(Piece::Parameter(name.into()));
            }
            None if section.is_empty() => {}
            None => pieces.push(Piece::Literal(section.into())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures<'p>(route: &str, path: &'p str) -> Option<Vec<&'p str>> {
        let mut captures = Vec::new();
        Pattern::parse(route)
            .unwrap()
            .matches(path.trim_matches('/'), &mut captures)
            .then_some(captures)
    }

    #[test]
    fn matching() {
        let none = Vec::<&str>::new();
        for (route, path, expected) in [
            ("/", "/", Some(none.clone())),
            ("/", "/a", None),
            ("/foo", "/foo", Some(none.clone())),
            ("/foo", "/foo/", Some(none.clone())),
            ("/foo/", "/foo", Some(none.clone())),
            ("foo", "/foo", Some(none.clone())),
            ("/foo", "/foobar", None),
            ("/foo", "/foo/bar", None),
            ("/foo", "/Foo", None),
            ("/...", "/", Some(vec![""])),
            ("...", "/a/b", Some(vec!["a/b"])),
            ("/*", "/a/b", Some(vec!["a/b"])),
            ("/foo/...", "/foo", Some(vec![""])),
            ("/foo/...", "/foo/a/b", Some(vec!["a/b"])),
            ("/foo/...", "/foobar", None),
            ("/users/:id", "/users/7", Some(vec!["7"])),
            ("/users/:id", "/users/", None),
            ("/users/:id", "/users/7/x", None),
            ("/users/:id", "/users/a.b", Some(vec!["a.b"])),
            ("/users/:id/...", "/users/7/x/y", Some(vec!["7", "x/y"])),
            ("/:a/:b", "/x/y", Some(vec!["x", "y"])),
            ("/:name.json", "/x.json", Some(vec!["x"])),
            ("/:name.json", "/x/y.json", None),
            (
                "/.well-known/jwks.json",
                "/.well-known/jwks.json",
                Some(none),
            ),
            // Percent-encoding is left as it is on both sides.
            ("/a%20b", "/a%20b", Some(Vec::new())),
            ("/:x", "/a%2Fb", Some(vec!["a%2Fb"])),
        ] {
            assert_eq!(captures(route, path), expected, "{route} {path}");
        }
    }

    #[test]
    fn bad_routes() {
        for route in [
            "/a b", "/é", "/a\n", "/a?b=c", "/a#b", "/a/.../b", "/*/a", "/a...", "/a*", "/:",
            "/a/:/b", "/*name", "/:a{b}",
        ] {
            assert!(Pattern::parse(route).is_err(), "{route}");
        }
    }

    #[test]
    fn no_text_makes_the_parser_or_the_matcher_panic() {
        // A small generator instead of random numbers: every text of up to five of these pieces.
        let alphabet = ["/", ".", ":", "*", "a", "...", "é", "%"];
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..5 {
            let to = texts.len();
            for at in from..to {
                for piece in alphabet {
                    texts.push(format!("{}{piece}", texts[at]));
                }
            }
            from = to;
        }
        let paths = ["", "/", "/a", "a.a", "/a/.a/", "//a//", "/é/%"];
        for text in &texts {
            if let Ok(pattern) = Pattern::parse(text) {
                for path in paths {
                    pattern.matches(path.trim_matches('/'), &mut Vec::new());
                }
            }
        }
    }
}
