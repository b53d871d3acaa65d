//! Tools that ask nobody answer without account, key and network, and a wrong number is an answer, not a failure.

use serde_json::{Value, json};

use crate::support::{Era, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer};

const TOOLS: [&str; 6] = [
    "validate_iban",
    "validate_uid",
    "validate_reference",
    "make_payment_reference",
    "compute_totals",
    "preview_camt_file",
];

/// A server on a machine where nobody ever logged in.
fn nobody() -> McpSession {
    McpSession::start(&Lumabill::new(&["serve", "--toolsets", "all"]), Era::Modern)
}

#[track_caller]
fn facts(session: &mut McpSession, tool: &str, arguments: Value) -> Value {
    let answer = session.call(tool, arguments).done();
    assert_eq!(serde_json::from_str::<Value>(&answer.text).unwrap(), answer.structured, "{tool}");
    answer.structured
}

/// Checked by what it says: `want` is a part of the answer.
#[track_caller]
fn says(session: &mut McpSession, tool: &str, arguments: Value, want: &Value) {
    let shown = format!("{tool} {arguments}");
    let facts = facts(session, tool, arguments);
    for (name, value) in want.as_object().unwrap() {
        assert_eq!(facts[name].to_string(), value.to_string(), "{shown}: {name} in {facts}");
    }
}

#[test]
fn ibans_are_told_right_from_wrong_and_qr_ibans_by_their_bank() {
    let mut session = nobody();
    for (iban, country, qr, reference) in [
        ("CH44 3199 9123 0008 8901 2", "CH", true, "QRR"),
        ("CH6930999000000000001", "CH", true, "QRR"),
        ("CH7309999000000000001", "CH", false, "SCOR or none"),
        ("CH93 0076 2011 6238 5295 7", "CH", false, "SCOR or none"),
        ("CH58 0079 1123 0008 8901 2", "CH", false, "SCOR or none"),
        ("DE89 3704 0044 0532 0130 00", "DE", false, "SCOR or none"),
        ("AT61 1904 3002 3457 3201", "AT", false, "SCOR or none"),
        ("LI21 0881 0000 2324 013A A", "LI", false, "SCOR or none"),
    ] {
        let want = json!({ "valid": true, "country": country, "qr_iban": qr, "reference_type": reference });
        says(&mut session, "validate_iban", json!({ "iban": iban }), &want);
    }
    says(
        &mut session,
        "validate_iban",
        json!({ "iban": "ch9300762011623852957" }),
        &json!({ "formatted": "CH93 0076 2011 6238 5295 7", "iban": "CH9300762011623852957" }),
    );
    for (iban, why) in [
        ("CH93 0076 2011 6238 5295 6", "check digits"),
        ("CH93 0076 2011 6238 529", "21 characters"),
        ("XX12 3456", "`XX`"),
        ("an IBAN", "`AN`"),
        ("CH93\u{202e}", "\\u{202e}"),
        (&"9".repeat(5_000), "letters of its country"),
    ] {
        let facts = facts(&mut session, "validate_iban", json!({ "iban": iban }));
        assert_eq!(facts["valid"], false, "{facts}");
        assert!(facts["reason"].as_str().unwrap().contains(why), "{facts}");
    }
}

#[test]
fn uids_are_checked_as_far_as_they_can_be() {
    let mut session = nobody();
    for (uid, formatted) in [
        ("CHE-123.456.788", "CHE-123.456.788"),
        ("CHE123456788MWST", "CHE-123.456.788 MWST"),
        ("CHE-116.281.710 TVA", "CHE-116.281.710 TVA"),
        ("CHE 106 745 837", "CHE-106.745.837"),
        ("CHE-105.788.844 IVA", "CHE-105.788.844 IVA"),
    ] {
        let want = json!({ "valid": true, "formatted": formatted, "kind": "Swiss UID" });
        says(&mut session, "validate_uid", json!({ "uid": uid }), &want);
    }
    let wrong = facts(&mut session, "validate_uid", json!({ "uid": "CHE-123.456.789" }));
    assert_eq!(wrong["valid"], false);
    assert!(wrong["reason"].as_str().unwrap().contains("check digit"), "{wrong}");
    for uid in ["DE123456789", "ATU12345678"] {
        let facts = facts(&mut session, "validate_uid", json!({ "uid": uid }));
        assert_eq!((&facts["valid"], &facts["formatted"]), (&json!(true), &json!(uid)));
        assert!(facts["checked"].as_str().unwrap().contains("form only"), "{facts}");
    }
}

#[test]
fn references_are_made_and_checked_as_the_iban_wants_them() {
    let mut session = nobody();
    let qr_iban = "CH44 3199 9123 0008 8901 2";
    let other_iban = "CH93 0076 2011 6238 5295 7";
    let qrr = json!({ "reference": "210000000003139471430009017", "kind": "QRR" });
    let scor = json!({ "reference": "RF18539007547034", "kind": "SCOR" });
    for (arguments, want) in [
        (json!({ "number": "21000000000313947143000901", "kind": "QRR" }), &qrr),
        (json!({ "number": "21000000000313947143000901", "iban": qr_iban }), &qrr),
        (json!({ "number": "539007547034", "kind": "scor" }), &scor),
        (json!({ "number": 539_007_547_034_u64, "iban": other_iban }), &scor),
        (json!({ "number": "INV2026001" }), &json!({ "reference": "RF10INV2026001", "kind": "SCOR" })),
        (json!({ "number": "42", "iban": qr_iban }), &json!({ "reference": "000000000000000000000000420" })),
    ] {
        says(&mut session, "make_payment_reference", arguments, want);
    }
    for (arguments, why) in [
        (json!({ "number": "INV2026001", "iban": qr_iban }), "digits only"),
        (json!({ "number": "42", "kind": "SCOR", "iban": qr_iban }), "QR-IBAN"),
        (json!({ "number": "42", "kind": "QRR", "iban": other_iban }), "QR-IBAN only"),
        (json!({ "number": "1".repeat(27), "kind": "QRR" }), "at most 26"),
        (json!({ "number": "X".repeat(22) }), "at most 21"),
        (
            json!({ "number": "42", "iban": "CH93 0076 2011 6238 5295 8" }),
            "an IBAN (the check digits do not fit",
        ),
        (json!({ "number": "Größe" }), "`Ö`"),
    ] {
        let refused = session.call("make_payment_reference", arguments).refused();
        assert!(refused.text.contains(why), "{}", refused.text);
        assert_eq!(refused.structured["error"]["sent"], "nothing_sent");
    }
    for (reference, iban, fits) in [
        ("21 00000 00003 13947 14300 09017", qr_iban, true),
        ("21 00000 00003 13947 14300 09017", other_iban, false),
        ("RF18 5390 0754 7034", other_iban, true),
        ("RF18 5390 0754 7034", qr_iban, false),
        ("RF18 5390 0754 7034", "CH00", false),
    ] {
        let arguments = json!({ "reference": reference, "iban": iban });
        says(&mut session, "validate_reference", arguments, &json!({ "valid": true, "fits": fits }));
    }
    let number: Value = serde_json::from_str("210000000003139471430009017").unwrap();
    says(&mut session, "validate_reference", json!({ "reference": number }), &json!({ "valid": true }));
    let wrong = json!({ "reference": "RF19539007547034", "iban": other_iban });
    says(
        &mut session,
        "validate_reference",
        wrong,
        &json!({ "valid": false, "kind": "SCOR", "fits": false }),
    );
}

#[test]
fn totals_are_exact_and_nonsense_is_refused() {
    let mut session = nobody();
    let hours = json!([{ "quantity": 3, "price": 180, "tax_rate": 8.1, "description": "Consulting" }]);
    let want = serde_json::from_str(
        r#"{"currency":"CHF","lines":[{"description":"Consulting","amount":540.00}],"net":540.00,
            "vat":[{"rate":8.1,"base":540.00,"amount":43.74}],"vat_total":43.74,"total":583.74,
            "total_if_rounded_to_five_rappen":583.75}"#,
    )
    .unwrap();
    says(&mut session, "compute_totals", json!({ "lines": hours, "currency": "chf" }), &want);
    let mixed = json!([
        { "quantity": "0.1", "price": "0.2", "discount_percent": 50 },
        { "quantity": 3, "price": 19.95, "tax_rate": 7 },
    ]);
    let arguments = json!({ "lines": mixed, "currency": "EUR", "tax_rate": 19, "prices_include_tax": true });
    let want = serde_json::from_str(
        r#"{"net":55.94,"vat":[{"rate":19,"base":0.01,"amount":0.00},{"rate":7,"base":55.93,"amount":3.92}],"total":59.86}"#,
    )
    .unwrap();
    says(&mut session, "compute_totals", arguments, &want);
    let old = json!({ "lines": hours, "currency": "CHF", "service_date": "2023-12-31" });
    let facts = facts(&mut session, "compute_totals", old);
    assert!(facts["notes"][0].as_str().unwrap().contains("CH 7.7, 2.5, 3.7"), "{facts}");
    for (arguments, why) in [
        (json!({ "lines": [{ "quantity": 1, "price": 10 }], "currency": "CHF" }), "no VAT rate is given"),
        (
            json!({ "lines": [{ "quantity": 1, "price": 10 }, { "quantity": 1, "price": 10, "tax_rate": 8.1 }], "currency": "CHF" }),
            "some lines have a VAT rate and others have none: `lines[0]`",
        ),
        (json!({ "lines": hours, "currency": "Franken" }), "`Franken` is no currency"),
        (json!({ "lines": [], "currency": "CHF" }), "at least one"),
        (json!({ "lines": [{ "quantity": "three", "price": 1 }], "currency": "CHF" }), "lines[0].quantity"),
        (json!({ "lines": hours, "currency": "CHF", "tax_rate": 810 }), "`tax_rate` is no per cent"),
        (
            json!({ "lines": [{ "quantity": 1, "price": 1, "tax_rate": 8.1, "discount_percent": 120 }], "currency": "CHF" }),
            "`lines[0].discount_percent` is no per cent",
        ),
        (
            json!({ "lines": [{ "quantity": "9".repeat(20), "price": "9".repeat(20), "tax_rate": 8.1 }], "currency": "CHF" }),
            "too large",
        ),
        (
            json!({ "lines": [{ "quantity": 1, "price": "9".repeat(40), "tax_rate": 8.1 }], "currency": "CHF" }),
            "`lines[0].price` has too many digits",
        ),
    ] {
        let refused = session.call("compute_totals", arguments).refused();
        assert!(refused.text.contains(why), "{}", refused.text);
    }
}

#[test]
fn nothing_is_asked_even_where_an_account_could_be() {
    let server = ScriptedServer::always(crate::support::json(500, "{}"));
    for era in Era::BOTH {
        // A profile by name is looked up before any other call.
        let run = Lumabill::new(&["serve", "--toolsets", "all", "--read-only"])
            .with_api(&server.url(), PLANTED_KEY)
            .env("LUMABILL_PROFILE_ID", "Muster GmbH");
        let mut session = McpSession::start(&run, era);
        for arguments in
            [json!({ "uid": "DE123456789" }), json!({ "uid": "DE123456789", "profile_id": "Muster GmbH" })]
        {
            assert_eq!(facts(&mut session, "validate_uid", arguments)["valid"], true);
        }
        let lines = json!([{ "quantity": 1, "price": 1, "tax_rate": 0 }]);
        session.call("compute_totals", json!({ "lines": lines, "currency": "CHF" })).done();
    }
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[test]
fn a_lean_server_runs_them_as_reads() {
    let mut session = McpSession::start(&Lumabill::new(&["serve", "--lean"]), Era::Modern);
    let arguments = json!({ "tool": "validate_iban", "arguments": { "iban": "CH00" } });
    assert_eq!(session.call("run_read", arguments).done().structured["valid"], false);
    let lines = json!([{ "quantity": 3, "price": 180, "tax_rate": 8.1 }]);
    let arguments = json!({ "tool": "compute_totals", "arguments": { "lines": lines, "currency": "CHF" } });
    assert_eq!(session.call("run_read", arguments).done().structured["total"].to_string(), "583.74");
}

#[test]
fn they_are_listed_as_what_they_are() {
    let sandbox = SandboxProcess::start(&[]);
    // Without a chosen profile, so that tools of the books declare it.
    let run = Lumabill::new(&["serve", "--toolsets", "all"]).with_api(&sandbox.url, &sandbox.key());
    let mut session = McpSession::start(&run, Era::Modern);
    session.call("list_profiles", json!({})).done();
    session.call("list_clients", json!({ "profile_id": sandbox.profile("Muster Consulting GmbH") })).done();
    let listed = session.ask("tools/list", json!({}));
    let of =
        |name: &str| listed["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
    for tool in TOOLS.map(of) {
        assert!(tool["inputSchema"]["properties"].get("profile_id").is_none(), "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        // The text of a statement is what strangers wrote; the rest answers out of its own rules.
        let open = tool["annotations"].get("openWorldHint") != Some(&json!(false));
        assert_eq!(open, tool["name"] == "preview_camt_file", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert!(tool["outputSchema"].get("required").is_none(), "{tool}");
    }
    assert_eq!(of("validate_iban")["outputSchema"]["properties"]["valid"]["type"], "boolean");
    let facts = facts(&mut session, "validate_iban", json!({ "iban": "CH9300762011623852957" }));
    assert!(facts.get("profile").is_none(), "{facts}");
}

#[test]
fn the_terminal_has_them_too() {
    let wrong = Lumabill::new(&["call", "validate_iban", "iban=CH00", "--json"]).run().exits(0).json();
    assert_eq!(wrong["valid"], false);
    let made = Lumabill::new(&["call", "make_payment_reference", "number=INV2026001"]).run().exits(0);
    assert!(made.stdout.contains("RF10INV2026001"), "{}", made.stdout);
    let refused = Lumabill::new(&["call", "compute_totals", "currency=CHF"]).run().exits(1);
    assert!(refused.stderr.contains("needs `lines`"), "{}", refused.stderr);
}
