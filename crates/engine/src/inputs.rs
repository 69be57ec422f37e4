//! From a sample of a data set to the input of a network: normalised, and in its place in memory.
//!
//! Random changes come before (`augment.rs`); they change bytes into bytes.

use crate::data::{Dataset, Values};
use crate::layout::Layout;
use crate::spec::{NormalizeSpec, SettingError};

/// `(value - mean) / std`, for all channels alike or for each by its own numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Normalization {
    /// Mean and standard deviation: of all channels, or one pair per channel.
    numbers: Vec<[f64; 2]>,
    /// What each byte becomes, one table per pair.
    of_bytes: Vec<[f32; 256]>,
}

impl Normalization {
    /// The normalisation of samples like those of `set`.
    ///
    /// # Errors
    /// If a list has more or fewer numbers than the samples have channels (or features).
    pub(crate) fn new(spec: &NormalizeSpec, set: &Dataset) -> Result<Normalization, SettingError> {
        let channels = set.shape.dimensions().0;
        spec.check_channels(channels)?;
        let pairs = if spec.is_one_for_all() { 1 } else { channels };
        let numbers: Vec<_> = (0..pairs).map(|channel| [spec.mean.of(channel), spec.std.of(channel)]).collect();
        let table = |&[mean, std]: &[f64; 2]| std::array::from_fn(|byte| ((byte as f64 / 255.0 - mean) / std) as f32);
        let of_bytes = match set.values {
            Values::Bytes(_) => numbers.iter().map(table).collect(),
            Values::Floats(_) => Vec::new(),
        };
        Ok(Normalization { numbers, of_bytes })
    }

    /// Writes a sample of bytes to where `layout` says.
    pub(crate) fn write_bytes(&self, sample: &[u8], layout: &Layout, x: &mut [f32]) {
        write(sample, layout, x, &self.of_bytes, |table, byte| table[usize::from(byte)]);
    }

    /// Writes a sample of floats to where `layout` says.
    pub(crate) fn write_floats(&self, sample: &[f32], layout: &Layout, x: &mut [f32]) {
        write(sample, layout, x, &self.numbers, |[mean, std], value| ((f64::from(value) - mean) / std) as f32);
    }
}

/// Writes each value of `sample`, channel by channel and row by row, to its place. The sample is cut into as many equal
/// parts as there are `parameters`, or there is one for all.
#[inline]
fn write<T: Copy, P>(sample: &[T], layout: &Layout, x: &mut [f32], parameters: &[P], input: impl Fn(&P, T) -> f32) {
    let grid = layout.grid();
    let is_vector = layout.height * layout.width == 1;
    // A vector's values lie next to each other; those of a map as far apart as its pixels do.
    let (planes, columns, step) = if is_vector {
        (parameters.len(), sample.len() / parameters.len(), 1)
    } else {
        (layout.channels, layout.width, grid.pixel)
    };
    for (plane, values) in sample.chunks_exact(sample.len() / planes).enumerate() {
        let parameter = if parameters.len() == 1 { &parameters[0] } else { &parameters[plane] };
        let start = grid.start + if is_vector { plane * columns } else { plane };
        for (row, values) in values.chunks_exact(columns).enumerate() {
            let x = &mut x[start + row * grid.row..];
            for (at, value) in values.iter().enumerate() {
                x[at * step] = input(parameter, *value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;
    use crate::spec::PerChannel;

    /// Two samples of two channels of 2 x 3.
    fn set(values: Values) -> Dataset {
        Dataset { values, labels: vec![0; 2], shape: Shape::Map { channels: 2, height: 2, width: 3 }, classes: 1 }
    }

    #[test]
    fn each_channel_is_normalised_by_its_own_numbers_whether_the_network_takes_maps_or_a_vector() {
        let spec = NormalizeSpec { mean: PerChannel::Each(vec![1.0, 3.0]), std: PerChannel::Each(vec![0.5, 0.25]) };
        let floats: Vec<f32> = (0..24u8).map(f32::from).collect();
        let set = set(Values::Floats(floats.clone()));
        let normalization = Normalization::new(&spec, &set).unwrap();
        let expected: Vec<f64> =
            (12..24).map(|x| if x < 18 { f64::from(x - 1) * 2.0 } else { f64::from(x - 3) * 4.0 }).collect();
        assert_eq!(set.input(1, &spec), expected);

        let map = Layout { border: 1, far_border: 2, ..Layout::dense(set.shape) };
        let mut x = vec![0.0; map.size()];
        normalization.write_floats(&floats[12..], &map, &mut x);
        let places = (0..12).map(|at| map.offset(at / 6, at % 6 / 3, at % 3));
        assert_eq!(places.map(|place| f64::from(x[place])).collect::<Vec<_>>(), expected);

        let vector = Layout::dense(Shape::Vector(12));
        let mut x = vec![0.0; vector.size()];
        normalization.write_floats(&floats[12..], &vector, &mut x);
        assert_eq!(x[..12].iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn as_many_numbers_as_channels_are_needed() {
        let set = set(Values::Bytes(vec![7; 24]));
        let spec = NormalizeSpec { mean: PerChannel::Each(vec![0.5; 3]), ..NormalizeSpec::default() };
        let error = Normalization::new(&spec, &set).unwrap_err().to_string();
        assert!(error.contains("train.normalize.mean = [0.5, 0.5, 0.5]") && error.contains('2'), "{error}");
    }
}
