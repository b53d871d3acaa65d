//! Lists in whatever envelope they come, and the way to the next page: pure.
