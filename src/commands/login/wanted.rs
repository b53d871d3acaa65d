//! What the flags of `login` mean: which service and address, under which name, and how the credential goes out.

use std::path::{Path, PathBuf};

use http::{HeaderName, HeaderValue};
use url::Url;

use super::Args;
use crate::credentials::Origin;
use crate::failure::{Exit, Failure};
use crate::settings::{
    Account, Auth, Mode, Service, Settings, SettingsError, StoredIn, is_account_name, me, name_of_host,
    numbered, stands_apart,
};

/// Headers that every request has already, or that say how it is sent.
const TAKEN: [&str; 8] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
];

/// An account as it is to be, and how its credential is had.
pub struct Wanted {
    pub account: Account,
    pub way: Way,
}

/// How the credential is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A person gives a key, which goes out like this.
    Key(Auth),
    SignIn,
    /// The server is asked what it wants.
    Probe,
}

/// The account as the flags describe it, over what is known of it.
pub fn of(args: &Args, settings: &Settings) -> Result<Wanted, Failure> {
    let named = args.account.as_deref().or(settings.environment.account.as_deref());
    if let Some(name) = named.filter(|name| !is_account_name(name)) {
        return Err(SettingsError::AccountName(name.to_owned()).into());
    }
    // One that is there already is served alone as before.
    if let Some(name) = named.filter(|name| !stands_apart(name) && settings.stored_account(name).is_none()) {
        let message = format!(
            "`{name}` is no good name: with several accounts `__` stands between an account and a tool; nothing was stored"
        );
        return Err(Failure::new("bad_account_name", Exit::Usage, message)
            .hint("give a name without `__` in it and without `_` at its end"));
    }
    let place = Place::of(args, settings, named)?;
    refuse_what_does_not_fit(args, place.service)?;
    let name = match named {
        Some(name) => name.to_owned(),
        None => name_for(&place, settings)?,
    };
    refuse_other_service(&name, &place, settings)?;
    let mut account = Account {
        stored_in: if args.insecure_storage { StoredIn::File } else { StoredIn::Keyring },
        ca_file: args.ca_file.as_deref().map(ca_file).transpose()?,
        ..account_at(&name, place.service, place.origin.to_string(), settings)
    };
    if let Some(tenant) = &args.tenant {
        account.tenant = tenant_of(tenant)?;
    }
    let way = way(args, &account)?;
    if let Way::Key(auth) = &way {
        account.auth = auth.clone();
    } else if way == Way::SignIn {
        account.auth = Auth::OAuth;
    }
    Ok(Wanted { account, way })
}

/// The account `name` as it will be with a new credential for `origin`, over what is known of it.
pub fn account_at(name: &str, service: Service, origin: String, settings: &Settings) -> Account {
    let known = settings.stored_account(name);
    let mut account = Account {
        service,
        mode: Mode::Unknown,
        stored_in: StoredIn::Keyring,
        ..known.clone().unwrap_or_else(|| Account::unknown(name))
    };
    if known.as_ref().is_none_or(|known| known.service != service || known.origin != origin) {
        account.auth = service.auth();
        account.tenant = None;
        account.reads = Vec::new();
    }
    if let Some(known) = known.filter(|known| known.origin != origin) {
        account.former_origins.push(known.origin);
        // Another address, other companies.
        account.profile = None;
        account.profiles = Vec::new();
    }
    account.former_origins.retain(|former| *former != origin);
    account.origin = origin;
    account
}

/// A service and where it is.
struct Place {
    service: Service,
    origin: Origin,
}

impl Place {
    fn of(args: &Args, settings: &Settings, named: Option<&str>) -> Result<Self, Failure> {
        let api_url = args.api_url.as_deref().map(address).transpose()?;
        let at = |service: Service, otherwise: &str| {
            let origin = match &api_url {
                Some(origin) => origin.clone(),
                None => Origin::parse(otherwise)?,
            };
            Ok(Self { service, origin })
        };
        let Some(text) = args.service.as_deref().map(str::trim) else {
            // Another login to the same server needs no more than its name.
            let known =
                named.map(|name| settings.stored_account(name).unwrap_or_else(|| Account::unknown(name)));
            return match known.filter(|known| known.service.is_remote()) {
                Some(known) => at(known.service, &known.origin),
                None => at(Service::Lumabill, Service::Lumabill.default_origin()),
            };
        };
        match Service::from_name(text) {
            Some(Service::Sandbox) => {
                let message = "the sandbox needs no login";
                Err(unusable(message).hint(format!("run `{} serve --sandbox`", me())))
            }
            Some(Service::Url) => {
                let message = "a server of your own is named by its address; nothing was stored";
                Err(unusable(message).hint(format!("run `{} login --service https://…`", me())))
            }
            Some(service) => at(service, service.default_origin()),
            None if text.contains("://") => {
                let origin = address(text)?;
                if api_url.is_some() {
                    let message = "`--service` gives an address already, so `--api-url` has no meaning; nothing was stored";
                    return Err(unusable(message).hint("give one of the two"));
                }
                let service = Service::at(&origin.to_string()).unwrap_or(Service::Url);
                Ok(Self { service, origin })
            }
            None => Err(no_service(text)),
        }
    }
}

fn unusable(message: impl Into<String>) -> Failure {
    Failure::new("service_not_served", Exit::Usage, message)
}

/// What is no service may be a key that was given in the wrong place: only a plain word is shown.
fn no_service(text: &str) -> Failure {
    let plain = text.len() <= 20 && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let which = if plain { format!(" `{text}`") } else { " of that name".to_owned() };
    let names: Vec<_> = Service::logged_in_to().collect();
    unusable(format!("there is no service{which}; nothing was stored")).hint(format!(
        "give one of {}, or the address of an MCP server: `{} login --service https://…`",
        names.join(", "),
        me()
    ))
}

/// An address that holds no credential: one in it is in the shell's history by now, and is not shown.
fn address(text: &str) -> Result<Origin, Failure> {
    let parsed = Origin::parse(text);
    let Err(error) = parsed else { return Ok(parsed?) };
    let mut failure = Failure::from(error);
    failure.message.push_str("; nothing was stored");
    let Ok(mut url) = Url::parse(text.trim()) else { return Err(failure) };
    let holds = url.query().is_some() || url.password().is_some();
    url.set_query(None);
    url.set_fragment(None);
    let hosted = Service::LumabillHosted;
    Err(match Origin::parse(url.as_str()) {
        Ok(origin) if origin.to_string() == hosted.default_origin() => failure.hint(format!(
            "run `{} login --service {hosted}`, which asks for the key without showing it; a key that stood in the \
             address has been seen by your shell: make a new one in {}",
            me(),
            hosted.keys_page().unwrap_or_default()
        )),
        _ if holds => failure.hint(
            "give the address alone, such as `https://mcp.example.com/mcp`: the key is asked for, and goes into the \
             keyring; one that stood in the address has been seen by your shell, so make a new one",
        ),
        _ => failure.hint("give an address such as `https://mcp.example.com/mcp`"),
    })
}

fn refuse_what_does_not_fit(args: &Args, service: Service) -> Result<(), Failure> {
    let not_for = |flag: &str, whose: &str| {
        let message =
            format!("`{flag}` is for {whose}, and this is {}; nothing was stored", in_words(service));
        Err(Failure::new("flag_of_other_service", Exit::Usage, message).hint(format!("leave `{flag}` out")))
    };
    if args.profile_id.is_some() && service != Service::Lumabill {
        return not_for("--profile-id", "companies of Lumabill's own API (service `lumabill`)");
    }
    if args.header.is_some() && service != Service::Url {
        return not_for("--header", "servers by address");
    }
    if args.spec.is_some() && service != Service::Lumabill {
        return not_for("--spec", "Lumabill's own API (service `lumabill`)");
    }
    if args.tenant.is_some() && service != Service::Faktoora {
        return not_for("--tenant", "faktoora, whose keys may open several accounts");
    }
    Ok(())
}

/// The service as it is called in a sentence.
pub fn in_words(service: Service) -> String {
    match service {
        Service::Url => "a server by its address".to_owned(),
        named => format!("`{named}`"),
    }
}

/// Another service under the same name would take the place of a key that is in use.
fn refuse_other_service(name: &str, place: &Place, settings: &Settings) -> Result<(), Failure> {
    let Some(known) = settings.stored_account(name).filter(|known| known.service != place.service) else {
        return Ok(());
    };
    let message = format!(
        "account `{name}` is one of {} at {}, and keeps its key; nothing was stored",
        in_words(known.service),
        known.origin
    );
    Err(Failure::new("account_taken", Exit::Usage, message).hint(format!(
        "give another name with `--account`, or remove that account first: `{} logout --account {name}`",
        me()
    )))
}

/// The service's name, or one after the host that no other account has.
fn name_for(place: &Place, settings: &Settings) -> Result<String, Failure> {
    if place.service != Service::Url {
        return Ok(place.service.name().to_owned());
    }
    let origin = place.origin.to_string();
    let same = |account: &Account| account.service == Service::Url && account.origin == origin;
    if let Some(account) = settings.stored_accounts().into_iter().find(same) {
        return Ok(account.name);
    }
    let port = Url::parse(&origin).ok().and_then(|url| url.port());
    let first = name_of_host(place.origin.host(), port);
    let free = |name: &String| settings.stored_account(name).is_none() && Service::from_name(name).is_none();
    let mut names = std::iter::once(first.clone()).chain((2..100).map(|number| numbered(&first, number)));
    names.find(free).ok_or_else(|| {
        unusable(format!("there are too many accounts at {}; nothing was stored", place.origin.host()))
            .hint("name this one with `--account`")
    })
}

fn way(args: &Args, account: &Account) -> Result<Way, Failure> {
    if account.service == Service::Url {
        if let Some(name) = &args.header {
            return Ok(Way::Key(header(name)?));
        }
        // Another key for the same server goes the way of the one before.
        return Ok(match (&account.auth, args.with_token) {
            (auth @ (Auth::Header(_) | Auth::Query(_)), _) => Way::Key(auth.clone()),
            (_, true) => Way::Key(Auth::Bearer),
            // Nobody is asked, so that this is a person's decision.
            (Auth::Bearer, false) if args.no_verify => Way::Key(Auth::Bearer),
            (Auth::OAuth, false) => Way::SignIn,
            _ => Way::Probe,
        });
    }
    Ok(match account.service.auth() {
        Auth::OAuth if args.with_token => Way::Key(Auth::Bearer),
        Auth::OAuth => Way::SignIn,
        auth => Way::Key(auth),
    })
}

/// A key in a header of this name.
fn header(name: &str) -> Result<Auth, Failure> {
    let parsed: Option<HeaderName> = name.trim().parse().ok();
    match parsed.filter(|name| !TAKEN.contains(&name.as_str())) {
        Some(name) => Ok(Auth::Header(name.as_str().to_owned())),
        // What somebody took for a name may be the key.
        None => Err(Failure::new(
            "bad_header",
            Exit::Usage,
            "what `--header` gives is no name of a header that can carry a key; nothing was stored",
        )
        .hint("give the name alone, such as `--header X-API-Key`: the key is asked for")),
    }
}

/// `None` for an empty one: the key's own account.
fn tenant_of(text: &str) -> Result<Option<String>, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > 200 || !text.is_ascii() || HeaderValue::from_str(text).is_err() {
        let message = "what `--tenant` gives holds characters that no header can carry; nothing was stored";
        return Err(Failure::new("bad_tenant", Exit::Usage, message)
            .hint("give the account's id as faktoora shows it"));
    }
    Ok(Some(text.to_owned()))
}

/// The absolute path of a readable PEM file.
fn ca_file(file: &Path) -> Result<PathBuf, Failure> {
    let unusable = |cause: String| {
        let message = format!("`{}` cannot be used as certificate authority", file.display());
        Failure::new("bad_ca_file", Exit::Usage, message)
            .because(cause)
            .hint("give a PEM file that begins with `-----BEGIN CERTIFICATE-----`")
    };
    let real = file.canonicalize().map_err(|error| unusable(error.to_string()))?;
    let text = std::fs::read(&real).map_err(|error| unusable(error.to_string()))?;
    if !String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    Ok(real)
}
