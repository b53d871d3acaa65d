//! What a description has and the catalogue lacks, as further tools.

use crate::spec::{Extra, Operation};

/// Further tools, and why some operations are none.
pub struct Further {
    pub tools: Vec<Extra>,
    pub left_out: Vec<String>,
}

impl Further {
    pub fn of(operations: &[Operation]) -> Self {
        drop(operations);
        Self { tools: Vec::new(), left_out: Vec::new() }
    }

    /// What a further tool does, in a word.
    pub fn effect(&self, _tool: &Extra) -> &'static str {
        "acts"
    }
}
