//! What is written: the same for the same seed, whatever the size of batches.
//!
//! Article number `n` depends on the seed and on `n` alone, so that a seed can be stopped anywhere and
//! go on, or grow. With every hundredth article comes a user; whoever writes, likes, comments on or
//! follows something came before it. Articles lie half a minute apart, from 2016 on.

mod people;
mod random;
mod vocabulary;
mod words;

use conduit::articles::NewArticle;
use conduit::comments::NewComment;
use conduit::favorites::NewFavorite;
use conduit::follows::NewFollow;
use conduit::{ArticleId, Body, CommentBody, Description, TagList, Title};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use people::NewUser;
use random::{Random, Stream};

/// 2016-01-01T00:00:00Z, in milliseconds since the Unix epoch.
const START: u64 = 1_451_606_400_000;

/// The time from one article to the next, in milliseconds.
const STEP: u64 = 30_000;

/// Articles for each user.
const ARTICLES_OF_A_USER: u64 = 100;

/// The most tags of an article.
const MAX_TAGS: u64 = 5;

/// Articles of a seed by their numbers.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) seed: u32,
    /// The first, from 0.
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// Articles and what belongs to them.
#[derive(Default)]
pub(crate) struct Data {
    pub(crate) users: Vec<NewUser>,
    pub(crate) follows: Vec<NewFollow>,
    pub(crate) articles: Vec<NewArticle>,
    pub(crate) favorites: Vec<NewFavorite>,
    pub(crate) comments: Vec<NewComment>,
}

impl Range {
    pub(crate) fn generate(self) -> Data {
        let mut data = Data::default();
        for number in self.first..self.first + self.count {
            if number % ARTICLES_OF_A_USER == 0 {
                let user = number / ARTICLES_OF_A_USER;
                data.users.push(people::user(self.seed, user));
                data.follows.extend(people::follows(self.seed, user));
            }
            self.article(number, &mut data);
        }
        data
    }

    fn article(self, number: u64, data: &mut Data) {
        let mut random = Random::new(self.seed, Stream::Article, number);
        let written_at = START + number * STEP + random.below(STEP);
        let created_at = timestamp(written_at);
        let id = ArticleId::from(uuid(written_at, &mut random));
        let users = number / ARTICLES_OF_A_USER + 1;
        let later = |random: &mut Random| timestamp(written_at + random.below(24 * 60 * 60 * 1000));

        data.articles.push(NewArticle {
            id,
            author_id: people::id(self.seed, author(&mut random, users)),
            title: Title::parse(words::title(&mut random)).expect("titles keep the rules"),
            description: Description::parse(words::sentence(&mut random))
                .expect("sentences keep the rules"),
            body: Body::parse(words::body(&mut random)).expect("bodies keep the rules"),
            tags: tags(&mut random),
            created_at,
        });
        for _ in 0..likes(&mut random) {
            data.favorites.push(NewFavorite {
                user_id: people::id(self.seed, random.below(users)),
                article_id: id,
                created_at: later(&mut random),
            });
        }
        for _ in 0..remarks(&mut random) {
            data.comments.push(NewComment {
                article_id: id,
                author_id: people::id(self.seed, random.below(users)),
                body: CommentBody::parse(words::sentence(&mut random))
                    .expect("sentences keep the rules"),
                created_at: later(&mut random),
            });
        }
    }
}

/// Half of the articles are anybody's, the other half rather those of the first users, some of whom
/// come to write very much.
fn author(random: &mut Random, users: u64) -> u64 {
    if random.below(2) == 0 {
        random.below(users)
    } else {
        random.rank(users)
    }
}

fn tags(random: &mut Random) -> TagList {
    (0..random.below(MAX_TAGS + 1))
        .map(|_| words::tag(random.rank(words::TAGS)))
        .collect()
}

/// How many like an article: mostly nobody, seldom many.
fn likes(random: &mut Random) -> u64 {
    match random.below(100) {
        0..70 => 0,
        70..90 => 1 + random.below(2),
        90..99 => 3 + random.below(4),
        _ => 10 + random.below(20),
    }
}

/// How many comments it has.
fn remarks(random: &mut Random) -> u64 {
    match random.below(100) {
        0..75 => 0,
        75..99 => 1 + random.below(4),
        _ => 5 + random.below(20),
    }
}

fn timestamp(milliseconds: u64) -> Timestamp {
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// A UUID of version 7 (RFC 9562, section 5.7) of that time.
fn uuid(milliseconds: u64, random: &mut Random) -> Uuid {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.next().to_be_bytes());
    bytes[8..].copy_from_slice(&random.next().to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use shared::identity::UserId;

    use super::*;

    fn range(first: u64, count: u64) -> Data {
        Range {
            seed: 1,
            first,
            count,
        }
        .generate()
    }

    #[test]
    fn batches_of_any_size_make_the_same_data() {
        let (whole, first, second) = (range(0, 250), range(0, 117), range(117, 133));
        let texts = |data: &Data| -> Vec<String> {
            let articles = data.articles.iter().map(|article| format!("{article:?}"));
            let favorites = data
                .favorites
                .iter()
                .map(|favorite| format!("{favorite:?}"));
            let follows = data.follows.iter().map(|follow| format!("{follow:?}"));
            let users = data.users.iter().map(|user| user.username.to_string());
            articles
                .chain(favorites)
                .chain(follows)
                .chain(users)
                .collect()
        };
        let mut whole = texts(&whole);
        let mut parts = [texts(&first), texts(&second)].concat();
        whole.sort();
        parts.sort();
        assert_eq!(whole, parts);
    }

    #[test]
    fn another_seed_makes_others() {
        let other = Range {
            seed: 2,
            first: 0,
            count: 100,
        };
        let ids = |data: &Data| -> HashSet<_> {
            let articles = data.articles.iter().map(|article| Uuid::from(article.id));
            let users = data.users.iter().map(|user| Uuid::from(user.id));
            articles.chain(users).collect()
        };
        assert!(ids(&range(0, 100)).is_disjoint(&ids(&other.generate())));
    }

    #[test]
    fn ids_ascend_with_time_and_nobody_acts_before_being_there() {
        let data = range(0, 5_000);
        assert!(
            data.articles
                .is_sorted_by(|a, b| a.id < b.id && a.created_at < b.created_at)
        );

        let joined: BTreeMap<UserId, Timestamp> = data
            .users
            .iter()
            .map(|user| (user.id, user.created_at))
            .collect();
        assert_eq!(joined.len(), 50);
        for article in &data.articles {
            assert!(joined[&article.author_id] <= article.created_at);
        }
        for favorite in &data.favorites {
            assert!(joined[&favorite.user_id] <= favorite.created_at);
        }
        for follow in &data.follows {
            assert!(joined[&follow.followed_id] < joined[&follow.follower_id]);
        }
        for comment in &data.comments {
            assert!(joined[&comment.author_id] <= comment.created_at);
        }
    }

    #[test]
    fn few_tags_are_common_and_many_are_rare() {
        let data = range(0, 5_000);
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in data.articles.iter().flat_map(|article| &article.tags) {
            *uses.entry(tag.as_str()).or_default() += 1;
        }
        let most = uses.values().max().copied().unwrap_or_default();
        assert!(uses.len() > 1_000, "{} tags", uses.len());
        assert!(most > 500, "the most common one {most} times");
        assert!(
            data.articles
                .iter()
                .any(|article| article.tags.iter().next().is_none())
        );
    }

    #[test]
    fn few_titles_are_alike() {
        let data = range(0, 5_000);
        let titles: HashSet<_> = data
            .articles
            .iter()
            .map(|article| article.title.as_str())
            .collect();
        assert!(titles.len() > 4_900, "{} titles", titles.len());
    }

    #[test]
    fn the_largest_seed_ends_before_today() {
        let last = timestamp(START + 10_000_000 * STEP);
        let written = "2026-01-01T00:00:00Z".parse().expect("a time");
        assert!(last < written, "{last}");
    }
}
