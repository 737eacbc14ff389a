//! Users and whom they follow.

use std::collections::BTreeSet;

use conduit::follows::NewFollow;
use jiff::Timestamp;
use shared::identity::{Email, UserId, Username};

use super::random::{Random, Stream};
use super::{ARTICLES_OF_A_USER, START, STEP, timestamp, uuid, words};

/// Whom a user follows at most.
const MAX_FOLLOWED: u64 = 16;

/// A user who is not in the database yet.
pub(crate) struct NewUser {
    pub(crate) id: UserId,
    pub(crate) username: Username,
    pub(crate) email: Email,
    pub(crate) bio: String,
    pub(crate) created_at: Timestamp,
}

/// When a user came: just before the first article that the user can have written.
fn joined_at(user: u64) -> u64 {
    START + user * ARTICLES_OF_A_USER * STEP
}

fn random(seed: u32, user: u64) -> Random {
    Random::new(seed, Stream::User, user)
}

pub(super) fn id(seed: u32, user: u64) -> UserId {
    uuid(joined_at(user), &mut random(seed, user)).into()
}

pub(super) fn user(seed: u32, user: u64) -> NewUser {
    let mut random = random(seed, user);
    let id = uuid(joined_at(user), &mut random).into();
    // The numbers make the name nobody else's, in this seed and in others.
    let name = format!("{}-{seed}-{user}", words::name(&mut random));
    NewUser {
        id,
        username: Username::parse(&name).expect("names keep the rules"),
        // A domain that is nobody's (RFC 2606, section 3).
        email: Email::parse(&format!("{name}@example.com")).expect("addresses keep the rules"),
        bio: words::sentence(&mut random),
        created_at: timestamp(joined_at(user)),
    }
}

/// Whom a user follows: some who came before, rather the first ones.
pub(super) fn follows(seed: u32, user: u64) -> impl Iterator<Item = NewFollow> {
    let mut random = Random::new(seed, Stream::Follows, user);
    let followed: BTreeSet<u64> = match user {
        // There is nobody yet.
        0 => BTreeSet::new(),
        _ => (0..random.below(MAX_FOLLOWED + 1))
            .map(|_| random.rank(user))
            .collect(),
    };
    followed.into_iter().map(move |followed| NewFollow {
        follower_id: id(seed, user),
        followed_id: id(seed, followed),
        created_at: timestamp(joined_at(user)),
    })
}
