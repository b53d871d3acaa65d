//! Paths of a document: which can be put below an origin, and what the servers put before them.

use serde_json::Value;

/// Bytes of a path.
const MOST: usize = 400;
/// Variables of a server that are replaced.
const VARIABLES: usize = 20;

/// Why a path is not used; `None` where it is.
pub fn refused(path: &str) -> Option<&'static str> {
    if path.len() > MOST {
        return Some("is too long");
    }
    if path.contains("://") {
        return Some("is a whole address");
    }
    if !path.starts_with('/') {
        return Some("does not begin with `/`");
    }
    if path.contains("//") {
        return Some("has an empty part");
    }
    if path.contains(['?', '#']) {
        return Some("has a query or a fragment");
    }
    if path.bytes().any(|byte| !byte.is_ascii_graphic() || b"\\\"<>`^|".contains(&byte)) {
        return Some("has characters that no path has");
    }
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    if decoded.split('/').any(|part| part == "." || part == "..") {
        return Some("leads out of its folder");
    }
    if decoded.contains("%2f") || decoded.contains("%5c") {
        return Some("hides a `/`");
    }
    (!are_braces_paired(path)).then_some("has braces that do not fit")
}

fn are_braces_paired(path: &str) -> bool {
    path.split('/').all(|part| {
        let mut open: Option<usize> = None;
        for (at, letter) in part.char_indices() {
            match (letter, open) {
                ('{', None) => open = Some(at),
                ('}', Some(from)) if at > from + 1 => open = None,
                ('{' | '}', _) => return false,
                _ => {}
            }
        }
        open.is_none()
    })
}

/// The names in braces, in order.
pub fn names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

/// The address of one `servers` entry, its variables replaced by their defaults.
pub fn address(server: &Value) -> Option<String> {
    let mut url = server.get("url")?.as_str().filter(|url| url.len() <= 4 * MOST)?.to_owned();
    let variables = server.get("variables").and_then(Value::as_object);
    for (name, variable) in variables.into_iter().flatten().take(VARIABLES) {
        let default = match variable.get("default") {
            Some(Value::String(text)) if text.len() <= MOST => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        if name.len() <= MOST && url.len() <= 8 * MOST {
            url = url.replace(&format!("{{{name}}}"), &default);
        }
    }
    Some(url)
}

/// The path of an address, without a slash at its end; `Err` where it cannot be put before paths.
pub fn base(address: &str) -> Result<String, &'static str> {
    let address = address.trim().split(['?', '#']).next().unwrap_or_default();
    let behind_host = |rest: &str| rest.find('/').map_or(String::new(), |at| rest.split_at(at).1.to_owned());
    let path = if let Some((_, rest)) = address.split_once("://") {
        behind_host(rest)
    } else if let Some(rest) = address.strip_prefix("//") {
        behind_host(rest)
    } else if address.is_empty() || address.starts_with('/') {
        address.to_owned()
    } else {
        format!("/{}", address.strip_prefix("./").unwrap_or(address))
    };
    let path = path.trim_end_matches('/');
    if path.contains(['{', '}']) {
        return Err("has a variable without a default");
    }
    match path {
        "" => Ok(String::new()),
        path => refused(path).map_or_else(|| Ok(path.to_owned()), Err),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{address, base, names, refused};

    #[test]
    fn only_paths_that_stay_below_their_origin_are_used() {
        for good in
            ["/", "/v1/clients", "/v1/clients/{id}", "/a/{b}.pdf", "/a/{b}:send", "/a/{b}-{c}/", "/a%20b"]
        {
            assert_eq!(refused(good), None, "{good}");
        }
        for bad in [
            "v1/clients",
            "",
            "https://evil.example/x",
            "//evil.example/x",
            "/a//b",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a/./b",
            "/a?b=1",
            "/a#b",
            "/a\\b",
            "/a b",
            "/a\nb",
            "/ä",
            "/a%2Fb",
            "/{a",
            "/a}",
            "/{}",
            "/{a{b}}",
            &format!("/{}", "a".repeat(500)),
        ] {
            assert!(refused(bad).is_some(), "{bad}");
        }
        assert_eq!(names("/a/{b}-{c}/d/{e}"), ["b", "c", "e"]);
    }

    #[test]
    fn the_path_of_a_server_is_found_however_it_is_written() {
        for (url, path) in [
            ("https://api.example/v1/", "/v1"),
            ("https://api.example", ""),
            ("//api.example/v2", "/v2"),
            ("/api/v1", "/api/v1"),
            ("api", "/api"),
            ("./v1", "/v1"),
            ("/", ""),
            ("", ""),
            ("https://user:secret@api.example/v1?x=1#y", "/v1"),
        ] {
            assert_eq!(base(url).as_deref(), Ok(path), "{url}");
        }
        assert!(base("https://x/{tenant}").is_err() && base("../v1").is_err() && base("/a//b").is_err());
        let server = json!({"url": "https://{host}/{base}", "variables": {"host": {"default": "h"}, "base": {"default": 2}}});
        assert_eq!(address(&server).as_deref(), Some("https://h/2"));
        assert_eq!(address(&json!({"description": "none"})), None);
    }
}
