//! From the words of the command line to a [`Cli`]: help that names the command which works here, and the arguments of
//! an MCPB bundle, in which the host writes each of the user's settings whether it was given or not.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::{CommandFactory, FromArgMatches};

use super::Cli;
use crate::failure::called;
use crate::settings::me;

/// Settings that count as not given where a bundle's argument is empty: without them nothing more is allowed.
const MAY_BE_EMPTY: [&str; 4] = ["--account=", "--toolsets=", "--confirm=", "--files="];
/// Flags for which a bundle's argument says `true` or `false`.
const SWITCHES: [&str; 2] = ["--sandbox", "--read-only"];

impl Cli {
    /// The first word is the program's.
    pub fn of(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let words = without_placeholders(words.into_iter().collect());
        match read(Self::command(), &words) {
            // Help and usage, for somebody who may have to call this program in another way.
            Err(_) => read(named(Self::command(), &me()), &words),
            read => read,
        }
    }
}

fn read(mut command: clap::Command, words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// `--read-only=true` as the flag and `--read-only=false` as nothing, `--account=` as no account. Anything else stays
/// and is refused: what limits the program is never lost on the way. Practice takes the place of an account.
fn without_placeholders(words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_none_or(|command| command != "serve") {
        return words;
    }
    let practice = words.iter().any(|word| word == "--sandbox=true");
    let rest = words.into_iter().filter_map(|word| {
        let Some((name, value)) = word.to_str().and_then(|text| text.split_once('=')) else {
            return Some(word);
        };
        let switch = SWITCHES.contains(&name);
        match value {
            "true" if switch => Some(name.into()),
            "false" if switch => None,
            "" if MAY_BE_EMPTY.contains(&word.to_str().unwrap_or_default()) => None,
            _ if practice && name == "--account" => None,
            _ => Some(word),
        }
    });
    rest.collect()
}

/// The same command line, called `name`, in its examples too.
fn named(command: clap::Command, name: &str) -> clap::Command {
    let said = |text: Option<&StyledStr>| text.map(|text| called(&text.to_string(), name));
    // There is no way to ask for a usage that was written by hand, but to show it.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").filter(|usage| usage.starts_with("lumabill "));
    let texts = [
        (said(command.get_about()), clap::Command::about as fn(clap::Command, String) -> clap::Command),
        (said(command.get_long_about()), clap::Command::long_about),
        (said(command.get_after_help()), clap::Command::after_help),
        (said(command.get_after_long_help()), clap::Command::after_long_help),
        (
            usage.map(|usage| called(usage, name)).filter(|_| command.get_name() != "lumabill"),
            clap::Command::override_usage,
        ),
    ];
    let mut command = if command.get_name() == "lumabill" { command.bin_name(name) } else { command };
    if name != "lumabill" {
        // A path is long: broken into lines, an example could not be copied.
        command = command.term_width(0);
    }
    for (text, put) in texts {
        if let Some(text) = text {
            command = put(command, text);
        }
    }
    let argument = |argument: clap::Arg| match (said(argument.get_help()), said(argument.get_long_help())) {
        (Some(help), Some(long)) => argument.help(help).long_help(long),
        (Some(help), None) => argument.help(help),
        _ => argument,
    };
    command.mut_args(argument).mut_subcommands(|command| named(command, name))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::{Cli, Command};
    use super::{named, without_placeholders};
    use crate::failure::COMMANDS;

    fn kept(words: &[&str]) -> Vec<String> {
        let words = words.iter().map(Into::into).collect();
        without_placeholders(words).into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn every_command_is_known_to_hints() {
        for command in Cli::command().get_subcommands() {
            assert!(COMMANDS.contains(&command.get_name()), "{}", command.get_name());
        }
    }

    #[test]
    fn a_setting_that_a_bundle_leaves_open_is_not_given() {
        let open =
            ["l", "serve", "--account=", "--sandbox=false", "--read-only=false", "--confirm=", "--files="];
        assert_eq!(kept(&open), ["l", "serve"]);
        let set = ["l", "serve", "--account=acme", "--read-only=true", "--toolsets=all", "--files=/a b"];
        assert_eq!(
            kept(&set),
            ["l", "serve", "--account=acme", "--read-only", "--toolsets=all", "--files=/a b"]
        );
        assert_eq!(kept(&["l", "serve", "--account=acme", "--sandbox=true"]), ["l", "serve", "--sandbox"]);
        assert_eq!(kept(&["l", "call", "--account="]), ["l", "call", "--account="]);
    }

    #[test]
    fn what_limits_the_server_is_refused_where_it_is_empty() {
        for odd in ["--read-only=", "--read-only=yes", "--sandbox=", "--account=${user_config.account}"] {
            let words = ["lumabill", "serve", odd];
            let read = Cli::of(words.map(Into::into));
            let served = match read {
                Ok(Cli { command: Command::Serve(serve) }) => serve.choice.account,
                Ok(_) => panic!("{odd}"),
                Err(_) => continue,
            };
            // Refused later, by the settings, since no account has such a name.
            assert_eq!(served, ["${user_config.account}"], "{odd}");
        }
    }

    #[test]
    fn help_names_the_command_that_works() {
        let mut command = named(Cli::command(), "'/a b/lumabill'");
        let all = command.render_long_help().to_string();
        assert!(all.contains("Usage: '/a b/lumabill' <COMMAND>"), "{all}");
        for command in Cli::command().get_subcommands() {
            let name = command.get_name().to_owned();
            let error = super::read(
                named(Cli::command(), "'/a b/lumabill'"),
                &["lumabill".into(), name.clone().into(), "--help".into()],
            );
            let help = error.err().unwrap().render().to_string();
            assert!(help.contains(&format!("Usage: '/a b/lumabill' {name}")), "{help}");
            let bare = help.lines().find(|line| line.trim_start().starts_with("lumabill "));
            assert_eq!(bare, None, "{name}");
        }
    }
}
