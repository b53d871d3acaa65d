//! The clients that ask for writes, by the names that people know them by.

/// The client of a person's own command.
pub(super) const TERMINAL: &str = "terminal";

/// What a client calls itself in `clientInfo`, as it was seen or as its source says; of several the first that fits.
const TITLES: &[(&str, &str)] = &[
    ("claude-ai", "Claude Desktop"),
    ("claude-code", "Claude Code"),
    ("cursor", "Cursor"),
    ("visual studio code", "VS Code"),
    ("codex", "Codex"),
    ("gemini-cli", "Gemini CLI"),
    ("qwen-cli", "Qwen Code"),
    ("opencode", "opencode"),
    ("windsurf", "Windsurf"),
    ("zed", "Zed"),
    ("cline", "Cline"),
    ("goose", "goose"),
];

/// What people call the client that calls itself `name`: its title, or `name` itself in backticks.
pub fn title(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let known = TITLES.iter().find(|(start, _)| {
        let rest = lower.strip_prefix(start);
        rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
    });
    match known {
        Some((_, title)) => (*title).to_owned(),
        None if name.is_empty() || name == "unknown" => "the client that started it".to_owned(),
        None => format!("`{}`", name.replace('`', "'")),
    }
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn clients_are_called_as_people_call_them() {
        for (name, called) in [
            ("claude-ai", "Claude Desktop"),
            ("cursor-vscode", "Cursor"),
            ("codex-mcp-client", "Codex"),
            ("qwen-cli-mcp-client-lumabill", "Qwen Code"),
            ("Visual Studio Code - Insiders", "VS Code"),
            ("zedd", "`zedd`"),
            ("my`agent", "`my'agent`"),
            ("unknown", "the client that started it"),
        ] {
            assert_eq!(title(name), called);
        }
    }
}
