-- Tags have no order of their own. The reasons stand in the SQLite file.

ALTER TABLE article_tags ALTER COLUMN position SET DEFAULT 0;

DROP INDEX article_tags_by_article;

CREATE INDEX article_tags_by_article ON article_tags (article_id, tag_id);
