//! `make_payment_reference`: a payment reference with its check digits for a number of the user's own. Sends
//! nothing.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{choice, iban, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::{Exit, Failure};
use crate::gateway::calls::{Calls, Stop, quoted};
use crate::rules::reference::Kind;
use crate::rules::{iban as ibans, reference};

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "make_payment_reference",
        toolset: Toolset::Invoicing,
        about: "Make a payment reference of a number: QRR for a QR-IBAN, else SCOR.",
        params: &[
            text("number").gateway().required(),
            choice("kind", &["QRR", "SCOR"]).gateway(),
            iban("iban").gateway(),
        ],
        ..Endpoint::LOCAL
    },
    creates: None,
    output: &[text("reference")],
    run: |calls| Box::pin(async { run(calls) }),
};

fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let argument = |name: &str| calls.arguments().get(name).and_then(Value::as_str);
    let number = argument("number").unwrap_or_default();
    let wanted = argument("kind").map(|kind| if kind == "QRR" { Kind::Qr } else { Kind::Creditor });
    let of_iban = match argument("iban").map(ibans::check).transpose() {
        Ok(iban) => iban.map(|iban| Kind::for_iban(iban.is_qr)),
        Err(reason) => return Err(not_made(number, &format!("the IBAN is wrong: {reason}")).into()),
    };
    if let (Some(kind), Some(other)) = (wanted, of_iban)
        && kind != other
    {
        return Err(not_made(number, kind.misfit()).hint("leave `kind` out: the IBAN decides").into());
    }
    let decided = wanted.or(of_iban);
    let (made, separated) = reference::make(number, decided).map_err(|why| not_made(number, &why))?;
    let mut facts = Map::new();
    facts.insert("reference".into(), json!(made.electronic));
    facts.insert("kind".into(), json!(made.kind.name()));
    facts.insert("formatted".into(), json!(made.formatted));
    let mut notes = Vec::new();
    if separated {
        notes.push("separators are left out: a reference holds letters and digits only");
    }
    if of_iban.is_none() {
        notes.push(match made.kind {
            Kind::Qr => "for a QR-IBAN only: check with `validate_iban`",
            Kind::Creditor => "not for a QR-IBAN: check with `validate_iban`",
        });
    }
    if !notes.is_empty() {
        facts.insert("notes".into(), json!(notes));
    }
    Ok(facts)
}

fn not_made(number: &str, why: &str) -> Failure {
    let message = format!("no reference was made of `{}`: {why}", quoted(number));
    Failure::new("bad_arguments", Exit::Refused, message)
}
