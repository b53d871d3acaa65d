//! `lumabill history`: what a person finds on Friday of what was written on Monday.

use std::sync::Arc;

use crate::support::{Home, Lumabill};

#[test]
fn nothing_written_is_a_sentence_and_leaves_nothing_behind() {
    let home = Arc::new(Home::new());
    let ended = Lumabill::at(&home, &["history"]).run().exits(0);
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (1, ""), "{}", ended.stdout);
    assert!(ended.stdout.contains("nothing was written"), "{}", ended.stdout);
    let json = Lumabill::at(&home, &["history", "--since", "7d", "--json"]).run().exits(0).json();
    assert_eq!(
        (&json["n"], &json["open"], &json["complete"]),
        (&0.into(), &0.into(), &true.into()),
        "{json}"
    );
    assert_eq!(json["changes"], serde_json::json!([]));
    let forgot = Lumabill::at(&home, &["history", "--forget", "now"]).run().exits(0);
    assert_eq!(forgot.stdout, "forgot 0 settled writes\n");
    let none = Lumabill::at(&home, &["history", "settle", "1", "--not-created"]).run().exits(1);
    assert!(none.stderr.contains("there is no write 1;"), "{}", none.stderr);
    assert!(home.files().is_empty(), "{:?}", home.files());
}

#[test]
fn a_wrong_command_line_is_said_and_changes_nothing() {
    let home = Arc::new(Home::new());
    for wrong in [
        &["history", "--since", "soon"][..],
        &["history", "--since", "2099-01-01"],
        &["history", "--forget", "2099-01-01"],
        &["history", "--forget", "tomorrow"],
        &["history", "--forget", "7d", "--since", "7d"],
        &["history", "--since", "7d", "settle", "1", "--not-created"],
        &["history", "settle", "1"],
        &["history", "settle", "one", "--not-created"],
        &["history", "settle", "1", "--not-created", "--created", "x"],
        &["history", "all"],
    ] {
        let ended = Lumabill::at(&home, wrong).run().exits(2);
        assert!(
            ended.stdout.is_empty() && ended.stderr.starts_with("error: "),
            "{wrong:?}: {}",
            ended.stderr
        );
    }
    let forms = Lumabill::at(&home, &["history", "--since", "soon"]).run().exits(2).stderr;
    for form in ["`soon`", "`today`", "`yesterday`", "`12h`", "`7d`", "`2026-11-01`"] {
        assert!(forms.contains(form), "{form}: {forms}");
    }
}
