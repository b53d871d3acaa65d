//! A choice of several rows at the terminal, drawn on stderr. Whatever way it ends, the cursor is there again,
//! and keys are read as before.

use std::io::{self, ErrorKind, IsTerminal};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use dialoguer::MultiSelect;
use dialoguer::console::Term;

use crate::text::visible;

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Exit code of a program that did nothing, since the person left the choice.
const REFUSED: i32 = 1;

/// How long a choice may take to end by itself after Ctrl-C.
const GRACE: Duration = Duration::from_millis(500);

/// Columns of `> [x] ` before a row, and the last one, behind which some terminals break the line.
const MARK: usize = 7;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No choice is on the screen.
    Idle,
    Choosing,
    /// Ctrl-C was pressed while there was one.
    Refused,
}

static STATE: Mutex<State> = Mutex::new(State::Idle);
static CHANGED: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enter(new: State) {
    *state() = new;
    CHANGED.notify_all();
}

/// Waits until it is no longer `old`, or `limit` has passed; says what it is then.
fn after(old: State, limit: Duration) -> State {
    let waited = CHANGED.wait_timeout_while(state(), limit, |now| *now == old);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

/// True where a person can be asked: keys come from a terminal, and the question goes to one.
pub fn is_attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows `rows` under `question`, those with `true` marked, and returns the numbers (from 0) of those that were
/// marked at the end. `None` where the person left with Esc or Ctrl-C, or there is no terminal.
pub fn choose(question: &str, rows: &[(String, bool)]) -> Option<Vec<usize>> {
    if rows.is_empty() || !is_attended() {
        return None;
    }
    outlive_interrupts();
    enter(State::Choosing);
    let columns = usize::from(Term::stderr().size().1);
    let chosen = MultiSelect::new()
        .with_prompt(visible(question))
        .items_checked(rows.iter().map(|(row, marked)| (fitted(row, columns), *marked)))
        .report(false)
        .interact_opt();
    if let Err(dialoguer::Error::IO(error)) = &chosen {
        drop(Term::stderr().show_cursor());
        if error.kind() == ErrorKind::Interrupted {
            // The prompt sends itself the signal: it must find the choice still there.
            after(State::Choosing, GRACE);
        }
    }
    let refused = *state() == State::Refused;
    enter(State::Idle);
    if refused { None } else { chosen.ok().flatten() }
}

/// A row as one line of a terminal this wide: one that is broken could not be drawn over.
fn fitted(row: &str, columns: usize) -> String {
    let row = visible(row).replace('\n', " ");
    let room = columns.saturating_sub(MARK);
    if row.chars().count() <= room {
        return row;
    }
    row.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// The prompt turns the key Ctrl-C into a signal, which would end the program with the cursor hidden; and
/// between two keys Ctrl-C is a signal anyway. From the first choice on the signal is ours: during a choice it
/// means no, and elsewhere it ends the program as before.
fn outlive_interrupts() {
    static LISTENS: OnceLock<()> = OnceLock::new();
    LISTENS.get_or_init(|| {
        let (ready, is_ready) = mpsc::channel();
        let mode = Mode::now();
        std::thread::spawn(move || listen(&ready, &mode));
        // Without a listener Ctrl-C ends the program as it always did.
        let _either_way = is_ready.recv();
    });
}

#[expect(clippy::exit, reason = "this is what the signal does by itself")]
fn listen(ready: &mpsc::Sender<()>, mode: &Mode) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut signals = interrupts().ok()?;
        ready.send(()).ok()?;
        let mut refused: Option<Instant> = None;
        loop {
            signals.recv().await?;
            if *state() == State::Idle {
                // A signal from outside comes twice: the prompt, interrupted by it, sends itself another one.
                if refused.take().is_some_and(|refused| refused.elapsed() < GRACE) {
                    continue;
                }
                std::process::exit(INTERRUPTED);
            }
            refused = Some(Instant::now());
            enter(State::Refused);
            if after(State::Refused, GRACE) == State::Refused {
                // It waits for a key that will not come.
                mode.restore();
                drop(Term::stderr().show_cursor());
                super::note("\nerror: you left the choice; nothing was changed");
                std::process::exit(REFUSED);
            }
        }
    })
}

#[cfg(unix)]
fn interrupts() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
}

#[cfg(windows)]
fn interrupts() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}

/// How the terminal takes keys: line by line and shown, while there is no choice.
struct Mode {
    #[cfg(unix)]
    keys: Option<rustix::termios::Termios>,
}

impl Mode {
    #[cfg(unix)]
    fn now() -> Self {
        Self { keys: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    #[cfg(unix)]
    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(keys) = &self.keys {
            let _as_well_as_can_be = tcsetattr(io::stdin(), OptionalActions::Now, keys);
        }
    }

    #[cfg(not(unix))]
    fn now() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the console puts itself right")]
    fn restore(&self) {}
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn a_row_stays_on_its_line() {
        assert_eq!(fitted("Cursor  ~/.cursor/mcp.json", 80), "Cursor  ~/.cursor/mcp.json");
        assert_eq!(fitted("Cursor  ~/.cursor/mcp.json", 20), "Cursor  ~/.c…");
        assert_eq!(fitted("a\nb\u{1b}", 40), "a b\\u{1b}");
        assert_eq!(fitted("long", 0), "…");
    }
}
