//! `lumabill completions`: the script that lets a shell complete commands and options.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::terminal;

/// Print the completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  lumabill completions bash > ~/.local/share/bash-completion/completions/lumabill
  lumabill completions zsh > ~/.zfunc/_lumabill
  lumabill completions fish > ~/.config/fish/completions/lumabill.fish
  lumabill completions powershell >> $PROFILE")]
pub struct Args {
    shell: Shell,
}

pub fn run(args: &Args) {
    terminal::print(&script(args.shell));
}

/// The script as it is printed, and committed under `completions/`.
pub fn script(shell: Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command(), "lumabill", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = super::script(shell);
            for command in ["login", "logout", "status", "serve", "--with-token"] {
                assert!(script.contains(command.trim_start_matches('-')), "{shell}: {command}");
            }
        }
    }
}
