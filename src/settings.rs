//! The only reader of environment and config file, and the writer of the latter.
