//! What an operation does that nobody here knows: by its method, by where its path ends, and by the words of its name. A
//! word that does something makes it an act whatever its method; nothing makes it more harmless.

use super::naming::words;
use crate::catalogue::Effect;
use crate::spec::words::is_dangerous;
use crate::spec::{Operation, Verb};

/// Words that do something, in English, German, French and Italian, as `naming::words` spells them.
const ACTING: &[&str] = &[
    "accept",
    "activate",
    "adjust",
    "apply",
    "approve",
    "archive",
    "assign",
    "block",
    "book",
    "cancel",
    "charge",
    "close",
    "confirm",
    "convert",
    "copy",
    "create",
    "deactivate",
    "decline",
    "delete",
    "deliver",
    "disable",
    "dispatch",
    "duplicate",
    "dun",
    "dunning",
    "email",
    "enable",
    "erase",
    "execute",
    "final",
    "finalise",
    "finalize",
    "import",
    "invite",
    "issue",
    "lock",
    "mail",
    "mark",
    "merge",
    "notify",
    "pause",
    "pay",
    "post",
    "publish",
    "purge",
    "reconcile",
    "refund",
    "reject",
    "remind",
    "reminder",
    "remove",
    "reopen",
    "resend",
    "reset",
    "restore",
    "resume",
    "retry",
    "reverse",
    "revoke",
    "rotate",
    "run",
    "send",
    "set",
    "settle",
    "sign",
    "start",
    "stop",
    "submit",
    "subscribe",
    "suspend",
    "sync",
    "terminate",
    "transfer",
    "transmit",
    "trigger",
    "unarchive",
    "undo",
    "unlock",
    "unsubscribe",
    "update",
    "upload",
    "void",
    "withdraw",
    "write",
    "writeoff",
    "abschliessen",
    "ausstellen",
    "bestaetigen",
    "bezahlen",
    "buchen",
    "einreichen",
    "entfernen",
    "festschreiben",
    "finalisieren",
    "freigeben",
    "genehmigen",
    "kuendigen",
    "loeschen",
    "mahne",
    "mahnen",
    "mahnung",
    "schliessen",
    "senden",
    "sperren",
    "stornieren",
    "storno",
    "ueberweisen",
    "umwandeln",
    "verbuchen",
    "verschicken",
    "versand",
    "versenden",
    "zahlen",
    "zustellen",
    "accepter",
    "annuler",
    "approuver",
    "cloturer",
    "comptabiliser",
    "convertir",
    "effacer",
    "emettre",
    "envoi",
    "envoyer",
    "expedier",
    "fermer",
    "payer",
    "refuser",
    "rejeter",
    "relance",
    "relancer",
    "rembourser",
    "supprimer",
    "valider",
    "annullare",
    "approvare",
    "chiudere",
    "eliminare",
    "emettere",
    "inviare",
    "invio",
    "pagare",
    "sollecitare",
    "sollecito",
    "change",
    "clear",
    "destroy",
    "drop",
    "forward",
    "generate",
    "modify",
    "process",
    "renew",
    "replace",
    "toggle",
    "unlink",
];
/// Beginnings of words in names that are written as one: `sendinvoice`.
const BEGINNINGS: &[&str] =
    &["delet", "envoy", "finali", "loesch", "remov", "send", "storn", "supprim", "verschick", "versend"];

/// What a POST does in any case.
const ADDING: &[&str] = &["create", "post", "set", "write"];

/// Whether the name, the path or the first word of the summary says that it does something.
pub fn says_that_it_acts(operation: &Operation) -> bool {
    let id = operation.id.as_deref().unwrap_or_default();
    let summary = words(&operation.summary);
    words(id).iter().chain(summary.first()).any(|word| is_acting(operation.verb, word))
        || acts(operation.verb, "", &operation.path)
}

/// The same of a tool's name and a path alone.
pub fn acts(verb: Verb, tool: &str, path: &str) -> bool {
    let path = path.split('/').filter(|part| !part.starts_with('{')).flat_map(words);
    path.chain(words(tool)).any(|word| is_acting(verb, &word))
}

fn is_acting(verb: Verb, word: &str) -> bool {
    let acting = ACTING.contains(&word)
        || is_dangerous(word)
        || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
    acting && !(verb == Verb::Post && ADDING.contains(&word))
}

/// What an operation does. `acts`: its words say that it does something.
pub fn effect(verb: Verb, path: &str, acts: bool) -> Effect {
    let below_a_record = path.contains('{');
    match verb {
        Verb::Get if !acts => Effect::Reads,
        // `createClient` on a collection is no act on anything.
        Verb::Post if !below_a_record && !acts => Effect::Creates,
        _ => Effect::Acts,
    }
}
