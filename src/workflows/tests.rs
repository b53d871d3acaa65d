//! Rules that every row keeps.

use std::collections::BTreeSet;

use super::all;
use crate::catalogue::{self, Effect, Evidence, Toolset};

#[test]
fn rows_keep_to_the_rules_of_the_catalogue() {
    let mut names: BTreeSet<_> = catalogue::all().map(|row| row.tool).collect();
    for workflow in all() {
        let row = &workflow.row;
        assert!(names.insert(row.tool), "{} twice", row.tool);
        assert!(format!("mcp__lumabill__{}", row.tool).len() <= 60, "{}", row.tool);
        assert!(row.about.ends_with('.') && row.about.len() <= 180, "{}", row.tool);
        assert!(row.about.starts_with(|letter: char| letter.is_ascii_uppercase()), "{}", row.tool);
        assert!(row.path.is_empty(), "{}", row.tool);
        assert!(matches!(row.evidence, Evidence::Ours | Evidence::Local), "{}", row.tool);
        assert!(!row.is_local() || row.effect == Effect::Reads, "{}", row.tool);
        assert!(Toolset::ALL.contains(&row.toolset), "{}", row.tool);
        for param in row.params {
            let other = param.or.map(|other| row.params.iter().any(|param| param.name == other));
            assert_ne!(other, Some(false), "{}: {}", row.tool, param.name);
        }
    }
}

#[test]
fn what_creates_names_an_endpoint_that_creates() {
    for workflow in all() {
        let endpoint = workflow.creates.map(|tool| catalogue::find(tool).unwrap().effect);
        let creates = (workflow.row.effect == Effect::Creates).then_some(Effect::Creates);
        assert_eq!(endpoint, creates, "{}", workflow.row.tool);
    }
}
