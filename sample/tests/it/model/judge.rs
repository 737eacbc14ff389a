//! An answer held against the model, which then learns what happened.

use std::collections::BTreeSet;

use jenny_test::TestResponse;
use serde_json::{Value, json};

use super::answer::{Fault, is, is_empty, is_refused, json_of, learn};
use super::domain::{
    Article, Caller, Comment, MAX_FEED_OFFSET, MAX_OFFSET, Model, User, limit_of, none_if_empty,
    window,
};
use super::step::{Pick, Step};
use super::vocabulary::{BIOS, EMAILS, NAMES, PASSWORDS, TAGS, TEXTS, TITLES, choose};
use super::wire::Known;

impl Model {
    /// Holds the answer to a step against the model, and changes the model as the step does.
    ///
    /// # Errors
    ///
    /// How the answer differs from what it should have been.
    pub(super) fn judge(
        &mut self,
        step: &Step,
        known: &Known,
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        if let Some(status) = self.refusal(step, known) {
            return is_refused(status, answer);
        }
        let as_caller = |caller: &Pick| known.caller(*caller).expect("is refused without");
        let article = |model: &Self, pick: &Pick| {
            model
                .article(known.slug(*pick))
                .expect("is refused without")
        };
        match step {
            Step::Register {
                name,
                email,
                password,
            } => {
                self.users.push(User {
                    name: choose(&NAMES, *name),
                    email: choose(&EMAILS, *email),
                    password: choose(&PASSWORDS, *password),
                    bio: "",
                    token: String::new(),
                });
                self.signed_in(self.users.len() - 1, 201, answer)
            }
            Step::LogIn { email, .. } => {
                let user = self.addressed(*email).expect("is refused without");
                self.signed_in(user, 200, answer)
            }
            Step::ShowUser { caller } => self.is_user(as_caller(caller), 200, answer),
            Step::UpdateUser {
                caller,
                name,
                email,
                bio,
            } => {
                let number = as_caller(caller);
                let user = &mut self.users[number];
                user.name = name.map_or(user.name, |pick| choose(&NAMES, pick));
                user.email = email.map_or(user.email, |pick| choose(&EMAILS, pick));
                user.bio = bio.map_or(user.bio, |pick| choose(&BIOS, pick));
                self.is_user(number, 200, answer)
            }
            Step::ChangePassword { caller, password } => {
                let number = as_caller(caller);
                self.users[number].password = choose(&PASSWORDS, *password);
                self.is_user(number, 200, answer)
            }
            Step::ShowProfile { caller, name } => {
                self.is_profile(*name, known.caller(*caller), answer)
            }
            Step::Follow { caller, name } => {
                let caller = as_caller(caller);
                let whom = self.named(*name).expect("is refused without");
                self.follows.insert((caller, whom));
                self.is_profile(*name, Some(caller), answer)
            }
            Step::Unfollow { caller, name } => {
                let caller = as_caller(caller);
                let whom = self.named(*name).expect("is refused without");
                self.follows.remove(&(caller, whom));
                self.is_profile(*name, Some(caller), answer)
            }
            Step::Publish {
                caller,
                title,
                tags,
            } => self.published(as_caller(caller), *title, tags, answer),
            Step::Edit {
                caller,
                article: which,
                title,
                body,
                tags,
            } => self.edited(
                article(self, which),
                as_caller(caller),
                (*title, *body, tags.as_deref()),
                answer,
            ),
            Step::Delete { article: which, .. } => {
                let number = article(self, which);
                self.articles[number].deleted = true;
                for comment in &mut self.comments {
                    comment.deleted |= comment.article == number;
                }
                is_empty(answer)
            }
            Step::Favorite {
                caller,
                article: which,
            } => {
                let (caller, number) = (as_caller(caller), article(self, which));
                self.articles[number].favorites.insert(caller);
                self.is_article(number, Some(caller), answer)
            }
            Step::Unfavorite {
                caller,
                article: which,
            } => {
                let (caller, number) = (as_caller(caller), article(self, which));
                self.articles[number].favorites.remove(&caller);
                self.is_article(number, Some(caller), answer)
            }
            Step::Show {
                caller,
                article: which,
            } => self.is_article(article(self, which), known.caller(*caller), answer),
            Step::Comment {
                caller,
                article: which,
                body,
            } => self.remarked(article(self, which), as_caller(caller), *body, answer),
            Step::ShowComments {
                caller,
                article: which,
            } => {
                let (number, caller) = (article(self, which), known.caller(*caller));
                let comments = self.comments.iter().enumerate().rev();
                let of_article =
                    comments.filter(|(_, comment)| comment.article == number && !comment.deleted);
                let comments: Vec<_> = of_article
                    .map(|(number, _)| self.commented(number, caller))
                    .collect();
                is(200, &json!({ "comments": comments }), answer)
            }
            Step::DeleteComment { comment, .. } => {
                let (_, id) = known.comment(*comment);
                let number = self.comment(id).expect("is refused without");
                self.comments[number].deleted = true;
                is_empty(answer)
            }
            Step::List {
                caller,
                filter,
                page,
            } => {
                let (offset, limit) = window(page, MAX_OFFSET).expect("is refused without");
                let all = self.filtered(filter);
                self.is_page(&all, known.caller(*caller), offset, limit, answer)
            }
            Step::Feed { caller, page } => {
                let (offset, limit) = window(page, MAX_FEED_OFFSET).expect("is refused without");
                let caller = as_caller(caller);
                self.is_page(&self.feed(caller), Some(caller), offset, limit, answer)
            }
            // The first page; the driver asks for the others.
            Step::Walk { .. } | Step::WalkFeed { .. } => {
                self.is_page_of_walk(step, known, 0, answer).map(drop)
            }
            Step::ShowTags => is(200, &json!({ "tags": self.tags() }), answer),
        }
    }

    /// The page of a walk that comes after so many articles, and how many it has.
    pub(super) fn is_page_of_walk(
        &self,
        step: &Step,
        known: &Known,
        offset: usize,
        answer: &TestResponse,
    ) -> Result<usize, Fault> {
        let (all, caller, limit) = match step {
            Step::Walk {
                caller,
                filter,
                limit,
            } => (self.filtered(filter), known.caller(*caller), limit),
            Step::WalkFeed { caller, limit } => {
                let caller = known.caller(*caller);
                (
                    self.feed(caller.expect("is refused without")),
                    caller,
                    limit,
                )
            }
            _ => unreachable!("only walks have pages"),
        };
        let limit = limit_of(Some(*limit)).expect("is refused without");
        self.is_page(&all, caller, offset, limit, answer)?;
        Ok(all.len().saturating_sub(offset).min(limit))
    }

    fn is_page(
        &self,
        all: &[usize],
        caller: Caller,
        offset: usize,
        limit: usize,
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        let page = all.iter().skip(offset).take(limit);
        let articles: Vec<_> = page.map(|number| self.listed(*number, caller)).collect();
        is(
            200,
            &json!({ "articles": articles, "articlesCount": all.len() }),
            answer,
        )?;
        let goes_on = offset + limit < all.len();
        let link = answer.header("link").unwrap_or_default();
        if link.contains("rel=\"next\"") != goes_on {
            return Err(format!("a next page is {goes_on}, and Link is {link:?}"));
        }
        Ok(())
    }

    fn signed_in(&mut self, user: usize, status: u16, answer: &TestResponse) -> Result<(), Fault> {
        let token = learn(answer, "/user/token")?;
        self.users[user].token = token;
        self.is_user(user, status, answer)
    }

    fn is_user(&self, user: usize, status: u16, answer: &TestResponse) -> Result<(), Fault> {
        let User {
            name,
            email,
            bio,
            token,
            ..
        } = &self.users[user];
        let user = json!({
            "username": name.kept, "email": email.kept, "bio": none_if_empty(bio), "image": null,
            "token": token,
        });
        is(status, &json!({ "user": user }), answer)
    }

    fn is_profile(&self, name: Pick, caller: Caller, answer: &TestResponse) -> Result<(), Fault> {
        let user = self.named(name).expect("is refused without");
        is(
            200,
            &json!({ "profile": self.profile(user, caller) }),
            answer,
        )
    }

    fn is_article(
        &self,
        number: usize,
        caller: Caller,
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        is(
            200,
            &json!({ "article": self.shown(number, caller) }),
            answer,
        )
    }

    fn published(
        &mut self,
        author: usize,
        title: Pick,
        tags: &[Pick],
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        let slug = learn(answer, "/article/slug")?;
        self.may_have_slug(&slug, title, None)?;
        let created_at = learn(answer, "/article/createdAt")?;
        self.articles.push(Article {
            slug: slug.clone(),
            author,
            title: choose(&TITLES, title).0,
            body: TEXTS[1],
            tags: sorted(tags),
            favorites: BTreeSet::new(),
            updated_at: created_at.clone(),
            created_at,
            deleted: false,
        });
        self.slugs.push(slug);
        let article = self.shown(self.articles.len() - 1, Some(author));
        is(201, &json!({ "article": article }), answer)
    }

    fn edited(
        &mut self,
        number: usize,
        author: usize,
        (title, body, tags): (Option<Pick>, Option<Pick>, Option<&[Pick]>),
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        let slug = learn(answer, "/article/slug")?;
        let updated_at = learn(answer, "/article/updatedAt")?;
        let article = &self.articles[number];
        if updated_at <= article.updated_at {
            return Err(format!(
                "updatedAt has not moved from {}",
                article.updated_at
            ));
        }
        match title.filter(|pick| choose(&TITLES, *pick).0 != article.title) {
            Some(title) => self.may_have_slug(&slug, title, Some(number))?,
            None if slug == article.slug => {}
            None => return Err("the slug has changed and the title has not".into()),
        }
        let article = &mut self.articles[number];
        article.title = title.map_or(article.title, |pick| choose(&TITLES, pick).0);
        article.body = body.map_or(article.body, |pick| choose(&TEXTS, pick));
        if let Some(tags) = tags {
            article.tags = sorted(tags);
        }
        article.updated_at = updated_at;
        article.slug = slug.clone();
        self.slugs.push(slug);
        self.is_article(number, Some(author), answer)
    }

    /// The title's own slug while that is free, and one that begins with it otherwise.
    fn may_have_slug(&self, slug: &str, title: Pick, number: Option<usize>) -> Result<(), Fault> {
        let is_taken = |slug: &str| {
            self.article(slug)
                .is_some_and(|other| Some(other) != number)
        };
        let is_right = match choose(&TITLES, title).1 {
            None => !slug.is_empty() && slug != "feed",
            Some(plain) if is_taken(plain) => slug.starts_with(&format!("{plain}-")),
            Some(plain) => slug == plain,
        };
        if is_taken(slug) || !is_right {
            return Err(format!("the slug should not be {slug:?}"));
        }
        Ok(())
    }

    fn remarked(
        &mut self,
        article: usize,
        author: usize,
        body: Pick,
        answer: &TestResponse,
    ) -> Result<(), Fault> {
        let body_of_answer = json_of(answer)?;
        let id = body_of_answer
            .pointer("/comment/id")
            .and_then(Value::as_i64);
        let id = id.ok_or("the comment has no number")?;
        if self.comments.iter().any(|comment| comment.id >= id) {
            return Err("the comment's number is not greater than all before".into());
        }
        self.comments.push(Comment {
            id,
            article,
            author,
            body: choose(&TEXTS, body),
            created_at: learn(answer, "/comment/createdAt")?,
            deleted: false,
        });
        let comment = self.commented(self.comments.len() - 1, Some(author));
        is(201, &json!({ "comment": comment }), answer)
    }
}

/// The tags as an article keeps them: each once, by name.
fn sorted(tags: &[Pick]) -> Vec<&'static str> {
    let tags: BTreeSet<_> = tags.iter().map(|pick| choose(&TAGS, *pick).1).collect();
    tags.into_iter().collect()
}
