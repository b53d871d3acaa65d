//! Rows of clients: unique, complete, and where they say.
