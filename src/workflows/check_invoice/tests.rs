//! Findings of documents, each looked at by itself.
