//! References as people and banks write them, and those that are made here.

use super::{Kind, check, compared, make};

#[test]
fn the_same_reference_is_the_same_however_it_is_written() {
    let same = [
        ("21 00000 00003 13947 14300 09017", "210000000003139471430009017"),
        ("000000000000000000000000420", "420"),
        ("rf18 5390 0754 7034", "RF18539007547034"),
        ("RF18 0000 0000 0539 0075 4703 4", "RF18539007547034"),
        ("RF10INV2026001", "RF10INV2026001"),
    ];
    for (written, wanted) in same {
        assert_eq!(compared(written).as_deref(), Some(wanted), "{written}");
    }
}

#[test]
fn what_is_no_reference_is_never_the_same_as_another() {
    for wrong in [
        "",
        " ",
        "0",
        "000000000000000000000000000",
        "210000000003139471430009018",
        "0210000000003139471430009017",
        "RF19539007547034",
        "RF18",
        "RF00",
        "RFx8539007547034",
        "RF18ABCDEFGHIJKLMNOPQRSTUVW",
        "Rechnung 27",
        "IV-027",
        "RF18é",
    ] {
        assert_eq!(compared(wrong), None, "{wrong}");
    }
}

#[test]
fn right_references_are_named_and_printed_in_groups() {
    for (text, kind, formatted) in [
        ("210000000003139471430009017", Kind::Qr, "21 00000 00003 13947 14300 09017"),
        ("21 00000 00003 13947 14300 09017", Kind::Qr, "21 00000 00003 13947 14300 09017"),
        ("rf18539007547034", Kind::Creditor, "RF18 5390 0754 7034"),
        ("RF10 INV2 0260 01", Kind::Creditor, "RF10 INV2 0260 01"),
    ] {
        let reference = check(text).unwrap();
        assert_eq!((reference.kind, reference.formatted.as_str()), (kind, formatted), "{text}");
        assert_eq!(reference.electronic, formatted.replace(' ', ""), "{text}");
    }
}

#[test]
fn a_wrong_reference_says_what_is_wrong() {
    for (text, kind, why) in [
        ("210000000003139471430009018", Some(Kind::Qr), "check digit"),
        ("21000000000313947143000901", Some(Kind::Qr), "27 digits, this one has 26"),
        ("3139471430009017", Some(Kind::Qr), "this one has 16"),
        ("420", Some(Kind::Qr), "it is right: `000000000000000000000000420`"),
        ("000000000000000000000000000", Some(Kind::Qr), "zeros"),
        ("RF19539007547034", Some(Kind::Creditor), "check digits"),
        ("RF1", Some(Kind::Creditor), "two check digits"),
        ("RFAB123", Some(Kind::Creditor), "two check digits"),
        ("RF18", Some(Kind::Creditor), "1 to 21 characters, not 0"),
        ("RF18ABCDEFGHIJKLMNOPQRSTUVW", Some(Kind::Creditor), "not 23"),
        ("RF18-539007547034", Some(Kind::Creditor), "not `-`"),
        ("RF18é", Some(Kind::Creditor), "not `é`"),
        ("Rechnung 27", None, "neither"),
        ("", None, "neither"),
    ] {
        let (found, reason) = check(text).unwrap_err();
        assert_eq!(found, kind, "{text}");
        assert!(reason.contains(why), "{text}: {reason}");
    }
}

#[test]
fn references_are_made_as_the_vectors_have_them() {
    let made = |number, kind| make(number, kind).unwrap().0.electronic;
    assert_eq!(made("21000000000313947143000901", Some(Kind::Qr)), "210000000003139471430009017");
    assert_eq!(made("21000000000313947143000901", None), "210000000003139471430009017");
    assert_eq!(made("42", Some(Kind::Qr)), "000000000000000000000000420");
    assert_eq!(made("539007547034", None), "RF18539007547034");
    assert_eq!(made("inv2026001", Some(Kind::Creditor)), "RF10INV2026001");
    assert_eq!(make("INV-2026/001", None).unwrap().0.electronic, "RF10INV2026001");
    assert!(make("INV-2026/001", None).unwrap().1 && !make(" INV2026001 ", None).unwrap().1);
}

#[test]
fn what_is_made_passes_its_own_check() {
    for number in 1..2_000_u32 {
        let number = number.to_string();
        for kind in [Kind::Qr, Kind::Creditor] {
            let made = make(&number, Some(kind)).unwrap().0;
            assert_eq!(check(&made.electronic), Ok(made));
        }
    }
}

#[test]
fn what_does_not_fit_is_not_made() {
    for (number, kind, why) in [
        ("INV2026001", Some(Kind::Qr), "digits only"),
        ("210000000003139471430009017", Some(Kind::Qr), "QR reference already"),
        ("1234567890123456789012345678", Some(Kind::Qr), "at most 26 digits, not 28"),
        ("1234567890123456789012", Some(Kind::Creditor), "at most 21 letters and digits, not 22"),
        ("ABCDEFGHIJKLMNOPQRSTUV", None, "not 22"),
        ("RF18539007547034", None, "creditor reference already"),
        ("Ü1", None, "not `Ü`"),
        ("0-0", None, "zero"),
        ("--", None, "zero"),
    ] {
        let reason = make(number, kind).unwrap_err();
        assert!(reason.contains(why), "{number}: {reason}");
    }
}
