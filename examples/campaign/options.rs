//! What is asked for on the command line, and the two sizes: a small one for CI, a large one for people.

use std::path::PathBuf;
use std::time::Duration;

pub const USAGE: &str =
    "usage: campaign [--lumabill FILE] [--creates N] [--processes N] [--faults-for SECONDS]
       [--seed N] [--limit READS/WRITES] [--in-flight N] [--skew SECONDS] [--own-profiles] [--log TASK]
       [--folder DIR]";

/// How large the campaign is, and what it may do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The binary under test.
    pub lumabill: PathBuf,
    /// Tasks: records that somebody wants to exist once.
    pub creates: usize,
    pub processes: usize,
    /// Faults, kills and stops happen this long; tasks are begun all over this time.
    pub faults: Duration,
    pub seed: u64,
    /// Reads and writes a minute and key: told to the processes, checked by the upstream.
    pub limit: (usize, usize),
    /// Calls in flight per process.
    pub in_flight: usize,
    /// By how much the upstream's clock is ahead of ours.
    pub skew: i64,
    /// Every key has books of its own; otherwise both keys reach the same books.
    pub own_profiles: bool,
    /// The longest SIGSTOP.
    pub longest_stop: Duration,
    /// Time between two kills or stops of one process.
    pub calm: (Duration, Duration),
    /// Silence costs two minutes each: none begins later than this.
    pub silence: Duration,
    /// Where state and logs are kept meanwhile.
    pub folder: PathBuf,
    /// Tasks whose events are printed in any case.
    pub log: Vec<usize>,
}

impl Options {
    /// What fits into a run of CI: about two minutes, since the settling time of a timeout is 90 s.
    pub fn small(lumabill: PathBuf) -> Self {
        Self {
            lumabill,
            creates: 300,
            processes: 3,
            faults: Duration::from_secs(18),
            seed: 1,
            limit: (30_000, 6_000),
            in_flight: 16,
            skew: 97,
            own_profiles: false,
            longest_stop: Duration::from_secs(6),
            calm: (Duration::from_millis(1500), Duration::from_secs(5)),
            silence: Duration::from_secs(4),
            folder: std::env::temp_dir(),
            log: Vec::new(),
        }
    }

    /// Reads the command line; the message names what it cannot read.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::small(PathBuf::from("target/debug/lumabill"));
        while let Some(name) = arguments.next() {
            if name == "--own-profiles" {
                options.own_profiles = true;
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("`{name}` needs a value\n{USAGE}"))?;
            options.set(&name, &value).ok_or_else(|| format!("`{name} {value}` is not known\n{USAGE}"))?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "--lumabill" => self.lumabill = value.into(),
            "--creates" => self.creates = value.parse().ok()?,
            "--folder" => self.folder = value.into(),
            "--processes" => self.processes = value.parse().ok().filter(|count| *count > 0)?,
            "--seed" => self.seed = value.parse().ok()?,
            "--in-flight" => self.in_flight = value.parse().ok().filter(|count| *count > 0)?,
            "--skew" => self.skew = value.parse().ok()?,
            "--log" => self.log.push(value.parse().ok()?),
            "--limit" => {
                let (reads, writes) = value.split_once('/')?;
                self.limit = (reads.parse().ok()?, writes.parse().ok()?);
            }
            "--faults-for" => self.long(Duration::from_secs(value.parse().ok()?)),
            _ => return None,
        }
        Some(())
    }

    /// Sets how long faults last; a run of a minute and more has time for long stops and late silence.
    fn long(&mut self, faults: Duration) {
        self.faults = faults;
        if faults >= Duration::from_secs(60) {
            self.silence = faults;
            self.longest_stop = Duration::from_secs(30);
            self.calm = (Duration::from_secs(2), Duration::from_secs(12));
        }
    }
}
