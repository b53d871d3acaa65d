//! Why a description was not fetched, in words that say what to do.

use crate::failure::{Exit, Explain, Sent};
use crate::https::Trouble;

/// Nothing of what came is used. `host` is for the words only.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    #[error("`{shown}` is no https address")]
    Address { shown: String },
    #[error("`{shown}` carries a user name or a password")]
    Decorated { shown: String },
    #[error(
        "`{shown}` is not encrypted, so what comes from there could be changed on its way: `http` is accepted for \
         127.0.0.0/8 and [::1] only"
    )]
    NotEncrypted { shown: String },
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("{host} did not give the whole description within {seconds} s")]
    Silent { host: String, seconds: u64 },
    #[error("{host} sent on to another place: `{to}`, which is not followed")]
    Elsewhere { host: String, to: String },
    #[error("{host} sent on again and again")]
    Circles { host: String },
    #[error("{host} answered HTTP {status}")]
    Status { host: String, status: u16 },
    #[error("what {host} gave is larger than {} MB", most / 1_000_000)]
    TooLarge { host: String, most: usize },
    /// With addresses in it that look like a description's.
    #[error("{host} gave a web page, and no description")]
    Page { host: String, links: Vec<String> },
}

impl Explain for NotFetched {
    fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } | Self::Decorated { .. } | Self::NotEncrypted { .. } => "bad_address",
            Self::Trouble(Trouble::NoTrust { .. }) => "no_trust",
            Self::Trouble(_) => "unreachable",
            Self::Silent { .. } => "no_answer",
            Self::Elsewhere { .. } | Self::Circles { .. } => "redirected",
            Self::Status { .. } => "spec_not_there",
            Self::TooLarge { .. } => "spec_too_large",
            Self::Page { .. } => "spec_is_a_page",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Address { .. } | Self::Decorated { .. } | Self::NotEncrypted { .. } => Exit::Usage,
            Self::Trouble(_) | Self::Silent { .. } => Exit::Unavailable,
            Self::Status { status, .. } if *status >= 500 || *status == 429 => Exit::Unavailable,
            _ => Exit::Refused,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Address { .. } | Self::Decorated { .. } => {
                "give an address such as `https://api.example.com/openapi.json`, or a file".to_owned()
            }
            Self::NotEncrypted { .. } => "give its `https` address, or download it and give the file".to_owned(),
            Self::Trouble(_) | Self::Silent { .. } | Self::Circles { .. } => {
                "try again later, or download it in the browser and give the file".to_owned()
            }
            Self::Elsewhere { .. } => {
                "where you know that place to be the vendor's, give its address; or download it and give the file"
                    .to_owned()
            }
            Self::Status { status: 401 | 403, .. } => {
                "it is fetched without your key: log in there in the browser, download it, and give the file"
                    .to_owned()
            }
            Self::Status { .. } => {
                "check the address, or let the usual places be tried: `lumabill spec check --discover`".to_owned()
            }
            Self::TooLarge { .. } => {
                "download it and give a file with the part of it that describes billing".to_owned()
            }
            Self::Page { links, .. } if links.is_empty() => {
                "give the address of the JSON or YAML file itself; it is often linked from the page: `/openapi.json`, \
                 `/openapi.yaml`, `/v1/openapi.json`, `/api-docs`"
                    .to_owned()
            }
            Self::Page { links, .. } => {
                let links: Vec<String> = links.iter().map(|link| format!("`{link}`")).collect();
                format!("give the address of the JSON or YAML file itself; the page names {}", links.join(", "))
            }
        })
    }

    fn sent(&self) -> Sent {
        match self {
            Self::Address { .. }
            | Self::Decorated { .. }
            | Self::NotEncrypted { .. }
            | Self::Trouble(Trouble::NoTrust { .. } | Trouble::Unreachable { .. }) => Sent::Nothing,
            _ => Sent::Read,
        }
    }
}
