//! A look at the tags of a file before it is parsed. The parser compares every attribute of an element with every
//! other, and every namespace prefix with all that hold around it: a file made for that would keep it busy for
//! hours. No bank writes such tags.

/// Attributes in one tag; a real one has a namespace, a schema and a currency.
const MOST_ATTRIBUTES: usize = 50;
/// Declarations of prefixes in the whole file.
const MOST_PREFIXES: usize = 16;

/// True where a parser is through the tags in no time. What is not well-formed is left to the parser.
pub fn are_modest(xml: &str) -> bool {
    let (mut rest, mut prefixes) = (xml, 0);
    while let Some((_, after)) = rest.split_once('<') {
        let mut skipped = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("/", ">")].into_iter();
        if let Some((inside, end)) = skipped.find_map(|(start, end)| Some((after.strip_prefix(start)?, end)))
        {
            rest = inside.split_once(end).map_or("", |(_, rest)| rest);
            continue;
        }
        // A document type declaration: the parser goes no further.
        if after.starts_with('!') {
            return true;
        }
        let (attributes, declared, end) = tag(after);
        prefixes += declared;
        if attributes > MOST_ATTRIBUTES || prefixes > MOST_PREFIXES {
            return false;
        }
        rest = end;
    }
    true
}

/// Attributes and declared prefixes of the tag at the start, and what follows it.
fn tag(text: &str) -> (usize, usize, &str) {
    let (mut attributes, mut quote) = (0, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => attributes += 1,
            (None, b'>') => {
                let (tag, rest) = text.split_at_checked(at).unwrap_or((text, ""));
                return (attributes, tag.matches("xmlns:").count(), rest);
            }
            (None, _) => {}
        }
        if attributes > MOST_ATTRIBUTES {
            break;
        }
    }
    (attributes, 0, "")
}

#[cfg(test)]
mod tests {
    use super::are_modest;

    #[test]
    fn real_statements_are_modest_and_odd_ones_are_left_to_the_parser() {
        for xml in [
            include_str!("../../../tests/data/statement-08.xml"),
            include_str!("../../../tests/data/statement-04.xml"),
            "",
            "<",
            "<a",
            "<a b='",
            "<!DOCTYPE x [<!ENTITY a 'b'>]>",
            "<!-- <a b='' --><a c='>'/>",
        ] {
            assert!(are_modest(xml), "{xml}");
        }
        let text = format!("<a><![CDATA[<b {0}>]]><!-- <c {0}> -->{0}</a>", "x=1 ".repeat(1_000));
        assert!(are_modest(&text), "text is no tag");
        assert!(are_modest(&format!("<a b='{}'/>", "=".repeat(1_000))), "a value is no attribute");
        assert!(are_modest(&"<a xmlns='b' c='d'/>".repeat(10_000)));
    }

    #[test]
    fn tags_that_keep_a_parser_busy_are_seen() {
        let attributes = (0..51).map(|n| format!(" a{n}='>'")).collect::<String>();
        assert!(!are_modest(&format!("<x><y{attributes}/></x>")));
        assert!(!are_modest(&format!("<x{}", " a=''".repeat(1_000_000))));
        // The comment ends where the parser ends it, so that no quote within hides the tag behind.
        assert!(!are_modest(&format!("<x><!--><a b='--><y{attributes}/></x>")));
        let nested = (0..17).map(|n| format!("<x xmlns:p{n}=\"u\">")).collect::<String>();
        assert!(!are_modest(&nested));
    }
}
