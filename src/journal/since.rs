//! Points in time as people name them: `today`, `7d`, `2026-11-01`. What now is, the caller says.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use crate::failure::{Exit, Explain};

/// A text that names no point in time up to now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinceError {
    #[error("`{0}` is no point in time")]
    Unknown(String),
    #[error("`{0}` is in the future")]
    Future(String),
}

impl Explain for SinceError {
    fn code(&self) -> &'static str {
        "bad_time"
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            "write `today`, `yesterday`, `12h`, `7d`, a day as in `2026-11-01`, or a time as in \
             `2026-11-01T14:00:00Z`"
                .to_owned(),
        )
    }
}

/// The moment that `text` names: `today` and `yesterday` and days begin at midnight in `now`'s time zone, `12h`
/// and `7d` (of 24 hours) count back from `now`, `now` is now, and a time brings its own offset.
pub fn since(text: &str, now: &Zoned) -> Result<Timestamp, SinceError> {
    let text = text.trim();
    let named = || text.chars().take(40).collect::<String>();
    let moment = moment(text, now).ok_or_else(|| SinceError::Unknown(named()))?;
    if moment > now.timestamp() { Err(SinceError::Future(named())) } else { Ok(moment) }
}

fn moment(text: &str, now: &Zoned) -> Option<Timestamp> {
    let midnight = |day: Date| Some(day.to_zoned(now.time_zone().clone()).ok()?.timestamp());
    match text.to_ascii_lowercase().as_str() {
        "now" => return Some(now.timestamp()),
        "today" => return midnight(now.date()),
        "yesterday" => return midnight(now.date().checked_sub(1.day()).ok()?),
        _ => {}
    }
    if let Some(back) = length(text) {
        return now.timestamp().checked_sub(back).ok();
    }
    if let Some(day) = text.parse::<Date>().ok().filter(|day| day.to_string() == text) {
        return midnight(day);
    }
    text.parse().ok()
}

/// `12h`, `7d`.
fn length(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = match unit {
        "h" | "H" => 3600,
        "d" | "D" => 24 * 3600,
        _ => return None,
    };
    Some(SignedDuration::from_secs(number.parse::<i64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use jiff::Zoned;
    use jiff::tz::TimeZone;

    use super::{SinceError, since};
    use crate::failure::Failure;

    fn now() -> Zoned {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        "2026-11-21T14:02:30Z".parse::<jiff::Timestamp>().unwrap().to_zoned(zone)
    }

    #[test]
    fn points_in_time_are_where_people_expect_them() {
        for (text, moment) in [
            ("today", "2026-11-20T23:00:00Z"),
            ("Yesterday", "2026-11-19T23:00:00Z"),
            ("now", "2026-11-21T14:02:30Z"),
            ("12h", "2026-11-21T02:02:30Z"),
            ("7d", "2026-11-14T14:02:30Z"),
            (" 400d ", "2025-10-17T14:02:30Z"),
            // Summer time.
            ("2026-10-01", "2026-09-30T22:00:00Z"),
            ("2026-11-21", "2026-11-20T23:00:00Z"),
            ("2026-11-01T14:00:00Z", "2026-11-01T14:00:00Z"),
            ("2026-11-01T14:00:00+01:00", "2026-11-01T13:00:00Z"),
        ] {
            assert_eq!(since(text, &now()).map(|moment| moment.to_string()), Ok(moment.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_names_no_time_up_to_now_is_refused_with_the_forms() {
        for text in [
            "",
            "soon",
            "7",
            "d",
            "-7d",
            "7w",
            "7 d",
            "+7d",
            "2026-13-01",
            "2026-02-30",
            "20261101",
            "1.11.2026",
            "2026-11-01T14:00",
            "99999999999999999999d",
            "9999999999999d",
            "é",
            "7é",
            "9223372036854775807h",
        ] {
            assert_eq!(since(text, &now()), Err(SinceError::Unknown(text.to_owned())), "{text}");
        }
        for text in ["2026-11-22", "2026-11-21T14:02:31Z", "9999-01-01"] {
            let refused = since(text, &now()).unwrap_err();
            assert_eq!(refused, SinceError::Future(text.to_owned()));
            assert!(Failure::from(refused).text().contains("`7d`"));
        }
    }
}
