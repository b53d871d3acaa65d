//! What a `WWW-Authenticate` says for a sign-in: where the metadata is, and which scope is wanted.

/// The parameters of the `Bearer` challenge.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    pub resource_metadata: Option<String>,
    pub scope: Option<String>,
}

impl Challenge {
    /// Reads the header's value; what is not understood is passed over.
    pub fn parse(header: &str) -> Self {
        let mut found = Self::default();
        // Other schemes may stand before it, each with parameters of its own.
        let lower = header.to_ascii_lowercase();
        let Some(start) = lower.split_inclusive("bearer").next().map(str::len).filter(|at| *at < lower.len())
        else {
            return found;
        };
        let mut rest = header.get(start..).unwrap_or_default();
        while let Some((name, value, after)) = parameter(rest) {
            match name.to_ascii_lowercase().as_str() {
                "resource_metadata" => found.resource_metadata = found.resource_metadata.or(Some(value)),
                "scope" => found.scope = found.scope.or(Some(value)).filter(|scope| !scope.is_empty()),
                _ => {}
            }
            rest = after;
        }
        found
    }
}

/// The next `name=value`, with its quotes undone, and what follows it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let (name, rest) = text.split_once('=')?;
    // A scheme's word may stand before the name.
    let name = name.trim().rsplit([' ', '\t', ',']).next()?;
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ' ', '\t']).unwrap_or(rest.len());
        return Some((name, rest.get(..end)?.to_owned(), rest.get(end..)?));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, letter) in quoted.char_indices() {
        match letter {
            _ if escaped => {
                value.push(letter);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((name, value, quoted.get(at + 1..)?)),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn the_parameters_of_a_bearer_challenge_are_read_and_others_passed_over() {
        let metadata = "https://h/.well-known/oauth-protected-resource/mcp";
        for header in [
            format!("Bearer resource_metadata=\"{metadata}\", scope=\"read write\""),
            format!(
                "bearer error=\"invalid_token\", error_description=\"a, \\\"b\\\"=c\", scope=\"read write\", resource_metadata={metadata}"
            ),
            format!(
                "Basic realm=\"x\", Bearer realm=\"y\",resource_metadata=\"{metadata}\",scope=\"read write\""
            ),
        ] {
            let read = Challenge::parse(&header);
            assert_eq!(read.resource_metadata.as_deref(), Some(metadata), "{header}");
            assert_eq!(read.scope.as_deref(), Some("read write"), "{header}");
        }
        for nothing in
            ["", "Bearer", "Basic realm=\"x\"", "Bearer scope=\"", "Bearer =,=,\"", "Bearer scope=\"\""]
        {
            assert_eq!(Challenge::parse(nothing), Challenge::default(), "{nothing}");
        }
    }
}
