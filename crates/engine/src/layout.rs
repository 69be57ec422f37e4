//! Where the values of a tensor lie in memory.
//!
//! One sample is stored row by row, pixel by pixel, the channels of a pixel next to each other (NHWC), padded to a
//! multiple of 8 lanes. The pixels are surrounded by a border of stored zeros, as wide as the convolution that reads
//! the tensor needs, so no inner loop has to check for an edge. Borders are never written.

use crate::kernels::{Grid, LANES};
use crate::shape::Shape;

/// The place of one sample's values. A vector is a map of 1 x 1 pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Floats from one stored pixel to the next.
    pub lanes: usize,
    /// Stored zeros at the top and on the left, in pixels.
    pub border: usize,
    /// Stored zeros at the bottom and on the right, in pixels.
    pub far_border: usize,
    /// Stored pixels from one value to the next: above 1 in the output gradient of a strided convolution, whose
    /// input gradient is then an ordinary convolution.
    pub dilation: usize,
}

impl Layout {
    /// A layout without border, with channels padded to full lanes.
    pub(crate) fn dense(shape: Shape) -> Layout {
        let (channels, height, width) = shape.dimensions();
        let lanes = channels.next_multiple_of(LANES);
        Layout { channels, height, width, lanes, border: 0, far_border: 0, dilation: 1 }
    }

    /// Floats of one sample.
    pub(crate) fn size(&self) -> usize {
        self.stored(self.height) * self.row()
    }

    /// Floats from one stored row to the next.
    pub(crate) fn row(&self) -> usize {
        self.stored(self.width) * self.lanes
    }

    /// The pixels, without the border.
    pub(crate) fn grid(&self) -> Grid {
        Grid {
            rows: self.height,
            columns: self.width,
            lanes: self.lanes,
            start: self.border * (self.row() + self.lanes),
            row: self.dilation * self.row(),
            pixel: self.dilation * self.lanes,
        }
    }

    /// Offset of one value in its sample.
    pub(crate) fn offset(&self, channel: usize, row: usize, column: usize) -> usize {
        let grid = self.grid();
        grid.start + row * grid.row + column * grid.pixel + channel
    }

    fn stored(&self, values: usize) -> usize {
        self.border + (values - 1) * self.dilation + 1 + self.far_border
    }
}

/// One sample's part of a buffer, and where its values lie in it.
pub(crate) type View<'s> = (&'s Layout, &'s [f32]);

/// As [`View`], but mutable.
pub(crate) type ViewMut<'s> = (&'s Layout, &'s mut [f32]);
