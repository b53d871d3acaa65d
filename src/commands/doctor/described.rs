//! The API description that is in use for an account: whether it counts, and whether its files are as they were.

use super::accounts::whose;
use super::row::Row;
use crate::commands::spec::{Copy, state};
use crate::settings::{Account, Settings};
use crate::spec::Kept;
use crate::text::in_line;

/// Nothing where the account has none: then the built-in paths and names hold.
pub fn check(account: &Account, settings: &Settings) -> Option<Row> {
    const ID: &str = "api_description";
    let state = match state(account, settings) {
        Ok(state) => state?,
        Err(failure) => return Some(Row::failure(ID, &failure)),
    };
    let kept = &state.kept;
    let title = if kept.title.is_empty() { "a description without a title" } else { &kept.title };
    let (title, whose) = (in_line(title, 120), whose(account));
    let source = in_line(&kept.source, 300);
    let copy = Kept::copy_path(&settings.folders.config, &account.name);
    if state.stale {
        let seen = format!(
            "{title} was made for {} and is not used: tools take the built-in paths and names",
            in_line(&kept.origin, 200)
        );
        let next = format!(
            "take one of this address: `lumabill spec use FILE{whose}`; or remove it: `lumabill spec reset{whose}`"
        );
        return Some(Row::warning(ID, seen, next));
    }
    let missing = match state.missing {
        0 => "every built-in tool is in it".to_owned(),
        1 => "1 built-in tool is not in it and is not offered".to_owned(),
        n => format!("{n} built-in tools are not in it and are not offered"),
    };
    let seen = format!("{title}, taken {} from `{source}`: {missing}", in_line(&kept.taken, 40));
    Some(match state.copy {
        Copy::Unchanged => Row::ok(ID, seen),
        Copy::Changed => Row::warning(
            ID,
            format!("{seen}; its copy `{}` was changed since, which has no effect yet", copy.display()),
            format!(
                "take the copy over: `lumabill spec use {}{whose}`",
                crate::settings::quoted(&copy.display().to_string())
            ),
        ),
        Copy::Gone => Row::warning(
            ID,
            format!("{seen}; its copy is gone, which calls do not need"),
            format!("keep it anew: `lumabill spec use FILE{whose}`"),
        ),
    })
}
