//! States of questions that a remote server asks: sealed like ours, with what is needed to go on inside, and in a
//! way of their own, so that an answer to the one can never be one to the other.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::{Binding, Confirmations, Void, hex, unhex, unusable};
use crate::failure::Failure;

/// What such a state begins with; none of ours does.
const MARK: &str = "remote";

/// True for a state of a question that was passed on.
pub fn is_passed_on(state: &str) -> bool {
    state.strip_prefix(MARK).is_some_and(|rest| rest.starts_with('.'))
}

impl Confirmations {
    /// The sealed state of a question that is passed on: `remote.nonce.time.inside.seal`. What is inside can be read by
    /// who carries it, and not changed.
    pub fn seal_passed_on(&self, binding: &Binding, inside: &str) -> Result<String, Failure> {
        let mut nonce = [0_u8; 16];
        SystemRandom::new().fill(&mut nonce).map_err(|_| unusable("the system gives no random numbers"))?;
        let nonce = hex(&nonce);
        let time = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let inside = URL_SAFE_NO_PAD.encode(inside);
        let tag = hmac::sign(&self.key()?, &sealed_bytes(&nonce, time, &inside, binding));
        Ok(format!("{MARK}.{nonce}.{time}.{inside}.{}", hex(tag.as_ref())))
    }

    /// What is inside such a state; it opens once.
    pub fn open_passed_on(&self, state: &str, binding: &Binding) -> Result<Result<String, Void>, Failure> {
        let mut parts = state.split('.');
        let (Some(MARK), Some(nonce), Some(time), Some(inside), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(Err(Void::Foreign));
        };
        let (Ok(time), Some(tag)) = (time.parse::<u64>(), unhex(tag)) else { return Ok(Err(Void::Foreign)) };
        if hmac::verify(&self.key()?, &sealed_bytes(nonce, time, inside, binding), &tag).is_err() {
            return Ok(Err(Void::Foreign));
        }
        let made: Option<SystemTime> = UNIX_EPOCH.checked_add(Duration::from_secs(time));
        if !made.is_some_and(|made| self.is_young(made)) {
            return Ok(Err(Void::Expired));
        }
        let text = URL_SAFE_NO_PAD.decode(inside).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = text else { return Ok(Err(Void::Foreign)) };
        Ok(if self.mark(&format!("used-{nonce}"))? { Ok(text) } else { Err(Void::Used) })
    }
}

fn sealed_bytes(nonce: &str, time: u64, inside: &str, binding: &Binding) -> Vec<u8> {
    // Nonces are of one length, and `inside` has no line break.
    [
        MARK.as_bytes(),
        b"\n",
        nonce.as_bytes(),
        &time.to_be_bytes(),
        inside.as_bytes(),
        b"\n",
        &binding.digest(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Binding, Confirmations, Void};
    use super::is_passed_on;

    const BINDING: Binding = Binding {
        account: "a",
        origin: "https://h",
        profile: "p",
        tool: "send_invoice",
        arguments: &Value::Null,
        shown: "",
    };

    fn confirmations(name: &str) -> Confirmations {
        let path = std::env::temp_dir().join(format!("lumabill-passed-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        Confirmations::new(&path)
    }

    #[test]
    fn what_is_inside_comes_back_once_and_for_the_same_call_only() {
        let confirmations = confirmations("once");
        let state = confirmations.seal_passed_on(&BINDING, "{\"state\":\"ä.b\"}").unwrap();
        assert!(is_passed_on(&state));
        let other = Binding { tool: "delete_invoice", ..BINDING };
        assert_eq!(confirmations.open_passed_on(&state, &other).unwrap(), Err(Void::Foreign));
        assert_eq!(confirmations.open_passed_on(&state, &BINDING).unwrap().unwrap(), "{\"state\":\"ä.b\"}");
        assert_eq!(confirmations.open_passed_on(&state, &BINDING).unwrap(), Err(Void::Used));
    }

    #[test]
    fn neither_kind_of_state_opens_as_the_other() {
        let confirmations = confirmations("kinds");
        let theirs = confirmations.seal_passed_on(&BINDING, "x").unwrap();
        let ours = confirmations.seal(&BINDING).unwrap();
        assert!(!is_passed_on(&ours));
        assert_eq!(confirmations.open(&theirs, &BINDING).unwrap(), Err(Void::Foreign));
        assert_eq!(confirmations.open_passed_on(&ours, &BINDING).unwrap(), Err(Void::Foreign));
        // Nor does one whose parts are put together into the shape of the other.
        let parts: Vec<_> = theirs.split('.').collect();
        let turned = format!("{}.{}.{}", parts[1], parts[2], parts[4]);
        assert_eq!(confirmations.open(&turned, &BINDING).unwrap(), Err(Void::Foreign));
        let parts: Vec<_> = ours.split('.').collect();
        let turned = format!("remote.{}.{}..{}", parts[0], parts[1], parts[2]);
        assert_eq!(confirmations.open_passed_on(&turned, &BINDING).unwrap(), Err(Void::Foreign));
    }

    #[test]
    fn a_changed_inside_is_foreign() {
        let confirmations = confirmations("changed");
        let state = confirmations.seal_passed_on(&BINDING, "one").unwrap();
        let mut parts: Vec<_> = state.split('.').map(str::to_owned).collect();
        parts[3] = "dHdv".to_owned();
        assert_eq!(confirmations.open_passed_on(&parts.join("."), &BINDING).unwrap(), Err(Void::Foreign));
    }
}
