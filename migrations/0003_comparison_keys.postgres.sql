-- Users whose comparison keys may be others by the rules of today. The reasons stand in the SQLite file.

CREATE TABLE outdated_user_keys (
    user_id TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
);

-- What has more bytes than characters is not ASCII.
INSERT INTO outdated_user_keys (user_id)
SELECT id FROM users
WHERE octet_length(username_key) <> length(username_key)
    OR octet_length(email_key) <> length(email_key)
    OR email_key LIKE '%xn--%';
