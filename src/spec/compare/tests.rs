//! Descriptions in the styles of other products, and the traps in them.

use serde_json::{Value, json};

use super::{Comparison, Verdict};
use crate::spec::{Document, OURS};

fn compared(theirs: &Value) -> Comparison {
    let ours = Document::parse(OURS.as_bytes()).unwrap();
    let theirs = Document::parse(theirs.to_string().as_bytes()).unwrap();
    Comparison::of(&ours, &theirs)
}

#[test]
fn our_own_description_is_all_the_same() {
    let ours: Value = serde_json::from_str(OURS).unwrap();
    let compared = compared(&ours);
    for row in &compared.rows {
        assert_eq!(row.verdict, Verdict::Same, "{}: {:?}", row.tool, row.notes);
        assert!(row.notes.is_empty(), "{}: {:?}", row.tool, row.notes);
    }
    assert!(compared.new.is_empty(), "{:?}", compared.new);
    for (tool, spoken) in &compared.dialect.spoken {
        assert!(spoken.query.is_empty() && spoken.sends.fields.is_empty(), "{tool}: {spoken:?}");
        assert!(spoken.answers.fields.is_empty() && spoken.sends.only.is_none(), "{tool}: {spoken:?}");
        assert!(!spoken.confirms, "{tool}");
    }
    let _ = json!({});
}
