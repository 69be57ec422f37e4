//! Separates what is written in a picture from what it is written on.

use std::ops::Range;

/// The ink of a picture, free of background.
pub(super) struct Ink {
    pub(super) height: usize,
    pub(super) width: usize,
    /// `[height, width]`: how far a pixel differs from the background, 0 where there is no ink.
    pub(super) values: Vec<f32>,
    /// (top, bottom), (left, right), in pixels; an edge can cover part of a pixel.
    pub(super) bounds: [(f64, f64); 2],
    /// Row and column of the centre of mass; the centre of the first pixel is at 0.5.
    pub(super) centre: [f64; 2],
}

/// In grey levels of 256: smaller differences cannot be told from compression artefacts and uneven light.
const MIN_CONTRAST: f32 = 8.0;

/// Ink, and what belongs to it, differs by at least this many standard deviations of the background's noise.
const NOISE_OF_INK: f32 = 4.0;
const NOISE_OF_EDGE: f32 = 2.0;

/// Parts of a digit have at least this share of the pixels of its largest part.
const MIN_PART: f64 = 0.02;

/// A digit is at least this many pixels high or wide.
const MIN_SIDE: f64 = 4.0;

impl Ink {
    /// The ink in grey levels `pixels` (`[height, width]`), if there is any.
    pub(super) fn find(pixels: &[f32], height: usize, width: usize) -> Option<Ink> {
        let (background, noise) = Surface::through_border(pixels, height, width);
        let mut values: Vec<f32> = Vec::with_capacity(pixels.len());
        for (row, pixels) in pixels.chunks(width).enumerate() {
            values.extend(pixels.iter().enumerate().map(|(column, pixel)| pixel - background.at(row, column)));
        }
        // Dark on light, or light on dark: cubes let the strongest differences decide.
        let sign = if values.iter().map(|&value| f64::from(value).powi(3)).sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        values.iter_mut().for_each(|value| *value = (sign * *value).max(0.0));

        let contrast = values.iter().copied().fold(0.0, f32::max);
        if contrast < MIN_CONTRAST {
            return None;
        }
        let threshold = otsu(&values, contrast).max(NOISE_OF_INK * noise);
        let parts = Part::all(&values, width, NOISE_OF_EDGE * noise, threshold);
        let largest = parts.iter().map(|part| part.ink).max().filter(|&ink| ink > 0)?;
        let is_digit = |part: &&Part| part.ink as f64 >= MIN_PART * largest as f64;
        let mut digit =
            Ink { height, width, values: vec![0.0; values.len()], bounds: [(0.0, 0.0); 2], centre: [0.0; 2] };
        for &index in parts.iter().filter(is_digit).flat_map(|part| &part.pixels) {
            digit.values[index] = values[index];
        }
        digit.measure(threshold, contrast)?;
        Some(digit)
    }

    /// Finds bounds and centre, unless the digit is too small to be one.
    fn measure(&mut self, threshold: f32, contrast: f32) -> Option<()> {
        let (mut highest_in_row, mut highest_in_column) = (vec![0.0f32; self.height], vec![0.0f32; self.width]);
        let (mut mass, mut moments) = (0.0, [0.0; 2]);
        for (index, &value) in self.values.iter().enumerate() {
            let (row, column) = (index / self.width, index % self.width);
            highest_in_row[row] = highest_in_row[row].max(value);
            highest_in_column[column] = highest_in_column[column].max(value);
            mass += f64::from(value);
            moments[0] += f64::from(value) * (row as f64 + 0.5);
            moments[1] += f64::from(value) * (column as f64 + 0.5);
        }
        self.centre = moments.map(|moment| moment / mass);
        self.bounds = [extent(&highest_in_row, threshold, contrast)?, extent(&highest_in_column, threshold, contrast)?];
        self.bounds.iter().any(|(low, high)| high - low >= MIN_SIDE).then_some(())
    }
}

/// The range in which `highest` reaches the threshold, extended into the neighbouring pixels as far as ink covers them.
fn extent(highest: &[f32], threshold: f32, contrast: f32) -> Option<(f64, f64)> {
    let first = highest.iter().position(|&value| value >= threshold)?;
    let last = highest.iter().rposition(|&value| value >= threshold)?;
    let cover = |value: Option<&f32>| f64::from(value.map_or(0.0, |value| value / contrast));
    let before = first.checked_sub(1).and_then(|before| highest.get(before));
    Some((first as f64 - cover(before), (last + 1) as f64 + cover(highest.get(last + 1))))
}

/// Connected pixels.
struct Part {
    /// Positions in the picture.
    pixels: Vec<usize>,
    /// How many of them reach the threshold of ink.
    ink: usize,
}

impl Part {
    /// The connected parts (8 neighbours) above `edge` that contain pixels reaching `threshold`.
    fn all(values: &[f32], width: usize, edge: f32, threshold: f32) -> Vec<Part> {
        let mut seen: Vec<bool> = values.iter().map(|&value| value <= edge).collect();
        let mut parts = Vec::new();
        for start in 0..values.len() {
            if values[start] < threshold || seen[start] {
                continue;
            }
            seen[start] = true;
            let mut pixels = vec![start];
            let mut next = 0;
            while next < pixels.len() {
                let (row, column) = (pixels[next] / width, pixels[next] % width);
                for row in around(row, values.len() / width) {
                    for neighbour in around(column, width).map(|column| row * width + column) {
                        if !seen[neighbour] {
                            seen[neighbour] = true;
                            pixels.push(neighbour);
                        }
                    }
                }
                next += 1;
            }
            let ink = pixels.iter().filter(|&&pixel| values[pixel] >= threshold).count();
            parts.push(Part { pixels, ink });
        }
        parts
    }
}

fn around(position: usize, len: usize) -> Range<usize> {
    position.saturating_sub(1)..len.min(position + 2)
}

/// The threshold that separates values from 0 to `highest` into the two most different classes, in 256 steps.
///
/// Source: Otsu (1979), "A threshold selection method from gray-level histograms", eq. 18: the variance between the
/// classes, which is largest at the threshold.
fn otsu(values: &[f32], highest: f32) -> f32 {
    let mut histogram = [0u32; 256];
    values.iter().for_each(|value| histogram[(255.0 * value / highest) as usize] += 1);
    let total = values.len() as f64;
    let sum: f64 = histogram.iter().enumerate().map(|(level, &count)| level as f64 * f64::from(count)).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut best_variance) = (0, 0.0);
    for (level, &count) in histogram.iter().enumerate() {
        // Classes: levels below this one, and the others.
        if below > 0.0 && below < total {
            let difference = sum_below / below - (sum - sum_below) / (total - below);
            let variance = below * (total - below) * difference * difference;
            if variance > best_variance {
                (best, best_variance) = (level, variance);
            }
        }
        below += f64::from(count);
        sum_below += level as f64 * f64::from(count);
    }
    best as f32 * highest / 255.0
}

/// Terms of a quadratic surface: 1, x, y, x², x y, y².
const TERMS: usize = 6;

/// A smooth background: `Σ coefficient x term`, in grey levels.
struct Surface {
    coefficients: [f64; TERMS],
    height: usize,
    width: usize,
}

impl Surface {
    /// The surface with the least sum of absolute differences from the border's pixels, and the standard deviation of
    /// the noise around it. Absolute differences make it ignore ink that touches the border.
    ///
    /// Found by least squares with weights `1 / |difference|` from the step before.
    fn through_border(pixels: &[f32], height: usize, width: usize) -> (Surface, f32) {
        let samples = border(height, width);
        let mut surface = Surface { coefficients: [0.0; TERMS], height, width };
        let mut weights = vec![1.0; samples.len()];
        for _ in 0..STEPS {
            let mut matrix = [[0.0; TERMS + 1]; TERMS];
            for (&(row, column), weight) in samples.iter().zip(&weights) {
                let terms = surface.terms(row, column);
                let value = f64::from(pixels[row * width + column]);
                for (sums, term) in matrix.iter_mut().zip(terms) {
                    for (sum, other) in sums.iter_mut().zip(terms.iter().chain([&value])) {
                        *sum += weight * term * other;
                    }
                }
            }
            surface.coefficients = solve(matrix);
            for (&(row, column), weight) in samples.iter().zip(&mut weights) {
                *weight = 1.0 / f64::from((pixels[row * width + column] - surface.at(row, column)).abs()).max(0.1);
            }
        }
        let difference =
            |&(row, column): &(usize, usize)| (pixels[row * width + column] - surface.at(row, column)).abs();
        let mut differences: Vec<f32> = samples.iter().map(difference).collect();
        let middle = differences.len() / 2;
        let (_, &mut median, _) = differences.select_nth_unstable_by(middle, f32::total_cmp);
        // Half of a normal distribution is within 0.6745 standard deviations.
        (surface, median / 0.6745)
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        let terms = self.terms(row, column);
        terms.iter().zip(&self.coefficients).map(|(term, coefficient)| term * coefficient).sum::<f64>() as f32
    }

    /// With x and y from -1 to 1.
    fn terms(&self, row: usize, column: usize) -> [f64; TERMS] {
        let coordinate = |position: usize, len: usize| (2 * position + 1) as f64 / len as f64 - 1.0;
        let (x, y) = (coordinate(column, self.width), coordinate(row, self.height));
        [1.0, x, y, x * x, x * y, y * y]
    }
}

/// Steps of the weighted least squares.
const STEPS: usize = 12;

/// About how many border pixels are used.
const BORDER_SAMPLES: usize = 2000;

/// Rows and columns of pixels at the border, which is 2 % of the shorter side wide.
fn border(height: usize, width: usize) -> Vec<(usize, usize)> {
    let breadth = (height.min(width) / 50).max(1);
    let is_inner = |position: usize, len: usize| position >= breadth && position + breadth < len;
    let mut samples = Vec::new();
    for row in 0..height {
        let columns = (0..width).filter(|&column| !(is_inner(row, height) && is_inner(column, width)));
        samples.extend(columns.map(|column| (row, column)));
    }
    let step = samples.len().div_ceil(BORDER_SAMPLES);
    samples.into_iter().step_by(step).collect()
}

/// Solves `A x = b` for a symmetric, positive `A`, given as rows `[A | b]`, by Gaussian elimination. Terms that the
/// samples do not determine, as in a picture of one row, become about 0.
fn solve(mut matrix: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    let size = matrix[0][0];
    for pivot in 0..TERMS {
        matrix[pivot][pivot] += 1e-9 * size;
        for row in pivot + 1..TERMS {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            for column in pivot..=TERMS {
                matrix[row][column] -= factor * matrix[pivot][column];
            }
        }
    }
    let mut solution = [0.0; TERMS];
    for row in (0..TERMS).rev() {
        let known: f64 = (row + 1..TERMS).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (matrix[row][TERMS] - known) / matrix[row][row];
    }
    solution
}
