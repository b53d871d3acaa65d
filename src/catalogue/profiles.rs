//! Profiles: the companies that a key reaches. They are read-only.

use super::params::ID;
use super::{Answer, Confirms, Effect, Endpoint, Evidence, ListOf, Method, Toolset};

pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        tool: "list_profiles",
        toolset: Toolset::Settings,
        default: true,
        about: "List profiles (own companies); their ids are profile_id elsewhere.",
        method: Method::Get,
        path: "/v1/profiles",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[],
        answer: Answer::List(ListOf {
            resource: "profiles",
            date: None,
            sums: &[],
            short: true,
            columns: &["company_name", "legal_form", "vat_number", "vat_method", "default_currency"],
        }),
        computed: &[],
        evidence: Evidence::Path,
    },
    Endpoint {
        tool: "get_profile",
        toolset: Toolset::Settings,
        default: true,
        about: "Get one profile: address, VAT, currency, invoice numbering, IBAN.",
        method: Method::Get,
        path: "/v1/profiles/{id}",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[ID],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Table,
    },
    Endpoint {
        tool: "get_company_info",
        toolset: Toolset::Settings,
        default: false,
        about: "Get the own company: name, address, VAT number.",
        method: Method::Get,
        path: "/v1/company",
        effect: Effect::Reads,
        confirms: Confirms::Never,
        params: &[],
        answer: Answer::Record,
        computed: &[],
        evidence: Evidence::Capability,
    },
];
