//! The manual pages under `man/`: made of the command line by the tests, so that nothing of it is in the binary.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Cli;

/// File name and text of the page of each command that is shown in help; `lumabill.1` is the program's own.
fn pages() -> BTreeMap<String, String> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let (mut pages, mut commands) = (BTreeMap::new(), vec![program]);
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|below| !below.is_hide_set()).cloned());
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        pages.insert(format!("{name}.1"), page(command));
    }
    pages
}

/// Section by section, since examples keep their lines, which `Man::render` runs together.
fn page(command: clap::Command) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let version = command.get_version().unwrap_or_default().to_owned();
    let closing = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    let has_options = command.get_arguments().any(|argument| !argument.is_hide_set());
    let has_commands = command.get_subcommands().any(|below| !below.is_hide_set());
    let man = Man::new(command);
    let mut out = Vec::new();
    man.render_name_section(&mut out).unwrap();
    man.render_synopsis_section(&mut out).unwrap();
    man.render_description_section(&mut out).unwrap();
    if has_options {
        man.render_options_section(&mut out).unwrap();
    }
    if has_commands {
        man.render_subcommands_section(&mut out).unwrap();
    }
    let mut text = String::from_utf8(out).unwrap();
    text.push_str(&closing.as_deref().map(paragraphs).unwrap_or_default());
    if name != "lumabill" {
        text.push_str(&Roff::new().control("SH", ["SEE ALSO"]).text([roman("lumabill(1)")]).render());
    }
    // No date: the same sources make the same page on every day. `Man` would leave the empty argument out.
    let title = format!(".TH {} 1 \"\" \"lumabill {version}\" \"lumabill manual\"\n", name.to_uppercase());
    let preamble = Roff::new().render();
    format!("{preamble}{title}{}", ascii(&text.replace(&preamble, "")))
}

/// roff reads bytes; other characters are named.
fn ascii(text: &str) -> String {
    let name = |letter: char| match letter {
        letter if letter.is_ascii() => letter.to_string(),
        letter => format!("\\[u{:04X}]", u32::from(letter)),
    };
    text.chars().map(name).collect()
}

/// What stands below the options in help: a paragraph whose first line ends in a colon becomes a section of that
/// name, and indented lines stay as they are.
fn paragraphs(help: &str) -> String {
    let mut roff = Roff::new();
    let mut notes = false;
    for paragraph in help.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let (heading, body) = match first.strip_suffix(':') {
            Some(heading) => (Some(heading), rest),
            None => (None, paragraph),
        };
        match heading {
            Some(heading) => _ = roff.control("SH", [heading.to_uppercase().as_str()]),
            None if notes => _ = roff.control("PP", []),
            None => _ = roff.control("SH", ["NOTES"]),
        }
        notes = heading.is_none();
        let mut literal = false;
        for line in body.lines() {
            let indented = line.starts_with(' ');
            if indented != literal {
                roff.control(if indented { "nf" } else { "fi" }, []);
                literal = indented;
            }
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        if literal {
            roff.control("fi", []);
        }
    }
    roff.render()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads what it is told by `just golden`")]
fn golden_man_pages_are_up_to_date() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("man");
    let pages = pages();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(&folder).unwrap();
        for (name, text) in &pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == *text, "man/{name} is stale: run `just golden`");
    }
    let files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.collect();
    files.sort();
    assert_eq!(files, pages.into_keys().collect::<Vec<_>>());
}

#[test]
fn each_command_that_help_shows_has_a_page_and_no_other() {
    let pages = pages();
    let mut shown: Vec<String> = Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| format!("lumabill-{}.1", command.get_name()))
        .collect();
    shown.push("lumabill.1".to_owned());
    for name in &shown {
        let text = pages.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(text.contains(".SH NAME\n") && text.contains(".SH SYNOPSIS\n"), "{name}");
        assert!(text.contains(concat!("lumabill ", env!("CARGO_PKG_VERSION"))), "{name} names no version");
    }
    // Below a command there may be commands of its own (`history settle`), never beside it.
    for name in pages.keys() {
        assert!(shown.iter().any(|page| name.starts_with(page.trim_end_matches(".1"))), "{name}");
    }
    let hidden = |text: &String| text.contains("lumabill\\-help");
    assert!(!pages.values().any(hidden), "`help` needs no page");
}

#[test]
fn lines_of_examples_are_not_run_together() {
    let page = paragraphs("Examples:\n  one 'a'   first…\n  .two\n\nWords that\nmay flow.");
    let page = ascii(page.trim_start_matches(&Roff::new().render()));
    assert_eq!(
        page,
        ".SH EXAMPLES\n.nf\none \\*(Aqa\\*(Aq   first\\[u2026]\n\\&.two\n.fi\n.SH NOTES\nWords that\nmay flow.\n"
    );
}
