//! Every route can be reached, and where two match one path it is plain which of them answers.
//!
//! Precedence is the host's, which follows Spin's: the rule asks the host's own table who answers a path,
//! and looks for a path that shows what it is looking for. Such a path is made of the route with a
//! segment in the place of each parameter that no route spells out: only a parameter or a wildcard
//! matches that segment, so whatever answers this path answers all of its kind.

use std::collections::BTreeSet;

use jenny_manifest::route::RouteTable;
use jenny_manifest::route::WELL_KNOWN_PREFIX;
use jenny_manifest::{HttpTrigger, Manifest, TriggerRoute, TriggerTarget};

use super::outbound;
use crate::check::finding::Report;
use crate::check::project::Project;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let Ok(manifest) = project.manifest() else {
        return Vec::new();
    };
    let Some(paths) = Paths::of(manifest) else {
        return Vec::new();
    };
    let at = |trigger: &HttpTrigger, message: String| {
        Report::at(project.manifest_file(), message).line(trigger.line)
    };
    let mut reports = Vec::new();
    for (index, trigger) in manifest.triggers.iter().enumerate() {
        let message = match &trigger.route {
            TriggerRoute::Private => unreachable_inside(manifest, trigger),
            TriggerRoute::Path(route) => paths.unreachable(index, route),
        };
        reports.extend(message.map(|message| at(trigger, message)));
    }
    for (one, other, path) in paths.crossings() {
        let winner = paths.answering(&path).unwrap_or(one);
        let (one, other) = (&manifest.triggers[one], &manifest.triggers[other]);
        let (first, second) = (raw(one), raw(other));
        let message = format!(
            "route `{second}` and route `{first}` of line {} compete for paths such as `{path}`, which \
             `{}` gets: give those a route of their own, or make one of the two more particular",
            one.line,
            raw(&manifest.triggers[winner]),
        );
        reports.push(at(other, message).warning());
    }
    reports
}

fn raw(trigger: &HttpTrigger) -> &str {
    match &trigger.route {
        TriggerRoute::Path(route) => route,
        TriggerRoute::Private => "",
    }
}

/// A private component is reached by the components that may send it requests, and by nothing else.
fn unreachable_inside(manifest: &Manifest, trigger: &HttpTrigger) -> Option<String> {
    let TriggerTarget::Component(id) = &trigger.target else {
        return None;
    };
    let public = manifest.triggers.iter().any(|other| {
        other.target == trigger.target && matches!(other.route, TriggerRoute::Path(_))
    });
    let called = manifest
        .components
        .values()
        .flat_map(|component| &component.allowed_outbound_hosts)
        .any(|entry| outbound::may_reach_component(entry, id));
    (!public && !called).then(|| {
        format!(
            "no component may send requests to the private component `{id}`: grant \
             `allowed_outbound_hosts = [\"http://{id}.spin.internal\"]` to the one that does, or give \
             it a route"
        )
    })
}

/// The routes of a manifest, each also on its own.
struct Paths<'m> {
    manifest: &'m Manifest,
    table: RouteTable,
    /// For each trigger, a table of nothing but its route.
    alone: Vec<RouteTable>,
    /// A segment that no route has.
    segment: String,
    /// How many segments the longest route has.
    longest: usize,
}

impl<'m> Paths<'m> {
    fn of(manifest: &'m Manifest) -> Option<Self> {
        let alone = manifest.triggers.iter().map(|trigger| {
            let mut only = manifest.clone();
            only.triggers = vec![trigger.clone()];
            RouteTable::new(&only).ok()
        });
        let mut segment = "x".to_owned();
        while manifest
            .triggers
            .iter()
            .any(|trigger| raw(trigger).contains(&segment))
        {
            segment.push('x');
        }
        let lengths = manifest
            .triggers
            .iter()
            .map(|trigger| segments(raw(trigger)).len());
        Some(Self {
            table: RouteTable::new(manifest).ok()?,
            alone: alone.collect::<Option<_>>()?,
            longest: lengths.max().unwrap_or_default(),
            segment,
            manifest,
        })
    }

    /// The trigger that answers a path.
    fn answering(&self, path: &str) -> Option<usize> {
        self.table.route(path).map(|found| found.trigger())
    }

    /// Why no request reaches this route, if none does.
    fn unreachable(&self, index: usize, route: &str) -> Option<String> {
        if format!("/{}", route.trim_start_matches('/')).starts_with(WELL_KNOWN_PREFIX) {
            return Some(format!(
                "route `{route}` is never reached, because paths below {WELL_KNOWN_PREFIX} are the \
                 host's own: choose another"
            ));
        }
        let mut winners = BTreeSet::new();
        for path in self.instances(route) {
            let winner = self.answering(&path)?;
            if winner == index {
                return None;
            }
            winners.insert(winner);
        }
        let winners: Vec<_> = winners
            .into_iter()
            .map(|winner| &self.manifest.triggers[winner])
            .map(|trigger| format!("`{}` (line {})", raw(trigger), trigger.line))
            .collect();
        Some(match &winners[..] {
            [winner] => format!(
                "route `{route}` is never reached, because {winner} answers all that it matches: remove \
                 one of them"
            ),
            _ => format!(
                "route `{route}` is never reached, because {} answer all that it matches: remove it, or \
                 one of those",
                winners.join(" and ")
            ),
        })
    }

    /// Paths that the route matches: one for each number of segments that its wildcard may stand for.
    /// More segments than any route has make no difference.
    fn instances(&self, route: &str) -> Vec<String> {
        let mut path: Vec<String> = segments(route)
            .iter()
            .map(|segment| self.instance(segment))
            .collect();
        let beyond = match is_wild(route) {
            true => self.longest + 1,
            false => 0,
        };
        (0..=beyond)
            .map(|_| {
                let instance = format!("/{}", path.join("/"));
                path.push(self.segment.clone());
                instance
            })
            .collect()
    }

    /// A segment that this one of a route matches: `:name.json` is `x.json`.
    fn instance(&self, segment: &str) -> String {
        let sections = segment.split('.').map(|section| match section {
            parameter if parameter.starts_with(':') => &self.segment,
            text => text,
        });
        sections.collect::<Vec<_>>().join(".")
    }

    /// Pairs of routes to different places that match one path, of which the one that spells out more
    /// of it does not get it, each with such a path. (`/a/...` and `/:x` compete for `/a`, too; but that
    /// text wins is what everybody expects.)
    fn crossings(&self) -> Vec<(usize, usize, String)> {
        let triggers = &self.manifest.triggers;
        let mut found = Vec::new();
        for (second, other) in triggers.iter().enumerate() {
            for (first, one) in triggers[..second].iter().enumerate() {
                if one.target == other.target
                    || self.includes(first, second)
                    || self.includes(second, first)
                {
                    continue;
                }
                let path = self.common(raw(one), raw(other));
                // A third route may have the path for itself.
                let loser = match self.answering(&path) {
                    Some(winner) if winner == first => second,
                    Some(winner) if winner == second => first,
                    _ => continue,
                };
                let winner = first + second - loser;
                let both = self.matches(first, &path) && self.matches(second, &path);
                if both && spells_out_more(raw(&triggers[loser]), raw(&triggers[winner])) {
                    found.push((first, second, path));
                }
            }
        }
        found
    }

    fn matches(&self, trigger: usize, path: &str) -> bool {
        self.alone[trigger].route(path).is_some()
    }

    /// Whether the first route matches all that the second one does.
    fn includes(&self, first: usize, second: usize) -> bool {
        let instances = self.instances(raw(&self.manifest.triggers[second]));
        instances.iter().all(|path| self.matches(first, path))
    }

    /// A path that may fit both routes: what one of them spells out stands for the other's parameters.
    fn common(&self, one: &str, other: &str) -> String {
        let (long, short) = match segments(one).len() >= segments(other).len() {
            true => (one, other),
            false => (other, one),
        };
        let (long, short) = (segments(long), segments(short));
        let path: Vec<_> = long
            .iter()
            .enumerate()
            .map(|(index, segment)| match short.get(index) {
                Some(text) if segment.starts_with(':') => self.instance(text),
                _ => self.instance(segment),
            })
            .collect();
        format!("/{}", path.join("/"))
    }
}

/// The segments of a route before its wildcard.
fn segments(route: &str) -> Vec<&str> {
    route
        .split('/')
        .filter(|segment| !segment.is_empty() && !matches!(*segment, "..." | "*"))
        .collect()
}

/// Whether a route has text where the other has a parameter or its wildcard.
fn spells_out_more(route: &str, other: &str) -> bool {
    let is_text = |segment: &str| !segment.contains(':');
    let other = segments(other);
    segments(route)
        .iter()
        .enumerate()
        .any(|(index, segment)| match other.get(index) {
            Some(other) => !segment.starts_with(':') && !is_text(other),
            None => is_text(segment),
        })
}

fn is_wild(route: &str) -> bool {
    route.ends_with("...") || route.ends_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    /// A project with these routes, each to a component of its own; an empty one is private.
    fn found(routes: &[&str]) -> Vec<String> {
        let mut manifest = "spin_manifest_version = 2\napplication = { name = 'a' }\n".to_owned();
        for (index, route) in routes.iter().enumerate() {
            let route = match *route {
                "" => "{ private = true }".to_owned(),
                route => format!("'{route}'"),
            };
            manifest += &format!("[[trigger.http]]\nroute = {route}\ncomponent = 'c{index}'\n");
            manifest += &format!("[component.c{index}]\nsource = 'c.wasm'\n");
        }
        messages(check(&Fixture::new().with("spin.toml", manifest).load()))
    }

    #[test]
    fn routes_that_are_reached_are_in_order() {
        for routes in [
            &["/hello"][..],
            &["/", "/..."],
            &["/a", "/:x", "/a/b", "/a/:x", "/:x/:y", "/..."],
            &["/:name.json", "/:name"],
            &["/a/...", "/a/:x"],
            &["/x", "/:x", "/xx/..."],
            &["/.well-known/spindle/..."],
        ] {
            let found = found(routes);
            assert!(found.is_empty(), "{routes:?}: {found:?}");
        }
    }

    #[test]
    fn a_route_that_others_answer_for_is_found_where_it_stands() {
        for (routes, line, by) in [
            (&["/a", "/a"][..], 3, "`/a` (line 8)"),
            (&["/a/:x", "/a/:y"], 8, "`/a/:x` (line 3)"),
            (&["/b", "/b/"], 8, "`/b` (line 3)"),
            (
                &["/:a/...", "/...", "/"],
                8,
                "`/:a/...` (line 3) and `/` (line 13)",
            ),
            (
                &["/a/...", "/a", "/a/:b/..."],
                3,
                "`/a` (line 8) and `/a/:b/...` (line 13)",
            ),
            (&["/.well-known/spin/health"], 3, "the host's own"),
        ] {
            let found = found(routes);
            assert_eq!(found.len(), 1, "{routes:?}: {found:?}");
            assert!(
                found[0].starts_with(&format!("spin.toml:{line}: ")),
                "{found:?}"
            );
            assert!(found[0].contains(by), "{found:?}");
        }
    }

    #[test]
    fn routes_that_compete_for_a_path_are_told_who_gets_it() {
        for (routes, path, winner) in [
            (
                &["/:any/two", "/one/..."][..],
                "`/one/two`",
                "`/one/...` gets",
            ),
            (&["/one/:x", "/:y/two"], "`/one/two`", "`/one/:x` gets"),
        ] {
            let found = found(routes);
            assert_eq!(found.len(), 1, "{routes:?}: {found:?}");
            assert!(found[0].starts_with("spin.toml:8: warning: "), "{found:?}");
            assert!(
                found[0].contains(path) && found[0].contains(winner),
                "{found:?}"
            );
        }
        // Where the path has a route of its own nobody is in doubt.
        assert!(found(&["/one/:x", "/:y/two", "/one/two"]).is_empty());
    }

    #[test]
    fn a_private_component_is_to_be_called_by_somebody() {
        let alone = found(&["/a", ""]);
        assert_eq!(alone.len(), 1, "{alone:?}");
        assert!(
            alone[0].contains("`http://c1.spin.internal`")
                || alone[0].contains("http://c1.spin.internal")
        );
        for entry in [
            "http://c1.spin.internal",
            "http://*.spin.internal",
            "{{ anything }}",
        ] {
            let manifest = format!(
                "spin_manifest_version = 2\napplication = {{ name = 'a' }}\n\
                 [variables]\nanything = {{ default = '' }}\n\
                 [[trigger.http]]\nroute = '/'\ncomponent = 'c0'\n\
                 [[trigger.http]]\nroute = {{ private = true }}\ncomponent = 'c1'\n\
                 [component.c0]\nsource = 'c.wasm'\nallowed_outbound_hosts = ['{entry}']\n\
                 [component.c1]\nsource = 'c.wasm'\n"
            );
            let found = messages(check(&Fixture::new().with("spin.toml", manifest).load()));
            assert!(found.is_empty(), "{entry}: {found:?}");
        }
    }
}
