//! Both versions as banks write them, and files that are broken or meant to do harm.

use rust_decimal::Decimal;

use super::{CamtError, File, Kind, LARGEST, read};
use crate::rules::reference;

const OF_08: &str = include_str!("../../../tests/data/statement-08.xml");
const OF_04: &str = include_str!("../../../tests/data/statement-04.xml");

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A statement in CHF from 100.00 to `closing` with these entries.
fn statement(closing: &str, entries: &str) -> String {
    let balance = |code: &str, amount: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CHF\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
        )
    };
    format!(
        "<Stmt><Id>S1</Id><Acct><Id><IBAN>CH6930999000000000001</IBAN></Id><Ccy>CHF</Ccy></Acct>{}{}{entries}</Stmt>",
        balance("OPBD", "100.00"),
        balance("CLBD", closing)
    )
}

fn entry(amount: &str, direction: &str, status: &str, rest: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"CHF\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
         <BookgDt><Dt>2026-11-20</Dt></BookgDt>{rest}</Ntry>"
    )
}

fn file(space: &str, body: &str) -> String {
    format!("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{space}\">{body}</Document>")
}

fn statements(body: &str) -> String {
    file("camt.053.001.08", &format!("<BkToCstmrStmt>{body}</BkToCstmrStmt>"))
}

fn one(body: &str) -> File {
    read(&statements(body)).unwrap()
}

#[test]
fn the_version_08_is_read_whole() {
    let file = read(OF_08).unwrap();
    assert_eq!((file.kind, file.format.as_str()), (Kind::Statement, "camt.053.001.08"));
    let [statement] = &file.statements[..] else { panic!("{} statements", file.statements.len()) };
    assert_eq!(statement.iban.as_deref(), Some("CH6930999000000000001"));
    assert_eq!(statement.opening.as_ref().unwrap().amount, d("60654.90"));
    assert_eq!(statement.adds_up(), Some(true));
    assert_eq!(statement.entries.len(), 7);
    let sums = file.sums().unwrap();
    let chf = sums["CHF"];
    assert_eq!((chf.entries, chf.credits, chf.debits), (6, d("7316.85"), d("-211.40")));
    let first = &statement.entries[0].details[0];
    assert_eq!(first.references[0].kind, Some(reference::Kind::Qr));
    assert_eq!(first.references[0].wrong, None);
    assert_eq!(first.debtor.name.as_deref(), Some("Hotel Alpenblick AG"));
    assert_eq!(first.debtor.iban.as_deref(), Some("CH9300762011623852957"));
    let collective = &statement.entries[3];
    assert!(collective.is_collective());
    assert_eq!((collective.paid(), collective.announced), (Some(d("4275.30")), Some(2)));
    let reversal = &statement.entries[4];
    assert!(reversal.reversal);
    assert_eq!(reversal.amount, d("-99.00"));
    assert!(!statement.entries[6].is_booked());
}

#[test]
fn the_version_04_has_other_places_for_the_same() {
    let file = read(OF_04).unwrap();
    let [statement] = &file.statements[..] else { panic!("{} statements", file.statements.len()) };
    assert_eq!(statement.adds_up(), Some(true));
    let first = &statement.entries[0];
    assert!(first.is_booked());
    assert_eq!(first.details[0].amount, Some(d("780.00")));
    assert_eq!(first.details[0].debtor.name.as_deref(), Some("Verlag Rheinufer AG"));
    assert_eq!(first.details[0].references[0].kind, Some(reference::Kind::Creditor));
    let card = &statement.entries[2];
    assert_eq!((card.amount, card.details.len()), (d("-38.00"), 0));
    assert_eq!(card.text.as_deref(), Some("Kartenzahlung Deutsche Bahn"));
}

#[test]
fn prefixes_and_line_breaks_change_nothing() {
    let prefixed = OF_08
        .replace("<Document xmlns=", "<n:Document xmlns:n=")
        .replace("</", "</n:")
        .replace('<', "<n:")
        .replace("<n:?", "<?")
        .replace("<n:n:", "<n:")
        .replace("<n:/n:", "</n:");
    let (plain, other) = (read(OF_08).unwrap(), read(&prefixed).unwrap());
    assert_eq!(format!("{plain:?}"), format!("{other:?}"));
    assert!(read(&format!("\u{feff}\n{OF_08}")).is_ok());
}

#[test]
fn a_statement_that_does_not_add_up_says_so() {
    let entries = entry("50.00", "CRDT", "BOOK", "") + &entry("7.00", "DBIT", "PDNG", "");
    let file = one(&(statement("150.00", &entries) + &statement("149.95", &entries)));
    let told: Vec<_> = file.statements.iter().map(super::Statement::adds_up).collect();
    assert_eq!(told, [Some(true), Some(false)]);
    assert_eq!(file.statements[1].reached(), Some(d("150.00")));
    let foreign = entry("50.00", "CRDT", "BOOK", "").replace("CHF", "EUR");
    assert_eq!(one(&statement("150.00", &foreign)).statements[0].adds_up(), None);
    let bare = "<Stmt><Id>S</Id></Stmt>";
    assert_eq!(one(bare).statements[0].adds_up(), None);
}

#[test]
fn an_overdrawn_account_begins_below_zero() {
    let body = statement("50.00", &entry("150.00", "CRDT", "BOOK", ""));
    let body = body.replacen("<CdtDbtInd>CRDT", "<CdtDbtInd>DBIT", 1);
    let file = one(&body);
    assert_eq!(file.statements[0].opening.as_ref().unwrap().amount, d("-100.00"));
    assert_eq!(file.statements[0].adds_up(), Some(true));
}

#[test]
fn a_notification_has_no_balances() {
    let entry = entry("50.00", "CRDT", "BOOK", "<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>");
    let body = format!("<BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>{entry}</Ntfctn></BkToCstmrDbtCdtNtfctn>");
    for version in ["camt.054.001.04", "camt.054.001.08"] {
        let file = read(&file(version, &body)).unwrap();
        assert_eq!(file.kind, Kind::Notification);
        assert_eq!(file.statements[0].adds_up(), None);
        assert!(file.statements[0].entries[0].is_collective());
    }
}

#[test]
fn what_a_payment_says_is_read() {
    let payment = "<NtryDtls><TxDtls><Amt Ccy=\"CHF\">50.00</Amt>\
        <Chrgs><Rcrd><Amt Ccy=\"CHF\">1.20</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd><Rcrd><Amt Ccy=\"CHF\">0.20</Amt>\
        <CdtDbtInd>CRDT</CdtDbtInd></Rcrd></Chrgs>\
        <RltdPties><UltmtDbtr><Pty><Nm>Ultimate</Nm></Pty></UltmtDbtr></RltdPties>\
        <RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd>\
        <Strd><CdtrRefInf><Ref>21<!-- x -->0000000003139471430009018</Ref></CdtrRefInf><AddtlRmtInf>three</AddtlRmtInf></Strd>\
        <Strd><CdtrRefInf><Ref>000000000000000000000000000</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls>";
    let file = one(&statement("150.00", &entry("50.00", "CRDT", "BOOK", payment)));
    let detail = &file.statements[0].entries[0].details[0];
    assert_eq!(detail.charges, Some(d("1.00")));
    assert_eq!(detail.debtor.name.as_deref(), Some("Ultimate"));
    assert_eq!(detail.text.as_deref(), Some("one two three"));
    let [reference] = &detail.references[..] else { panic!("{:?}", detail.references) };
    assert_eq!(reference.text, "210000000003139471430009018");
    assert!(reference.wrong.as_ref().unwrap().contains("check digit"));
}

#[test]
fn broken_entries_are_named_and_nothing_is_guessed() {
    let good = entry("50.00", "CRDT", "BOOK", "");
    for (broken, why) in [
        (good.replace("50.00", "5O.00"), "`5O.00` is no amount"),
        (good.replace("50.00", "-50.00"), "is no amount"),
        (good.replace("50.00", "1'000.00"), "is no amount"),
        (good.replace("50.00", ""), "is no amount"),
        (good.replace("50.00", &"9".repeat(40)), "is no amount"),
        (good.replace(" Ccy=\"CHF\"", ""), "no currency"),
        (good.replace("CRDT", "CREDIT"), "`CdtDbtInd` is `CREDIT`"),
        (good.replace("<CdtDbtInd>CRDT</CdtDbtInd>", ""), "`CdtDbtInd` is missing"),
        (good.replace("2026-11-20", "20.11.2026"), "`BookgDt` is no day"),
        (good.replace("2026-11-20", "2026-02-30"), "`BookgDt` is no day"),
        (good.replace("<Sts><Cd>BOOK</Cd></Sts>", ""), "`Sts` is missing"),
        (good.replace("<BookgDt><Dt>2026-11-20</Dt></BookgDt>", ""), "`BookgDt` is missing"),
    ] {
        let error = read(&statements(&statement("150.00", &(good.clone() + &broken)))).unwrap_err();
        let CamtError::Broken { statement, what } = error else { panic!("{error:?}") };
        assert_eq!(statement, "S1");
        assert!(what.starts_with("entry 2: ") && what.contains(why), "{what}");
    }
    let large = entry(&"9".repeat(28), "CRDT", "BOOK", "").repeat(9);
    let file = one(&statement("150.00", &large));
    assert!(file.sums().is_none());
    assert_eq!(file.statements[0].adds_up(), None);
}

#[test]
fn other_files_are_named_as_what_they_are() {
    let not_camt = |xml: &str| match read(xml) {
        Err(CamtError::NotCamt(found)) => found,
        other => panic!("{other:?}"),
    };
    assert!(not_camt(&file("camt.052.001.08", "<BkToCstmrAcctRpt/>")).contains("camt.052"));
    assert!(not_camt(&file("pain.001.001.09", "")).contains("pain.001"));
    assert_eq!(not_camt("<Document/>"), "Document");
    assert!(not_camt(&OF_08.replace("urn:iso:std:iso:20022:tech:xsd:", "http://x/")).contains("http://x/"));
    assert!(not_camt(&format!("<a xmlns='{}'/>", "x".repeat(5_000))).chars().count() < 200);
    assert_eq!(read(&file("camt.053.001.08", "")).unwrap_err(), CamtError::Missing("BkToCstmrStmt"));
    assert_eq!(read(&statements("")).unwrap_err(), CamtError::Missing("Stmt"));
}

#[test]
fn hostile_xml_is_refused_at_once() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE Document [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">\
        <!ENTITY c \"&b;&b;&b;&b;&b;\">]><Document>&c;</Document>";
    let external = "<!DOCTYPE Document [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Document>&x;</Document>";
    for declared in [bomb, external, "<!DOCTYPE Document SYSTEM \"http://127.0.0.1/x.dtd\"><Document/>"] {
        assert_eq!(read(declared).unwrap_err(), CamtError::Dtd, "{declared}");
    }
    for broken in
        ["", "<", "<Document", "<a></b>", "<a>&x;</a>", "<a/><b/>", "no XML", "<a>\u{1}</a>", "<a>\0</a>"]
    {
        assert!(matches!(read(broken), Err(CamtError::NotXml(_))), "{broken:?}: {:?}", read(broken));
    }
    assert_eq!(read(&" ".repeat(LARGEST + 1)).unwrap_err(), CamtError::TooLarge);
    assert_eq!(read(&statements(&"<x/>".repeat(2_100_000))).unwrap_err(), CamtError::TooLarge);
    let attributes = (0..1_000_000).map(|n| format!(" a{n}=''")).collect::<String>();
    assert_eq!(read(&statements(&format!("<x{attributes}/>"))).unwrap_err(), CamtError::TooLarge);
    let prefixes = (0..200_000).map(|n| format!("<x xmlns:p{n}='{n}'>")).collect::<String>();
    assert_eq!(read(&statements(&prefixes)).unwrap_err(), CamtError::TooLarge);
    let deep = "<x>".repeat(500_000) + &"</x>".repeat(500_000);
    assert!(read(&statements(&deep)).is_err());
    let CamtError::NotXml(what) = read(&format!("<{}></b>", "n".repeat(100_000))).unwrap_err() else {
        panic!("no error of XML")
    };
    assert!(what.chars().count() < 200, "{}", what.len());
}

#[test]
fn no_text_of_a_file_is_longer_than_an_answer_can_bear() {
    let long = "x".repeat(100_000);
    let rest = format!(
        "<NtryDtls><TxDtls><RltdPties><Dbtr><Nm>{long}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{long}</Ustrd>\
         <Strd><CdtrRefInf><Ref>{long}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>{long}</AddtlNtryInf>"
    );
    let told = format!("{:?}", one(&statement("150.00", &entry("50.00", "CRDT", "BOOK", &rest))));
    assert!(told.len() < 4_000, "{} bytes", told.len());
}
