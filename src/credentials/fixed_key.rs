//! A key that needs no store: the one of the embedded API.

use super::{BoxFuture, Key, Keys};
use crate::failure::Failure;

/// Always the same key.
pub struct FixedKey(pub Key);

impl Keys for FixedKey {
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn reread<'a>(&'a self, _refused: &'a Key) -> BoxFuture<'a, Option<Key>> {
        Box::pin(async { None })
    }
}
