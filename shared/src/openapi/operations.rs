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
use super::{Describe, Described};
use crate::conditional;
use crate::problem::Problem;

/// A router that knows what its operations are. Made by [`operations!`](crate::operations).
#[derive(Clone, Debug, Default)]
pub struct Operations {
    router: Router,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) operations: Vec<super::operation::Operation>,
}

impl Operations {
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
    #[must_use]
    pub fn operation<P, H, T>(mut self, handler: H) -> Self
    where
        P: utoipa::Path + for<'t> utoipa::__dev::Tags<'t>,
        H: Described<T> + Clone,
        Checked<H>: Handler<T, ()>,
        T: 'static,
    {
        for method in P::methods() {
            let route = MethodRouter::new().on(filter(&method), Checked(handler.clone()));
            self.router = self.router.route(&P::path(), route);
            #[cfg(not(target_arch = "wasm32"))]
            self.operations.push(super::operation::Operation::new(
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
            L::describe(&mut operation.description);
        }
        self.router = self.router.layer(layer);
        self
    }
}

impl From<Operations> for Router {
    fn from(operations: Operations) -> Self {
        operations.router
    }
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
///     #[utoipa::path(
///         delete,
///         path = "/fire",
///         operation_id = "PutOut",
///         responses((status = NO_CONTENT, description = "It is out."))
///     )]
///     pub async fn put_out() -> axum::response::NoContent {
///         axum::response::NoContent
///     }
/// }
///
/// let operations = shared::operations![routes::put_out];
/// let _router: axum::Router = operations.into();
/// ```
#[macro_export]
macro_rules! operations {
    ($($module:ident::$handler:ident),+ $(,)?) => {
        $crate::__private::paste! {
            $crate::openapi::Operations::new()
                $(.operation::<$module::[<__path_ $handler>], _, _>($module::$handler))+
        }
    };
}
