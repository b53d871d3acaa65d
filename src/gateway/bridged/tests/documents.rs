//! Files go through allowed folders when asked for.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Stage, Step, done, failure, folder, offered, passed, setup, text};
use crate::catalogue::Effect;
use crate::gateway::Outcome;

fn allowed(name: &str, script: Vec<Step>) -> (Stage, PathBuf) {
    let state = folder(name);
    let files = fs::canonicalize(folder(&format!("{name}-files"))).unwrap();
    let mut setup = setup("faktoora", &state);
    setup.files = vec![files.clone()];
    (Stage::with(setup, script), files)
}

fn pdf() -> Vec<u8> {
    [b"%PDF-1.7\n".as_slice(), &[b'%'; 200]].concat()
}

fn downloaded() -> Step {
    let file = json!({"filename": "RE-1.pdf", "mimeType": "application/pdf", "base64Content": STANDARD.encode(pdf())});
    Step::Answers(text(&file.to_string()))
}

#[tokio::test]
async fn a_download_is_saved_as_a_new_file_and_the_model_sees_where() {
    let (stage, files) = allowed("saved", vec![downloaded(), downloaded()]);
    let download = offered("download_invoice", Effect::Reads, None);
    let arguments = json!({"faktooraId": "INV-0042", "format": "pdf", "save_to": "RE-1.pdf"});
    let answer = passed(stage.call(&download, arguments.clone()).await);
    assert_eq!(fs::read(files.join("RE-1.pdf")).unwrap(), pdf());
    let said: Value = serde_json::from_str(answer["content"][1]["text"].as_str().unwrap()).unwrap();
    assert_eq!(said, json!({"saved_to": files.join("RE-1.pdf").to_str().unwrap(), "bytes": 209}));
    assert!(!answer.to_string().contains("base64Content"));
    assert_eq!(stage.sent()[0]["arguments"], json!({"faktooraId": "INV-0042", "format": "pdf"}));
    // Nothing is overwritten, and nothing is asked for in vain.
    assert_eq!(failure(stage.call(&download, arguments).await).code, "file_refused");
    assert_eq!(stage.sent().len(), 1);
    // Without the argument everything comes as it is.
    let whole = passed(stage.call(&download, json!({"faktooraId": "INV-0042"})).await);
    assert!(whole.to_string().contains("base64Content"));
}

#[tokio::test]
async fn no_folder_allowed_is_said_before_anything_is_sent() {
    let stage = Stage::with(setup("faktoora", &folder("no-folder")), vec![]);
    let download = offered("download_invoice", Effect::Reads, None);
    let refused = failure(stage.call(&download, json!({"faktooraId": "I", "save_to": "a.pdf"})).await);
    assert!(
        refused.message.contains("no folder is allowed") && refused.hint.unwrap().contains("config files")
    );
    let import = offered("import_incoming_invoice", Effect::Creates, None);
    let refused = failure(stage.call(&import, json!({"file": "a.xml"})).await);
    assert!(refused.message.contains("nothing was sent"), "{}", refused.message);
}

#[tokio::test]
async fn an_answer_without_a_file_is_said() {
    let (stage, files) = allowed("empty", vec![Step::Answers(text("{\"url\":\"x\"}"))]);
    let download = offered("download_invoice", Effect::Reads, None);
    let refused = failure(stage.call(&download, json!({"faktooraId": "I", "save_to": "a.pdf"})).await);
    assert_eq!(refused.code, "no_file");
    assert!(!files.join("a.pdf").exists());
}

#[tokio::test]
async fn an_import_reads_the_file_and_is_the_same_whatever_it_is_called() {
    let (stage, files) = allowed("import", vec![Step::Answers(text("{\"importId\":\"IMP-1\"}"))]);
    fs::write(files.join("a.xml"), "<Invoice/>").unwrap();
    fs::write(files.join("b.xml"), "<Invoice/>").unwrap();
    fs::write(files.join("c.pdf"), "no pdf").unwrap();
    let import = offered("import_incoming_invoice", Effect::Creates, None);
    passed(stage.call(&import, json!({"file": "a.xml"})).await);
    let sent = &stage.sent()[0]["arguments"];
    assert_eq!(sent["file"], STANDARD.encode("<Invoice/>"));
    assert_eq!((&sent["filename"], &sent["contentType"]), (&json!("a.xml"), &json!("application/xml")));
    let path = files.join("b.xml");
    let again = done(stage.call(&import, json!({"file": path.to_str().unwrap()})).await);
    assert_eq!(again["created"], json!(false));
    for bad in ["c.pdf", "../x.xml", "/etc/passwd.xml", "missing.xml"] {
        assert_eq!(failure(stage.call(&import, json!({"file": bad})).await).code, "file_refused", "{bad}");
    }
    let Outcome::Done(preview) = stage.call(&import, json!({"file": "a.xml", "dry_run": true})).await else {
        panic!()
    };
    assert!(preview.text.contains("nothing was sent"));
    assert_eq!(stage.sent().len(), 1);
}
