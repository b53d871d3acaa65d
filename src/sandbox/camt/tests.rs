//! The camt reader on small statements made here.

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A statement of version 08 around the given entries; balances 100.00 and `closing`.
fn statement_08(entries: &str, closing: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-20T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>STMT-1</Id><Acct><Id><IBAN>CH6930999000000000001</IBAN></Id><Ccy>CHF</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CHF">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-19</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CHF">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>"#
    )
}

fn entry(amount: &str, indicator: &str, status: &str, rest: &str) -> String {
    format!(
        r#"<Ntry><Amt Ccy="CHF">{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd><Sts>{status}</Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-21</Dt></ValDt>{rest}</Ntry>"#
    )
}

const BOOKED: &str = "<Cd>BOOK</Cd>";

#[test]
fn version_08_gives_reference_payer_and_dates() {
    let details = r"<AcctSvcrRef>A1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties>
<Dbtr><Pty><Nm>Muster AG</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>CH9300762011623852957</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Invoice</Ustrd><Ustrd>IV-009</Ustrd><Strd><CdtrRefInf><Ref>210000000003139471430009017</Ref></CdtrRefInf></Strd></RmtInf>
</TxDtls></NtryDtls>";
    let file = read(statement_08(&entry("583.75", "CRDT", BOOKED, details), "683.75").as_bytes()).unwrap();
    assert_eq!((file.format.as_str(), file.message_id.as_str()), ("camt.053.001.08", "MSG-1"));
    let [statement] = file.statements.as_slice() else { panic!("one statement") };
    assert_eq!(statement.closing, Some(("2026-11-20".parse().unwrap(), dec("683.75"))));
    let [movement] = statement.movements.as_slice() else { panic!("one movement") };
    assert_eq!(movement.amount.to_string(), "583.75");
    assert_eq!(movement.reference.as_deref(), Some("210000000003139471430009017"));
    assert_eq!(movement.counterparty_name.as_deref(), Some("Muster AG"));
    assert_eq!(movement.counterparty_iban.as_deref(), Some("CH9300762011623852957"));
    assert_eq!(movement.remittance.as_deref(), Some("Invoice IV-009"));
    assert_eq!(movement.value_date.to_string(), "2026-11-21");
    assert_eq!(movement.key(), "CH6930999000000000001|A1|1");
}

#[test]
fn version_04_is_read_with_its_plain_status_and_names() {
    let details = r#"<NtryRef>N7</NtryRef><NtryDtls><TxDtls><AmtDtls><TxAmt><Amt Ccy="CHF">50.00</Amt></TxAmt></AmtDtls>
<RltdPties><Cdtr><Nm>Hosting AG</Nm></Cdtr></RltdPties></TxDtls></NtryDtls><AddtlNtryInf>Debit</AddtlNtryInf>"#;
    let text = statement_08(&entry("50.00", "DBIT", "BOOK", details), "50.00").replace("001.08", "001.04");
    let file = read(text.as_bytes()).unwrap();
    assert_eq!(file.format, "camt.053.001.04");
    let movement = &file.statements[0].movements[0];
    assert_eq!(movement.amount, dec("-50.00"));
    assert_eq!(movement.counterparty_name.as_deref(), Some("Hosting AG"));
    assert_eq!(movement.remittance.as_deref(), Some("Debit"));
    assert!(movement.key().contains("N7|-50|2026-11-20|2026-11-21"));
}

#[test]
fn collective_entries_are_split_when_their_payments_add_up() {
    let payment = |amount: &str, name: &str| {
        format!(
            r#"<TxDtls><Amt Ccy="CHF">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties></TxDtls>"#
        )
    };
    let batch = |first: &str| {
        let rest = format!(
            "<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>{}{}</NtryDtls>",
            payment(first, "One"),
            payment("20.00", "Two")
        );
        read(statement_08(&entry("30.00", "CRDT", BOOKED, &rest), "130.00").as_bytes()).unwrap()
    };
    let split = batch("10.00");
    let seen: Vec<_> =
        split.statements[0].movements.iter().map(|m| (m.amount, m.position, m.key())).collect();
    assert_eq!(
        seen,
        [
            (dec("10"), 1, "CH6930999000000000001|B1|1".to_owned()),
            (dec("20"), 2, "CH6930999000000000001|B1|2".to_owned())
        ]
    );
    let whole = batch("9.00");
    assert_eq!(whole.statements[0].movements.len(), 1);
    assert_eq!(whole.statements[0].movements[0].amount, dec("30"));
}

#[test]
fn only_booked_entries_count_and_reversals_are_marked() {
    let entries = [
        entry("5.00", "CRDT", "<Cd>PDNG</Cd>", ""),
        entry("40.00", "DBIT", BOOKED, "<RvslInd>true</RvslInd><AcctSvcrRef>R1</AcctSvcrRef>"),
    ]
    .concat();
    let file = read(statement_08(&entries, "60.00").as_bytes()).unwrap();
    let [movement] = file.statements[0].movements.as_slice() else { panic!("one movement") };
    assert_eq!((movement.amount, movement.reversal), (dec("-40"), true));
}

#[test]
fn equal_entries_without_references_stay_apart() {
    let entries = entry("1.00", "CRDT", BOOKED, "").repeat(2);
    let file = read(statement_08(&entries, "102.00").as_bytes()).unwrap();
    let [first, second] = file.statements[0].movements.as_slice() else { panic!("two movements") };
    assert_ne!(first.key(), second.key());
}

#[test]
fn balances_have_to_agree() {
    let problem = read(statement_08(&entry("1.00", "CRDT", BOOKED, ""), "100.50").as_bytes()).unwrap_err();
    assert_eq!(problem.code, "balance_mismatch");
    assert!(problem.message.contains("101.00") && problem.message.contains("100.50"), "{}", problem.message);
}

#[test]
fn what_is_no_statement_is_refused_with_its_reason() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaa">]><Document>&a;</Document>"#;
    let iban_missing =
        statement_08("", "100.00").replace("<IBAN>CH6930999000000000001</IBAN>", "<Othr><Id>1</Id></Othr>");
    for (text, code) in [
        ("", "invalid_xml"),
        ("not xml", "invalid_xml"),
        ("<Document/>", "unsupported_format"),
        (bomb, "invalid_xml"),
        (r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>"#, "unsupported_format"),
        (r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>"#, "invalid_statement"),
        (iban_missing.as_str(), "invalid_statement"),
        (&statement_08(&entry("-1.00", "CRDT", BOOKED, ""), "99.00"), "invalid_statement"),
        (&statement_08(&entry("x", "CRDT", BOOKED, ""), "99.00"), "invalid_statement"),
    ] {
        assert_eq!(read(text.as_bytes()).unwrap_err().code, code, "{text}");
    }
    assert_eq!(read(&vec![b' '; MAX_BYTES + 1]).unwrap_err().code, "file_too_large");
}
