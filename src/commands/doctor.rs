//! `lumabill doctor`: what works here and what does not, with one next step each. Without `--fix` it writes
//! nothing but the limiter's count of its own requests.

mod accounts;
mod api;
mod books;
mod folders;
mod program;
mod row;
mod started;

use super::connect::block_on;
use crate::failure::{Exit, Failure};
use crate::settings::{Environment, Settings, UserFolders};
use crate::terminal;
use row::Section;

/// Check everything that lumabill needs here, and say what to do
#[derive(clap::Args)]
pub struct Args {
    /// Print JSON instead: a list `checks`
    #[arg(long)]
    json: bool,
    /// Mend what can be mended, asking before each step
    #[arg(long)]
    fix: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let (settings, damaged) = match Settings::load() {
        Ok(settings) => (settings, None),
        Err(failure) => (Settings::without_config(Environment::read())?, Some(failure)),
    };
    let user = UserFolders::read();
    let mut sections = vec![
        Section { title: "program".to_owned(), rows: program::check(user.as_ref()) },
        Section { title: "files".to_owned(), rows: folders::check(&settings.folders, damaged.as_ref()) },
    ];
    let (accounts, books) = block_on(async {
        tokio::join!(accounts::check(&settings, damaged.is_none()), books::check(&settings))
    })?;
    sections.extend(accounts);
    sections.push(Section { title: "journal".to_owned(), rows: books });
    if args.json {
        terminal::json(&format!("{:#}", row::json(&sections)));
    } else {
        terminal::line(&row::text(&sections, terminal::width()));
    }
    let summary = row::summary(&sections);
    if row::any_failed(&sections) {
        return Err(Failure::new("checks_failed", Exit::Refused, summary));
    }
    if !args.json {
        terminal::line(&format!("\n{summary}"));
    }
    Ok(())
}
