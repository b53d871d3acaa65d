//! The sandbox's clock: Europe/Zurich decides which day it is; tests can hold the day.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A clock that can be held on one day.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    today: Option<Date>,
}

impl Clock {
    pub fn new(today: Option<Date>) -> Self {
        // The rule itself, since a machine may have no database of time zones.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3");
        Self { zone: zone.unwrap_or_else(|_| TimeZone::fixed(Offset::constant(1))), today }
    }

    /// This moment; on the held day, where there is one, at the real time of day.
    pub fn now(&self) -> Zoned {
        let now = Timestamp::now().to_zoned(self.zone.clone());
        self.today.map_or_else(
            || now.clone(),
            |day| day.to_datetime(now.time()).to_zoned(self.zone.clone()).unwrap_or_else(|_| now.clone()),
        )
    }
}

/// RFC 3339 in UTC to the millisecond.
pub fn stamp(moment: &Zoned) -> String {
    format!("{:.3}", moment.timestamp())
}
