//! What a description has and the catalogue lacks, as further tools.

use crate::catalogue::Effect;
use crate::gateway;
use crate::spec::{Extra, Extras, Operation};

/// Further tools, and why some operations are none.
pub struct Further {
    pub tools: Vec<Extra>,
    pub left_out: Vec<String>,
}

impl Further {
    pub fn of(operations: &[Operation]) -> Self {
        let Extras { tools, left_out } = Extras::of(operations, &gateway::names());
        Self { tools, left_out }
    }

    /// What a further tool does, in a word.
    pub fn effect(&self, tool: &Extra) -> &'static str {
        match tool.effect() {
            Effect::Reads => "reads",
            Effect::Creates => "creates, asks",
            Effect::Updates | Effect::Deletes | Effect::Acts => "acts, asks",
        }
    }
}
