//! Signing in with OAuth: the binary against an authorization server, with the test as the browser; and long secrets in a
//! real keyring.

use crate::keyring::Desktop;
use crate::support::Home;

const ITEM: &str = "lumabill@https://api.lumabill.ch";

/// The items of ours in the keyring.
fn items(desktop: &Desktop) -> Vec<String> {
    let found = desktop.other("secret-tool", &["search", "--all", "service", "lumabill"]);
    let labels = found.lines().filter_map(|line| line.strip_prefix("label = lumabill ("));
    let mut items: Vec<_> = labels.map(|label| label.trim_end_matches(')').to_owned()).collect();
    items.sort_unstable();
    items
}

fn long(letter: char) -> String {
    format!("lmb_{}", letter.to_string().repeat(4000))
}

#[track_caller]
fn no_secret_in(home: &Home, secret: &str) {
    for (path, bytes) in home.files() {
        let found = bytes.windows(40).any(|part| secret.as_bytes().starts_with(part));
        assert!(!found, "the secret is in {}", path.display());
    }
}

#[test]
fn a_long_secret_lies_in_several_items_which_come_and_go_together() {
    let desktop = Desktop::start("");
    let login = |secret: &str| {
        let run = desktop.lumabill(&["login", "--with-token", "--no-verify"]).input(format!("{secret}\n"));
        run.run().exits(0)
    };
    for letter in ['a', 'b', 'c'] {
        login(&long(letter));
        let items = items(&desktop);
        assert_eq!((items.len(), items[0].as_str()), (4, ITEM), "{items:?}");
        for item in &items {
            let stored = desktop.lookup(item);
            assert!(item == ITEM || item.starts_with(&format!("{ITEM}#")), "{item}");
            assert!(
                stored.len() <= 1200 && stored.contains(&letter.to_string().repeat(100)),
                "{}",
                stored.len()
            );
        }
        let status = desktop.lumabill(&["status", "--json"]).run().exits(0);
        assert_eq!(status.json()["accounts"][0]["key"], format!("lmb_…{}", letter.to_string().repeat(4)));
    }
    no_secret_in(&desktop.home, &long('c'));
    login("lmb_0123456789abcdef");
    assert_eq!(items(&desktop), [ITEM]);
    assert_eq!(desktop.lookup(ITEM), "lmb_0123456789abcdef");
    login(&long('d'));
    let logout = desktop.lumabill(&["logout"]).run().exits(0);
    assert_eq!(items(&desktop), Vec::<String>::new());
    assert!(!logout.stdout.contains('#'), "{}", logout.stdout);
}
