//! A router together with what its operations are.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route};
use tower::{Layer, Service};
use utoipa::openapi::HttpMethod;

use super::handler::Checked;
use super::{Describe, Described, Description};
use crate::conditional;
use crate::problem::Problem;

/// A router that knows what its operations are. Made by [`operations!`](crate::operations), and composed as
/// axum's: `S` is the state that it still lacks.
///
/// ```
/// use axum::extract::State;
/// use shared::openapi::Operations;
///
/// mod pages {
///     use super::State;
///
///     /// Count the pages
///     #[utoipa::path(get, path = "/count")]
///     pub async fn count(State(count): State<u64>) -> axum::Json<u64> {
///         axum::Json(count)
///     }
/// }
///
/// mod words {
///     /// Count the words
///     #[utoipa::path(get, path = "/words")]
///     pub async fn count() -> axum::Json<u64> {
///         axum::Json(42)
///     }
/// }
///
/// fn operations() -> Operations {
///     let pages = shared::operations![pages::count].with_state(7);
///     shared::operations![words::count].nest("/pages", pages)
/// }
/// # operations();
/// ```
#[derive(Clone, Debug)]
pub struct Operations<S = ()> {
    router: Router<S>,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) operations: Vec<super::operation::Operation>,
}

impl<S: Clone + Send + Sync + 'static> Default for Operations<S> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            #[cfg(not(target_arch = "wasm32"))]
            operations: Vec::new(),
        }
    }
}

impl<S: Clone + Send + Sync + 'static> Operations<S> {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler, at the path and for the methods that `P` says: what `#[utoipa::path]` makes of
    /// it. [`operations!`](crate::operations) calls this.
    ///
    /// # Panics
    ///
    /// When two handlers are for the same method of the same path.
    // `Tags` is in utoipa's `__dev`, as are the traits that `utoipa_axum::routes!` asks for: there is no
    // public name for the tags of an attribute. `utoipa_axum::router::OpenApiRouter` would add that it builds
    // the document in the component, with the first request, and knows nothing of extractors (docs/adr/0020).
    #[must_use]
    pub fn operation<P, H, T>(mut self, handler: H, name: &'static str) -> Self
    where
        P: utoipa::Path + for<'t> utoipa::__dev::Tags<'t>,
        H: Described<T> + Clone,
        Checked<H>: Handler<T, S>,
        T: 'static,
    {
        #[cfg(target_arch = "wasm32")]
        let _ = name;
        for method in P::methods() {
            let route = MethodRouter::new().on(filter(&method), Checked(handler.clone()));
            self.router = self.router.route(&P::path(), route);
            #[cfg(not(target_arch = "wasm32"))]
            self.operations.push(super::operation::Operation::new(
                name,
                P::path(),
                method,
                P::operation(),
                P::tags(),
                H::description(),
            ));
        }
        self
    }

    /// Surrounds the operations added so far, as [`Router::layer`] does. The layer describes itself.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Describe + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        #[cfg(not(target_arch = "wasm32"))]
        for operation in &mut self.operations {
            operation.description.of_layer = true;
            L::describe(&mut operation.description);
        }
        self.router = self.router.layer(layer);
        self
    }

    /// Surrounds the operations added so far with a layer that changes nothing that callers see, such as one
    /// of tower-http's that sets a limit or writes a log.
    ///
    /// ```
    /// use tower::limit::ConcurrencyLimitLayer;
    /// # mod routes {
    /// #     /// Wait
    /// #     #[utoipa::path(get, path = "/wait")]
    /// #     pub async fn wait() -> axum::response::NoContent { axum::response::NoContent }
    /// # }
    ///
    /// let operations = shared::operations![routes::wait]
    ///     .transparent_layer(ConcurrencyLimitLayer::new(8));
    /// # let _: shared::openapi::Operations = operations;
    /// ```
    #[must_use]
    pub fn transparent_layer<L>(self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.layer(Transparent(layer))
    }

    /// Adds the operations of another router, as [`Router::merge`] does.
    ///
    /// # Panics
    ///
    /// When both answer the same method of the same path.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        #[cfg(not(target_arch = "wasm32"))]
        self.operations.extend(other.operations);
        self
    }

    /// Adds the operations of another router below a path, as [`Router::nest`] does.
    ///
    /// # Panics
    ///
    /// When the path is empty, or something answers there already.
    #[must_use]
    pub fn nest(mut self, path: &str, other: Self) -> Self {
        self.router = self.router.nest(path, other.router);
        #[cfg(not(target_arch = "wasm32"))]
        self.operations.extend(
            other
                .operations
                .into_iter()
                .map(|operation| operation.below(path)),
        );
        self
    }

    /// Gives the handlers their state, as [`Router::with_state`] does.
    #[must_use]
    pub fn with_state<S2>(self, state: S) -> Operations<S2> {
        Operations {
            router: self.router.with_state(state),
            #[cfg(not(target_arch = "wasm32"))]
            operations: self.operations,
        }
    }
}

impl From<Operations> for Router {
    fn from(operations: Operations) -> Self {
        operations.router
    }
}

/// A layer that changes nothing that callers see: [`Operations::transparent_layer`].
#[derive(Clone, Copy, Debug)]
pub struct Transparent<L>(pub L);

impl<L: Layer<S>, S> Layer<S> for Transparent<L> {
    type Service = L::Service;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.layer(inner)
    }
}

impl<L> Describe for Transparent<L> {
    fn describe(_: &mut Description) {}
}

/// What [`function!`](crate::function) serves: [`Operations`], or a router that is not described, for
/// what is no part of an API.
pub trait Function: Into<Router> {
    /// Its operations, if they are described.
    fn operations(&self) -> Option<&Operations>;

    /// The router that answers its requests. Of a router that is not described, nothing tells whether a
    /// handler evaluates preconditions, so that those of requests which change something are refused.
    fn into_served(self) -> Router;
}

impl Function for Operations {
    fn operations(&self) -> Option<&Operations> {
        Some(self)
    }

    fn into_served(self) -> Router {
        self.router
    }
}

impl Function for Router {
    fn operations(&self) -> Option<&Operations> {
        None
    }

    fn into_served(self) -> Router {
        self.layer(middleware::from_fn(async |request: Request, next: Next| {
            conditional::refuse(request.method(), request.headers())?;
            Ok::<_, Problem>(next.run(request).await)
        }))
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// The [`Operations`] of handlers, each written as `module::handler` and carrying `#[utoipa::path]`.
///
/// ```
/// mod routes {
///     /// Put out the fire
///     #[utoipa::path(delete, path = "/fire")]
///     pub async fn put_out() -> axum::response::NoContent {
///         axum::response::NoContent
///     }
/// }
///
/// let operations = shared::operations![routes::put_out];
/// let _router: axum::Router = operations.into();
/// ```
///
/// A handler without the attribute does not compile:
///
/// ```compile_fail
/// mod routes {
///     pub async fn put_out() -> axum::response::NoContent {
///         axum::response::NoContent
///     }
/// }
///
/// let operations: shared::openapi::Operations = shared::operations![routes::put_out];
/// ```
#[macro_export]
macro_rules! operations {
    ($($module:ident::$handler:ident),+ $(,)?) => {
        $crate::__private::paste! {{
            let operations = $crate::openapi::Operations::new();
            $(
                let operations = {
                    // Where the module has none. What it has comes by the glob, and takes precedence.
                    #[allow(dead_code, non_camel_case_types, reason = "named as utoipa names its own")]
                    type [<__path_ $handler>] = $crate::__private::WithoutPath;
                    {
                        #[allow(unused_imports, reason = "what utoipa made of the handler, if it did")]
                        use $module::*;
                        const {
                            use $crate::__private::{HasPath, IsPath as _};
                            ::core::assert!(
                                HasPath::<[<__path_ $handler>]>::YES,
                                ::core::concat!(
                                    "`", ::core::stringify!($module::$handler), "` is not described: put \
                                     `#[utoipa::path(get, path = \"/…\")]`, with its method and path, above it"
                                )
                            );
                        }
                        operations.operation::<[<__path_ $handler>], _, _>(
                            $module::$handler,
                            ::core::stringify!($handler),
                        )
                    }
                };
            )+
            operations
        }}
    };
}
