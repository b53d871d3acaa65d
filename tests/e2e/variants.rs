//! Variants of the reconstruction, made at random as other vendors might have written it, and servers that follow them
//! in front of the real sandbox. Nothing here is code of the program's, and its lists of words are not the program's.

mod dice;
mod document;
mod envelope;
mod front;
mod names;
mod noise;
mod ours;
mod plan;
mod schema;
mod style;
mod synonyms;
mod upstream;
mod walk;
mod words;
mod yaml;

pub use front::Front;
pub use plan::{Layout, Plan, Route};

pub use document::{document, text};
pub use noise::operations as noise_operations;
pub use ours::operations as our_operations;
