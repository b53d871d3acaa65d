//! The words of billing APIs, gathered from the public references of invoicing products (Stripe, Xero, `QuickBooks`, bexio,
//! sevdesk, Lexware, `FreshBooks`, Zoho, Moneybird) and from the German, French and Italian terms of Swiss bookkeeping.

use super::Does;

/// One word for all that mean the same wherever they stand; English plurals need no mention.
pub const SAME: &[(&str, &str)] = &[
    (
        "client",
        "customer, kunde, kunden, debitor, debitoren, debtor, buyer, cliente, clienti, mandantenkunde",
    ),
    (
        "vendor",
        "supplier, creditor, lieferant, lieferanten, kreditor, kreditoren, fournisseur, fornitore, \
         fornitori",
    ),
    ("invoice", "rechnung, rechnungen, facture, fattura, fatture, ausgangsrechnung, ausgangsrechnungen"),
    (
        "offer",
        "quote, quotation, estimate, proposal, angebot, angebote, offerte, offerten, devis, \
         preventivo, preventivi",
    ),
    ("recurring", "repeating, recurrent, periodic, wiederkehrend, wiederkehrende, recurrente, periodique"),
    (
        "recurring invoice",
        "dauerrechnung, dauerrechnungen, serienrechnung, serienrechnungen, aborechnung, aborechnungen",
    ),
    (
        "vendor invoice",
        "eingangsrechnung, eingangsrechnungen, lieferantenrechnung, lieferantenrechnungen, \
         kreditorenrechnung",
    ),
    ("expense", "expenditure, ausgabe, ausgaben, aufwand, aufwaende, spesen, depense, spesa, spese"),
    ("revenue", "income, turnover, ertrag, ertraege, umsatz, umsaetze, einnahme, einnahmen, revenu, ricavi"),
    ("product", "article, artikel, produkt, produkte, produit, prodotto"),
    ("bank account", "bankkonto, bankkonten, bankaccount"),
    ("bank", "banking, banque, banca"),
    ("account", "konto, konten, compte, conto, conti"),
    ("chart account", "kontenplan, kontorahmen"),
    ("transaction", "transaktion, transaktionen"),
    (
        "bank transaction",
        "bankbuchung, bankbuchungen, bankumsatz, bankumsaetze, banktransaktion, banktransaktionen, \
         zahlungseingang",
    ),
    (
        "journal entry",
        "buchung, buchungen, buchungssatz, buchungssaetze, journalbuchung, journalbuchungen, ecriture",
    ),
    ("fiscal year", "geschaeftsjahr, geschaeftsjahre, wirtschaftsjahr, exercice"),
    ("fiscal", "financial"),
    (
        "reconcile",
        "match, matche, allocate, reconciliation, matching, allocation, abgleich, abgleichen, \
         zuordnen",
    ),
    ("import", "upload, ingest, importieren"),
    ("statement", "kontoauszug, kontoauszuege, auszug"),
    ("report", "bericht, berichte, auswertung, auswertungen, rapport"),
    ("profit loss", "pnl, erfolgsrechnung, guv, pl"),
    ("balance sheet", "bilanz, bilan, balancesheet"),
    ("company", "firma, unternehmen, entreprise, societe, azienda"),
    ("profile", "profil, profile"),
    ("organization", "organisation"),
    ("tax", "vat, mwst, ust, tva, iva, gst, mehrwertsteuer, umsatzsteuer, steuer"),
    ("tax rate", "mwstsatz, steuersatz, vatrate, taxrate"),
    ("date", "datum"),
    ("due date", "faelligkeitsdatum, faelligkeit, echeance, scadenza"),
    ("invoice date", "rechnungsdatum"),
    ("invoice number", "rechnungsnummer"),
    ("client number", "kundennummer"),
    ("number", "no, num, nr, nummer, numero"),
    ("currency", "waehrung, devise"),
    ("quantity", "qty, menge, anzahl, quantite"),
    ("unit", "einheit, unite"),
    ("price", "preis, prix, prezzo"),
    ("unit price", "einzelpreis, stueckpreis, unitprice"),
    ("description", "beschreibung, bezeichnung, desc, descr, descrizione, libelle"),
    ("line", "position, positionen, zeile, zeilen, ligne, row"),
    ("email", "mail, courriel, emailaddress"),
    ("phone", "telephone, telefon, tel"),
    ("street", "strasse, rue, via"),
    ("city", "town, ort, stadt, ville, locality, citta"),
    ("country", "land, pays"),
    ("postal code", "plz, zip, zipcode, postcode, postalcode, npa, postleitzahl"),
    ("language", "sprache, langue, lang, locale"),
    ("note", "notiz, notizen, bemerkung, bemerkungen, comment, remark, memo"),
    ("title", "titel, titre, subject, betreff"),
    ("amount", "betrag, montant, importo"),
    ("gross", "brutto, brut, ttc"),
    ("net", "netto, untaxed, pretax, ht"),
    ("excl", "excluding, exclusive, ex, exkl, excluded, exclude"),
    ("incl", "including, inclusive, inc, inkl, included"),
    ("total", "gesamt, gesamtbetrag, totale"),
    ("reference", "referenz, ref"),
    ("category", "kategorie, categorie"),
    ("interval", "intervall, frequency, periodicity, recurrence, cadence"),
    ("debit", "soll"),
    ("credit", "haben"),
    ("organization id", "orgid"),
    ("semi annually", "halbjaehrlich, semestrial, biannually, semiannual, semiannually, halfyearly"),
    ("annually", "annual, yearly, jaehrlich, annuel"),
    ("quarterly", "quarter, vierteljaehrlich, quartalsweise, trimestriel"),
    ("monthly", "month, monatlich, mensuel"),
    ("weekly", "week, woechentlich, hebdomadaire"),
];

/// Words side by side, as synonyms make them, that are one.
pub const PHRASES: &[(&str, &str)] = &[
    ("excl tax", "net"),
    ("tax excl", "net"),
    ("without tax", "net"),
    ("before tax", "net"),
    ("incl tax", "gross"),
    ("tax incl", "gross"),
    ("with tax", "gross"),
];

/// Verbs of the operations on records.
pub const VERBS: &[(Does, &str)] = &[
    (
        Does::Looks,
        "list, index, all, search, find, browse, get, show, read, retrieve, fetch, view, detail, \
         load, lookup, query, collection, return, anzeigen, auflisten",
    ),
    (Does::Creates, "create, add, new, store, insert, post, make, anlegen, erstellen, creer"),
    (
        Does::Updates,
        "update, edit, modify, replace, patch, put, change, set, save, amend, bearbeiten, aendern",
    ),
    (Does::Deletes, "delete, remove, destroy, erase, loeschen, supprimer"),
];

/// Nothing of these tells two operations apart.
pub const NOISE: &str = "api, rest, controller, resource, endpoint, handler, service, using, by, id, uuid, the, a, an, \
     of, for, one, single, and, json, public, app, ext, open, openapi, action, operation, route, \
     me, my, own, current, with, from, in, to, http, async, web, der, die, das, ein, eine, le, la, \
     les, un, une, view, viewset, model, entity, record, object, existing, specific, multiple, many";

/// In an operation's name these mean an act that cannot be taken back, or that reaches somebody.
pub const DANGEROUS: &str = "send, sends, sending, resend, mail, mails, email, emails, void, voids, cancel, cancels, pay, \
     pays, final, finalize, finalise, finalizes, finalises, close, closes, post, posts, book, \
     approve, approves, remind, reminds, reminder, dun, dunning, delete, deletes, remove, \
     removes, issue, issues, submit, submits, publish, publishes, charge, charges, refund, refunds, \
     release, deliver, versenden, stornieren, mahnen, verbuchen";
