//! The accounts that are served: which ones are meant, and each as what serves it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Choice, Missing, USER_AGENT, journal, level, rates, remote};
use crate::api;
use crate::commands::offered::flags;
use crate::credentials::{AccountKeys, Origin};
use crate::failure::{Exit, Failure};
use crate::gateway::bridged::definitions::Definitions;
use crate::gateway::bridged::{self, Bridged};
use crate::gateway::{self, Absent, Facts, Gateway, Selection, ServedAccount as Served, Setup};
use crate::journal::Journal;
use crate::settings::{
    Account, Mode, Policy, Settings, SettingsError, StoredIn, is_account_name, me, runs_into,
};
use crate::spec::{Extra, Kept};
use crate::terminal;
use crate::text::in_line;

/// Every account that `choice` names, or the one that the settings choose.
pub fn all(choice: &Choice, settings: &Settings, missing: Missing) -> Result<Vec<(String, Served)>, Failure> {
    check(choice, settings)?;
    // One for all: it has a thread, and a lock that says whose the open writes are.
    let journal = journal(settings);
    let one = |named: Option<&str>| match to_account(choice, settings, named, &journal) {
        Ok(served) => Ok(served),
        Err(why) if is_told(choice, missing, &why) => Ok(absent(choice, settings, named, why, &journal)),
        Err(why) => Err(why),
    };
    match choice.account.as_slice() {
        [] => Ok(vec![one(None)?]),
        several => several.iter().map(|name| one(Some(name))).collect(),
    }
}

/// What is wrong with the options, whatever accounts there are.
pub(super) fn check(choice: &Choice, settings: &Settings) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in &choice.account {
        if !is_account_name(name) {
            return Err(SettingsError::AccountName(name.clone()).into());
        }
        if !seen.insert(name) {
            let message = format!("account `{name}` is named twice; nothing was sent");
            return Err(Failure::new("account_twice", Exit::Usage, message).hint("name each account once"));
        }
    }
    // A server could give a tool the name of another account's.
    for short in &choice.account {
        if let Some(long) = choice.account.iter().find(|long| runs_into(short, long)) {
            let message = format!(
                "accounts `{short}` and `{long}` are not served together: a tool of the one could pass for one of the other; \
                 nothing was sent"
            );
            return Err(Failure::new("accounts_alike", Exit::Usage, message).hint(format!(
                "serve `{long}` alone, or log in again under another name: `{} login --account NAME`",
                me()
            )));
        }
    }
    Selection { toolsets: choice.toolsets.clone(), ..Selection::default() }.check()?;
    check_tools(choice, settings)?;
    if choice.profile_id.is_some() {
        check_profile(choice, settings)?;
    }
    Ok(())
}

/// A profile is one of a single account of Lumabill's own API.
fn check_profile(choice: &Choice, settings: &Settings) -> Result<(), Failure> {
    let accounts = choice.accounts(settings);
    let own = accounts.iter().filter(|account| !account.service.is_remote()).count();
    let refused = |message: &str, hint: String| {
        Err(Failure::new("profile_of_other_service", Exit::Usage, format!("{message}; nothing was sent"))
            .hint(hint))
    };
    match own {
        0 if !accounts.is_empty() => refused(
            "`--profile-id` is for companies of Lumabill's own API, and no account here is one of it",
            "leave `--profile-id` out".to_owned(),
        ),
        0 | 1 => Ok(()),
        _ => refused(
            "`--profile-id` can be meant for several of the accounts",
            format!("fix the profile of each account: `{} config profile NAME --account NAME`", me()),
        ),
    }
}

/// One among several does not take the others with it, one that nobody logged in to yet may be logged in to later, and a
/// damaged file may be mended.
fn is_told(choice: &Choice, missing: Missing, why: &Failure) -> bool {
    choice.account.len() > 1
        || (missing == Missing::IsTold && [NOT_LOGGED_IN, SPEC_UNREADABLE].contains(&why.code))
}

/// An account that cannot be served: its own tools say why.
fn absent(
    choice: &Choice,
    settings: &Settings,
    named: Option<&str>,
    why: Failure,
    journal: &Arc<Journal>,
) -> (String, Served) {
    let chosen = || settings.account(None).map(|account| account.name).unwrap_or_default();
    let account = named.map_or_else(chosen, str::to_owned);
    let (choice, name, journal) = (choice.clone(), account.clone(), Arc::clone(journal));
    let again = move || {
        let settings = Settings::load().ok()?;
        Some(to_account(&choice, &settings, Some(&name), &journal).ok()?.1)
    };
    (account.clone(), Served::Absent(Absent { account, why, again: Box::new(again) }))
}

/// The code of the failure that nobody logged in to a remote server's account yet.
const NOT_LOGGED_IN: &str = "not_logged_in";
/// The code of the failure that the kept API description is damaged, or was written by a newer program.
const SPEC_UNREADABLE: &str = "spec_unreadable";

/// One account, served by its API's gateway or bridged to its remote server.
pub(super) fn to_account(
    choice: &Choice,
    settings: &Settings,
    named: Option<&str>,
    journal: &Arc<Journal>,
) -> Result<(String, Served), Failure> {
    let account = settings.account(named)?;
    let policy = settings.policy(&choice.flags(), &account)?;
    if choice.confirm.is_some_and(|asked| asked < policy.confirm) {
        terminal::note(&format!(
            "warning: `--confirm` is tightened to `{}` by the settings",
            policy.confirm.name()
        ));
    }
    if !account.service.is_remote() {
        warn_of_another_address(&account, settings)?;
    }
    if account.service.is_remote() {
        if settings.stored_account(&account.name).is_none() {
            let message = format!("nobody is logged in to account `{}` yet; nothing was sent", account.name);
            return Err(Failure::new(NOT_LOGGED_IN, Exit::NotLoggedIn, message).hint(format!(
                "run `{} login --service {}` in a terminal, then repeat the call: no restart is needed",
                me(),
                account.service
            )));
        }
        let selection = choice.selection_of(&account, policy.toolsets.as_deref(), &[]);
        let setup = remote::setup(settings, &account, policy, selection)?;
        let bridged = Bridged::new(bridged::Setup { journal: Arc::clone(journal), ..setup });
        return Ok((account.name, Served::Remote(Arc::new(bridged))));
    }
    let known = facts(&account, settings, &policy)?;
    let further = known.described.as_deref().map(|kept| kept.extra.as_slice()).unwrap_or_default();
    let selection = choice.selection_of(&account, policy.toolsets.as_deref(), further);
    let (again, name) = (choice.clone(), account.name.clone());
    let named = named.map(str::to_owned);
    let remember = move || {
        let kept =
            Settings::load().and_then(|mut settings| Ok(settings.remember_mode(&name, Mode::ReadOnly)?));
        if let Err(failure) = kept {
            tracing::warn!("that the key only reads could not be kept: {}", failure.message);
        }
    };
    let gateway = Gateway::new(Setup {
        facts: known,
        reload: Box::new(move || look_up_again(&again, named.as_deref()).ok()),
        keys: Arc::new(AccountKeys::new(&account, settings)),
        sandbox: false,
        selection,
        level: level(policy.confirm),
        files: policy.files,
        journal: Arc::clone(journal),
        duplicate_window: policy.duplicate_window,
        state_folder: settings.folders.state.clone(),
        rates: rates(policy.rate_limit),
        remember_read_only: Box::new(remember),
    })?;
    Ok((account.name, Served::Api(Arc::new(gateway))))
}

/// The account as the config file has it by now.
fn look_up_again(choice: &Choice, named: Option<&str>) -> Result<Facts, Failure> {
    let settings = Settings::load()?;
    let account = settings.account(named)?;
    let policy = settings.policy(&choice.flags(), &account)?;
    facts(&account, &settings, &policy)
}

pub fn facts(account: &Account, settings: &Settings, policy: &Policy) -> Result<Facts, Failure> {
    let from_environment = account.stored_in == StoredIn::Environment;
    let described = kept_description(account, settings)?.map(Arc::new);
    Ok(Facts {
        account: account.name.clone(),
        origin: Origin::parse(&account.origin)?,
        bound_to: account.origin.clone(),
        trust: api::Trust { ca_file: account.ca_file.clone(), environment_roots: from_environment },
        user_agent: USER_AGENT,
        fixed_profile: policy.profile.clone(),
        chosen_profile: None,
        known_profiles: account
            .profiles
            .iter()
            .map(|profile| (profile.id.clone(), profile.name.clone()))
            .collect(),
        read_only: policy.read_only,
        logged_in: account.stored_in != StoredIn::Keyring || settings.stored_account(&account.name).is_some(),
        described,
    })
}

/// Says that a kept description is not used, since it was made for another address.
fn warn_of_another_address(account: &Account, settings: &Settings) -> Result<(), Failure> {
    let kept = Kept::load(&settings.folders.config, &account.name)?;
    if let Some(kept) = kept.filter(|kept| kept.origin != account.origin) {
        terminal::note(&format!(
            "warning: the API description kept for account `{}` was made for {} and is not used: `{} spec show` shows it",
            account.name,
            in_line(&kept.origin, 200),
            me()
        ));
    }
    Ok(())
}

/// The user's description of the account's API, as it is kept. One that was made for another address describes another
/// API.
pub fn kept_description(account: &Account, settings: &Settings) -> Result<Option<Kept>, Failure> {
    let kept = Kept::load(&settings.folders.config, &account.name)?;
    Ok(kept.filter(|kept| kept.origin == account.origin))
}

impl Choice {
    /// What of the choice is meant for `account`: tools of another account are none of its own. `further` are those of its API
    /// description.
    pub fn selection_of(
        &self,
        account: &Account,
        toolsets: Option<&[String]>,
        further: &[Extra],
    ) -> Selection {
        let mut selection = self.selection(toolsets);
        if self.account.len() < 2 || self.tools.is_empty() {
            return selection;
        }
        let remote = account.service.is_remote();
        // A name without an account is meant for whoever has such a tool.
        let mine = |tool: &String| match self.account_in(tool) {
            Some((name, rest)) => (name == account.name).then(|| rest.to_owned()),
            None => {
                let own = || gateway::row(tool).is_some() || further.iter().any(|one| one.tool == *tool);
                (remote || own()).then(|| tool.clone())
            }
        };
        selection.tools = self.tools.iter().filter_map(mine).collect();
        if selection.tools.is_empty() && selection.toolsets.is_empty() {
            // Where all that is named is another account's, this one serves nothing: the empty choice is the default.
            selection.tools.push(String::new());
        }
        selection
    }

    /// The account that the name of a tool begins with, and the rest.
    fn account_in<'a>(&'a self, tool: &'a str) -> Option<(&'a str, &'a str)> {
        let (name, rest) = tool.split_once("__")?;
        self.account.iter().any(|known| known == name).then_some((name, rest))
    }
}

/// Refuses tools that no account has, as far as that can be told: what a server offers is known once it was seen.
fn check_tools(choice: &Choice, settings: &Settings) -> Result<(), Failure> {
    let accounts = choice.accounts(settings);
    // One API alone says more: its gateway knows the neighbours of a misspelt name.
    if accounts.iter().all(|account| !account.service.is_remote()) && accounts.len() < 2 {
        return Ok(());
    }
    let several = choice.account.len() > 1;
    let known = |tool: &str| {
        let (of, name) = match choice.account_in(tool).filter(|_| several) {
            Some((account, name)) => (Some(account), name),
            None => (None, tool),
        };
        let mut meant = accounts.iter().filter(|account| of.is_none_or(|of| account.name == of));
        meant.any(|account| may_have(account, name, settings))
    };
    match choice.tools.iter().find(|tool| !known(tool)) {
        Some(tool) => {
            let message = format!("no account here has a tool `{tool}`; nothing was sent");
            let whose = flags(&choice.account);
            Err(Failure::new("unknown_tool", Exit::Usage, message)
                .hint(format!("see all that there are: `{} tools{whose} --toolsets all`", me())))
        }
        None => Ok(()),
    }
}

fn may_have(account: &Account, tool: &str, settings: &Settings) -> bool {
    if !account.service.is_remote() {
        let kept = || kept_description(account, settings).ok().flatten();
        let further = || kept().is_some_and(|kept| kept.extra.iter().any(|one| one.tool == tool));
        return gateway::row(tool).is_some() || further();
    }
    let stored = Definitions::load(&settings.folders.state, &account.name, &account.origin);
    let Some(stored) = stored else { return true };
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // A name that no client takes is listed as another one.
    let matches = |name: &str| name == tool || !plain(name) || name.len() > 40;
    stored.tools.iter().filter_map(|tool| tool.get("name")?.as_str()).any(matches)
}
