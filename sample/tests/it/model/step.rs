//! What users do, small enough to be drawn at random and to shrink.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A number that picks one of several: a user, an article, a title. What it picks follows from how
/// many there are when its turn comes, so that a step stays a step when those before it are left
/// out.
pub(super) type Pick = u8;

/// The caller who has no token.
pub(super) const ANONYMOUS: Pick = Pick::MAX;

/// One request, or, of a walk, as many as there are pages.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Register {
        name: Pick,
        email: Pick,
        password: Pick,
    },
    LogIn {
        email: Pick,
        password: Pick,
    },
    ShowUser {
        caller: Pick,
    },
    UpdateUser {
        caller: Pick,
        name: Option<Pick>,
        email: Option<Pick>,
        bio: Option<Pick>,
    },
    ChangePassword {
        caller: Pick,
        password: Pick,
    },
    ShowProfile {
        caller: Pick,
        name: Pick,
    },
    Follow {
        caller: Pick,
        name: Pick,
    },
    Unfollow {
        caller: Pick,
        name: Pick,
    },
    Publish {
        caller: Pick,
        title: Pick,
        tags: Vec<Pick>,
    },
    Edit {
        caller: Pick,
        article: Pick,
        title: Option<Pick>,
        body: Option<Pick>,
        tags: Option<Vec<Pick>>,
    },
    Delete {
        caller: Pick,
        article: Pick,
    },
    Favorite {
        caller: Pick,
        article: Pick,
    },
    Unfavorite {
        caller: Pick,
        article: Pick,
    },
    Show {
        caller: Pick,
        article: Pick,
    },
    Comment {
        caller: Pick,
        article: Pick,
        body: Pick,
    },
    ShowComments {
        caller: Pick,
        article: Pick,
    },
    /// `article` is the comment's own, or another one.
    DeleteComment {
        caller: Pick,
        comment: Pick,
        article: Option<Pick>,
    },
    List {
        caller: Pick,
        filter: Filter,
        page: Page,
    },
    Feed {
        caller: Pick,
        page: Page,
    },
    /// From page to page, by the links of the answers.
    Walk {
        caller: Pick,
        filter: Filter,
        limit: Pick,
    },
    WalkFeed {
        caller: Pick,
        limit: Pick,
    },
    ShowTags,
}

/// The filters of a list.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) tag: Option<Pick>,
    pub(super) author: Option<Pick>,
    pub(super) favorited: Option<Pick>,
}

/// `limit` and `offset`.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) limit: Option<Pick>,
    pub(super) offset: Option<Pick>,
}

/// A sequence of steps.
pub(super) fn sequence(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(prop_oneof![3 => writing(), 2 => reading()], 1..=longest)
}

/// Batches of steps that are taken at once.
pub(super) fn races(most: usize, widest: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let contended = prop_oneof![4 => writing(), 1 => reading()];
    vec(vec(contended, 2..=widest), 1..=most)
}

/// One of any: there are never as many, and a small number shrinks fast.
fn pick() -> impl Strategy<Value = Pick> {
    0..32_u8
}

/// Mostly one of a few, so that steps meet.
fn few() -> impl Strategy<Value = Pick> {
    prop_oneof![4 => 0..4_u8, 1 => pick()]
}

/// Mostly a user.
fn caller() -> impl Strategy<Value = Pick> {
    prop_oneof![9 => 0..4_u8, 1 => Just(ANONYMOUS)]
}

/// Often nobody: answers to nobody are shared, and must not be older than the last write.
fn reader() -> impl Strategy<Value = Pick> {
    prop_oneof![3 => 0..4_u8, 2 => Just(ANONYMOUS)]
}

fn writing() -> impl Strategy<Value = Step> {
    prop_oneof![
        // Hashing a password costs as much as dozens of other steps.
        1 => (pick(), pick(), pick())
            .prop_map(|(name, email, password)| Step::Register { name, email, password }),
        1 => (pick(), pick()).prop_map(|(email, password)| Step::LogIn { email, password }),
        1 => (caller(), pick())
            .prop_map(|(caller, password)| Step::ChangePassword { caller, password }),
        4 => (caller(), option::of(pick()), option::weighted(0.2, pick()), option::of(pick()))
            .prop_map(|(caller, name, email, bio)| Step::UpdateUser { caller, name, email, bio }),
        6 => (caller(), pick()).prop_map(|(caller, name)| Step::Follow { caller, name }),
        4 => (caller(), pick()).prop_map(|(caller, name)| Step::Unfollow { caller, name }),
        20 => (caller(), pick(), vec(pick(), 0..4))
            .prop_map(|(caller, title, tags)| Step::Publish { caller, title, tags }),
        6 => (caller(), few(), option::of(pick()), option::of(pick()), option::of(vec(pick(), 0..4)))
            .prop_map(|(caller, article, title, body, tags)| {
                Step::Edit { caller, article, title, body, tags }
            }),
        8 => (caller(), few()).prop_map(|(caller, article)| Step::Delete { caller, article }),
        12 => (caller(), few()).prop_map(|(caller, article)| Step::Favorite { caller, article }),
        8 => (caller(), few()).prop_map(|(caller, article)| Step::Unfavorite { caller, article }),
        8 => (caller(), few(), pick())
            .prop_map(|(caller, article, body)| Step::Comment { caller, article, body }),
        6 => (caller(), few(), option::weighted(0.2, few()))
            .prop_map(|(caller, comment, article)| Step::DeleteComment { caller, comment, article }),
    ]
}

fn reading() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => caller().prop_map(|caller| Step::ShowUser { caller }),
        2 => (reader(), pick()).prop_map(|(caller, name)| Step::ShowProfile { caller, name }),
        3 => (reader(), few()).prop_map(|(caller, article)| Step::Show { caller, article }),
        3 => (reader(), few()).prop_map(|(caller, article)| Step::ShowComments { caller, article }),
        8 => (reader(), filter(), page())
            .prop_map(|(caller, filter, page)| Step::List { caller, filter, page }),
        4 => (caller(), page()).prop_map(|(caller, page)| Step::Feed { caller, page }),
        3 => (reader(), filter(), pick())
            .prop_map(|(caller, filter, limit)| Step::Walk { caller, filter, limit }),
        2 => (caller(), pick()).prop_map(|(caller, limit)| Step::WalkFeed { caller, limit }),
        2 => Just(Step::ShowTags),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let one = || option::weighted(0.4, few());
    (one(), one(), one()).prop_map(|(tag, author, favorited)| Filter {
        tag,
        author,
        favorited,
    })
}

fn page() -> impl Strategy<Value = Page> {
    let one = || option::weighted(0.4, pick());
    (one(), one()).prop_map(|(limit, offset)| Page { limit, offset })
}
