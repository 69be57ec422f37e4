//! The MNIST data set.
