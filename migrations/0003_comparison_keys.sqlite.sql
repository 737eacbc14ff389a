-- Names and addresses are compared by other rules than before: full case folding, domains in both of their
-- spellings. Keys are computed by code (`shared::identity`), so this lists whose keys may change: a key that is
-- ASCII without an A-label is the same by both rules. The list is worked off before the next user registers,
-- signs in or changes, and is empty from then on.

CREATE TABLE outdated_user_keys (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What has more bytes than characters is not ASCII.
INSERT INTO outdated_user_keys (user_id)
SELECT id FROM users
WHERE length(CAST(username_key AS BLOB)) <> length(username_key)
    OR length(CAST(email_key AS BLOB)) <> length(email_key)
    OR email_key LIKE '%xn--%';
