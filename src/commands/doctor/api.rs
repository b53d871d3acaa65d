//! What the API says, asked with one read and, where it is not known yet whether the key may write, one write
//! that changes nothing. Both are counted by the limiter that all processes share.

mod trouble;

use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use super::accounts::whose;
use super::row::Row;
use crate::api::pages::{Next, Page};
use crate::api::{ApiError, Body, Client, Method, Reply, Request, Safety, Trust, Watch};
use crate::commands::connect::{USER_AGENT, kept_description, rates};
use crate::commands::login::verify;
use crate::credentials::{FixedKey, Key};
use crate::failure::Failure;
use crate::gateway::rate_limit::{Left, RateLimits};
use crate::gateway::spoken;
use crate::settings::{Account, Environment, Flags, Mode, Profile, Settings, StoredIn};
use crate::spec::Kept;

/// For the answer, the connection included.
const PATIENCE: Duration = Duration::from_secs(6);
/// Clocks that differ by less agree.
const AGREE: Duration = Duration::from_secs(60);
/// From here on documents get another day.
const WRONG: Duration = Duration::from_secs(3600);

/// Rows on reaching it, the key, its profiles, the clocks and the limits.
pub async fn check(account: &Account, key: Key, settings: &Settings) -> Vec<Row> {
    let from_environment = account.stored_in == StoredIn::Environment;
    let trust = Trust { ca_file: account.ca_file.clone(), environment_roots: from_environment };
    let client = Client::new(key.origin().clone(), trust, USER_AGENT);
    let limits = match settings.rate_limit() {
        Ok(limit) => RateLimits::new(rates(limit), &settings.folders.state, None),
        Err(error) => return vec![Row::failure("rate_budget", &Failure::from(error))],
    };
    // One that cannot be used has a row of its own.
    let described = kept_description(account, settings).unwrap_or_default();
    let asking = Asking {
        account,
        client: &client,
        key: &key,
        limits: &limits,
        settings,
        described: described.as_ref(),
    };
    if let Some(left) = limits.left(&key).filter(|left| left.reads == 0 || !left.pause.is_zero()) {
        return vec![used_up(left)];
    }
    asking.ask().await
}

/// One account and what it is asked with.
struct Asking<'a> {
    account: &'a Account,
    client: &'a Client,
    key: &'a Key,
    limits: &'a RateLimits,
    settings: &'a Settings,
    described: Option<&'a Kept>,
}

/// The profiles of the first page.
struct Reached {
    profiles: Vec<Profile>,
    /// There are no more.
    all: bool,
}

impl Asking<'_> {
    async fn ask(&self) -> Vec<Row> {
        let (began, at) = (Instant::now(), SystemTime::now());
        let answer = self.profiles().await;
        let took = began.elapsed();
        let mut rows = Vec::new();
        match answer {
            Ok(reply) => {
                rows.push(self.reached(took));
                let date = reply.date;
                match read(reply) {
                    Some(reached) => rows.extend(self.accepted(&reached).await),
                    None => rows.push(self.elsewhere("it answers with JSON, but with no list of profiles")),
                }
                rows.extend(date.map(|date| clock(date, at + took / 2)));
            }
            Err(error) => rows.extend(self.trouble(&error, took)),
        }
        rows.extend(self.budget());
        rows
    }

    /// The list of profiles: one attempt.
    async fn profiles(&self) -> Result<Reply, ApiError> {
        let request = Request {
            tool: "doctor".to_owned(),
            method: Method::GET,
            path: "/v1/profiles".to_owned(),
            query: Vec::new(),
            body: Body::None,
            profile: None,
            idempotency_key: None,
            if_match: None,
            // Whoever asks what is wrong wants to see it, not a second try.
            patience: Some(Duration::ZERO),
            safety: Safety::Read,
            verbatim: None,
        };
        self.limits.count(self.key, Safety::Read).await;
        let watch = Watch { cancelled: CancellationToken::new(), waiting: &|_, _| (), permits: None };
        let keys = FixedKey(self.key.clone());
        let sent = spoken::send(self.client, self.described, &request, &keys, &watch);
        tokio::time::timeout(PATIENCE, sent).await.unwrap_or_else(|_| {
            Err(ApiError::Silent {
                host: self.client.origin().host().to_owned(),
                seconds: PATIENCE.as_secs(),
            })
        })
    }

    fn reached(&self, took: Duration) -> Row {
        let origin = self.client.origin();
        let way = match (self.client.proxy(), origin.is_loopback()) {
            (Some(proxy), _) => format!("through the proxy {proxy}"),
            (None, true) => "on this machine".to_owned(),
            (None, false) => "without a proxy".to_owned(),
        };
        let trust = match (origin.is_encrypted(), &self.account.ca_file) {
            (false, _) => "not encrypted".to_owned(),
            (true, Some(file)) => format!("trusted by the system or `{}`", file.display()),
            (true, None) if self.roots_from_environment().is_some() => {
                "trusted by `SSL_CERT_FILE`".to_owned()
            }
            (true, None) => "trusted by the system".to_owned(),
        };
        Row::ok("api_reachable", format!("answers in {} ms, {way}, {trust}", took.as_millis()))
    }

    /// `SSL_CERT_FILE` or `SSL_CERT_DIR`, where it counts: for a key that came with it.
    fn roots_from_environment(&self) -> Option<String> {
        let set = named_roots();
        set.filter(|_| cfg!(target_os = "linux") && self.account.stored_in == StoredIn::Environment)
    }

    /// The key is good.
    async fn accepted(&self, reached: &Reached) -> Vec<Row> {
        let known = self.account.mode;
        let asked = known == Mode::Unknown && self.limits.left(self.key).is_none_or(|left| left.writes > 0);
        let mode = if asked {
            let answer = verify::mode(self.client, self.key, self.limits, self.described);
            tokio::time::timeout(PATIENCE, answer).await.unwrap_or(Mode::Unknown)
        } else {
            known
        };
        let may = match mode {
            Mode::ReadWrite => "it may read and write",
            Mode::ReadOnly => "it may only read, so no tool that writes is served",
            Mode::Unknown => "whether it may write is not known",
        };
        let row = Row::ok("key_accepted", format!("the API accepts the key: {may}"));
        vec![row, self.companies(reached)]
    }

    fn companies(&self, reached: &Reached) -> Row {
        let (account, profiles) = (self.account, reached.profiles.as_slice());
        // With what the environment fixes.
        let policy = self.settings.policy(&Flags::default(), account);
        let fixed = policy.map_or_else(|_| account.profile.clone(), |policy| policy.profile);
        if let Some(fixed) = fixed {
            let label = account.profile_label(&fixed);
            let known = profiles.iter().any(|profile| profile.id == fixed);
            return match (known, reached.all) {
                (true, _) => Row::ok("profiles", format!("fixed to the profile {label}")),
                (false, false) => Row::ok(
                    "profiles",
                    format!("fixed to the profile {label}, which was not looked for in all of a long list"),
                ),
                (false, true) if account.profile.as_ref() == Some(&fixed) => Row::failed(
                    "profiles",
                    format!("the settings fix it to the profile {label}, which the key does not reach"),
                    format!("run `lumabill config{} profile ''`, or choose another one", whose(account)),
                ),
                (false, true) => Row::failed(
                    "profiles",
                    format!(
                        "`LUMABILL_PROFILE_ID` fixes it to {label}, a profile that the key does not reach"
                    ),
                    "correct `LUMABILL_PROFILE_ID`, or unset it",
                ),
            };
        }
        let names: Vec<String> =
            profiles.iter().take(3).map(|profile| format!("`{}`", profile.name)).collect();
        let names = names.join(", ");
        match profiles {
            [] => Row::warning(
                "profiles",
                "the key reaches no profile (company)",
                "make a profile in Lumabill, or give the key access to one",
            ),
            _ if !reached.all => {
                Row::ok("profiles", format!("it reaches {names} and more: a write names one"))
            }
            [_] => Row::ok("profiles", format!("it reaches {names}")),
            [_, _] | [_, _, _] => Row::ok("profiles", format!("it reaches {names}: a write names one")),
            [_, _, _, rest @ ..] => {
                Row::ok("profiles", format!("it reaches {names} and {} more: a write names one", rest.len()))
            }
        }
    }

    fn budget(&self) -> Option<Row> {
        let Some(left) = self.limits.left(self.key) else {
            return self
                .limits
                .are_off()
                .then(|| Row::ok("rate_budget", "no limit of requests is kept here: `rate_limit` is `off`"));
        };
        let used = "this check is counted";
        Some(Row::ok(
            "rate_budget",
            format!(
                "{} of {} reads and {} of {} writes are left in this minute; {used}",
                left.reads, left.rates.reads, left.writes, left.rates.writes
            ),
        ))
    }

    /// It answers, but not as the API does.
    fn elsewhere(&self, what: &str) -> Row {
        Row::failed("api_answer", format!("it may not be the billing API: {what}"), self.address())
    }

    fn address(&self) -> String {
        if self.account.stored_in == StoredIn::Environment {
            return "correct `LUMABILL_API_URL`".to_owned();
        }
        format!(
            "give the address that Lumabill shows under Settings > API: \
             `lumabill login{} --api-url URL`",
            whose(self.account)
        )
    }
}

/// The profiles of the first page; `None` where there is no list.
fn read(reply: Reply) -> Option<Reached> {
    let page = Page::read(reply.body, reply.link.as_deref(), "profiles");
    let profiles: Vec<Profile> = page.records.iter().filter_map(verify::profile).collect();
    let is_list = page.listed && (page.records.is_empty() || !profiles.is_empty());
    let more = page.total.is_some_and(|total| total > profiles.len() as u64);
    // An API that does not say whether there is more has no shorter pages than these.
    let all = !more && (page.next == Next::End || page.next == Next::Unknown && profiles.len() < 10);
    (is_list || !profiles.is_empty()).then_some(Reached { profiles, all })
}

fn named_roots() -> Option<String> {
    let set = Environment::handed_on(&["SSL_CERT_FILE", "SSL_CERT_DIR"]);
    let (_, value) = set.into_iter().find(|(_, value)| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

fn used_up(left: Left) -> Row {
    let seen = if left.pause.is_zero() {
        format!("all {} reads of this minute are used up, so the API was not asked", left.rates.reads)
    } else {
        format!("the API asked for a pause of {} s more, so it was not asked", left.pause.as_secs() + 1)
    };
    Row::warning("rate_budget", seen, "wait a minute and run `lumabill doctor` again")
}

/// The server's clock is told to the second.
fn clock(server: SystemTime, ours: SystemTime) -> Row {
    let (behind, difference) = match server.duration_since(ours) {
        Ok(difference) => (true, difference),
        Err(earlier) => (false, earlier.duration()),
    };
    if difference <= AGREE {
        return Row::ok("clock", "this machine's clock agrees with the API's");
    }
    let seen = format!(
        "this machine's clock is {} {} that of the API",
        in_words(difference),
        if behind { "behind" } else { "ahead of" }
    );
    let next = if cfg!(target_os = "linux") {
        "set the clock: `sudo timedatectl set-ntp true`"
    } else {
        "let the system set its clock by itself (date and time settings)"
    };
    match difference {
        far if far >= WRONG => Row::failed("clock", seen, next),
        _ => Row::warning("clock", seen, next),
    }
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::row::State;
    use super::clock;

    #[test]
    fn clocks_agree_within_a_minute_and_are_wrong_from_an_hour_on() {
        let now = SystemTime::now();
        for (seconds, state, words) in [
            (30, State::Ok, "agrees"),
            (300, State::Warning, "5 min behind"),
            (90_000, State::Failed, "25 h behind"),
        ] {
            let row = clock(now + Duration::from_secs(seconds), now);
            assert_eq!(row.state, state);
            assert!(row.seen.contains(words), "{}", row.seen);
        }
        assert!(clock(now - Duration::from_secs(600), now).seen.contains("10 min ahead of"));
    }
}
