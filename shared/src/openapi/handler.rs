//! From a handler's type to its description, and to what is called.

use std::future::Future;
use std::pin::Pin;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};

use super::{Answer, Describe, Description};
use crate::conditional;

/// A handler whose arguments and answer describe themselves. `T` is what [`axum::handler::Handler`]
/// has there.
#[diagnostic::on_unimplemented(
    message = "an argument or the answer of this handler does not say what it means to the caller",
    note = "arguments implement `shared::openapi::Describe`, answers `shared::openapi::Answer`"
)]
pub trait Described<T> {
    /// What they say.
    fn description() -> Description;
}

impl<F, R, A> Described<((),)> for F
where
    F: Fn() -> R,
    R: Future<Output = A>,
    A: Answer,
{
    fn description() -> Description {
        let mut description = Description::default();
        A::describe(&mut description);
        description
    }
}

/// A handler that is called only if nothing stands against it: where none of its arguments evaluates the
/// preconditions of a request, one that has some is refused in its place.
///
/// The arguments are made first. So what is no success anyway, for want of a token or because the body
/// breaks a rule, is answered as it would be without conditions (RFC 9110, section 13.2.1).
#[derive(Clone, Copy, Debug)]
pub struct Checked<H>(pub(super) H);

impl<F, R, A> Handler<((),), ()> for Checked<F>
where
    F: FnOnce() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = A> + Send,
    A: IntoResponse,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, (): ()) -> Self::Future {
        Box::pin(async move {
            match conditional::refuse(request.method(), request.headers()) {
                Ok(()) => (self.0)().await.into_response(),
                Err(refusal) => refusal.into_response(),
            }
        })
    }
}

macro_rules! described {
    ([$($input:ident),*], $last:ident) => {
        impl<F, R, A, M, $($input,)* $last> Described<(M, $($input,)* $last,)> for F
        where
            F: Fn($($input,)* $last) -> R,
            R: Future<Output = A>,
            A: Answer,
            $($input: Describe,)*
            $last: Describe,
        {
            fn description() -> Description {
                let mut description = Description::default();
                A::describe(&mut description);
                $($input::describe(&mut description);)*
                $last::describe(&mut description);
                description
            }
        }

        #[allow(non_snake_case, reason = "values are called as their types")]
        impl<F, R, A, M, $($input,)* $last> Handler<(M, $($input,)* $last,), ()> for Checked<F>
        where
            F: FnOnce($($input,)* $last) -> R + Clone + Send + Sync + 'static,
            R: Future<Output = A> + Send,
            A: IntoResponse,
            $($input: FromRequestParts<()> + Describe + Send,)*
            $last: FromRequest<(), M> + Describe + Send,
        {
            type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

            fn call(self, request: Request, (): ()) -> Self::Future {
                let evaluates = $last::EVALUATES_PRECONDITIONS
                    $(|| $input::EVALUATES_PRECONDITIONS)*;
                let allowed = match evaluates {
                    true => Ok(()),
                    false => conditional::refuse(request.method(), request.headers()),
                };
                Box::pin(async move {
                    #[allow(unused_mut, reason = "the last argument takes all of the request")]
                    let (mut parts, body) = request.into_parts();
                    $(
                        let $input = match $input::from_request_parts(&mut parts, &()).await {
                            Ok(value) => value,
                            Err(rejection) => return rejection.into_response(),
                        };
                    )*
                    let request = Request::from_parts(parts, body);
                    let $last = match $last::from_request(request, &()).await {
                        Ok(value) => value,
                        Err(rejection) => return rejection.into_response(),
                    };
                    if let Err(refusal) = allowed {
                        return refusal.into_response();
                    }
                    (self.0)($($input,)* $last).await.into_response()
                })
            }
        }
    };
}

described!([], A1);
described!([A1], A2);
described!([A1, A2], A3);
described!([A1, A2, A3], A4);
described!([A1, A2, A3, A4], A5);
described!([A1, A2, A3, A4, A5], A6);
described!([A1, A2, A3, A4, A5, A6], A7);
described!([A1, A2, A3, A4, A5, A6, A7], A8);
