//! The functions of [`crate::function`], and softmax, of the values of one sample. (ReLU has a kernel of its own.)

use crate::function::Function;
use crate::kernels::Grid;

/// `a = f(z)`, in place.
pub(crate) fn forward(function: Function, grid: &Grid, z: &mut [f32]) {
    for_each(grid, z, |z| function.value(z));
}

/// `dz = da f'(z)`, in place. `by` holds what the slope is calculated from: z if [`Function::slope_reads_z`], else a.
pub(crate) fn backward(function: Function, g_by: &Grid, by: &[f32], gda: &Grid, da: &mut [f32]) {
    for_each_pair(g_by, by, gda, da, |by, da| da * function.slope(by, by));
}

/// `a_i = e^z_i / Σ_j e^z_j`, shifted by the largest z so that nothing overflows. `z` and `a` are `[outputs]`.
pub(crate) fn softmax(z: &[f32], a: &mut [f32]) {
    let largest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (a, z) in a.iter_mut().zip(z) {
        *a = libm::expf(z - largest);
        sum += *a;
    }
    for a in a.iter_mut() {
        *a /= sum;
    }
}

/// `dz_i = a_i (da_i - Σ_j da_j a_j)`. Overwrites `dz`.
pub(crate) fn softmax_gradient(a: &[f32], da: &[f32], dz: &mut [f32]) {
    let inner: f32 = a.iter().zip(da).map(|(a, da)| a * da).sum();
    for ((dz, a), da) in dz.iter_mut().zip(a).zip(da) {
        *dz = a * (da - inner);
    }
}

fn for_each(grid: &Grid, x: &mut [f32], f: impl Fn(f32) -> f32) {
    for row in 0..grid.rows {
        for column in 0..grid.columns {
            for x in &mut x[grid.start + row * grid.row + column * grid.pixel..][..grid.lanes] {
                *x = f(*x);
            }
        }
    }
}

fn for_each_pair(ga: &Grid, a: &[f32], gda: &Grid, da: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    for row in 0..ga.rows {
        for column in 0..ga.columns {
            let a = &a[ga.start + row * ga.row + column * ga.pixel..][..ga.lanes];
            let da = &mut da[gda.start + row * gda.row + column * gda.pixel..][..ga.lanes];
            for (a, da) in a.iter().zip(da) {
                *da = f(*a, *da);
            }
        }
    }
}
