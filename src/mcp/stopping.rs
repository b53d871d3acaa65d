//! What tells the server from outside that it is time to go: signals, and the end of the process that started
//! it. A client that is killed leaves an end of input only where nobody else holds our stdin open.

/// Returns when it is time to go. What has to be noticed from the start on is noticed from this call on, not
/// only once the future is polled.
pub(super) fn told() -> impl Future<Output = ()> + Send {
    let (signals, parent) = (system::Signals::now(), system::Parent::now());
    async move {
        tokio::select! {
            () = signals.received() => {}
            () = parent.gone() => {}
        }
    }
}

#[cfg(unix)]
mod system {
    use std::future::{pending, poll_fn};
    use std::task::Poll;
    use std::time::Duration;

    use rustix::process::{Pid, getppid};
    use tokio::signal::unix::{Signal, SignalKind, signal};
    use tokio::sync::oneshot;
    use tokio::time::sleep;

    /// How often it is looked who the parent is, where the system does not tell of its end.
    const LOOK: Duration = Duration::from_secs(1);

    pub struct Signals(Vec<Signal>);

    impl Signals {
        pub fn now() -> Self {
            let hangup = takes_hangups().then(SignalKind::hangup);
            let kinds = [SignalKind::interrupt(), SignalKind::terminate()].into_iter().chain(hangup);
            Self(kinds.filter_map(|kind| signal(kind).ok()).collect())
        }

        pub async fn received(mut self) {
            poll_fn(|task| {
                let received = self.0.iter_mut().any(|signal| signal.poll_recv(task).is_ready());
                if received { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// A terminal that is closed ends its programs, but not those that were started with `nohup`, nor their
    /// children. Only Linux says whether that is so; elsewhere the system does what it was told to do.
    fn takes_hangups() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        ignored.is_some_and(|mask| mask & 1 == 0)
    }

    /// The process that started us. Whoever adopts us when it is gone (init, or what calls itself a subreaper)
    /// has another number.
    pub struct Parent {
        /// Absent where it lies outside of our process-id namespace: then its end cannot be seen from here.
        id: Option<Pid>,
        /// Fires at its end where the system tells of it; else it is gone unfired.
        ended: oneshot::Receiver<()>,
    }

    impl Parent {
        pub fn now() -> Self {
            let id = getppid();
            let (tell, ended) = oneshot::channel();
            #[cfg(target_os = "linux")]
            if let Some(id) = id {
                watch(id, tell);
            }
            #[cfg(not(target_os = "linux"))]
            drop(tell);
            Self { id, ended }
        }

        pub async fn gone(self) {
            let Some(id) = self.id else { return pending().await };
            if self.ended.await.is_err() {
                changed(id, getppid).await;
            }
        }
    }

    /// Waits on a thread of its own, at no cost until it happens, for the end of the process: not for the
    /// signal at a parent's death, which Linux sends when the *thread* ends that started us. Tells nothing on
    /// kernels, and in sandboxes, that give no handle of a process.
    #[cfg(target_os = "linux")]
    fn watch(id: Pid, tell: oneshot::Sender<()>) {
        use rustix::event::{PollFd, PollFlags, poll};
        use rustix::process::{PidfdFlags, pidfd_open};
        let Ok(process) = pidfd_open(id, PidfdFlags::empty()) else { return };
        let wait = move || {
            // Had the parent gone before, this could be another process with its number.
            while getppid() == Some(id) {
                match poll(&mut [PollFd::new(&process, PollFlags::IN)], None) {
                    Err(rustix::io::Errno::INTR) => {}
                    Err(_) => return,
                    Ok(_) => break,
                }
            }
            let _ = tell.send(());
        };
        if let Err(error) = std::thread::Builder::new().name("parent".into()).spawn(wait) {
            tracing::info!(kind = ?error.kind(), "no thread to wait for the end of the parent");
        }
    }

    /// Looks again and again.
    async fn changed(id: Pid, now: impl Fn() -> Option<Pid>) {
        while now() == Some(id) {
            sleep(LOOK).await;
        }
    }

    #[cfg(test)]
    mod tests {
        use std::cell::Cell;

        use rustix::process::{Pid, getppid};
        use tokio::time::Instant;

        use super::{LOOK, Parent, changed};

        #[tokio::test(start_paused = true)]
        async fn where_the_system_does_not_tell_it_is_looked_every_second() {
            let looks = Cell::new(0);
            let began = Instant::now();
            changed(Pid::INIT, || {
                looks.set(looks.get() + 1);
                Pid::from_raw(if looks.get() < 4 { 1 } else { 700 })
            })
            .await;
            assert_eq!((looks.get(), began.elapsed()), (4, LOOK * 3));
        }

        #[tokio::test(start_paused = true)]
        async fn a_parent_from_outside_of_the_namespace_is_never_gone() {
            let mut parent = Parent::now();
            assert_eq!(parent.id, getppid());
            parent.id = None;
            assert!(tokio::time::timeout(LOOK * 1000, parent.gone()).await.is_err());
        }

        #[cfg(target_os = "linux")]
        #[tokio::test]
        async fn linux_tells_of_the_end_and_nothing_before() {
            let mut parent = Parent::now();
            let early = tokio::time::timeout(LOOK / 10, &mut parent.ended).await;
            assert!(early.is_err(), "neither told nor unable to tell: {early:?}");
            let (tell, ended) = tokio::sync::oneshot::channel();
            super::watch(Pid::INIT, tell);
            assert!(ended.await.is_ok(), "who is not the parent any more is gone");
        }
    }
}

/// On Windows the end of input is what there is, and Ctrl-C.
#[cfg(not(unix))]
mod system {
    use std::future::pending;

    pub struct Signals;

    impl Signals {
        pub fn now() -> Self {
            Self
        }

        pub async fn received(self) {
            if tokio::signal::ctrl_c().await.is_err() {
                pending::<()>().await;
            }
        }
    }

    pub struct Parent;

    impl Parent {
        pub fn now() -> Self {
            Self
        }

        pub async fn gone(self) {
            pending::<()>().await;
        }
    }
}
