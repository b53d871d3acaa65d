//! The choice of clients as a person sees it at a terminal, and every way out of it.

use std::fs;
use std::process::Command;

use crate::at_a_terminal::Terminal;
use crate::install::Machine;

const SHOW_CURSOR: &str = "\u{1b}[?25h";

fn machine() -> Machine {
    let machine = Machine::new();
    machine.put(".cursor/mcp.json", "{}");
    machine.put(".gemini/settings.json", "{}");
    machine
}

fn has_entry(machine: &Machine, file: &str) -> bool {
    fs::read_to_string(machine.at(file)).unwrap().contains("lumabill")
}

/// The cursor was shown after it was last hidden.
#[track_caller]
fn cursor_is_back(screen: &str) {
    assert!(screen.rfind(SHOW_CURSOR) > screen.rfind("\u{1b}[?25l"), "{screen:?}");
}

#[test]
fn what_was_found_is_shown_and_enter_installs_what_is_marked() {
    let machine = machine();
    let mut terminal = Terminal::of(&machine.command(&["install"]));
    terminal.until("Which clients shall start lumabill?").until("[x] Cursor").until("~/.cursor/mcp.json");
    // The second row is taken out of the choice.
    terminal.until("[x] Gemini CLI").types("j").until("> [x] Gemini CLI").types(" ");
    terminal.until("> [ ] Gemini CLI").types("\r");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Cursor: added `lumabill`"), "{screen}");
    cursor_is_back(&screen);
    assert!(has_entry(&machine, ".cursor/mcp.json") && !has_entry(&machine, ".gemini/settings.json"));

    // Where it is there already, it is said and not marked.
    let mut terminal = Terminal::of(&machine.command(&["install"]));
    terminal.until("[ ] Cursor").until("(there already)").until("[x] Gemini CLI").types("\r");
    assert_eq!(terminal.ends().1, 0);
    assert!(has_entry(&machine, ".gemini/settings.json"));

    let mut terminal = Terminal::of(&machine.command(&["uninstall"]));
    terminal.until("no longer start lumabill?").until("[x] Cursor").until("[x] Gemini CLI").types("\r");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 0, "{screen}");
    assert!(!has_entry(&machine, ".cursor/mcp.json") && !has_entry(&machine, ".gemini/settings.json"));
}

#[test]
fn every_way_out_changes_nothing_and_brings_the_cursor_back() {
    for (key, words) in
        [("\u{1b}", "you left the choice"), ("q", "you left the choice"), ("\u{3}", "you left the choice")]
    {
        let machine = machine();
        let mut terminal = Terminal::of(&machine.command(&["install"]));
        terminal.until("[x] Gemini CLI").types(key);
        let (screen, code) = terminal.ends();
        assert_eq!(code, 1, "{key:?}: {screen:?}");
        assert!(screen.contains(words) && screen.contains("nothing was changed"), "{key:?}: {screen:?}");
        cursor_is_back(&screen);
        assert!(!has_entry(&machine, ".cursor/mcp.json") && !has_entry(&machine, ".gemini/settings.json"));
    }
}

#[test]
fn a_signal_ends_the_choice_as_the_key_does() {
    let machine = machine();
    let sealed = machine.command(&[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo $$ > pid; exec lumabill install"]);
    command.envs(sealed.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(sealed.get_current_dir().unwrap());
    let mut terminal = Terminal::of(&command);
    terminal.until("[x] Gemini CLI");
    let pid = fs::read_to_string(machine.at("pid")).unwrap();
    assert!(Command::new("kill").args(["-INT", pid.trim()]).status().unwrap().success());
    let (screen, code) = terminal.ends();
    assert_eq!(code, 1, "{screen:?}");
    assert!(screen.contains("nothing was changed"), "{screen:?}");
    cursor_is_back(&screen);
    assert!(!has_entry(&machine, ".cursor/mcp.json"));
}

#[test]
fn nothing_marked_is_nothing_done() {
    let machine = machine();
    let mut terminal = Terminal::of(&machine.command(&["install"]));
    // `a` marks all or, where all are, none.
    terminal.until("[x] Gemini CLI").types("a").until("[ ] Gemini CLI").types("\r");
    let (screen, code) = terminal.ends();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("no client was marked; nothing was changed"), "{screen}");
    assert!(!has_entry(&machine, ".cursor/mcp.json"));
}
