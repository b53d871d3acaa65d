//! `docs/tokens.md` as `just tokens` wrote it: its lists of tools are still those that are served.

use std::path::Path;

use serde_json::json;

use crate::support::{Era, Lumabill, McpSession};
use crate::tokens::count;

/// A figure may be this many per cent off before it is stale.
const STALE: usize = 5;

#[test]
fn the_kept_figures_of_the_lists_are_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tokens.md");
    let kept = std::fs::read_to_string(path).unwrap();
    let lists: [(&str, &[&str]); 3] = [
        ("full `tools/list`", &["--toolsets", "all"]),
        ("default `tools/list`", &[]),
        ("`--lean` `tools/list`", &["--lean"]),
    ];
    for (what, flags) in lists {
        let row = kept.lines().find_map(|line| line.strip_prefix(&format!("| {what} |"))).unwrap();
        // Number of tools, tokens, tokens in the sandbox.
        let said: Vec<usize> = row.split('|').take(3).map(|cell| cell.trim().parse().unwrap()).collect();
        let listed = |first: &[&str]| {
            let mut session = McpSession::start(&Lumabill::new(&[first, flags].concat()), Era::Modern);
            session.ask("tools/list", json!({}))["tools"].clone()
        };
        let (account, sandbox) = (listed(&["serve"]), listed(&["serve", "--sandbox"]));
        assert_eq!(account.as_array().unwrap().len(), said[0], "{what}: run `just tokens`");
        for (tokens, said) in count(&[account.to_string(), sandbox.to_string()]).into_iter().zip(&said[1..]) {
            let off = tokens.abs_diff(*said) * 100;
            assert!(off <= said * STALE, "{what}: {tokens} tokens, {said} are kept: run `just tokens`");
        }
    }
}

#[test]
fn the_kept_tasks_cost_a_part_of_the_plain_way() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tokens.md");
    let kept = std::fs::read_to_string(path).unwrap();
    let tasks = kept.split("## Tasks").nth(1).unwrap();
    let figures = |line: &str| -> Option<Vec<usize>> {
        let cells: Vec<&str> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('*')).collect();
        (cells.len() == 6).then(|| cells[1..5].iter().map_while(|cell| cell.parse().ok()).collect())
    };
    let rows: Vec<Vec<usize>> =
        tasks.lines().filter_map(figures).filter(|figures| figures.len() == 4).collect();
    let (sum, rows) = rows.split_last().unwrap();
    assert!(rows.len() >= 10, "{} tasks", rows.len());
    for index in 0..4 {
        assert_eq!(rows.iter().map(|row| row[index]).sum::<usize>(), sum[index], "column {index}");
    }
    assert!(sum[0] < sum[2] && sum[1] * 4 < sum[3], "{sum:?}");
}
