//! A team of threads that does many short jobs in a row.
//!
//! A training step has a dozen phases of a few hundred microseconds. Waking a general thread pool for each would take
//! longer than some of the phases, so the members of a team spin for a moment before they sleep.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How often a waiting member looks again before it sleeps: about 50 microseconds.
const SPINS: usize = 4000;

/// Hands out jobs; made by [`with_team`].
pub(crate) struct Team<'s, J> {
    state: &'s State<J>,
    work: &'s (dyn Fn(J, usize) + Sync),
}

struct State<J> {
    assignment: Mutex<Option<Assignment<J>>>,
    /// The number of the current job; what sleeping members wait for.
    number: AtomicU64,
    /// One per member: which job its share belongs to, and how many parts of that share have been taken.
    shares: Vec<AtomicU64>,
    /// Parts of the current job that are not finished.
    left: AtomicUsize,
    stopping: AtomicBool,
    panicked: AtomicBool,
    sleepers: Mutex<usize>,
    wake: Condvar,
}

/// A job, and its number.
#[derive(Clone, Copy)]
struct Assignment<J> {
    job: J,
    parts: usize,
    from_end: bool,
    number: u64,
}

/// Calls `body` with a team of `threads` threads, the calling one included. Parts of a job are done by
/// `work(job, part)`, by whichever thread comes first. Where the system gives no more threads (or, as WebAssembly, none at
/// all), those that there are do everything.
///
/// # Panics
/// If `work` or `body` panics.
pub(crate) fn with_team<J: Copy + Send, R>(
    threads: usize,
    work: &(impl Fn(J, usize) + Sync),
    body: impl FnOnce(&Team<'_, J>) -> R,
) -> R {
    let threads = threads.max(1);
    let state = State {
        assignment: Mutex::new(None),
        number: AtomicU64::new(0),
        shares: (0..threads).map(|_| AtomicU64::new(0)).collect(),
        left: AtomicUsize::new(0),
        stopping: AtomicBool::new(false),
        panicked: AtomicBool::new(false),
        sleepers: Mutex::new(0),
        wake: Condvar::new(),
    };
    thread::scope(|scope| {
        // Dropped also when `body` panics: otherwise the scope would wait for the helpers for ever.
        let _stop = Stop(&state);
        for member in 1..threads {
            let state = &state;
            if thread::Builder::new().spawn_scoped(scope, move || help(state, work, member)).is_err() {
                break;
            }
        }
        body(&Team { state: &state, work })
    })
}

impl<J: Copy> Team<'_, J> {
    /// Does all parts of a job, fewer than 2³², and returns when the last is finished. It does not wait for members
    /// that have not started, so a processor busy with other work delays nobody.
    ///
    /// Every member starts with the same share of the parts in each job. If jobs alternate between starting at the
    /// beginning and `from_end`, it starts with the parts that it did last, whose data are still in its cache.
    pub(crate) fn run(&self, job: J, parts: usize, from_end: bool) {
        let state = self.state;
        let number = state.number.load(Ordering::Relaxed) + 1;
        let assignment = Assignment { job, parts, from_end, number };
        *lock(&state.assignment) = Some(assignment);
        state.left.store(parts, Ordering::Relaxed);
        for share in &state.shares {
            // From here on, nobody takes a part of an earlier job.
            share.store(first_of(number), Ordering::Release);
        }
        state.announce();
        take_parts(state, self.work, assignment, 0);
        let mut spins = 0;
        while state.left.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { thread::yield_now() }
        }
        assert!(!state.panicked.load(Ordering::Relaxed), "a member of the team panicked");
    }
}

impl<J> State<J> {
    fn announce(&self) {
        // Under the lock, so that nobody goes to sleep between looking and waiting.
        let sleepers = lock(&self.sleepers);
        self.number.fetch_add(1, Ordering::Release);
        if *sleepers > 0 {
            self.wake.notify_all();
        }
    }

    /// Waits until the number differs from `seen`, and returns it.
    fn wait_for_change(&self, seen: u64) -> u64 {
        for _ in 0..SPINS {
            let number = self.number.load(Ordering::Acquire);
            if number != seen {
                return number;
            }
            std::hint::spin_loop();
        }
        let mut sleepers = lock(&self.sleepers);
        *sleepers += 1;
        loop {
            let number = self.number.load(Ordering::Acquire);
            if number != seen {
                *sleepers -= 1;
                return number;
            }
            sleepers = self.wake.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn help<J: Copy>(state: &State<J>, work: &impl Fn(J, usize), member: usize) {
    let mut seen = 0;
    loop {
        seen = state.wait_for_change(seen);
        if state.stopping.load(Ordering::Acquire) {
            return;
        }
        let assignment = *lock(&state.assignment);
        if let Some(assignment) = assignment {
            take_parts(state, work, assignment, member);
        }
    }
}

/// Does a member's share of the parts, then what is left of the others' shares. Does nothing if the job is over.
fn take_parts<J: Copy>(
    state: &State<J>,
    work: &(impl Fn(J, usize) + ?Sized),
    Assignment { job, parts, from_end, number }: Assignment<J>,
    member: usize,
) {
    let members = state.shares.len();
    for share in (member..members).chain(0..member) {
        let (start, end) = (share * parts / members, (share + 1) * parts / members);
        while let Some(taken) = take(&state.shares[share], number, end - start) {
            let _finished = Finished(state);
            work(job, if from_end { end - 1 - taken } else { start + taken });
        }
    }
}

/// An untouched share of job `number`: the upper half holds the job, the lower half how many parts have been taken.
fn first_of(number: u64) -> u64 {
    number << 32
}

/// Takes the next of `parts` parts of a share and returns how many were taken before. `None` if nothing is left, or if
/// the share now belongs to another job.
fn take(share: &AtomicU64, number: u64, parts: usize) -> Option<usize> {
    let next = |current: u64| {
        let taken = current.checked_sub(first_of(number))?;
        (taken < parts as u64).then_some(current + 1)
    };
    let before = share.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).ok()?;
    Some((before - first_of(number)) as usize)
}

/// `run` reports a panic elsewhere; the values under these locks stay consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a part as finished, even if its work panicked.
struct Finished<'s, J>(&'s State<J>);

impl<J> Drop for Finished<'_, J> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.panicked.store(true, Ordering::Relaxed);
        }
        self.0.left.fetch_sub(1, Ordering::Release);
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
