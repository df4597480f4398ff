//! Work that can wait: it gives way to whoever is woken meanwhile.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, Builder, JoinHandle};

/// What a thread in the background is below others by, where the machine has more to do than it can (`nice(1)`): it gets about a tenth of what
/// another one does, and whoever wakes up beside it does not wait for its turn to end.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Does work on a thread of its own that gives way to others, and waits for it. Where the system knows no such threads, on a usual one.
///
/// # Errors
/// [`io::Error`] where no thread can be started.
pub(crate) fn done_in_background<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let in_background = move || {
        give_way();
        work()
    };
    thread::scope(|scope| {
        let thread = Builder::new().name(name.to_owned()).spawn_scoped(scope, in_background)?;
        thread.join().or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The calling thread gives way to others from now on. A system that refuses lets it run as before: it takes longer for others then.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    // On Linux this is the calling thread, not its process.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
pub(crate) const fn give_way() {}

/// A thread that works whenever it is woken. Dropping it waits for the work that it is at.
#[derive(Debug)]
pub(crate) struct Worker {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts it; it works once for each time that it is woken, or for several.
    ///
    /// # Errors
    /// [`io::Error`] where no thread can be started.
    pub(crate) fn start(name: &str, work: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (wake, woken) = sync_channel::<()>(1);
        let thread = Builder::new().name(name.to_owned()).spawn(move || woken.iter().for_each(|()| work()))?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Has it work, now or once it is through with what it is at.
    pub(crate) fn wake(&self) {
        if let Some(wake) = &self.wake {
            // A full channel says that it will look anyway.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Bytes that are worked on between two looks at who else waits: some ten microseconds.
pub(crate) const BYTES_AT_A_TIME: usize = 16 << 10;

/// Lets whoever has woken up meanwhile go first. Giving way alone does not: a thread may be left to run to the end of its turn, which is some
/// milliseconds, while on a machine with few cores all others wait.
#[inline]
pub(crate) fn let_others_go_first() {
    thread::yield_now();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    #[test]
    fn work_is_done_and_its_panic_is_the_callers() {
        assert_eq!(done_in_background("test", || 7).unwrap(), 7);
        let panic = std::panic::catch_unwind(|| done_in_background("test", || std::panic::panic_any(7_u8)));
        assert_eq!(panic.unwrap_err().downcast_ref::<u8>(), Some(&7));
    }

    #[test]
    fn a_worker_is_through_with_its_work_when_it_is_dropped() {
        let worked = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&worked);
        let worker = Worker::start("test", move || {
            counted.fetch_add(1, Relaxed);
        });
        let worker = worker.unwrap();
        (0..9).for_each(|_| worker.wake());
        drop(worker);
        assert!((1..=9).contains(&worked.load(Relaxed)), "{worked:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_thread_in_the_background_gives_way() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        assert_eq!(done_in_background("test", nice).unwrap(), NICE.max(before));
        assert_eq!(nice(), before);
    }
}
