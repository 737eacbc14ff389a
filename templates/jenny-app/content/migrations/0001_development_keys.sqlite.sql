-- The key that signs access tokens while the variable signing_key is unset. `shared::token` makes it at the
-- first sign-in, and looks for its public half where a token is to be verified; both by these names.

-- At most one row.
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
