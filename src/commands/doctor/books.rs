//! The journal: whether it can be used, and which writes are open.

use super::row::Row;
use crate::commands::connect::journal;
use crate::failure::Failure;
use crate::settings::Settings;

pub async fn check(settings: &Settings) -> Vec<Row> {
    match journal(settings).health().await {
        Err(error) => vec![Row::failure("journal", &Failure::from(error))],
        Ok(None) => vec![Row::ok("journal", "nothing was written through this machine yet")],
        Ok(Some(health)) => {
            let writes =
                if health.rows == 1 { "1 write".to_owned() } else { format!("{} writes", health.rows) };
            let older =
                if health.older { ", of an older version, which the next write moves forward" } else { "" };
            let sound =
                Row::ok("journal", format!("sound, with {writes}{older}: `{}`", health.file.display()));
            vec![sound, open(health.open)]
        }
    }
}

fn open(count: i64) -> Row {
    let seen = match count {
        0 => return Row::ok("open_writes", "what became of every write is known"),
        1 => "it is not known what became of 1 write, which holds the same one back".to_owned(),
        n => format!("it is not known what became of {n} writes, which hold the same ones back"),
    };
    Row::warning("open_writes", seen, "run `lumabill history`")
}
