//! No core dumps: a copy of this process's memory on disk would hold the key.

/// Asks the system to write none; where it refuses, its own setting stays.
pub fn prevent() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).ok();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn a_memory_dump_has_no_room() {
        super::prevent();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
