//! Who is looking.

use shared::caller::Caller;
use shared::db::Value;
use shared::identity::UserId;

/// Whoever asks, as a parameter of a statement: a user, or nobody, whose id is the empty text. That is
/// no user's id, so that a question such as "does the viewer follow them?" needs no case of its own.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Viewer(Option<UserId>);

impl Viewer {
    /// Somebody without a token.
    pub const ANONYMOUS: Self = Self(None);

    /// Whether nobody in particular is looking, so that the answer is the same for all who do.
    #[must_use]
    pub fn is_anonymous(self) -> bool {
        self.0.is_none()
    }
}

impl From<UserId> for Viewer {
    fn from(id: UserId) -> Self {
        Self(Some(id))
    }
}

impl From<&Caller> for Viewer {
    fn from(caller: &Caller) -> Self {
        caller.user_id().into()
    }
}

impl From<&Option<Caller>> for Viewer {
    fn from(caller: &Option<Caller>) -> Self {
        Self(caller.as_ref().map(Caller::user_id))
    }
}

impl From<Viewer> for Value {
    fn from(viewer: Viewer) -> Self {
        match viewer.0 {
            Some(id) => id.into(),
            None => Value::Text(String::new()),
        }
    }
}
