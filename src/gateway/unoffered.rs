//! What the API is not known to have, by the verbs that models try: what to do and to tell the person instead. Where
//! the user's own description of the API has such a tool it is served, and nothing here is said.

/// Words in the name of a tool, what is missing, and what can be done instead.
struct Missing {
    words: &'static [&'static str],
    /// As the instructions name it.
    what: &'static str,
    instead: &'static str,
}

const MISSING: &[Missing] = &[
    Missing {
        words: &["send", "email", "mail", "deliver", "resend", "reminder", "remind", "dunning"],
        what: "sending",
        instead: "the API is not known to send anything to customers: give the person the text and the recipient \
                  (`get_client`) for a mail of their own, and tell them to send the document in the Lumabill web app",
    },
    Missing {
        words: &["pdf", "print", "render", "download"],
        what: "PDF",
        instead: "the API is not known to give PDFs: tell the person to download it in the Lumabill web app; `get_invoice` and \
                  `get_offer` show the content",
    },
    Missing {
        words: &["void", "cancel", "storno", "annul", "reverse"],
        what: "voiding",
        instead: "the API is not known to void or cancel documents: tell the person to do it in the Lumabill web app; a draft \
                  can be deleted with `delete_invoice`",
    },
    Missing {
        words: &["credit", "refund"],
        what: "credit notes",
        instead: "the API is not known to make credit notes: tell the person to make it in the Lumabill web app",
    },
    Missing {
        words: &["paid", "pay", "payment", "payments", "settle"],
        what: "marking as paid",
        instead: "the API is not known to mark documents as paid: an imported bank payment settles its invoice with \
                  `reconcile_transaction`, anything else is for the person to do in the Lumabill web app",
    },
    Missing {
        words: &["finalize", "finalise", "issue", "approve", "publish"],
        what: "finalizing",
        instead: "the API is not known to finalize drafts: tell the person to check and send the draft in the Lumabill web app",
    },
    Missing {
        words: &["accept", "decline"],
        what: "accepting offers",
        instead: "the API is not known to change the state of an offer: tell the person to do it in the Lumabill web app",
    },
    Missing {
        words: &["attach", "upload", "attachment"],
        what: "attachments",
        instead: "the API is not known to take attachments: tell the person to add it in the Lumabill web app",
    },
    Missing {
        words: &["submit", "file", "declare"],
        what: "filing VAT",
        instead: "nothing is filed with an authority: `get_vat_report` prepares the figures, and the person files them",
    },
];

/// What to do in place of a tool of this name, or of what these words ask for, where none of these tools does it.
pub(super) fn instead_of(words: &str, tools: &[&str]) -> Option<&'static str> {
    let asked = words.to_lowercase();
    let asked: Vec<&str> = asked.split(|letter: char| !letter.is_alphanumeric()).collect();
    let missing = MISSING.iter().find(|missing| missing.words.iter().any(|word| asked.contains(word)));
    missing.filter(|missing| !missing.is_done_by(tools)).map(|missing| missing.instead)
}

/// The same for a search, whose words may only mention such a thing: it has to be what is asked for.
pub(super) fn asked_for(query: &str, tools: &[&str]) -> Option<&'static str> {
    let asked = query.to_lowercase();
    let mut words = asked.split_whitespace().filter(|word| !["a", "an", "the"].contains(word));
    match words.next()? {
        "mark" | "make" | "create" | "get" | "record" | "issue" => instead_of(&asked, tools),
        // Payments are looked for as bank transactions.
        "payment" | "payments" | "paid" => None,
        verb => instead_of(verb, tools),
    }
}

/// What none of these tools does, as the instructions name it.
pub(super) fn missing_from(tools: &[&str]) -> Vec<&'static str> {
    MISSING.iter().filter(|missing| !missing.is_done_by(tools)).map(|missing| missing.what).collect()
}

impl Missing {
    /// A tool's first word says what it does; in the names of a description it may stand anywhere (`invoices_send`,
    /// `get_invoice_pdf`).
    fn is_done_by(&self, tools: &[&str]) -> bool {
        let does = |tool: &&str| {
            let ours = crate::catalogue::find(tool).is_some() || crate::workflows::find(tool).is_some();
            tool.split('_').take(if ours { 1 } else { usize::MAX }).any(|word| self.words.contains(&word))
        };
        tools.iter().any(does)
    }
}

#[cfg(test)]
mod tests {
    use super::{asked_for, instead_of, missing_from};

    #[test]
    fn each_verb_that_models_try_has_an_answer_and_what_is_there_has_none() {
        for (tool, says) in [
            ("send_invoice", "mail of their own"),
            ("email_offer", "mail of their own"),
            ("send_payment_reminder", "mail of their own"),
            ("get_invoice_pdf", "PDFs"),
            ("download_invoice", "PDFs"),
            ("void_invoice", "void"),
            ("cancel_invoice", "void"),
            ("mark_invoice_paid", "reconcile_transaction"),
            ("record_payment", "reconcile_transaction"),
            ("create_credit_note", "credit notes"),
            ("refund_invoice", "credit notes"),
            ("finalize_invoice", "finalize"),
            ("accept_offer", "state of an offer"),
            ("attach_receipt", "attachments"),
            ("submit_vat_return", "get_vat_report"),
        ] {
            assert!(instead_of(tool, &[]).is_some_and(|instead| instead.contains(says)), "{tool}");
        }
        for tool in crate::catalogue::all().map(|row| row.tool).chain(["convert_offer_to_invoice"]) {
            assert_eq!(instead_of(tool, &[]), None, "{tool}");
        }
    }

    #[test]
    fn a_search_hears_of_it_only_where_it_asks_for_it() {
        for query in
            ["send invoice", "PDF", "mark the invoice as paid", "create credit note", "void an invoice"]
        {
            assert!(asked_for(query, &[]).is_some(), "{query}");
        }
        for query in ["is invoice 9 paid", "payments", "reconcile payments", "read camt file", "unpaid", ""] {
            assert_eq!(asked_for(query, &[]), None, "{query}");
        }
    }

    /// Where the user's own description of the API has such tools, the instructions say nothing against them.
    #[test]
    fn what_a_served_tool_does_is_not_missing() {
        assert!(missing_from(&["create_invoice"]).contains(&"sending"));
        let missing = missing_from(&["create_invoice", "send_invoice", "void_invoice"]);
        assert!(!missing.contains(&"sending") && !missing.contains(&"voiding") && missing.contains(&"PDF"));
    }
}
