//! From an account of a remote server to what its bridge is made of.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use super::{USER_AGENT, journal, level, rates};
use crate::api;
use crate::bridge;
use crate::credentials::{AccountKeys, Origin};
use crate::failure::{Exit, Failure};
use crate::gateway::Selection;
use crate::gateway::bridged;
use crate::gateway::rate_limit::Rates;
use crate::settings::{Account, Policy, RateLimit, Service, Settings, StoredIn};

/// All that a bridged account is made of.
pub fn setup(
    settings: &Settings,
    account: &Account,
    policy: Policy,
    selection: Selection,
) -> Result<bridged::Setup, Failure> {
    Ok(bridged::Setup {
        account: account.name.clone(),
        service: account.service.name(),
        remote: server(account, settings)?,
        reads: account.reads.clone(),
        selection,
        read_only: policy.read_only,
        level: level(policy.confirm),
        files: policy.files,
        state_folder: settings.folders.state.clone(),
        rates: service_rates(account.service, policy.rate_limit),
        journal: journal(settings),
        duplicate_window: policy.duplicate_window,
    })
}

/// Where the remote server of an account is, and how it is spoken to.
pub fn server(account: &Account, settings: &Settings) -> Result<bridge::Setup, Failure> {
    let tenant = account.tenant.as_deref().map(|tenant| {
        let value = HeaderValue::from_str(tenant).map_err(|_| {
            let message = "the tenant holds characters that no header can carry";
            Failure::new("bad_tenant", Exit::Usage, message).hint("log in again with another `--tenant`")
        })?;
        Ok::<_, Failure>((HeaderName::from_static("x-account-id"), value))
    });
    Ok(bridge::Setup {
        origin: Origin::parse(&account.origin)?,
        trust: api::Trust {
            ca_file: account.ca_file.clone(),
            environment_roots: account.stored_in == StoredIn::Environment,
        },
        user_agent: USER_AGENT,
        keys: Arc::new(AccountKeys::new(account, settings)),
        transport: match account.service {
            Service::Billstride => bridge::Transport::HttpSse,
            _ => bridge::Transport::Streamable,
        },
        headers: tenant.transpose()?.into_iter().collect(),
    })
}

/// What the pages of a service say that it allows, unless the settings say otherwise.
fn service_rates(service: Service, setting: Option<RateLimit>) -> Option<Rates> {
    match (service, setting) {
        (_, Some(_)) | (Service::Lumabill | Service::LumabillHosted | Service::Sandbox, None) => {
            rates(setting)
        }
        (Service::Billstride, None) => Some(Rates { reads: 100, writes: 100 }),
        // No page says.
        (Service::Billbot | Service::Faktoora | Service::Url, None) => None,
    }
}
