//! A team of threads that does many short jobs in a row.
//!
//! A training step has a dozen phases of a few hundred microseconds. Waking a general thread pool for each would cost
//! more than some of them take, so the members of a team spin for a moment before they sleep.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How often a waiting member looks again before it sleeps: some 50 microseconds.
const SPINS: usize = 4000;

/// Hands out jobs; made by [`with_team`].
pub(crate) struct Team<'s, J> {
    state: &'s State<J>,
    work: &'s (dyn Fn(J, usize) + Sync),
    helpers: usize,
}

struct State<J> {
    job: Mutex<Option<Assignment<J>>>,
    /// Grows by one with each job; what sleeping members wait for.
    generation: AtomicUsize,
    /// One a member: how many parts of its share have been taken.
    taken: Vec<AtomicUsize>,
    /// Helpers that have not finished the current job.
    running: AtomicUsize,
    stopping: AtomicBool,
    panicked: AtomicBool,
    sleepers: Mutex<usize>,
    wake: Condvar,
}

/// The current job.
#[derive(Clone, Copy)]
struct Assignment<J> {
    job: J,
    parts: usize,
    backward: bool,
}

/// Calls `body` with a team of `threads` threads, the calling one included. Parts of a job are done by
/// `work(job, part)`, by whichever thread comes first.
///
/// # Panics
/// If `work` or `body` panics.
pub(crate) fn with_team<J: Copy + Send, R>(
    threads: usize,
    work: &(impl Fn(J, usize) + Sync),
    body: impl FnOnce(&Team<'_, J>) -> R,
) -> R {
    let state = State {
        job: Mutex::new(None),
        generation: AtomicUsize::new(0),
        taken: (0..threads.max(1)).map(|_| AtomicUsize::new(0)).collect(),
        running: AtomicUsize::new(0),
        stopping: AtomicBool::new(false),
        panicked: AtomicBool::new(false),
        sleepers: Mutex::new(0),
        wake: Condvar::new(),
    };
    let helpers = threads.saturating_sub(1);
    std::thread::scope(|scope| {
        // Dropped also when `body` panics: otherwise the scope would wait for the helpers for ever.
        let _stop = Stop(&state);
        for member in 1..=helpers {
            let state = &state;
            scope.spawn(move || help(state, work, member));
        }
        body(&Team { state: &state, work, helpers })
    })
}

impl<J: Copy> Team<'_, J> {
    /// Does all parts of a job and returns when the last is finished.
    ///
    /// Every member begins with the same share of the parts in each job, and if jobs alternate between forward and
    /// `backward`, with those that it did last: what belongs to them is still in its cache.
    pub(crate) fn run(&self, job: J, parts: usize, backward: bool) {
        let state = self.state;
        let assignment = Assignment { job, parts, backward };
        *lock(&state.job) = Some(assignment);
        for taken in &state.taken {
            taken.store(0, Ordering::Relaxed);
        }
        state.running.store(self.helpers, Ordering::Relaxed);
        state.announce();
        take_parts(state, self.work, assignment, 0);
        let mut spins = 0;
        while state.running.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        assert!(!state.panicked.load(Ordering::Relaxed), "a member of the team panicked");
    }
}

impl<J> State<J> {
    fn announce(&self) {
        // Under the lock, so that nobody falls asleep between looking and waiting.
        let sleepers = lock(&self.sleepers);
        self.generation.fetch_add(1, Ordering::Release);
        if *sleepers > 0 {
            self.wake.notify_all();
        }
    }

    fn wait_for_change(&self, seen: usize) {
        for _ in 0..SPINS {
            if self.generation.load(Ordering::Acquire) != seen {
                return;
            }
            std::hint::spin_loop();
        }
        let mut sleepers = lock(&self.sleepers);
        *sleepers += 1;
        while self.generation.load(Ordering::Acquire) == seen {
            sleepers = self.wake.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
        *sleepers -= 1;
    }
}

fn help<J: Copy>(state: &State<J>, work: &impl Fn(J, usize), member: usize) {
    for seen in 0.. {
        state.wait_for_change(seen);
        if state.stopping.load(Ordering::Acquire) {
            return;
        }
        let assignment = *lock(&state.job);
        let _finished = Finished(state);
        if let Some(assignment) = assignment {
            take_parts(state, work, assignment, member);
        }
    }
}

/// Does a member's share of the parts, then what others have left of theirs.
fn take_parts<J: Copy>(
    state: &State<J>,
    work: &(impl Fn(J, usize) + ?Sized),
    Assignment { job, parts, backward }: Assignment<J>,
    member: usize,
) {
    let members = state.taken.len();
    for share in (member..members).chain(0..member) {
        let (start, end) = (share * parts / members, (share + 1) * parts / members);
        loop {
            let taken = state.taken[share].fetch_add(1, Ordering::Relaxed);
            if taken >= end - start {
                break;
            }
            work(job, if backward { end - 1 - taken } else { start + taken });
        }
    }
}

/// A panic elsewhere is reported by `run`; the values under these locks stay whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a helper as finished, also when its work panicked.
struct Finished<'s, J>(&'s State<J>);

impl<J> Drop for Finished<'_, J> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.store(true, Ordering::Relaxed);
        }
        self.0.running.fetch_sub(1, Ordering::Release);
    }
}

struct Stop<'s, J>(&'s State<J>);

impl<J> Drop for Stop<'_, J> {
    fn drop(&mut self) {
        self.0.stopping.store(true, Ordering::Release);
        self.0.announce();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_every_job_is_done_once() {
        let done: Vec<AtomicUsize> = (0..10).map(|_| AtomicUsize::new(0)).collect();
        with_team(
            3,
            &|job: usize, part| {
                done[part].fetch_add(job, Ordering::Relaxed);
            },
            |team| (0..1000).for_each(|job| team.run(job, 10, job % 2 == 1)),
        );
        assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 999 * 1000 / 2));
    }

    #[test]
    #[should_panic(expected = "panicked")]
    fn a_panic_in_a_part_ends_the_job() {
        let work = |_: (), part: usize| assert!(part != 7, "panicked in part 7");
        with_team(2, &work, |team| team.run((), 100, false));
    }
}
