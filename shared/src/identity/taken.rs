//! What must be unique, and is another user's.

use crate::problem::{Problem, Violation};

/// Which of the two things that identify a user already belong to another one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Taken {
    /// The e-mail address.
    pub email: bool,
    /// The username.
    pub username: bool,
}

impl From<Taken> for Problem {
    /// 422 that names what is taken, as RealWorld has it.
    fn from(taken: Taken) -> Self {
        let violation = |is_taken: bool, pointer| {
            is_taken.then(|| Violation::new(pointer, "has already been taken"))
        };
        let email = violation(taken.email, "/user/email");
        let username = violation(taken.username, "/user/username");
        Problem::unprocessable([email, username].into_iter().flatten())
    }
}
