//! What a keyring may do with a prompt, played by one that is written down here.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use super::session::Exchange;
use super::{KeyringError, Service};
use crate::credentials::keyring::bus::Bus;
use crate::credentials::keyring::bus::wire::{Body, Message};

/// Who offers the Secret Service on this bus.
const KEYRING: &str = ":1.7";

/// A bus that lets everybody in and answers the call with serial `n` by what `play` makes of it.
fn service(play: impl Fn(&Message, u32) -> Vec<Vec<u8>> + Send + 'static) -> Service {
    let (ours, theirs) = UnixStream::pair().unwrap();
    thread::spawn(move || {
        let mut stream = BufReader::new(theirs);
        let mut lines = [String::new(), String::new()];
        stream.read_line(&mut lines[0]).unwrap();
        stream.get_mut().write_all(b"OK 0123456789abcdef\r\n").unwrap();
        stream.read_line(&mut lines[1]).unwrap();
        assert!(lines[0].starts_with("\0AUTH EXTERNAL 3") && lines[1] == "BEGIN\r\n", "{lines:?}");
        for serial in 1.. {
            let Ok(call) = Message::read(&mut stream) else { return };
            let answers = match call.member.as_str() {
                "Hello" | "AddMatch" => vec![Body::default().reply(serial, "org.freedesktop.DBus")],
                _ => play(&call, serial),
            };
            for bytes in &answers {
                stream.get_mut().write_all(bytes).unwrap();
            }
            // The connection ends where nothing more is played.
            if answers.is_empty() {
                return;
            }
        }
    });
    let bus = Bus::over(ours).unwrap();
    let (one, other) = (Exchange::new().unwrap(), Exchange::new().unwrap());
    Service { bus, session: "/session/1".to_owned(), cipher: one.agree(&other.public).unwrap() }
}

fn completed(path: &str, sender: &str, dismissed: bool) -> Vec<u8> {
    Body::new("bv").truth(dismissed).kind("s").text("").signal(path, "Completed", sender)
}

/// Unlocks an item whose keyring shows prompt `/prompt/1` and then sends `signals`, before it says that the
/// prompt is shown and after.
fn unlock(before: Vec<Vec<u8>>, after: Vec<Vec<u8>>) -> Result<(), KeyringError> {
    let mut service = service(move |call, serial| match call.member.as_str() {
        "Unlock" => vec![Body::new("aoo").array(4, |none| none).text("/prompt/1").reply(serial, KEYRING)],
        "Prompt" => {
            assert_eq!(call.path, "/prompt/1");
            [before.clone(), vec![Body::default().reply(serial, KEYRING)], after.clone()].concat()
        }
        _ => Vec::new(),
    });
    service.unlock(&["/item/1".to_owned()])
}

#[test]
fn a_prompt_that_is_answered_lets_the_call_go_on() {
    assert_eq!(unlock(vec![], vec![completed("/prompt/1", KEYRING, false)]), Ok(()));
    assert_eq!(unlock(vec![completed("/prompt/1", KEYRING, false)], vec![]), Ok(()));
}

#[test]
fn a_prompt_that_is_dismissed_leaves_the_keyring_locked() {
    assert_eq!(unlock(vec![], vec![completed("/prompt/1", KEYRING, true)]), Err(KeyringError::Locked));
}

#[test]
fn the_answer_of_another_prompt_or_another_program_is_none() {
    let others = || vec![completed("/prompt/2", KEYRING, false), completed("/prompt/1", ":1.9", false)];
    let dismissed = vec![completed("/prompt/1", KEYRING, true)];
    assert_eq!(unlock(others(), dismissed.clone()), Err(KeyringError::Locked));
    assert_eq!(unlock(vec![], [others(), dismissed].concat()), Err(KeyringError::Locked));
}

#[test]
fn a_keyring_that_goes_away_with_its_prompt_open_is_locked() {
    let gone = |sender| {
        let body = Body::new("sss").text("org.freedesktop.secrets").text(KEYRING).text("");
        body.signal("/org/freedesktop/DBus", "NameOwnerChanged", sender)
    };
    assert_eq!(unlock(vec![], vec![gone("org.freedesktop.DBus")]), Err(KeyringError::Locked));
    let only_said = vec![gone(":1.9"), completed("/prompt/1", KEYRING, false)];
    assert_eq!(unlock(vec![], only_said), Ok(()));
}

#[test]
fn a_bus_that_ends_is_an_error() {
    let mut ended = service(|_, _| Vec::new());
    let failed = ended.unlock(&["/item/1".to_owned()]).unwrap_err();
    assert_eq!(failed, KeyringError::Failed("the session bus closed the connection".to_owned()));
}

#[test]
fn a_bus_that_lets_nobody_in_is_an_error() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"REJECTED ANONYMOUS\r\n").unwrap();
    let failed = Bus::over(ours).unwrap_err();
    assert!(matches!(&failed, KeyringError::Failed(text) if text.contains("REJECTED")), "{failed}");
    let mut asked = String::new();
    theirs.read_to_string(&mut asked).unwrap();
    assert!(asked.starts_with("\0AUTH EXTERNAL 3"), "{asked}");
}

#[test]
fn what_is_no_answer_to_the_question_is_an_error() {
    let mut wrong = service(|_, serial| vec![Body::new("s").text("/prompt/1").reply(serial, KEYRING)]);
    assert!(matches!(wrong.unlock(&["/item/1".to_owned()]), Err(KeyringError::Failed(_))));
}

#[test]
fn a_flood_of_signals_ends_the_call_and_fills_no_memory() {
    let flood = vec![completed("/prompt/2", ":1.9", false); 300];
    let ended = unlock(flood, Vec::new());
    assert!(matches!(&ended, Err(KeyringError::Failed(text)) if text.contains("flooded")), "{ended:?}");
}
