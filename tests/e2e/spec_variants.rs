//! The description of another vendor.

use std::sync::Arc;

use crate::variants::{Front, Plan, text};

#[test]
fn variants_write() {
    let folder = std::env::temp_dir().join("lumabill-variants");
    std::fs::create_dir_all(&folder).unwrap();
    for level in 1..=3 {
        for seed in 0..10 {
            let plan = Plan::new(seed, level);
            let ending = if plan.yaml { "yaml" } else { "json" };
            std::fs::write(folder.join(format!("{level}-{seed}.{ending}")), text(&plan)).unwrap();
        }
    }
    let front = Front::start(&Arc::new(Plan::new(1, 3)));
    assert!(front.url().starts_with("http"));
}
