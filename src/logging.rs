//! Logs to stderr. No level logs arguments, bodies or `_meta`: ours because they are not written, those of
//! libraries because nothing below a warning of theirs is let through, whatever the filter says.

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging; `filter` is `LUMABILL_LOG`, for example `debug` or `lumabill=debug`. A filter that does
/// not parse is answered with the default and a warning.
pub fn start(filter: Option<&str>) {
    let default =
        || Targets::new().with_default(LevelFilter::ERROR).with_target("lumabill", LevelFilter::WARN);
    let parsed = filter.map(str::parse::<Targets>);
    let unreadable = matches!(parsed, Some(Err(_)));
    let targets = parsed.and_then(Result::ok).unwrap_or_else(default);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time();
    let lines = layer.with_filter(targets).with_filter(FilterFn::new(is_let_through));
    // A second start in one process keeps the first.
    drop(tracing_subscriber::registry().with(lines).try_init());
    if unreadable {
        tracing::warn!("`LUMABILL_LOG` is no log filter such as `debug` or `lumabill=debug`");
    }
}

fn is_let_through(metadata: &Metadata<'_>) -> bool {
    let ours = metadata.target() == "lumabill" || metadata.target().starts_with("lumabill::");
    // The SDK logs whole requests at debug and error data at warn.
    let most = if metadata.target().starts_with("rmcp") { Level::ERROR } else { Level::WARN };
    ours || *metadata.level() <= most
}
