//! The tokenizer: js-tiktoken through `tests/tools/tokens.mjs`, many texts in one run.

use std::path::PathBuf;
use std::process::Command;

pub struct Tokenizer {
    folder: PathBuf,
}

impl Tokenizer {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("lumabill-tokens-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self { folder }
    }

    /// Tokens of each text.
    pub fn count(&self, texts: &[&str]) -> Vec<usize> {
        let files: Vec<PathBuf> =
            (0..texts.len()).map(|index| self.folder.join(format!("{index}.txt"))).collect();
        for (file, text) in files.iter().zip(texts) {
            std::fs::write(file, text).expect("a file");
        }
        let output =
            Command::new("node").arg("tests/tools/tokens.mjs").args(&files).output().expect("node runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "run tests/install-tools.sh first: {said}");
        let lines = String::from_utf8_lossy(&output.stdout);
        let first = |line: &str| line.split(' ').next().and_then(|count| count.parse().ok());
        lines.lines().map(|line| first(line).unwrap_or_else(|| panic!("no count in `{line}`"))).collect()
    }
}

impl Drop for Tokenizer {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A share in whole per cent.
pub fn percent(part: usize, whole: usize) -> usize {
    (part * 100 + whole / 2) / whole.max(1)
}
