//! CSV as spreadsheets read it (RFC 4180: commas, CRLF, quotes doubled), in which no text of a client or of the
//! API becomes a formula. UTF-8 without a byte order mark, which would become part of the first column's name
//! for every reader but one.

use rust_decimal::Decimal;

use super::money;

/// A line that is being written, and those before it.
#[derive(Default)]
pub struct Csv {
    text: String,
    /// The line has a cell already.
    begun: bool,
}

impl Csv {
    /// A cell of text. What would start a formula gets an apostrophe before it.
    pub fn text(&mut self, text: &str) {
        self.separate();
        // Some readers drop spaces before they look.
        let formula =
            text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(['=', '+', '-', '@']);
        if text.contains([',', '"', '\r', '\n', ';', '\t']) || text.trim() != text {
            self.text.push('"');
            self.text.push_str(if formula { "'" } else { "" });
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(if formula { "'" } else { "" });
            self.text.push_str(text);
        }
    }

    /// A cell with an amount, which stays a number whatever its sign: two decimals at least.
    pub fn amount(&mut self, amount: Decimal) {
        self.separate();
        self.text.push_str(&money::cents(amount).to_string());
    }

    pub fn end_line(&mut self) {
        self.text.push_str("\r\n");
        self.begun = false;
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn into_text(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if self.begun {
            self.text.push(',');
        }
        self.begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Csv;

    fn cell(text: &str) -> String {
        let mut csv = Csv::default();
        csv.text(text);
        csv.into_text()
    }

    #[test]
    fn cells_are_quoted_where_a_reader_would_stumble() {
        for (text, wanted) in [
            ("Muster AG", "Muster AG"),
            ("", ""),
            ("Meier, Söhne & Co", "\"Meier, Söhne & Co\""),
            ("say \"yes\"", "\"say \"\"yes\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("a;b", "\"a;b\""),
            (" spaces ", "\" spaces \""),
            ("2026-01-31", "2026-01-31"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn no_text_becomes_a_formula() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            ("+41 44 000 00 00", "'+41 44 000 00 00"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("  =1", "\"'  =1\""),
            ("'=1", "'=1"),
        ] {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn amounts_stay_numbers_with_their_own_digits() {
        let mut csv = Csv::default();
        for amount in ["-5", "0", "1400", "583.75", "0.005", "79228162514264337593543950335"] {
            csv.amount(amount.parse().unwrap());
        }
        csv.text("");
        csv.text("x");
        csv.end_line();
        csv.text("y");
        let wanted = "-5.00,0.00,1400.00,583.75,0.005,79228162514264337593543950335,,x\r\ny";
        assert_eq!(csv.into_text(), wanted);
    }
}
