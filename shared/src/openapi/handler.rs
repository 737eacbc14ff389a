//! From a handler's type to its description.

use std::future::Future;

use super::{Answer, Describe, Description};

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

macro_rules! described {
    ($($input:ident),+) => {
        impl<F, R, A, M, $($input),+> Described<(M, $($input,)+)> for F
        where
            F: Fn($($input),+) -> R,
            R: Future<Output = A>,
            A: Answer,
            $($input: Describe,)+
        {
            fn description() -> Description {
                let mut description = Description::default();
                A::describe(&mut description);
                $($input::describe(&mut description);)+
                description
            }
        }
    };
}

described!(A1);
described!(A1, A2);
described!(A1, A2, A3);
described!(A1, A2, A3, A4);
described!(A1, A2, A3, A4, A5);
described!(A1, A2, A3, A4, A5, A6);
described!(A1, A2, A3, A4, A5, A6, A7);
described!(A1, A2, A3, A4, A5, A6, A7, A8);
