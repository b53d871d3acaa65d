//! A choice of several rows at the terminal, drawn on stderr. Whatever way it ends, the cursor is there again.

use std::io::{self, ErrorKind, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use dialoguer::MultiSelect;
use dialoguer::console::Term;

use crate::text::visible;

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// True while keys are read here: Ctrl-C is then one of them.
static CHOOSING: AtomicBool = AtomicBool::new(false);

/// True once Ctrl-C was pressed while there was a choice on the screen.
static REFUSED: Mutex<bool> = Mutex::new(false);
static REFUSAL: Condvar = Condvar::new();

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
    CHOOSING.store(true, Ordering::SeqCst);
    let chosen = MultiSelect::new()
        .with_prompt(visible(question))
        .items_checked(rows.iter().map(|(row, marked)| (visible(row).replace('\n', " "), *marked)))
        .report(false)
        .interact_opt();
    if let Err(dialoguer::Error::IO(error)) = &chosen {
        drop(Term::stderr().show_cursor());
        if error.kind() == ErrorKind::Interrupted {
            // The signal is on its way to the thread that listens; it must not find the choice gone.
            let refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
            drop(REFUSAL.wait_timeout_while(refused, Duration::from_secs(1), |refused| !*refused));
        }
    }
    CHOOSING.store(false, Ordering::SeqCst);
    let refused = *REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if refused { None } else { chosen.ok().flatten() }
}

/// The prompt turns Ctrl-C into a signal, which would end the program with the cursor hidden. From the first
/// choice on the signal is ours: during a choice it means no, and elsewhere it ends the program as before.
fn outlive_interrupts() {
    static LISTENS: OnceLock<()> = OnceLock::new();
    LISTENS.get_or_init(|| {
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || listen(&ready));
        // Without a listener Ctrl-C ends the program as it always did.
        let _either_way = is_ready.recv();
    });
}

#[expect(clippy::exit, reason = "this is what the signal does by itself")]
fn listen(ready: &mpsc::Sender<()>) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut signals = interrupts().ok()?;
        ready.send(()).ok()?;
        loop {
            signals.recv().await?;
            if !CHOOSING.load(Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
            *REFUSED.lock().unwrap_or_else(PoisonError::into_inner) = true;
            REFUSAL.notify_all();
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
