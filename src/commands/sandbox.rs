//! `lumabill sandbox`: the embedded API by itself.

use std::path::PathBuf;

use jiff::civil::Date;
use serde_json::json;

use crate::failure::{Exit, Explain, Failure};
use crate::sandbox::{Data, FaultError, Faults, OpenError, Options, Rounding, Sandbox, StartError, keys};
use crate::settings::Settings;
use crate::terminal;

/// Run the built-in billing API by itself; prints its address and keys
///
/// A whole billing API on 127.0.0.1 with two invented companies, their clients, invoices, expenses and books.
/// Nothing leaves this machine, and its keys work nowhere else. Its description is served at /openapi.json.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// File that keeps the records, or `:memory:` to forget them at the end
    ///
    /// Without it the practice data of `serve --sandbox` and `call --sandbox`. Several sandboxes may use one
    /// file at the same time.
    #[arg(long, value_name = "FILE|:memory:")]
    data: Option<String>,
    /// Empty the data file and fill it with the sample companies again
    #[arg(long)]
    reset: bool,
    /// Round VAT on every line or on the document
    #[arg(long, value_enum, default_value_t = VatRounding::Document)]
    rounding: VatRounding,
    /// Requests a minute and key: READS/WRITES, or `off`
    #[arg(long, value_name = "off|R/W", default_value = "60/20", value_parser = limits)]
    limits: Limits,
    /// Hold the clock on a day, as in 2026-11-21
    #[arg(long, value_name = "DATE", value_parser = day)]
    today: Option<Date>,
    /// Write one line a request to stderr: status, method, path, time
    #[arg(long)]
    trace: bool,
    /// Print one line of JSON instead of a text
    #[arg(long)]
    json: bool,
    /// Misbehave: KIND[:N][@WHERE], repeatable
    ///
    /// KIND is one of latency=MS, 429[=SECONDS], 500-before, 500-after, 503-before, reset-before, reset-after, cut,
    /// half-json, html, silent, huge, ignore-filters, repeat-page,
    /// envelope=bare|items|results|resource|nested|cursor|offset|link|none,
    /// errors=message|string|status|problem|html|list. `-after` means after the change was committed.
    /// N: only the first N requests. WHERE: a path prefix, `METHOD /path-prefix` or an operation id.
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  lumabill sandbox                                         the practice data, until Ctrl-C
  lumabill sandbox --port 8787 --data books.db             keeps its records
  lumabill sandbox --fault 500-after:1@create_invoice      the first invoice is made, but the answer is an error
  lumabill sandbox --fault '429=5:3@POST /v1/invoices' --fault envelope=cursor";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum VatRounding {
    /// VAT is rounded on every line
    Line,
    /// VAT is rounded on the sum of each rate
    Document,
}

/// A wrapper, since clap reads an `Option` as an argument that may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits(Option<(u32, u32)>);

fn limits(text: &str) -> Result<Limits, String> {
    if text == "off" {
        return Ok(Limits(None));
    }
    let pair =
        text.split_once('/').and_then(|(reads, writes)| Some((reads.parse().ok()?, writes.parse().ok()?)));
    pair.map(|pair| Limits(Some(pair))).ok_or_else(|| "write READS/WRITES, as in 60/20, or `off`".to_owned())
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a date as in 2026-11-21".to_owned())
}

impl Explain for StartError {
    fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "sandbox_port",
            Self::Data { .. } => "sandbox_data",
            Self::Thread(_) => "sandbox_thread",
        }
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Listen { .. } => Some("leave `--port` out to take a free one".to_owned()),
            Self::Data { source: OpenError::Damaged(_), .. } => {
                Some("run `lumabill sandbox --reset` to begin with fresh practice data".to_owned())
            }
            Self::Data { .. } => Some("choose another file with `--data`, or `--data :memory:`".to_owned()),
            Self::Thread(_) => None,
        }
    }
}

impl Explain for FaultError {
    fn code(&self) -> &'static str {
        "sandbox_fault"
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("run `lumabill sandbox --help` for every fault with examples".to_owned())
    }
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let as_json = args.json;
    let sandbox = Sandbox::start(options(args)?)?;
    let profiles: Vec<_> =
        sandbox.profiles().iter().map(|(id, name)| json!({ "id": id, "company_name": name })).collect();
    if as_json {
        let keys = json!({
            "read_write": keys::READ_WRITE_KEY, "read_only": keys::READ_ONLY_KEY, "profile": keys::PROFILE_KEY,
            "lapsed": keys::LAPSED_KEY, "revoked": keys::REVOKED_KEY,
        });
        terminal::line(&json!({ "url": sandbox.url(), "keys": keys, "profiles": profiles }).to_string());
    } else {
        terminal::print(&text(&sandbox));
    }
    sandbox.wait();
    Ok(())
}

/// The practice data that `serve --sandbox`, `call --sandbox` and `sandbox` share.
pub fn shared_data(settings: &Settings) -> Result<Data, Failure> {
    let folder = folder(settings);
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| {
        let message = format!("the folder `{}` for the practice data cannot be made", folder.display());
        Failure::new("state_unusable", Exit::Refused, message)
            .because(error.to_string())
            .hint("make it writable, or name another state folder in `LUMABILL_STATE_DIR`")
    })?;
    Ok(Data::File(folder.join("books.db")))
}

/// The sandbox's own part of the state folder.
pub fn folder(settings: &Settings) -> PathBuf {
    settings.folders.state.join("sandbox")
}

fn options(args: &Args) -> Result<Options, Failure> {
    let data = match args.data.as_deref() {
        Some(":memory:") => Data::Memory,
        Some(file) => Data::File(PathBuf::from(file)),
        None => shared_data(&Settings::load()?)?,
    };
    Ok(Options {
        port: args.port,
        data,
        reset: args.reset,
        rounding: match args.rounding {
            VatRounding::Line => Rounding::Line,
            VatRounding::Document => Rounding::Document,
        },
        limits: args.limits.0,
        today: args.today,
        faults: Faults::parse(&args.faults)?,
        trace: args.trace,
    })
}

fn text(sandbox: &Sandbox) -> String {
    let url = sandbox.url();
    let mut lines = vec![
        format!("SANDBOX billing API at {url}, description at {url}/openapi.json"),
        String::new(),
        "companies (X-Profile-Id)".to_owned(),
    ];
    lines.extend(sandbox.profiles().iter().map(|(id, name)| format!("  {id}  {name}")));
    lines.push("keys (they work here only)".to_owned());
    for (key, meaning) in [
        (keys::READ_WRITE_KEY, "reads and writes in both companies"),
        (keys::READ_ONLY_KEY, "reads in both companies"),
        (keys::PROFILE_KEY, "reads and writes in the first company only"),
        (keys::LAPSED_KEY, "plan lapsed: 403"),
        (keys::REVOKED_KEY, "revoked: 401"),
    ] {
        lines.push(format!("  {key:<34}{meaning}"));
    }
    lines.push(String::new());
    lines.push(format!("try: curl -H 'Authorization: Bearer {}' {url}/v1/profiles", keys::PROFILE_KEY));
    lines.push("ends with Ctrl-C".to_owned());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Limits, limits};

    #[test]
    fn limits_are_read() {
        assert_eq!(limits("off"), Ok(Limits(None)));
        assert_eq!(limits("600/200"), Ok(Limits(Some((600, 200)))));
        assert!(limits("600").is_err());
        assert!(limits("a/b").is_err());
    }
}
