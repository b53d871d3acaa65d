//! Why a file is not read as a description, in words that say what to do.

use crate::failure::{Exit, Explain};

/// Nothing of such a file is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("it is larger than {} MB", .0 / 1_000_000)]
    TooLarge(usize),
    #[error("it has more than {0} values, counted behind YAML's aliases")]
    TooManyParts(usize),
    #[error("it is empty")]
    Empty,
    #[error("it is written in UTF-16")]
    Utf16,
    #[error("it is a compressed file")]
    Compressed,
    #[error("it is no text in UTF-8: byte {0} belongs to no letter")]
    NotText(usize),
    /// HTML, or other XML.
    #[error("it is a web page or other XML, and no description")]
    Page,
    #[error("the file is neither JSON nor YAML: {0}")]
    Unreadable(String),
    #[error("it is a description in the older form, Swagger {0}")]
    Swagger(String),
    #[error("it is a Postman collection")]
    Postman,
    #[error("the file is no OpenAPI 3.0 or 3.1 description: {0}")]
    NotOpenApi(String),
    #[error("it describes no operation that could be called")]
    NoOperations,
}

impl Explain for SpecError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::TooManyParts(_) => "spec_too_large",
            Self::Swagger(_) | Self::Postman | Self::NotOpenApi(_) | Self::NoOperations => "spec_not_openapi",
            _ => "spec_unreadable",
        }
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLarge(_) | Self::TooManyParts(_) => {
                "give the part of it that describes invoices, clients and the rest of billing"
            }
            Self::Utf16 => "save it as UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > openapi.json`",
            Self::Compressed => "unpack it first",
            Self::Page => {
                "open it in the browser and look for the link to the description itself: it often ends in \
                 `/openapi.json`, `/openapi.yaml`, `/v1/openapi.json` or `/api-docs`"
            }
            Self::Swagger(_) => {
                "make OpenAPI 3 of it: `npx -y swagger2openapi FILE -o openapi.json`, or paste it into \
                 https://editor.swagger.io and choose Edit > Convert to OpenAPI 3"
            }
            Self::Postman => {
                "make OpenAPI 3 of it: `npx -y postman-to-openapi FILE -f openapi.yaml`, or ask the vendor for it"
            }
            Self::Empty
            | Self::NotText(_)
            | Self::Unreadable(_)
            | Self::NotOpenApi(_)
            | Self::NoOperations => "give the vendor's OpenAPI 3.0 or 3.1 file, as JSON or YAML",
        };
        Some(hint.to_owned())
    }
}
