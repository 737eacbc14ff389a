//! Which trigger answers a path.
//!
//! ```
//! use std::path::Path;
//! use jenny_manifest::Manifest;
//! use jenny_manifest::route::RouteTable;
//!
//! let manifest = Manifest::parse(
//!     r#"
//!     spin_manifest_version = 2
//!     application = { name = "shop" }
//!     [[trigger.http]]
//!     route = "/users/:id/..."
//!     component = "users"
//!     [component.users]
//!     source = "users.wasm"
//!     "#,
//!     Path::new("spin.toml"),
//! )?;
//! let routes = RouteTable::new(&manifest)?;
//! let found = routes.route("/users/7/orders").expect("the route matches");
//! assert_eq!(found.component(), Some("users"));
//! assert_eq!(found.parameters().collect::<Vec<_>>(), [("id", "7")]);
//! assert_eq!(found.trailing_wildcard(), "/orders");
//! assert!(routes.route("/orders").is_none());
//! # Ok::<(), jenny_manifest::ManifestError>(())
//! ```

mod found;
mod pattern;

use std::collections::{BTreeMap, HashMap};

use http::{HeaderName, HeaderValue};

pub use found::{PATH_MATCH_PREFIX, RouteMatch, SPIN_HEADERS, strip_spin_headers};
use pattern::Pattern;

use crate::{Manifest, ManifestError, TriggerRoute, TriggerTarget};

/// Paths under this prefix are Spin's own: `health` there answers `OK`. No route is asked.
pub const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// Checks a route of the manifest. The error continues the words "route '…'".
pub(crate) fn check_pattern(route: &str) -> Result<(), String> {
    Pattern::parse(route).map(drop)
}

/// The routes of an application, ready for look-ups.
///
/// Precedence is Spin's: routes are compared segment by segment from the left, and text wins over
/// `:parameter`, which wins over the trailing `/...`. Slashes at both ends of a path make no
/// difference, percent-encoding stays as it is, upper and lower case differ.
#[derive(Debug)]
pub struct RouteTable {
    routes: Vec<Route>,
    /// Routes that match one path only, by that path without outer slashes.
    literal: HashMap<Box<str>, usize>,
    /// The others by their first segment, where that is plain text; in order of precedence.
    by_segment: HashMap<Box<str>, Vec<usize>>,
    /// The rest, in order of precedence. All of them lose against the ones above.
    rest: Vec<usize>,
    /// A catch-all for each component that has a trigger, for requests from inside.
    internal: BTreeMap<String, Route>,
    warnings: Vec<String>,
}

#[derive(Debug)]
struct Route {
    /// Of the manifest's triggers.
    trigger: usize,
    target: TriggerTarget,
    /// As the manifest has it.
    raw: Box<str>,
    pattern: Pattern,
    parameter_headers: Vec<HeaderName>,
    headers: RouteHeaders,
    /// Whether a route before it takes all its requests.
    shadowed: bool,
}

/// The headers of a route that are the same for each request.
#[derive(Debug)]
struct RouteHeaders {
    matched: HeaderValue,
    raw: HeaderValue,
    component: HeaderValue,
}

/// One line of the table that is shown to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteEntry<'t> {
    /// The route without its wildcard: `/users/:id`, or `/`.
    pub path: &'t str,
    /// Whether everything below the path belongs to it.
    pub wildcard: bool,
    /// What answers.
    pub target: &'t TriggerTarget,
    /// The index of its trigger in [`Manifest::triggers`].
    pub trigger: usize,
}

impl Route {
    fn new(trigger: usize, target: TriggerTarget, raw: &str, pattern: Pattern) -> Self {
        let header = |text: &str| {
            HeaderValue::from_str(text).expect("a route that parses has visible ASCII only")
        };
        let absolute = if raw.starts_with('/') {
            raw.to_owned()
        } else {
            format!("/{raw}")
        };
        // Spin takes one slash off the end, so that the route `/` is reported as nothing.
        let matched = absolute.strip_suffix('/').unwrap_or(&absolute);
        let parameter_headers = pattern
            .parameters()
            .map(|name| {
                let name = format!("{PATH_MATCH_PREFIX}{name}").replace('_', "-");
                HeaderName::from_bytes(name.as_bytes())
                    .expect("parameters that cannot be in a header's name do not parse")
            })
            .collect();
        Self {
            headers: RouteHeaders {
                matched: header(matched),
                raw: header(raw),
                component: header(raw.strip_suffix("/...").unwrap_or(raw)),
            },
            trigger,
            target,
            raw: raw.into(),
            pattern,
            parameter_headers,
            shadowed: false,
        }
    }

    fn entry(&self) -> RouteEntry<'_> {
        let (path, wildcard) = match self
            .raw
            .strip_suffix("/...")
            .or_else(|| self.raw.strip_suffix("/*"))
        {
            Some(path) => (path, true),
            None if matches!(&*self.raw, "..." | "*") => ("", true),
            None => (&*self.raw, false),
        };
        RouteEntry {
            path: if path.is_empty() { "/" } else { path },
            wildcard,
            target: &self.target,
            trigger: self.trigger,
        }
    }
}

impl RouteTable {
    /// The routes of a manifest.
    ///
    /// Where two triggers have the same route the last one answers, as on Spin, and
    /// [`RouteTable::warnings`] says so.
    ///
    /// # Errors
    ///
    /// When a route is malformed. [`Manifest::parse`] refuses those already, but a manifest's
    /// fields can be changed.
    pub fn new(manifest: &Manifest) -> Result<Self, ManifestError> {
        let mut warnings = Vec::new();
        let mut routes: Vec<Route> = Vec::new();
        let mut internal = BTreeMap::new();
        for (index, trigger) in manifest.triggers.iter().enumerate() {
            let refused = |problem: &str| {
                ManifestError::new(&manifest.path, Some(trigger.line), problem.to_owned())
            };
            if let TriggerTarget::Component(id) = &trigger.target {
                let everything = Pattern::parse("/...").map_err(|problem| refused(&problem))?;
                let route = Route::new(index, trigger.target.clone(), "/...", everything);
                internal.entry(id.clone()).or_insert(route);
            }
            let TriggerRoute::Path(raw) = &trigger.route else {
                continue;
            };
            let pattern = Pattern::parse(raw)
                .map_err(|problem| refused(&format!("route '{raw}' {problem}")))?;
            let place = manifest.place(trigger.line);
            if format!("/{raw}")
                .replacen("//", "/", 1)
                .starts_with(WELL_KNOWN_PREFIX)
            {
                warnings.push(format!(
                    "{place}: route '{raw}' is never reached, because paths under {WELL_KNOWN_PREFIX} are reserved; choose another"
                ));
            }
            let route = Route::new(index, trigger.target.clone(), raw, pattern);
            match routes.iter_mut().find(|earlier| earlier.raw == route.raw) {
                Some(earlier) => {
                    let lost = manifest.place(manifest.triggers[earlier.trigger].line);
                    warnings.push(format!(
                        "{lost}: route '{raw}' is never reached, because {place} has the same; remove one of them"
                    ));
                    *earlier = route;
                }
                None => routes.push(route),
            }
        }
        Ok(Self::index(manifest, routes, internal, warnings))
    }

    fn index(
        manifest: &Manifest,
        mut routes: Vec<Route>,
        internal: BTreeMap<String, Route>,
        mut warnings: Vec<String>,
    ) -> Self {
        let mut order: Vec<usize> = (0..routes.len()).collect();
        // Stable: of two routes that are spelled differently and match the same (`/a` and `/a/`)
        // the first wins, as on Spin.
        order.sort_by(|a, b| routes[*a].pattern.precedence(&routes[*b].pattern));
        let mut literal: HashMap<Box<str>, usize> = HashMap::new();
        let mut by_segment: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut rest = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for index in order {
            let route = &routes[index];
            if let Some(winner) = seen.get(&shape(&route.pattern)) {
                let place =
                    |index: usize| manifest.place(manifest.triggers[routes[index].trigger].line);
                warnings.push(format!(
                    "{}: route '{}' is never reached, because '{}' at {} matches the same; remove one of them",
                    place(index),
                    route.raw,
                    routes[*winner].raw,
                    place(*winner),
                ));
                routes[index].shadowed = true;
                continue;
            }
            seen.insert(shape(&route.pattern), index);
            if let Some(path) = route.pattern.literal() {
                literal.insert(path.into(), index);
            } else if let Some(segment) = route.pattern.first_segment() {
                by_segment.entry(segment.into()).or_default().push(index);
            } else {
                rest.push(index);
            }
        }
        Self {
            routes,
            literal,
            by_segment,
            rest,
            internal,
            warnings,
        }
    }

    /// The route for the path of a request, percent-encoded as it came.
    pub fn route<'t, 'p>(&'t self, path: &'p str) -> Option<RouteMatch<'t, 'p>> {
        let trimmed = path.trim_matches('/');
        if let Some(index) = self.literal.get(trimmed) {
            return Some(RouteMatch::new(&self.routes[*index], Vec::new(), path));
        }
        let first = trimmed.split('/').next().unwrap_or_default();
        let same_segment = self.by_segment.get(first).map_or(&[][..], Vec::as_slice);
        let mut captures = Vec::new();
        for index in same_segment.iter().chain(&self.rest) {
            let route = &self.routes[*index];
            captures.clear();
            if route.pattern.matches(trimmed, &mut captures) {
                return Some(RouteMatch::new(route, captures, path));
            }
        }
        None
    }

    /// The match for a request that another component of the application sends to
    /// `http://<component>.spin.internal`: as if the component had the route `/...`. None when no
    /// trigger names the component.
    pub fn internal<'t, 'p>(
        &'t self,
        component: &str,
        path: &'p str,
    ) -> Option<RouteMatch<'t, 'p>> {
        let route = self.internal.get(component)?;
        Some(RouteMatch::internal(route, path))
    }

    /// The reachable routes, in the order of the manifest.
    pub fn entries(&self) -> impl Iterator<Item = RouteEntry<'_>> {
        self.reachable().map(Route::entry)
    }

    /// The reachable routes, each before those that it wins against: of two that match the same
    /// path the first answers. Where neither could take a path from the other, the alphabet
    /// decides, so that the routes of one resource stand together.
    pub fn by_precedence(&self) -> Vec<RouteEntry<'_>> {
        let mut routes: Vec<&Route> = self.reachable().collect();
        routes.sort_by(|one, other| one.pattern.listing_order(&other.pattern));
        routes.into_iter().map(Route::entry).collect()
    }

    fn reachable(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| !route.shadowed)
    }

    /// One sentence, with file and line, for each route that no request can reach.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The pattern without the names of its parameters: equal for routes that match the same paths.
fn shape(pattern: &Pattern) -> String {
    use pattern::Piece;
    pattern
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Dot => ".",
            Piece::Literal(text) => text,
            Piece::Parameter(_) => ":",
            Piece::Wildcard => "*",
            Piece::Slash => "/",
        })
        .collect()
}

#[cfg(test)]
mod tests;
