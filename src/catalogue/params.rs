//! Words for rows: constructors of [`Param`] and the parameters that several resources share.

use super::{Check, Kind, Param, Place};

const fn param(name: &'static str, kind: Kind) -> Param {
    Param { name, wire: None, place: Place::Body, kind, required: false, or: None, frozen: false, about: "" }
}

pub const fn text(name: &'static str) -> Param {
    param(name, Kind::Text)
}

pub const fn iban(name: &'static str) -> Param {
    param(name, Kind::Iban)
}

pub const fn id(name: &'static str) -> Param {
    param(name, Kind::Id)
}

pub const fn date(name: &'static str) -> Param {
    param(name, Kind::Date)
}

pub const fn decimal(name: &'static str) -> Param {
    param(name, Kind::Decimal)
}

pub const fn integer(name: &'static str) -> Param {
    param(name, Kind::Integer)
}

pub const fn boolean(name: &'static str) -> Param {
    param(name, Kind::Boolean)
}

pub const fn choice(name: &'static str, values: &'static [&'static str]) -> Param {
    param(name, Kind::Choice(values))
}

pub const fn object(name: &'static str, fields: &'static [Param]) -> Param {
    param(name, Kind::Object(fields))
}

pub const fn objects(name: &'static str, fields: &'static [Param]) -> Param {
    param(name, Kind::Objects(fields))
}

/// What an update takes beside the record's id: the fields to change.
pub const fn changes(fields: &'static [Param]) -> Param {
    object(super::CHANGES, fields).required()
}

impl Param {
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// `other` may stand in its place.
    pub const fn or(mut self, other: &'static str) -> Self {
        self.or = Some(other);
        self
    }

    pub const fn frozen(mut self) -> Self {
        self.frozen = true;
        self
    }

    pub const fn about(mut self, words: &'static str) -> Self {
        self.about = words;
        self
    }

    pub const fn wire(mut self, name: &'static str) -> Self {
        self.wire = Some(name);
        self
    }

    pub const fn path(mut self) -> Self {
        self.place = Place::Path;
        self
    }

    pub const fn query(mut self, check: Check) -> Self {
        self.place = Place::Query(check);
        self
    }

    pub const fn file(mut self) -> Self {
        self.place = Place::File;
        self
    }

    pub const fn gateway(mut self) -> Self {
        self.place = Place::Gateway;
        self
    }

    /// The name on the wire.
    pub fn wire_name(&self) -> &'static str {
        self.wire.unwrap_or(self.name)
    }
}

/// The record that a path names.
pub const ID: Param = id("id").path().required();
/// The same where the record may be named by `number` instead.
pub const ID_OR_NUMBER: Param = ID.or("number");
pub const NUMBER_FOR_ID: Param = text("number").gateway();

pub const SEARCH: Param = text("search").query(Check::Contains);
/// Turned into `from` and `to`.
pub const PERIOD: Param = text("period").gateway();
/// The first and last day of a list, checked against the rows' own date.
pub const fn from(field: &'static str) -> Param {
    date("from").query(Check::AtLeast(field)).or("period")
}
pub const fn to(field: &'static str) -> Param {
    date("to").query(Check::AtMost(field)).or("period")
}

pub const CLIENT_ID: Param = id("client_id").required().or("client_name");
/// Turned into `client_id`; exact, and only if one client bears it.
pub const CLIENT_NAME: Param = text("client_name").gateway();
pub const VENDOR_NAME: Param = text("vendor_name").gateway();
pub const BY_CLIENT: Param = id("client_id").query(Check::Equals("client_id")).or("client_name");

pub const LANGUAGE: Param = choice("language", &["de", "fr", "it", "en"]);
pub const CURRENCY: Param = text("currency");
pub const TAX_RATE: Param = decimal("tax_rate");
pub const SERVICE_FROM: Param = date("service_from").wire("service_date_from");
pub const SERVICE_TO: Param = date("service_to").wire("service_date_to");

/// The lines of invoices, offers and recurring invoices.
pub const LINES: Param = objects("lines", LINE).required();
/// Their fields.
pub const LINE: &[Param] = &[
    text("description").required(),
    decimal("quantity").required(),
    decimal("price").required().about("per unit"),
    text("unit"),
    TAX_RATE.about("VAT %"),
    decimal("discount_percent"),
    id("catalog_item_id"),
];

/// Kept in separate elements, since QR-bills take structured addresses only.
pub const ADDRESS: Param = object(
    "address",
    const {
        &[
            text("street"),
            text("house_number"),
            text("postal_code"),
            text("city"),
            text("country").about("CH, DE …"),
        ]
    },
);

/// What every list takes.
pub const LIMIT: Param = integer("limit").gateway();
pub const CURSOR: Param = text("cursor").gateway();
pub const ALL: Param = boolean("all").gateway();
pub const FIELDS: Param = text("fields").gateway();
pub const DETAIL: Param = choice("detail", &["full"]).gateway();
/// What every write takes.
pub const DRY_RUN: Param = boolean("dry_run").gateway();
/// What every create and act takes: another one of the same is meant.
pub const ALLOW_DUPLICATE: Param = boolean("allow_duplicate").gateway();
/// Where the answer is a file: the new file that it is saved as.
pub const FILE: Param =
    text("file").gateway().about("new name in an allowed folder; the answer is saved there");
/// What every call takes that a person is asked about.
pub const CONFIRM_NUMBER: Param = text("confirm_number").gateway();
