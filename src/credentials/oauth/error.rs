//! [`OAuthError`]: why there are no tokens. Words from outside are on one line and visible here already.

use std::io;
use std::time::Duration;

use crate::failure::{Exit, Explain};
use crate::https::Trouble;
use crate::text::in_line;

/// Characters of a text that a server sent.
const TEXT: usize = 300;

/// Why there are no tokens. None of these holds a token, a code or a secret of a client.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    #[error("{host} does not say how people sign in there; nothing was stored")]
    NotFound { host: String },
    #[error("what {host} says about its sign-in was not used: {problem}")]
    Metadata { host: String, problem: String },
    #[error(transparent)]
    Network(#[from] Trouble),
    #[error("{host} did not answer within {} s", .limit.as_secs())]
    Silent { host: String, limit: Duration },
    #[error("{host} answered {what} with more than {most} bytes")]
    TooLarge { host: String, what: &'static str, most: usize },
    #[error("{host} answered {what} with HTTP {status}{}", detail(.said))]
    Status { host: String, what: &'static str, status: u16, said: String },
    #[error("{host} answered {what} with something unusable: {problem}")]
    Unusable { host: String, what: &'static str, problem: String },
    #[error(
        "{host} lets no program sign in that it does not know: it offers neither dynamic registration nor client ID \
         documents"
    )]
    NoRegistration { host: String },
    #[error("{host} refused the sign-in: `{error}`{}", detail(.description))]
    Refused { host: String, error: String, description: String },
    #[error(
        "the answer that the browser brought does not belong to this sign-in (another `state`); it was not used"
    )]
    WrongState,
    #[error(
        "the answer that the browser brought is of another issuer, {got}, and not of {expected}; it was not used"
    )]
    WrongIssuer { expected: String, got: String },
    #[error("the answer that the browser brought holds no code")]
    NoCode,
    #[error("nobody signed in within {} s", .0.as_secs())]
    NobodyCame(Duration),
    #[error("no port of this machine could be listened on for the browser's answer")]
    NoListener(#[source] io::Error),
    #[error("this system gave no random numbers")]
    NoRandomness,
    #[error("the address `{0}` cannot be signed in to: it has to be `https`, or `http` on this machine")]
    Address(String),
}

impl OAuthError {
    /// Something that a server answered and that cannot be used.
    pub fn unusable(host: &str, what: &'static str, problem: &str) -> Self {
        Self::Unusable { host: host.to_owned(), what, problem: said(problem) }
    }

    /// Metadata that is not believed.
    pub fn metadata(host: &str, problem: impl AsRef<str>) -> Self {
        Self::Metadata { host: host.to_owned(), problem: said(problem.as_ref()) }
    }

    /// True where the same might go well later: the network was in the way, or the server itself.
    pub fn passes(&self) -> bool {
        match self {
            Self::Network(_) | Self::Silent { .. } => true,
            Self::Status { status, .. } => *status >= 500 || matches!(status, 408 | 429),
            _ => false,
        }
    }
}

/// A text of a server's as it may be shown.
pub(super) fn said(text: &str) -> String {
    in_line(text, TEXT)
}

fn detail(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

impl Explain for OAuthError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "no_sign_in",
            Self::NobodyCame(_) => "sign_in_timeout",
            error if error.passes() => "sign_in_unavailable",
            _ => "sign_in_failed",
        }
    }

    fn exit(&self) -> Exit {
        if self.passes() { Exit::Unavailable } else { Exit::Refused }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound { .. } => {
                "check the address; a server that takes a key is logged in to with `--with-token` or `--header NAME`"
            }
            Self::NobodyCame(_) => "run the same command again and finish in the browser within five minutes",
            Self::WrongState | Self::WrongIssuer { .. } => {
                "close the browser's tab and run the same command again; if it happens twice, tell the service"
            }
            Self::Network(_) | Self::Silent { .. } => "check the network, then run the same command again",
            Self::Refused { .. } => "run the same command again and allow the access in the browser",
            Self::Address(_) => "give an address such as `https://mcp.example/mcp`",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
