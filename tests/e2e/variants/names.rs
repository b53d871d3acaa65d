//! What a variant calls our fields, parameters and values; which stands for what is the truth that its server obeys and
//! that matches are held against.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::dice::Dice;
use super::ours::{self, subject_of};
use super::style::Case;
use super::synonyms::{FIELDS, PARAMETERS, VALUES};
use super::words::Resources;

/// Enumerations of codes, which everybody spells alike.
const CODES: &[&str] = &[
    "currency",
    "default_currency",
    "language",
    "tax_code",
    "payment_reference_type",
    "profit-loss",
    "balance-sheet",
    "vat",
];

/// Fields that no prompt needs: a variant may lack them.
const SPARE_FIELDS: &[&str] = &[
    "intro_text",
    "payment_info",
    "website",
    "sku",
    "bank_name",
    "is_qr_iban",
    "legal_form",
    "offer_prefix",
    "receipt_attached",
    "round_to_five_rappen",
    "house_number",
];

/// All names of a variant.
#[derive(Clone, Debug)]
pub struct Names {
    seed: u64,
    synonyms: bool,
    pub resources: Resources,
    pub fields_case: Case,
    pub parameters_case: Case,
    pub values_case: Case,
    /// Optional fields of ours that the variant does not have.
    lost: BTreeSet<&'static str>,
    /// Query parameters are asked as `filter[name]`.
    filters: bool,
    /// Subject and field → theirs.
    fields: BTreeMap<(String, String), String>,
}

impl Names {
    pub fn chosen(seed: u64, level: u8) -> Self {
        let mut dice = Dice::of(seed, "cases");
        let fields_case = dice.pick(&[Case::Snake, Case::Camel, Case::Camel, Case::Pascal, Case::Kebab]);
        let other = dice.pick(&[Case::Snake, Case::Camel, Case::Kebab]);
        let mut names = Self {
            seed,
            synonyms: level >= 2,
            resources: Resources::chosen(seed, level >= 2),
            fields_case,
            parameters_case: if dice.chance(75) { fields_case } else { other },
            values_case: dice.pick(&[
                Case::Snake,
                Case::Snake,
                Case::Upper,
                Case::Pascal,
                Case::Kebab,
                Case::Camel,
            ]),
            lost: BTreeSet::new(),
            filters: level >= 3 && Dice::of(seed, "filters").chance(15),
            fields: BTreeMap::new(),
        };
        if level >= 3 {
            let mut dice = Dice::of(seed, "lost fields");
            names.lost = SPARE_FIELDS.iter().copied().filter(|_| dice.chance(20)).collect();
        }
        if level == 0 {
            names.fields_case = Case::Snake;
            names.parameters_case = Case::Snake;
            names.values_case = Case::Snake;
        }
        for (subject, fields) in ours::subjects().clone() {
            let mut taken = BTreeSet::new();
            for field in fields {
                let mut word = names.word(&subject, &field);
                if field == "id" && level >= 3 {
                    word = names.key(&subject);
                }
                if !taken.insert(word.clone()) {
                    word.clone_from(&field);
                    while !taken.insert(word.clone()) {
                        word = format!("{word}_value");
                    }
                }
                let spelled = names.fields_case.of(&word);
                names.fields.insert((subject.clone(), field), spelled);
            }
        }
        names
    }

    /// What the key of a record is called.
    fn key(&self, subject: &str) -> String {
        let style = Dice::of(self.seed, "key").below(8);
        match style {
            0 => "uuid".to_owned(),
            1 if self.resources.has(subject) => format!("{}_id", self.resources.one(subject)),
            _ => "id".to_owned(),
        }
    }

    /// Whether the variant has no such field.
    pub fn is_lost(&self, field: &str) -> bool {
        self.lost.contains(field)
    }

    /// The word for a field, in snake case.
    fn word(&self, subject: &str, field: &str) -> String {
        if !self.synonyms {
            return field.to_owned();
        }
        if let Some(word) = self.resources.in_field(field) {
            return word;
        }
        let own = format!("{subject}.{field}");
        let found = FIELDS
            .iter()
            .find(|(key, _)| *key == own)
            .or_else(|| FIELDS.iter().find(|(key, _)| *key == field));
        self.choose(found, field)
    }

    /// Ours in one of three cases, else one of the others' words; the same all over a variant.
    fn choose(&self, found: Option<&(&str, &[&str])>, ours: &str) -> String {
        let Some((key, words)) = found else { return ours.to_owned() };
        let mut dice = Dice::of(self.seed, &format!("word {key}"));
        if dice.chance(35) { ours.to_owned() } else { dice.pick(words).to_owned() }
    }

    /// What a field is called; fields that we do not know are spelled in the same case.
    pub fn field(&self, subject: &str, field: &str) -> String {
        let known = self.fields.get(&(subject.to_owned(), field.to_owned()));
        known.cloned().unwrap_or_else(|| self.fields_case.of(field))
    }

    /// What a query parameter of a list or report is called. `subject` is that of the records.
    pub fn parameter(&self, subject: &str, name: &str) -> String {
        let word = self.plain_parameter(subject, name);
        if self.filters && name != "sort" { format!("filter[{word}]") } else { word }
    }

    fn plain_parameter(&self, subject: &str, name: &str) -> String {
        if ours::has_field(subject, name) && name != "from" && name != "to" && name != "as_of" {
            let field = self.fields.get(&(subject.to_owned(), name.to_owned())).unwrap();
            return self.parameters_case.of(&snake(field));
        }
        if !self.synonyms {
            return self.parameters_case.of(name);
        }
        if let Some(word) = self.resources.in_field(name) {
            return self.parameters_case.of(&word);
        }
        let word = self.choose(PARAMETERS.iter().find(|(key, _)| *key == name), name);
        self.parameters_case.of(&word)
    }

    /// What a value of the enumeration of this field is called.
    pub fn value(&self, field: &str, value: &str) -> String {
        if CODES.contains(&field) || CODES.contains(&value) {
            return value.to_owned();
        }
        let word = match VALUES.iter().find(|(key, _)| *key == value) {
            Some(found) if self.synonyms => self.choose(Some(found), value),
            _ => self.resource_value(value),
        };
        self.values_case.of(&word)
    }

    /// Values that are words for resources.
    fn resource_value(&self, value: &str) -> String {
        match value {
            "invoice" | "expense" | "client" if self.synonyms => self.resources.one(value).to_owned(),
            _ => value.to_owned(),
        }
    }

    /// A value of `sort`: the field with or without a minus.
    pub fn sort_value(&self, subject: &str, value: &str) -> String {
        let (sign, field) = value.strip_prefix('-').map_or(("", value), |field| ("-", field));
        format!("{sign}{}", self.field(subject, field))
    }

    /// The subject within which the value of a property is named.
    pub fn inner_subject(subject: &str, field: &str, schema: &Value) -> String {
        let schema = schema.get("items").unwrap_or(schema);
        match ours::component(schema) {
            Some(name) => subject_of(name),
            None => format!("{subject}.{field}"),
        }
    }
}

/// Any case → snake case.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for sign in name.chars() {
        if sign.is_ascii_uppercase() {
            if !text.is_empty() && !text.ends_with('_') {
                text.push('_');
            }
            text.push(sign.to_ascii_lowercase());
        } else {
            text.push(if sign == '-' { '_' } else { sign });
        }
    }
    text
}
