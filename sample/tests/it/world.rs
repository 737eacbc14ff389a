//! Users and what they have written, put there by statements: for tests that make an application
//! again and again, to which hashing passwords each time would be dear.

use argon2::password_hash::{PasswordHasher, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use jenny_test::{Mint, TestApp, TestAppBuilder};
use serde_json::Value;

use crate::articles::register;

/// A user of every world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
}

/// Wrote the articles `dragons`, under `fire` and `water`, and `rain`.
pub(crate) const ANNA: User = User {
    id: "01900000-0000-7000-8000-00000000000a",
    name: "anna",
    email: "anna@example.com",
};

/// Follows Anna, favours `dragons` and has commented on it.
pub(crate) const JACOB: User = User {
    id: "01900000-0000-7000-8000-00000000000b",
    name: "jacob",
    email: "jacob@example.com",
};

/// Has done nothing.
pub(crate) const CAROL: User = User {
    id: "01900000-0000-7000-8000-00000000000c",
    name: "carol",
    email: "carol@example.com",
};

/// What stands for the hash of a password that nobody enters.
pub(crate) const NO_HASH: &str = "none";

const WRITTEN: [&str; 8] = [
    "INSERT INTO articles
         (id, author_id, slug, title, description, body, favorites_count, created_at, updated_at)
     VALUES
         ('01900000-0000-7000-8000-0000000000d1', '01900000-0000-7000-8000-00000000000a',
          'dragons', 'Dragons', 'On fire', 'They burn.', 1, 1700000000000, 1700000000000),
         ('01900000-0000-7000-8000-0000000000d2', '01900000-0000-7000-8000-00000000000a',
          'rain', 'Rain', 'On water', 'It falls.', 0, 1700000000000, 1700000000000)",
    "INSERT INTO tags (name, articles_count) VALUES ('fire', 1), ('water', 1)",
    "INSERT INTO article_tags (tag_id, article_id, position)
     SELECT id, '01900000-0000-7000-8000-0000000000d1', CASE name WHEN 'fire' THEN 0 ELSE 1 END
     FROM tags",
    "INSERT INTO favorites (user_id, article_id, created_at)
     VALUES ('01900000-0000-7000-8000-00000000000b', '01900000-0000-7000-8000-0000000000d1', 0)",
    "INSERT INTO follows (follower_id, followed_id, created_at)
     VALUES ('01900000-0000-7000-8000-00000000000b', '01900000-0000-7000-8000-00000000000a', 0)",
    "INSERT INTO comments (article_id, author_id, body, created_at, updated_at)
     VALUES ('01900000-0000-7000-8000-0000000000d1', '01900000-0000-7000-8000-00000000000b',
             'They do.', 1700000000000, 1700000000000)",
    "UPDATE totals SET amount = 2 WHERE name = 'articles'",
    "UPDATE users SET
         articles_count = CASE username WHEN 'anna' THEN 2 ELSE 0 END,
         favorites_count = CASE username WHEN 'jacob' THEN 1 ELSE 0 END",
];

/// A key, and what tokens signed with it look like: good in every application of the world.
pub(crate) struct World {
    mint: Mint,
    header: Value,
    claims: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let mint = Mint::new();
        let app = crate::app().signed_by(&mint).build().await;
        let token = register(&app, "somebody").await;
        let part = |index| {
            let part = token.split('.').nth(index).expect("a token has parts");
            let json = BASE64URL.decode(part).expect("they are base64url");
            serde_json::from_slice(&json).expect("they are JSON")
        };
        Self {
            header: part(0),
            claims: part(1),
            mint,
        }
    }

    pub(crate) fn app(&self) -> TestAppBuilder {
        crate::app().signed_by(&self.mint)
    }

    pub(crate) fn token(&self, user: User) -> String {
        let mut claims = self.claims.clone();
        claims["sub"] = user.id.into();
        self.mint.sign(&self.header, &claims)
    }
}

/// Puts the users into an application's database, all with this hash of a password.
pub(crate) async fn move_in(app: &TestApp, password_hash: &str) {
    // Lays the schema, where that has not been done yet, and has nothing cached.
    let nobody = app.get("/api/profiles/anna").send().await;
    nobody.assert_problem(404, "not-found");
    let session = app.connect().await;
    for User { id, name, email } in [ANNA, JACOB, CAROL] {
        let statement = format!(
            "INSERT INTO users (id, username, username_key, email, email_key, password_hash,
                 bio, image, created_at, updated_at)
             VALUES ('{id}', '{name}', '{name}', '{email}', '{email}', '{password_hash}',
                 'I am {name}', '', 0, 0)"
        );
        session.sql(&statement).await;
    }
}

/// Puts there what they have written, and whom and what they like.
pub(crate) async fn furnish(app: &TestApp) {
    let session = app.connect().await;
    for statement in WRITTEN {
        session.sql(statement).await;
    }
}

/// A hash that is quickly made, and that a login replaces.
pub(crate) fn weak_hash(password: &str) -> String {
    let weak = Params::new(64, 1, 1, None).expect("valid parameters");
    let hash: phc::PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak)
        .hash_password_with_salt(password.as_bytes(), &[3; 16])
        .expect("it hashes");
    hash.to_string()
}
