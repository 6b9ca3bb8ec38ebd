//! Panics of rten become errors. Whoever has a panic hook of their own must know which ones.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// How rten's own threads are called; it hands their panics on to the thread that waits for them.
const THREADS: &str = "rten-";

thread_local! {
    static CATCHES: Cell<bool> = const { Cell::new(false) };
}

/// Does something of rten's; a panic is its error. What `act` changes must not be used after that.
pub(super) fn caught<T>(act: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let before = CATCHES.replace(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    CATCHES.set(before);
    done
}

/// Whether a panic of this thread, just now, becomes an error of the embedded runtime.
pub fn catches_panics_here() -> bool {
    let thread = thread::current();
    CATCHES.get() || thread.name().is_some_and(|name| name.starts_with(THREADS))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use rten::ThreadPool;

    use super::*;

    #[test]
    fn it_is_known_where_a_panic_is_caught() {
        assert!(!catches_panics_here());
        let failed = caught(|| {
            assert!(catches_panics_here());
            panic!("on purpose");
        });
        assert!(failed.is_err());
        assert!(!catches_panics_here());
    }

    #[test]
    fn the_threads_of_rten_are_known() {
        let pool = ThreadPool::with_num_threads(1);
        assert!(pool.run(catches_panics_here));
    }
}
