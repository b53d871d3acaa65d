//! How names are spelled: letter cases, and the customs of naming operations.

/// A letter case for names of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Snake,
    Camel,
    Pascal,
    Kebab,
    Upper,
}

impl Case {
    /// A snake-case name in this case. Names with other signs than letters, digits and underscores are raw and stay.
    pub fn of(self, name: &str) -> String {
        if !name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_') || name.starts_with('_') {
            return name.to_owned();
        }
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        match self {
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::Upper => words.join("_").to_uppercase(),
            Self::Pascal => words.iter().map(|word| capital(word)).collect(),
            Self::Camel => {
                let rest: String = words.iter().skip(1).map(|word| capital(word)).collect();
                format!("{}{rest}", words.first().copied().unwrap_or_default())
            }
        }
    }
}

pub fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + signs.as_str())
}

/// What an operation does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    List,
    Get,
    Create,
    Update,
    Delete,
    /// Named by a verb and the whole words: `reconcile_transaction`, `get_balance_sheet`.
    Special,
}

impl Act {
    pub fn of(tool: &str) -> Self {
        match tool.split('_').next().unwrap_or_default() {
            "list" => Self::List,
            "create" => Self::Create,
            "update" => Self::Update,
            "delete" => Self::Delete,
            "get" => Self::Get,
            _ => Self::Special,
        }
    }
}

/// A custom of naming operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operations {
    /// `list_clients`
    Snake,
    /// `listClients`
    Camel,
    /// `ListClients`
    Pascal,
    /// `clientsIndex`
    Rails,
    /// `clients.index`
    Dotted,
    /// `getClients`, `getClientById`, `postClient`, `putClient`
    Verbs,
    /// `Client_List`
    Resource,
    /// `listAllClients`, `retrieveClient`, `addClient`
    Chatty,
    /// `read_clients_api_v2_clients_get`
    Generated,
    /// None at all.
    Absent,
}

impl Operations {
    pub const ALL: [Self; 10] = [
        Self::Snake,
        Self::Camel,
        Self::Pascal,
        Self::Rails,
        Self::Dotted,
        Self::Verbs,
        Self::Resource,
        Self::Chatty,
        Self::Generated,
        Self::Absent,
    ];

    /// The name of an operation on a resource, whose words are snake case, at a path and with an HTTP method.
    /// `nouns`: one, many.
    pub fn name(self, act: Act, nouns: (&str, &str), path: &str, method: &str) -> Option<String> {
        let (one, many) = nouns;
        let index = act as usize;
        let thing = if act == Act::List { many } else { one };
        let verb = |words: [&str; 5]| words.get(index).map(|word| (*word).to_owned());
        let plain = verb(["list", "get", "create", "update", "delete"]);
        let spoken =
            |verb: Option<String>| verb.map_or_else(|| one.to_owned(), |verb| format!("{verb}_{thing}"));
        // A special operation carries its own words behind the resource: `reportsProfitLoss`.
        let after = |verb: Option<String>, case: Case, joint: &str| {
            let thing = if joint == "_" { one } else { many };
            let thing = if act == Act::Special { many } else { thing };
            let verb = verb.unwrap_or_else(|| one.trim_start_matches("get_").to_owned());
            format!("{}{joint}{}", case.of(thing), if joint == "." { verb } else { Case::Pascal.of(&verb) })
        };
        Some(match self {
            Self::Snake => spoken(plain),
            Self::Camel => Case::Camel.of(&spoken(plain)),
            Self::Pascal => Case::Pascal.of(&spoken(plain)),
            Self::Rails => after(verb(["index", "show", "store", "update", "destroy"]), Case::Camel, ""),
            Self::Dotted => after(verb(["index", "show", "create", "update", "destroy"]), Case::Kebab, "."),
            Self::Verbs if act == Act::Get => format!("get{}ById", Case::Pascal.of(one)),
            Self::Verbs => Case::Camel.of(&spoken(verb(["get", "get", "post", method, "delete"]))),
            Self::Resource => after(plain, Case::Pascal, "_"),
            Self::Chatty => Case::Camel.of(&spoken(verb(["list_all", "retrieve", "add", "edit", "remove"]))),
            Self::Generated => {
                let path: String =
                    path.chars().map(|sign| if sign.is_alphanumeric() { sign } else { '_' }).collect();
                let verb = verb(["read", "read", "create", "update", "delete"]);
                format!("{}_{path}_{method}", spoken(verb)).replace("__", "_")
            }
            Self::Absent => return None,
        })
    }
}
