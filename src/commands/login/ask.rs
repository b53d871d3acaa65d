//! What `login` asks a person, or reads from standard input: the key, and which profile.

use std::io::{BufRead, IsTerminal, Read};

use crate::credentials::Secret;
use crate::failure::{Exit, Explain, Failure};
use crate::settings::{Account, Profile, me};
use crate::terminal;

/// No key is longer, so that a wrong file on standard input is not read to its end.
const MOST: usize = 4096;

/// Why there is no key to look at.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error("no key was given: nobody can be asked, since standard input is no terminal")]
    NobodyToAsk,
    #[error("what came on standard input is longer than {MOST} bytes, so it is no key")]
    TooLong,
    #[error("what came on standard input is not text")]
    NotText,
    #[error("the key could not be read")]
    Unreadable(#[from] std::io::Error),
    /// Its text is not shown: it may be a key.
    #[error("`login` takes no key as an argument: other programs and your shell's history see it")]
    AsArgument,
}

impl Explain for NoKey {
    fn code(&self) -> &'static str {
        "no_key_given"
    }
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        let me = me();
        Some(match self {
            Self::AsArgument => format!(
                "revoke that key in the service's settings (Lumabill: Settings > API) if it is one, then run `{me} \
                 login`, which asks for the new key without showing it"
            ),
            _ => format!(
                "run `{me} login` in a terminal, or hand the key over on standard input: `{me} login \
                 --with-token < FILE`"
            ),
        })
    }
}

/// What is asked for where the key is one of Lumabill's API.
pub const FOR_LUMABILL: &str = "API key from Lumabill, Settings > API";

/// The key: from standard input with `with_token`, else from a hidden prompt for `what`.
pub fn key(with_token: bool, what: &str) -> Result<Secret, NoKey> {
    let person = std::io::stdin().is_terminal();
    if with_token && !person {
        return from(&mut std::io::stdin().lock());
    }
    if !person {
        return Err(NoKey::NobodyToAsk);
    }
    let typed = hidden(&format!("{what} (it is not shown): "))?;
    let key = Secret::new(typed.trim().to_owned());
    drop(Secret::new(typed));
    Ok(key)
}

/// Asks at the terminal. The echo is off before the prompt appears: a key that is pasted at once would be
/// shown in the moment between the two otherwise.
#[cfg(unix)]
fn hidden(prompt: &str) -> std::io::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &silent)?;
    let typed = rpassword::prompt_password(prompt);
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    typed
}

#[cfg(not(unix))]
fn hidden(prompt: &str) -> std::io::Result<String> {
    rpassword::prompt_password(prompt)
}

/// Reads all, without one line break at the end.
fn from(input: &mut dyn Read) -> Result<Secret, NoKey> {
    // One allocation, so that no half-read copy is left behind by growing.
    let mut bytes = Vec::with_capacity(MOST + 1);
    input.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MOST {
        drop(String::from_utf8(bytes).map(Secret::new));
        return Err(NoKey::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|_| NoKey::NotText)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let key = Secret::new(line.strip_suffix('\r').unwrap_or(line).to_owned());
    drop(Secret::new(text));
    Ok(key)
}

/// The id of the profile to fix: the one that was asked for, the only one, the one that was fixed before,
/// or the answer of the person. `None` where it stays open.
pub fn profile(account: &Account, asked: Option<&str>) -> Result<Option<String>, Failure> {
    if let Some(asked) = asked {
        return Ok(Some(account.find_profile(asked)?));
    }
    match account.profiles.as_slice() {
        [] => return Ok(account.profile.clone()),
        [only] => return Ok(Some(only.id.clone())),
        _ => {}
    }
    if let Some(fixed) = account.profiles.iter().find(|profile| Some(&profile.id) == account.profile.as_ref())
    {
        return Ok(Some(fixed.id.clone()));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    terminal::note("This key reaches several profiles (companies):");
    for (number, profile) in (1..).zip(&account.profiles) {
        terminal::note(&format!("  {number}  {}  {}", profile.name, profile.id));
    }
    terminal::note("Which one shall assistants work in? Number, or Enter to name one with each call:");
    let answers = std::io::stdin().lock().lines().map_while(Result::ok);
    for answer in answers {
        let answer = answer.trim();
        if answer.is_empty() {
            return Ok(None);
        }
        match chosen(answer, &account.profiles) {
            Some(id) => return Ok(Some(id)),
            None => terminal::note(&format!("a number from 1 to {}, or Enter:", account.profiles.len())),
        }
    }
    Ok(None)
}

/// The id behind a number as it was shown.
fn chosen(answer: &str, profiles: &[Profile]) -> Option<String> {
    let number: usize = answer.parse().ok()?;
    Some(profiles.get(number.checked_sub(1)?)?.id.clone())
}

#[cfg(test)]
mod tests {
    use super::{NoKey, chosen, from, profile};
    use crate::settings::{Account, Profile};

    #[test]
    fn standard_input_is_cut_by_one_line_break_and_capped() {
        assert_eq!(from(&mut "lmb_0123456789abcdef\r\n".as_bytes()).unwrap().masked(), "lmb_…cdef");
        assert_eq!(from(&mut "lmb_0123456789abcdef".as_bytes()).unwrap().masked(), "lmb_…cdef");
        assert!(matches!(from(&mut [b'x'; 4097].as_slice()), Err(NoKey::TooLong)));
        assert!(matches!(from(&mut [0xff_u8].as_slice()), Err(NoKey::NotText)));
    }

    #[test]
    fn a_profile_is_chosen_by_number_and_never_the_first_by_itself() {
        let profiles = ["a", "b"].map(|id| Profile { id: id.into(), name: format!("Company {id}") });
        assert_eq!(chosen("2", &profiles), Some("b".to_owned()));
        assert_eq!(chosen("0", &profiles), None);
        assert_eq!(chosen("3", &profiles), None);
        let mut account = Account { profiles: profiles.to_vec(), ..Account::unknown("lumabill") };
        assert_eq!(profile(&account, Some("company B")).unwrap(), Some("b".to_owned()));
        assert!(profile(&account, Some("nobody")).is_err());
        account.profiles.truncate(1);
        assert_eq!(profile(&account, None).unwrap(), Some("a".to_owned()));
    }
}
