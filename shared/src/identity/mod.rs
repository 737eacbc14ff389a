//! Who a user is: the values that more than one function names users by.
//!
//! They live here rather than in the function that owns the table because most functions parse
//! or return one of them (sign-in and account both [e-mail addresses](Email) and
//! [usernames](Username), profiles and articles the latter, everything the [`UserId`]), and two
//! spellings of the same rule would let a name into the table that another function cannot find.

mod email;
mod keys;
pub mod rule;
mod script;
mod taken;
mod text;
mod user_id;
mod username;

pub use self::email::{Email, EmailError};
pub use self::keys::layer;
pub use self::taken::Taken;
pub use self::user_id::UserId;
pub(crate) use self::user_id::new_uuid;
pub use self::username::{Username, UsernameError};
