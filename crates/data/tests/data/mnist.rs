//! The built-in copy is MNIST.

use gradbook_data::{mnist, mnist_test};

// Mean pixel of the training images: 0.1307 of 255, the number that every MNIST tutorial normalises with.
#[test]
fn the_built_in_images_are_mnist() {
    let splits = mnist().unwrap();
    for (set, samples, pixel_sum, first_labels, threes) in [
        (&splits.train, 60_000, 1_567_298_545, [5, 0, 4, 1, 9], 6_131),
        (&splits.test, 10_000, 264_923_200, [7, 2, 1, 0, 4], 1_010),
    ] {
        assert_eq!((set.len(), set.shape.dimensions(), set.classes), (samples, (1, 28, 28), 10));
        assert_eq!(set.bytes().unwrap().iter().map(|&pixel| u64::from(pixel)).sum::<u64>(), pixel_sum);
        assert_eq!(set.labels[..5], first_labels);
        assert_eq!(set.labels.iter().filter(|&&label| label == 3).count(), threes);
    }
    assert_eq!(splits.test, mnist_test().unwrap());
}
