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
    /// 409 that names what is taken.
    fn from(taken: Taken) -> Self {
        let detail = match (taken.email, taken.username) {
            (true, true) => "The e-mail address and the username have already been taken.",
            (true, false) => "The e-mail address has already been taken.",
            _ => "The username has already been taken.",
        };
        let fields = [
            (taken.email, "/user/email"),
            (taken.username, "/user/username"),
        ];
        fields
            .into_iter()
            .filter(|(is_taken, _)| *is_taken)
            .map(|(_, pointer)| Violation::new(pointer, "has already been taken"))
            .fold(Problem::conflict(detail), Problem::with_violation)
    }
}
