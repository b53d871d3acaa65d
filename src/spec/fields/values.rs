//! Which value of an enumeration of theirs is which of ours.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Nouns;
use crate::spec::schema;
use crate::spec::words::{canonical, key, names as list, squashed};

/// Whether a value of ours and one of theirs are the same.
type Alike<'a> = dyn Fn(&str, &str) -> bool + 'a;

/// Values that are spelled differently, ours → theirs, and those of ours that theirs lacks. Both empty where one of the
/// two is no enumeration.
pub fn same(ours: &Value, theirs: &Value, nouns: &Nouns) -> (BTreeMap<String, String>, Vec<String>) {
    let (ours, theirs) = (schema::values(ours), schema::values(theirs));
    if ours.is_empty() || theirs.is_empty() {
        return (BTreeMap::new(), Vec::new());
    }
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let named = |ours: &str, theirs: &str| nouns.ours(theirs) == Some(key(&canonical(ours)));
    let tiers: [&Alike<'_>; 5] = [
        &|ours, theirs| ours == theirs,
        &|ours, theirs| squashed(ours) == squashed(theirs),
        &|ours, theirs| key(&canonical(ours)) == key(&canonical(theirs)),
        &named,
        &is_synonym,
    ];
    for tier in tiers {
        let free: Vec<&&str> =
            theirs.iter().filter(|theirs| !found.values().any(|taken| taken == **theirs)).collect();
        let left: Vec<&&str> = ours.iter().filter(|ours| !found.contains_key(**ours)).collect();
        for our in &left {
            let mut fits = free.iter().filter(|their| tier(our, their));
            if let (Some(their), None) = (fits.next(), fits.next())
                && left.iter().filter(|other| tier(other, their)).count() == 1
            {
                found.insert((**our).to_owned(), (***their).to_owned());
            }
        }
    }
    let lacking =
        ours.iter().filter(|ours| !found.contains_key(**ours)).map(|ours| format!("`{ours}`")).collect();
    found.retain(|ours, theirs| ours != theirs);
    (found, lacking)
}

/// Whether two enumerations have a value in common.
pub fn overlap(ours: &Value, theirs: &Value, nouns: &Nouns) -> bool {
    same(ours, theirs, nouns).1.len() < schema::values(ours).len()
}

fn is_synonym(ours: &str, theirs: &str) -> bool {
    let theirs = key(&canonical(theirs));
    let row = VALUES.iter().find(|(name, _)| *name == ours);
    row.is_some_and(|(_, names)| list(names).any(|name| key(&canonical(name)) == theirs))
}

/// Values of enumerations: ours, then others.
const VALUES: &[(&str, &str)] = &[
    ("draft", "entwurf, brouillon, drafted, in draft, bozza"),
    (
        "sent",
        "open, issued, delivered, versendet, versandt, gesendet, envoye, is sent, outstanding, \
         unpaid, awaiting payment",
    ),
    (
        "partially_paid",
        "partial, part paid, partly paid, partial paid, partially, partial payment, teilbezahlt, \
         teilweise bezahlt",
    ),
    ("paid", "settled, bezahlt, paid in full, fully paid, paye"),
    ("overdue", "past due, late, ueberfaellig, en retard"),
    ("cancelled", "canceled, void, voided, storniert, annulled, revoked, annule"),
    ("accepted", "approved, angenommen, won, akzeptiert, accepte"),
    ("declined", "rejected, abgelehnt, refused, lost, refuse"),
    ("active", "running, aktiv, enabled, actif"),
    ("paused", "on hold, suspended, pausiert, stopped, inactive, halted"),
    ("ended", "finished, completed, expired, beendet, terminated, done, stopped"),
    ("semi_annually", "half yearly, semi annual, every six months, every 6 months, six monthly, semester"),
    ("annually", "year, every year"),
    ("company", "organization, business, b2b, legal entity, corporate"),
    ("person", "individual, private, b2c, natural person, consumer, privat, privatperson, private person"),
    ("open", "offen, ouvert"),
    ("closed", "geschlossen, locked, abgeschlossen, ferme"),
    ("unmatched", "unreconciled, not matched, not reconciled, unallocated, un reconcile"),
    ("matched", "reconciled, allocated, zugeordnet"),
    ("suggested", "suggestion, proposed, suggested match, vorgeschlagen"),
    ("ignored", "excluded, skipped, dismissed, ignoriert"),
    ("asset", "aktiven, aktiv, actif"),
    ("liability", "passiven, fremdkapital, passif"),
    ("equity", "eigenkapital, capital"),
    ("revenue", "ertrag"),
    ("invoice", "sales invoice, client invoice, bill"),
    ("manual", "user, hand, manual entry"),
    ("client", "contact"),
    ("none", "no comparison"),
    ("previous_period", "prior period, last period, preceding period"),
    ("previous_year", "prior year, last year, preceding year, same period last year, year before"),
    ("simple", "single entry, income expense, cash"),
    ("double_entry", "double, double entry bookkeeping, doppelt"),
    ("effective", "effektiv"),
    ("net_tax_rate", "saldo, flat rate, net tax, saldosteuersatz"),
    ("agreed", "accrual, vereinbart, invoiced"),
    ("received", "vereinnahmt, cash"),
    ("quarterly", "every quarter, every three months, three monthly, every 3 months"),
    ("monthly", "every month"),
    ("weekly", "every week"),
    ("expense", "cost, purchase, expenditure, spending"),
    ("bank", "bank transaction, bank payment, banking"),
    ("closing", "closing entry, year end, year end closing"),
    ("converted", "invoiced"),
    ("expired", "lapsed, timed out"),
];
