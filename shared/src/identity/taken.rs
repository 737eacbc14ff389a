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

impl Taken {
    /// 409 that names what is taken. `body` is the pointer of the object that holds `email` and `username`
    /// in the request (RFC 6901): the empty text if that is the whole body.
    #[must_use]
    pub fn at(self, body: &str) -> Problem {
        let detail = match (self.email, self.username) {
            (true, true) => "The e-mail address and the username have already been taken.",
            (true, false) => "The e-mail address has already been taken.",
            _ => "The username has already been taken.",
        };
        let fields = [(self.email, "email"), (self.username, "username")];
        fields
            .into_iter()
            .filter(|(is_taken, _)| *is_taken)
            .map(|(_, name)| Violation::new(format!("{body}/{name}"), "has already been taken"))
            .fold(Problem::conflict(detail), Problem::with_violation)
    }
}
