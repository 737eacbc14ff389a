-- Tags have no order of their own: every answer sorts them by name. The version before this one still writes
-- `position`, so it stays for now, with a default; a later release drops it.

DROP INDEX article_tags_by_article;

ALTER TABLE article_tags DROP COLUMN position;

ALTER TABLE article_tags ADD COLUMN position INTEGER NOT NULL DEFAULT 0;

CREATE INDEX article_tags_by_article ON article_tags (article_id, tag_id);
