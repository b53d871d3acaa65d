//! The servers of this user that are in use: which version each is, who started it, and whether it has to be started anew.

use std::cmp::Ordering;

use super::row::Row;
use crate::journal::{Running, client_title};
use crate::settings::Folders;
use crate::text::in_line;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One row for each that is in use. A server of which no tool was called yet has touched nothing, so nothing shows it.
pub fn check(folders: &Folders) -> Vec<Row> {
    let running = Running::all(&folders.state);
    if running.is_empty() {
        return vec![Row::ok("servers", "no client has called a tool of a server that still runs")];
    }
    running.iter().map(row).collect()
}

fn row(running: &Running) -> Row {
    let client = client_title(&running.client);
    let (version, since) = (in_line(&running.version, 40), in_line(&running.since, 40));
    let seen = format!("{client} uses version {version} (process {}, since {since})", running.pid);
    let restart = format!("restart {client}, so that it starts the program anew");
    let gone = running.program.as_ref().filter(|program| !program.exists());
    let row = match compare(&running.version, VERSION) {
        Ordering::Less => Row::warning(
            "servers",
            format!("{seen}, and this is {VERSION}: once this one has written, that one may refuse to write"),
            restart,
        ),
        Ordering::Greater => Row::warning(
            "servers",
            format!("{seen}, which is newer than this program, {VERSION}"),
            "run the `lumabill` that this client starts, or update this one",
        ),
        Ordering::Equal => match gone {
            Some(program) => Row::warning(
                "servers",
                format!("{seen} from `{}`, which was replaced or removed since", program.display()),
                restart,
            ),
            None => Row::ok("servers", seen),
        },
    };
    row.about(&in_line(&running.client, 64))
}

/// By the numbers between the dots; one that ends in something else (`0.2.0-rc.1`) is older than one that does not.
fn compare(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| {
        let (numbers, rest) = version.split_once('-').unwrap_or((version, ""));
        let numbers: Vec<u64> = numbers.split('.').map(|part| part.parse().unwrap_or_default()).collect();
        (numbers, rest.is_empty(), rest.to_owned())
    };
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::compare;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (one, other, order) in [
            ("0.1.0", "0.1.0", Ordering::Equal),
            ("0.9.0", "0.10.0", Ordering::Less),
            ("1.0.0", "0.99.9", Ordering::Greater),
            ("0.2.0-rc.1", "0.2.0", Ordering::Less),
            ("0.2.0", "0.2.0-rc.1", Ordering::Greater),
        ] {
            assert_eq!(compare(one, other), order, "{one} {other}");
        }
    }
}
