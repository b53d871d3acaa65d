//! `lumabill doctor`: what works here and what does not, with one next step each. Without `--fix` it writes
//! nothing but the limiter's count of its own requests.

mod accounts;
mod api;
mod books;
mod clients;
mod described;
mod entry;
mod exposed;
mod folders;
mod mending;
mod program;
mod remote;
mod row;
mod running;
mod started;
mod surroundings;

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
    let user = UserFolders::read();
    let user = user.as_ref();
    let mut sections = look(user)?;
    let mut shown = false;
    if args.fix {
        if !args.json {
            show(&sections, user);
            shown = true;
        }
        if let Some(after) = mended(&sections, user)? {
            sections = after;
            shown = false;
        }
    }
    if args.json {
        terminal::json(&format!("{:#}", row::json(&sections)));
    } else if !shown {
        show(&sections, user);
    }
    let summary = row::summary(&sections);
    if row::any_failed(&sections) {
        return Err(Failure::new("checks_failed", Exit::Refused, summary));
    }
    if !args.json {
        terminal::line(&summary);
    }
    Ok(())
}

fn show(sections: &[Section], user: Option<&UserFolders>) {
    let text = row::text(sections, terminal::width(), user.map(|user| user.home.as_path()));
    terminal::line(&format!("{text}\n"));
}

/// Asks for each step; the checks as they are afterwards, where something was changed.
fn mended(sections: &[Section], user: Option<&UserFolders>) -> Result<Option<Vec<Section>>, Failure> {
    if row::rows(sections).all(|row| row.fix.is_none()) {
        terminal::note("there is nothing that `--fix` could mend");
        return Ok(None);
    }
    if !terminal::is_attended() {
        terminal::note("nothing was mended: `--fix` asks before each step, so it needs a terminal");
        return Ok(None);
    }
    if !mending::mend(sections, user)? {
        return Ok(None);
    }
    terminal::note("\nafter that:\n");
    look(user).map(Some)
}

/// All checks. The clients are asked on a thread of their own meanwhile: it takes its time to start programs.
fn look(user: Option<&UserFolders>) -> Result<Vec<Section>, Failure> {
    let (settings, damaged) = match Settings::load() {
        Ok(settings) => (settings, None),
        Err(failure) => (Settings::without_config(Environment::read())?, Some(failure)),
    };
    let known = damaged.is_none();
    let program = Section { title: "program".to_owned(), rows: program::check(user) };
    let files =
        Section { title: "files".to_owned(), rows: folders::check(&settings.folders, damaged.as_ref()) };
    let (asked, clients) = std::thread::scope(|scope| {
        let clients = scope.spawn(|| user.map(|user| clients::check(user, &settings, known)));
        let asked =
            block_on(async { tokio::join!(accounts::check(&settings, known), books::check(&settings)) });
        (asked, clients.join().ok().flatten())
    });
    let (accounts, journal) = asked?;
    let only_sandbox = clients.as_ref().is_some_and(|seen| seen.only_sandbox);
    let mut sections = vec![program, files];
    sections
        .extend(accounts.into_iter().map(|section| if only_sandbox { practising(section) } else { section }));
    sections.push(Section { title: "journal".to_owned(), rows: journal });
    sections.push(Section { title: "servers".to_owned(), rows: running::check(&settings.folders) });
    sections.extend(clients.into_iter().flat_map(|seen| seen.sections));
    Ok(sections)
}

/// Who only practises needs no account.
fn practising(section: Section) -> Section {
    let rows = section.rows.into_iter().map(|row| match row.id {
        "accounts" | "keyring" => row.at_most_warning(),
        _ => row,
    });
    Section { rows: rows.collect(), ..section }
}
