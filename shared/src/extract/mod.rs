//! Request bodies, queries and paths, parsed and validated.
