-- Articles, tags, comments, follows, favourites. The reasons stand in the SQLite file. Columns that are
-- compared or sorted as bytes there say so here, whatever the cluster's locale.

ALTER TABLE users ADD COLUMN articles_count BIGINT NOT NULL DEFAULT 0;

ALTER TABLE users ADD COLUMN favorites_count BIGINT NOT NULL DEFAULT 0;

-- Counts of whole tables, one row for each.
CREATE TABLE totals (
    name TEXT COLLATE "C" PRIMARY KEY,
    amount BIGINT NOT NULL
);

INSERT INTO totals (name, amount) VALUES ('articles', 0);

-- `version` counts the changes of what an author wrote, for updates that must not overwrite another.
CREATE TABLE articles (
    id TEXT COLLATE "C" PRIMARY KEY,
    author_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    slug TEXT COLLATE "C" NOT NULL UNIQUE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    favorites_count BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- The articles of an author, newest first.
CREATE INDEX articles_by_author ON articles (author_id, id);

CREATE TABLE tags (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    articles_count BIGINT NOT NULL
);

-- The tags most used first, then by name: an order that one scan of it gives.
CREATE INDEX tags_by_use ON tags (articles_count DESC, name);

-- The articles of a tag, newest first. `position` is the place in the article's own list.
CREATE TABLE article_tags (
    tag_id BIGINT NOT NULL REFERENCES tags (id),
    article_id TEXT COLLATE "C" NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    PRIMARY KEY (tag_id, article_id)
);

CREATE INDEX article_tags_by_article ON article_tags (article_id, position);

-- The articles that a user favours, newest first.
CREATE TABLE favorites (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    article_id TEXT COLLATE "C" NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, article_id)
);

CREATE INDEX favorites_by_article ON favorites (article_id, user_id);

CREATE TABLE follows (
    follower_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    followed_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (follower_id, followed_id)
);

CREATE INDEX follows_by_followed ON follows (followed_id);

-- Never reused: a client that kept the number of a comment must not meet another one under it.
CREATE TABLE comments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id TEXT COLLATE "C" NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    author_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX comments_by_article ON comments (article_id, id);

CREATE INDEX comments_by_author ON comments (author_id);
