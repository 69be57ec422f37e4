//! Work on several threads, where there are threads.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What `work` makes of each item, a thread each; of an item that the system gives no thread for, on the calling one.
/// WebAssembly has no threads at all.
///
/// # Panics
/// If `work` does.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let do_one = |item: &Mutex<Option<T>>| {
        let item = item.lock().unwrap_or_else(PoisonError::into_inner).take();
        work(item.expect("an item is worked on once"))
    };
    thread::scope(|scope| {
        let start = |item| thread::Builder::new().spawn_scoped(scope, move || do_one(item));
        let threads: Vec<_> = items.iter().map(start).collect();
        let results = threads.into_iter().zip(&items).map(|(thread, item)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => do_one(item),
        });
        results.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_results_keep_their_order() {
        assert_eq!(
            each((0..20).collect(), |item: i32| item * item),
            (0..20).map(|item| item * item).collect::<Vec<_>>()
        );
    }
}
