-- Articles, tags, comments, follows, favourites.
--
-- An article's id is a UUID of version 7, so the order of ids is the order of creation and "newest
-- first" is `ORDER BY id DESC` in every table that names an article. No list has to sort.
--
-- Counts that the API shows are kept, in the transaction that changes what they count: counting rows
-- would cost the more the larger the table is. So whatever deletes an article or a user settles the
-- counts first: what cascades from there is not counted by anybody.

ALTER TABLE users ADD COLUMN articles_count INTEGER NOT NULL DEFAULT 0;

ALTER TABLE users ADD COLUMN favorites_count INTEGER NOT NULL DEFAULT 0;

-- Counts of whole tables, one row for each.
CREATE TABLE totals (
    name TEXT PRIMARY KEY NOT NULL,
    amount INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO totals (name, amount) VALUES ('articles', 0);

-- `version` counts the changes of what an author wrote, for updates that must not overwrite another.
-- The body comes last: SQLite reads a row from its start, and lists need everything but the body.
CREATE TABLE articles (
    id TEXT PRIMARY KEY NOT NULL,
    author_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    favorites_count INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- The articles of an author, newest first.
CREATE INDEX articles_by_author ON articles (author_id, id);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    articles_count INTEGER NOT NULL
) STRICT;

-- The tags most used first, then by name: an order that one scan of it gives.
CREATE INDEX tags_by_use ON tags (articles_count DESC, name);

-- The articles of a tag, newest first. `position` is the place in the article's own list.
CREATE TABLE article_tags (
    tag_id INTEGER NOT NULL REFERENCES tags (id),
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (tag_id, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX article_tags_by_article ON article_tags (article_id, position);

-- The articles that a user favours, newest first.
CREATE TABLE favorites (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, article_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX favorites_by_article ON favorites (article_id, user_id);

CREATE TABLE follows (
    follower_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    followed_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (follower_id, followed_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX follows_by_followed ON follows (followed_id);

-- Never reused: a client that kept the number of a comment must not meet another one under it.
CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX comments_by_article ON comments (article_id, id);

CREATE INDEX comments_by_author ON comments (author_id);
