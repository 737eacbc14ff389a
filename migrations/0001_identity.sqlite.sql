-- Users, and the key that signs tokens while nobody has configured one.
--
-- Times are integers: milliseconds since the Unix epoch, UTC. As integers they compare and sort the
-- same way in both databases and need no parsing; text would sort only while every writer agrees
-- on its digits and its zone.
--
-- The *_key columns are what makes a name or an address unique: the text without case, width and
-- composition, computed by the code (`shared::identity`). A collation could not do it: SQLite's
-- NOCASE knows ASCII only, and Postgres compares as its cluster was set up.

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    bio TEXT NOT NULL DEFAULT '',
    image TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- Used only while the variable signing_key is unset. At most one row.
CREATE TABLE development_signing_keys (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    private_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The public half, in a table of its own: functions that verify never read the other one.
CREATE TABLE development_verification_keys (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
