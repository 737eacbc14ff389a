//! From `wasi:http` to the router.

use std::sync::OnceLock;

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use tower::Service;

use super::{Baseline, baseline};
use crate::{config::ConfigError, log, problem::Problem};

/// A component's service: its router and what surrounds it, built once per instance.
///
/// [`function!`](crate::function) declares one as a `static`; requests of different callers share
/// it.
#[derive(Debug)]
pub struct Entry {
    router: fn() -> Router,
    service: OnceLock<Router>,
}

impl Entry {
    /// An entry that builds its service with the first request.
    pub const fn new(router: fn() -> Router) -> Self {
        Entry {
            router,
            service: OnceLock::new(),
        }
    }

    /// Answers a request.
    pub async fn handle(&self, request: http::Request<Body>) -> Response {
        let service = match self.service.get() {
            Some(service) => service,
            None => match self.build().await {
                Ok(service) => service,
                Err(error) => return misconfigured(request, error).await,
            },
        };
        let mut response = match service.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if matches!(
            response.status(),
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        ) {
            // RFC 9110, section 8.6 forbids the zero that axum puts there.
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        response
    }

    // No lock across the await: first requests that come together may each read the settings, and
    // one result is kept. An error is not kept, so that a provider of variables that was away for
    // a moment does not spoil the instance.
    async fn build(&self) -> Result<&Router, ConfigError> {
        let settings = Baseline::from_variables().await?;
        Ok(self.service.get_or_init(|| {
            log::init(settings.log_level);
            baseline((self.router)(), settings)
        }))
    }
}

/// Settings that cannot be read fail every request, with the safest settings around the answer.
async fn misconfigured(request: http::Request<Body>, error: ConfigError) -> Response {
    let safest = Baseline::default();
    log::init(safest.log_level);
    let problem = Problem::from(error);
    let router = Router::new().fallback(async move || problem.into_response());
    match baseline(router, safest).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Exports a function as the component's HTTP handler.
///
/// Takes the path of a `fn() -> Operations` ([`openapi`](crate::openapi)), or of a `fn() ->
/// axum::Router` for what is no part of an API. The router is built once per instance, with the
/// first request, and wrapped in the [`baseline`](crate::service::baseline). Compiled natively, for
/// tests, the macro exports nothing, as the names of the exports mean something to a component only:
/// it makes the test that holds `openapi.json` against the code.
///
/// ```
/// fn router() -> axum::Router {
///     axum::Router::new()
/// }
///
/// shared::function!(router);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! function {
    ($router:path) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::__private::Router = || ::core::convert::Into::into($router());

        #[cfg(test)]
        #[test]
        fn openapi_json_is_what_the_code_says() {
            $crate::openapi::verify(
                $router(),
                $crate::openapi::About {
                    name: ::core::env!("CARGO_PKG_NAME"),
                    version: ::core::env!("CARGO_PKG_VERSION"),
                    description: ::core::env!("CARGO_PKG_DESCRIPTION"),
                    license: ::core::env!("CARGO_PKG_LICENSE"),
                    folder: ::core::env!("CARGO_MANIFEST_DIR"),
                },
            );
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static ENTRY: $crate::service::Entry =
                $crate::service::Entry::new(|| $crate::openapi::Function::into_served($router()));

            struct Component;

            impl $crate::__private::Guest for Component {
                async fn handle(
                    request: $crate::__private::WasiRequest,
                ) -> ::core::result::Result<
                    $crate::__private::WasiResponse,
                    $crate::__private::ErrorCode,
                > {
                    $crate::__private::answer(&ENTRY, request).await
                }
            }

            $crate::__private::export!(Component);
        };
    };
}

/// What [`function!`](crate::function) expands to: no API.
#[doc(hidden)]
pub mod private {
    pub use axum::Router;
    pub use pastey::paste;
    pub use spin_sdk::wasip3::{
        exports::http::handler::Guest,
        http::{
            service::export,
            types::{ErrorCode, Request as WasiRequest, Response as WasiResponse},
        },
    };
    pub use utoipa::openapi::RefOr;
    pub use utoipa::openapi::schema::Schema;
    pub use utoipa::{PartialSchema, ToSchema};

    use super::{Body, Entry};

    /// Carries one request through the entry.
    ///
    /// # Errors
    ///
    /// When the request cannot be expressed in the `http` crate's types, or the answer in the
    /// host's: the host answers for us.
    pub async fn answer(entry: &Entry, request: WasiRequest) -> Result<WasiResponse, ErrorCode> {
        use spin_sdk::http::{FromRequest, IntoResponse, Request};

        let request = Request::from_request(request)?;
        entry.handle(request.map(Body::new)).await.into_response()
    }
}
