//! The domain, as somebody would write it who knows nothing of databases: what there is, what an
//! article or a list looks like to a caller, and what is refused.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::step::{Filter, Page, Pick, Step};
use super::vocabulary::{
    BIOS, EMAILS, LIMITS, NAMES, OFFSETS, PASSWORDS, Spelling, TAGS, TEXTS, TITLES, choose,
};
use super::wire::Known;

/// The most that a page holds, and what it holds when nobody says.
const MAX_LIMIT: usize = 100;
const DEFAULT_LIMIT: usize = 20;

/// What comes before this offset can be asked for by it.
pub(super) const MAX_OFFSET: usize = 10_000;

/// The same in a feed.
pub(super) const MAX_FEED_OFFSET: usize = 500;

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) users: Vec<User>,
    /// Those that were deleted as well: an article's number is its place.
    pub(super) articles: Vec<Article>,
    pub(super) comments: Vec<Comment>,
    /// Who follows whom.
    pub(super) follows: BTreeSet<(usize, usize)>,
    /// Every slug that ever was somebody's.
    pub(super) slugs: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: Spelling,
    pub(super) email: Spelling,
    pub(super) password: &'static str,
    pub(super) bio: &'static str,
    pub(super) token: String,
}

#[derive(Clone, Debug)]
pub(super) struct Article {
    pub(super) slug: String,
    pub(super) author: usize,
    pub(super) title: &'static str,
    pub(super) body: &'static str,
    pub(super) tags: Vec<&'static str>,
    pub(super) favorites: BTreeSet<usize>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) deleted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: i64,
    pub(super) article: usize,
    pub(super) author: usize,
    pub(super) body: &'static str,
    pub(super) created_at: String,
    pub(super) deleted: bool,
}

pub(super) type Caller = Option<usize>;

impl Model {
    /// What the next step can pick from.
    pub(super) fn known(&self) -> Known {
        let comments = self.comments.iter();
        Known {
            users: self.users.iter().map(|user| user.token.clone()).collect(),
            slugs: self.slugs.clone(),
            comments: comments
                .map(|comment| (self.articles[comment.article].slug.clone(), comment.id))
                .collect(),
        }
    }

    pub(super) fn named(&self, pick: Pick) -> Option<usize> {
        let wanted = choose(&NAMES, pick).whose;
        self.users.iter().position(|user| user.name.whose == wanted)
    }

    pub(super) fn addressed(&self, pick: Pick) -> Option<usize> {
        let wanted = choose(&EMAILS, pick).whose;
        self.users
            .iter()
            .position(|user| user.email.whose == wanted)
    }

    /// The number of the article that has this slug now.
    pub(super) fn article(&self, slug: &str) -> Option<usize> {
        let mut articles = self.articles.iter();
        articles.position(|article| !article.deleted && article.slug == slug)
    }

    /// The number of the comment that has this id now.
    pub(super) fn comment(&self, id: i64) -> Option<usize> {
        let mut comments = self.comments.iter();
        comments.position(|comment| !comment.deleted && comment.id == id)
    }

    fn newest(&self) -> impl Iterator<Item = (usize, &Article)> {
        let articles = self.articles.iter().enumerate().rev();
        articles.filter(|(_, article)| !article.deleted)
    }

    /// The numbers of the articles that a filter lets through, newest first.
    pub(super) fn filtered(&self, filter: &Filter) -> Vec<usize> {
        let tag = filter.tag.map(|pick| choose(&TAGS, pick).1);
        // A name that nobody has is nobody's number.
        let author = filter
            .author
            .map(|pick| self.named(pick).unwrap_or(usize::MAX));
        let favorited = filter
            .favorited
            .map(|pick| self.named(pick).unwrap_or(usize::MAX));
        let passes = |article: &Article| {
            tag.is_none_or(|tag| article.tags.contains(&tag))
                && author.is_none_or(|author| article.author == author)
                && favorited.is_none_or(|user| article.favorites.contains(&user))
        };
        self.newest()
            .filter(|(_, article)| passes(article))
            .map(|(number, _)| number)
            .collect()
    }

    /// The numbers of the articles by whom a user follows, newest first.
    pub(super) fn feed(&self, user: usize) -> Vec<usize> {
        let followed = |article: &Article| self.follows.contains(&(user, article.author));
        self.newest()
            .filter(|(_, article)| followed(article))
            .map(|(number, _)| number)
            .collect()
    }

    /// The names of the tags in use, the most used first, then by their bytes.
    pub(super) fn tags(&self) -> Vec<&'static str> {
        let live = || {
            self.newest()
                .flat_map(|(_, article)| &article.tags)
                .copied()
        };
        let names: BTreeSet<&str> = live().collect();
        let mut tags: Vec<&str> = names.into_iter().collect();
        let uses = |name: &&str| live().filter(|tag| tag == name).count();
        tags.sort_by_key(|tag| std::cmp::Reverse(uses(tag)));
        tags
    }

    /// The status that a step is refused with, if it is.
    pub(super) fn refusal(&self, step: &Step, known: &Known) -> Option<u16> {
        let needs_caller = |caller: &Pick, then: Option<u16>| match known.caller(*caller) {
            None => Some(401),
            Some(_) => then,
        };
        let title_breaks_rule = |pick: Pick| usize::from(pick) % TITLES.len() >= TITLES.len() - 2;
        let faulty_tag = |pick: &Pick| choose(&TAGS, *pick).0.contains('\u{7}');
        let text_breaks_rule = |pick: Pick| choose(&TEXTS, pick).is_empty();
        let exists = |pick: &Pick| match self.article(known.slug(*pick)) {
            None => Some(404),
            Some(_) => None,
        };
        match step {
            Step::Register {
                name,
                email,
                password,
            } => {
                let faulty = choose(&NAMES, *name).kept.is_empty()
                    || choose(&EMAILS, *email).kept.is_empty()
                    || choose(&PASSWORDS, *password).len() < 8;
                let taken = self.named(*name).is_some() || self.addressed(*email).is_some();
                // What breaks a rule is not looked for.
                refused(faulty, taken)
            }
            Step::LogIn { email, password } => {
                let user = self.addressed(*email).map(|user| &self.users[user]);
                let right = user.is_some_and(|user| user.password == choose(&PASSWORDS, *password));
                (!right).then_some(401)
            }
            Step::ShowUser { caller } => needs_caller(caller, None),
            Step::UpdateUser {
                caller,
                name,
                email,
                bio,
            } => {
                let caller_number = known.caller(*caller);
                let anothers = |user: Option<usize>| user.is_some() && user != caller_number;
                let nothing = name.is_none() && email.is_none() && bio.is_none();
                let faulty = name.is_some_and(|pick| choose(&NAMES, pick).kept.is_empty())
                    || email.is_some_and(|pick| choose(&EMAILS, pick).kept.is_empty())
                    || bio.is_some_and(|pick| choose(&BIOS, pick).contains('\0'));
                let taken = name.is_some_and(|pick| anothers(self.named(pick)))
                    || email.is_some_and(|pick| anothers(self.addressed(pick)));
                needs_caller(caller, refused(nothing || faulty, taken))
            }
            Step::ChangePassword { caller, password } => {
                let short = choose(&PASSWORDS, *password).len() < 8;
                needs_caller(caller, short.then_some(422))
            }
            Step::ShowProfile { name, .. } => self.named(*name).is_none().then_some(404),
            Step::Follow { caller, name } => {
                let whom = self.named(*name);
                let refusal = match whom {
                    None => Some(404),
                    // Nobody can follow themselves.
                    Some(_) if whom == known.caller(*caller) => Some(422),
                    Some(_) => None,
                };
                needs_caller(caller, refusal)
            }
            Step::Unfollow { caller, name } => {
                needs_caller(caller, self.named(*name).is_none().then_some(404))
            }
            Step::Publish {
                caller,
                title,
                tags,
            } => {
                let faulty = title_breaks_rule(*title) || tags.iter().any(faulty_tag);
                needs_caller(caller, faulty.then_some(422))
            }
            Step::Edit {
                caller,
                article,
                title,
                body,
                tags,
            } => {
                let faulty = (title.is_none() && body.is_none() && tags.is_none())
                    || title.is_some_and(title_breaks_rule)
                    || body.is_some_and(text_breaks_rule)
                    || tags.iter().flatten().any(faulty_tag);
                let refusal = faulty.then_some(422);
                needs_caller(
                    caller,
                    refusal.or_else(|| self.not_the_author(caller, article, known)),
                )
            }
            Step::Delete { caller, article } => {
                needs_caller(caller, self.not_the_author(caller, article, known))
            }
            Step::Favorite { caller, article } | Step::Unfavorite { caller, article } => {
                needs_caller(caller, exists(article))
            }
            Step::Show { article, .. } | Step::ShowComments { article, .. } => exists(article),
            Step::Comment {
                caller,
                article,
                body,
            } => {
                let refusal = text_breaks_rule(*body).then_some(422);
                needs_caller(caller, refusal.or_else(|| exists(article)))
            }
            Step::DeleteComment {
                caller,
                comment,
                article,
            } => {
                let (own, id) = known.comment(*comment);
                let article = self.article(article.map_or(own, |pick| known.slug(pick)));
                let comment = self.comment(id).map(|number| &self.comments[number]);
                let comment = comment.filter(|comment| Some(comment.article) == article);
                let refusal = match comment {
                    None => Some(404),
                    Some(comment) if Some(comment.author) != known.caller(*caller) => Some(403),
                    Some(_) => None,
                };
                needs_caller(caller, refusal)
            }
            Step::List { page, .. } => window(page, MAX_OFFSET).is_none().then_some(422),
            Step::Feed { caller, page } => needs_caller(
                caller,
                window(page, MAX_FEED_OFFSET).is_none().then_some(422),
            ),
            Step::Walk { limit, .. } => limit_of(Some(*limit)).is_none().then_some(422),
            Step::WalkFeed { caller, limit } => {
                needs_caller(caller, limit_of(Some(*limit)).is_none().then_some(422))
            }
            Step::ShowTags => None,
        }
    }

    fn not_the_author(&self, caller: &Pick, article: &Pick, known: &Known) -> Option<u16> {
        match self.article(known.slug(*article)) {
            None => Some(404),
            Some(number) => {
                (Some(self.articles[number].author) != known.caller(*caller)).then_some(403)
            }
        }
    }

    pub(super) fn profile(&self, user: usize, caller: Caller) -> Value {
        let User { name, bio, .. } = &self.users[user];
        let following = caller.is_some_and(|caller| self.follows.contains(&(caller, user)));
        json!({ "username": name.kept, "bio": none_if_empty(bio), "image": null, "following": following })
    }

    pub(super) fn listed(&self, number: usize, caller: Caller) -> Value {
        let article = &self.articles[number];
        json!({
            "slug": article.slug,
            "title": article.title,
            "description": TEXTS[0],
            "tagList": article.tags,
            "createdAt": article.created_at,
            "updatedAt": article.updated_at,
            "favorited": caller.is_some_and(|caller| article.favorites.contains(&caller)),
            "favoritesCount": article.favorites.len(),
            "author": self.profile(article.author, caller),
        })
    }

    /// An article has what an item of a list has, and its body.
    pub(super) fn shown(&self, number: usize, caller: Caller) -> Value {
        let mut article = self.listed(number, caller);
        article["body"] = self.articles[number].body.into();
        article
    }

    pub(super) fn commented(&self, number: usize, caller: Caller) -> Value {
        let comment = &self.comments[number];
        json!({
            "id": comment.id,
            "body": comment.body,
            "createdAt": comment.created_at,
            "updatedAt": comment.created_at,
            "author": self.profile(comment.author, caller),
        })
    }
}

/// What an answer has in the place of a text that may be empty.
pub(super) fn none_if_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The status for what breaks a rule, or else for what is another user's.
fn refused(faulty: bool, taken: bool) -> Option<u16> {
    match (faulty, taken) {
        (true, _) => Some(422),
        (false, true) => Some(409),
        (false, false) => None,
    }
}

/// The most that a page may hold; `None` for a limit that is refused.
pub(super) fn limit_of(pick: Option<Pick>) -> Option<usize> {
    match pick {
        None => Some(DEFAULT_LIMIT),
        Some(pick) => {
            let limit = choose(&LIMITS, pick)
                .parse()
                .ok()
                .filter(|limit| *limit > 0)?;
            Some(MAX_LIMIT.min(limit))
        }
    }
}

/// Where a page begins, and the most that it holds; `None` for what is refused.
pub(super) fn window(page: &Page, deepest: usize) -> Option<(usize, usize)> {
    let offset = match page.offset {
        None => 0,
        Some(pick) => choose(&OFFSETS, pick)
            .parse()
            .ok()
            .filter(|offset| *offset <= deepest)?,
    };
    Some((offset, limit_of(page.limit)?))
}
