//! A training step allocates nothing. This test has a file of its own, because other tests would allocate while it
//! counts.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use gradbook_engine::kernels::{Isa, Precision, Tiles};
use gradbook_engine::train::{Control, Event, Options};
use support::{SPEC, options, run};

/// Counts allocations of all threads.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes every call on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the allocator's contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the allocator's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_step_allocates_nothing() {
    // With a stride of 1, the second convolution uses Winograd's algorithm, or tiles.
    let specs = [SPEC, &SPEC.replace("stride = 2", "stride = 1")].map(|spec| toml::from_str(spec).unwrap());
    let bf16 = Tiles::best().map(Precision::Bf16);
    let precisions =
        [Some((&specs[0], Precision::F32)), Some((&specs[1], Precision::F32)), bf16.map(|it| (&specs[1], it))];
    for ((spec, precision), threads) in precisions.into_iter().flatten().flat_map(|it| [(it, 1), (it, 2)]) {
        let mut counts = Vec::with_capacity(100);
        let options = Options { precision, ..options(threads, Isa::best()) };
        run(spec, options, &mut |event| {
            // In the first epoch, buffers grow to their final size.
            if let Event::Step(step, _) = event
                && step.epoch == 2
            {
                counts.push(ALLOCATIONS.load(Ordering::Relaxed));
            }
            Control::Continue
        });
        assert!(
            counts.len() > 5 && counts.iter().all(|count| *count == counts[0]),
            "{threads} threads, {precision:?}: {counts:?}"
        );
    }
}
