//! Odd files, always the same ones: comments everywhere, both line endings, tabs, trailing commas, entries in
//! any order and spelling.

mod json;
mod toml;
mod yaml;

pub use self::{json::file as json, toml::file as toml, yaml::file as yaml};

/// A file, and what is known of it.
#[derive(Debug)]
pub struct Odd {
    pub text: String,
    /// Comments, each of which stands in the file once.
    pub comments: Vec<String>,
    /// Whether it was laid out with care, so that taking an entry out leaves nothing behind.
    pub tidy: bool,
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def0)
    }

    pub fn up_to(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (sides as u64)).unwrap()
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.up_to(times) == 0
    }

    pub fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.up_to(choices.len())]
    }

    /// Some of the names, in any order.
    pub fn some<'a>(&mut self, names: &[&'a str], most: usize) -> Vec<&'a str> {
        let (mut left, mut chosen) = (names.to_vec(), Vec::new());
        for _ in 0..self.up_to(most + 1) {
            chosen.push(left.remove(self.up_to(left.len())));
        }
        chosen
    }
}

/// Names of entries; the last one is ours.
pub const NAMES: [&str; 6] = ["a", "lumabill2", "b-c", "lumabil", "Z_9", "lumabill"];
