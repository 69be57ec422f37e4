//! Work on all cores, with its results in order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use anyhow::Context;
use gradbook_run::machine;

/// The stack of a thread. Formulas nest, and the deepest ones that are read must fit.
const STACK_BYTES: usize = 16 << 20;

/// Does the work for all numbers below `count` on all cores, and hands over the results in order.
///
/// # Errors
/// The first error of `take`, which ends the work, or that a thread cannot be started.
pub(super) fn in_order<T: Send>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..machine::default_threads().min(count) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // If nobody takes it, there was an error.
                    if number >= count || sender.send((number, work(number))).is_err() {
                        return;
                    }
                }
            });
            thread.context("a thread cannot be started")?;
        }
        drop(sender);
        let (mut waiting, mut wanted) = (BTreeMap::new(), 0);
        for (number, result) in receiver {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&wanted) {
                take(result)?;
                wanted += 1;
            }
        }
        Ok(())
    })
}
