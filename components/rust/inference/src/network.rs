//! The network itself: parsed and optimised once, at its first use.

use crate::operators;
use std::cell::OnceCell;
use std::io::Cursor;
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::bail;

pub const INPUTS: usize = 64;
pub const CLASSES: usize = 10;

const MODEL: &[u8] = include_bytes!("../model/digits.onnx");
const HIDDEN: usize = 64;

type Plan = Arc<TypedRunnableModel>;

thread_local! {
    static PLAN: OnceCell<Plan> = const { OnceCell::new() };
}

/// Trainable numbers: weights and biases of both layers.
pub fn parameters() -> u32 {
    ((INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES) as u32
}

/// Probabilities of all classes for each image, row by row.
///
/// `data` holds `images` rows of `INPUTS` finite numbers, meant to be from 0 to 1. Fails when they are so
/// large that the sums of the network overflow.
pub fn probabilities(images: usize, data: Vec<f32>) -> TractResult<Vec<f32>> {
    if images == 0 {
        return Ok(Vec::new());
    }
    let batch = Tensor::from_shape(&[images, INPUTS], &data)?;
    let logits = plan()?.run(tvec!(batch.into()))?;
    let logits = logits[0].to_plain_array_view::<f32>()?;
    let mut flat: Vec<f32> = logits.iter().copied().collect();
    // Finite numbers far outside 0..1 overflow in the sums; their softmax would not be a number.
    if flat.iter().any(|logit| !logit.is_finite()) {
        bail!("the elements are too large for this network, which takes brightness from 0 to 1");
    }
    flat.chunks_exact_mut(CLASSES).for_each(softmax);
    Ok(flat)
}

fn plan() -> TractResult<Plan> {
    PLAN.with(|cell| {
        if let Some(plan) = cell.get() {
            return Ok(plan.clone());
        }
        let plan = operators::reader()
            .model_for_read(&mut Cursor::new(MODEL))?
            .into_optimized()?
            .into_runnable()?;
        Ok(cell.get_or_init(|| plan).clone())
    })
}

fn softmax(row: &mut [f32]) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = (*value - largest).exp();
        sum += *value;
    }
    row.iter_mut().for_each(|value| *value /= sum);
}
