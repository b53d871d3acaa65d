//! The fault campaign in its small size: `just campaign` runs the large one.
#![expect(dead_code, reason = "what only the program of its own uses")]

#[path = "../examples/campaign/main.rs"]
mod campaign;

#[test]
fn nothing_is_written_twice_under_fire() {
    let options = campaign::options::Options::small(env!("CARGO_BIN_EXE_lumabill").into());
    assert!(campaign::run(options), "the report above says what is not as it has to be");
}
