//! What a component's requests cost, on an instance that is started for them and on one that is there.

use std::fmt::{self, Display};

use jenny_manifest::ComponentSource;

use super::Budgets;
use crate::app::TestApp;
use crate::request::TestRequest;

/// What a measured request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// An instance that is started for it.
    Cold,
    /// An instance that has answered the same before.
    Warm,
}

impl Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        })
    }
}

impl Budgets {
    /// Holds the size of a component, in bytes of its file, against its budget, and wants every route of
    /// it to be [measured](Self::measure).
    ///
    /// # Panics
    ///
    /// When the application has no such component, or its file is not there any more.
    #[track_caller]
    pub fn component(&mut self, app: &TestApp, name: &str) {
        let manifest = app.app.manifest();
        let Some(component) = manifest.components.get(name) else {
            panic!(
                "{} has no component `{name}`; it has {}",
                manifest.path.display(),
                app.components().join(", ")
            );
        };
        if let ComponentSource::Local(path) = &component.source {
            let path = manifest.resolve(path);
            match std::fs::metadata(&path) {
                Ok(metadata) => _ = self.components.insert(name.to_owned(), metadata.len()),
                Err(error) => panic!("{} is gone: {error}", path.display()),
            }
        }
        let routes = app.routes_of(name).into_iter();
        self.unmeasured_routes.extend(routes);
    }

    /// Sends a request twice, to an instance that is started for it and to the same one again, and holds
    /// what each costs against its budget. Both are to be answered with `status`.
    ///
    /// The name is the method and the route as the manifest writes it, and in parentheses what is special
    /// about the request, if anything is: `GET /api/notes (by tag)`. Where the second request cannot be
    /// the first one again, the [`Turn`] tells them apart.
    ///
    /// ```no_run
    /// # use jenny_test::{Budgets, TestApp};
    /// # async fn example(app: TestApp, mut budgets: Budgets, token: String) {
    /// budgets
    ///     .measure(&app, "POST /api/notes/:id/pin", 200, |app, turn| {
    ///         app.post(&format!("/api/notes/{turn}/pin")).bearer(&token)
    ///     })
    ///     .await;
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the application has no such route, when an answer has another status, and as
    /// [`TestApp::cost_of`] does.
    pub async fn measure(
        &mut self,
        app: &TestApp,
        name: &str,
        status: u16,
        request: impl for<'app> Fn(&'app TestApp, Turn) -> TestRequest<'app>,
    ) {
        let route = route_of(name);
        assert!(
            app.routes().iter().any(|known| known == route),
            "`{name}` names none of the routes {:?}",
            app.routes()
        );
        self.unmeasured_routes.remove(route);
        app.restart_instances().await;
        let cold = request(app, Turn::Cold).send().await;
        let warm = request(app, Turn::Warm).send().await;
        for (response, turn) in [(cold, Turn::Cold), (warm, Turn::Warm)] {
            response.assert_status(status);
            let cost = app.cost_of(&response).await;
            self.request(&format!("{name}, {turn}"), cost);
        }
    }
}

/// The route in `GET /api/notes (by tag)`.
fn route_of(name: &str) -> &str {
    let (_method, rest) = name.split_once(' ').unwrap_or_default();
    rest.split(" (").next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_route() {
        assert_eq!(route_of("GET /api/notes"), "/api/notes");
        assert_eq!(route_of("GET /a/:b (by tag)"), "/a/:b");
        assert_eq!(route_of("/api/notes"), "");
    }
}
