//! The logic of the flagship graph: a small neural network behind the contract
//! `digits:vision/inference`.

mod network;
mod operators;
mod randomness;

use exports::digits::vision::inference::{
    Certainty, Detail, Guest, GuestClassifier, InferenceError, ModelInfo, Prediction,
    ShapeMismatch,
};
use exports::digits::vision::types::{Candidate, Elements, Quantised, Tensor};
use network::{CLASSES, INPUTS};
use std::cell::Cell;

wit_bindgen::generate!({
    world: "logic",
    path: "../../../wit",
});

/// Most images that one call classifies; bounds the memory of a call to a few megabytes.
const BATCH_LIMIT: u32 = 4096;
/// The best candidate leads by more than this: clear.
const CLEAR_LEAD: f32 = 0.5;
/// The best candidate leads by less than this: tied.
const TIED_LEAD: f32 = 0.1;

thread_local! {
    static SERVED: Cell<u64> = const { Cell::new(0) };
    static ALIVE: Cell<u32> = const { Cell::new(0) };
}

struct Logic;

export!(Logic);

impl Guest for Logic {
    type Classifier = LiveClassifier;

    fn describe() -> ModelInfo {
        ModelInfo {
            name: "digits-mlp".into(),
            inputs: INPUTS as u32,
            labels: (0..CLASSES).map(|label| label.to_string()).collect(),
            parameters: network::parameters(),
            batch_limit: BATCH_LIMIT,
        }
    }

    fn served() -> u64 {
        SERVED.get()
    }

    fn alive() -> u32 {
        ALIVE.get()
    }
}

struct LiveClassifier {
    detail: Detail,
    classified: Cell<u64>,
}

impl Drop for LiveClassifier {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

impl GuestClassifier for LiveClassifier {
    fn new(detail: Detail) -> Self {
        ALIVE.set(ALIVE.get() + 1);
        LiveClassifier {
            detail,
            classified: Cell::new(0),
        }
    }

    fn classify(&self, batch: Tensor) -> Result<Vec<Prediction>, InferenceError> {
        let (images, data) = checked(batch)?;
        let probabilities = network::probabilities(images as usize, data)
            .map_err(|error| InferenceError::Failed(format!("{error:#}")))?;
        self.classified.set(self.classified.get() + u64::from(images));
        SERVED.set(SERVED.get() + u64::from(images));
        Ok(probabilities
            .chunks_exact(CLASSES)
            .map(|row| prediction(row, self.detail))
            .collect())
    }

    fn classified(&self) -> u64 {
        self.classified.get()
    }
}

/// The number of images in a batch that the network takes, and their elements.
fn checked(batch: Tensor) -> Result<(u32, Vec<f32>), InferenceError> {
    let length = match &batch.elements {
        Elements::Floats(values) => values.len(),
        Elements::Quantised(quantised) => quantised.values.len(),
    };
    let wrong_shape = || {
        InferenceError::Shape(ShapeMismatch {
            expected: vec![0, INPUTS as u32],
            actual: batch.shape.clone(),
        })
    };
    let [images, inputs] = batch.shape[..] else {
        return Err(wrong_shape());
    };
    if images > BATCH_LIMIT {
        return Err(InferenceError::BatchTooLarge(images));
    }
    if inputs as usize != INPUTS || length != images as usize * INPUTS {
        return Err(wrong_shape());
    }
    let data: Vec<f32> = match batch.elements {
        Elements::Floats(values) => values,
        Elements::Quantised(Quantised { values, unit }) => {
            values.into_iter().map(|value| f32::from(value) * unit).collect()
        }
    };
    match data.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(InferenceError::NotFinite(index as u32)),
        None => Ok((images, data)),
    }
}

fn prediction(probabilities: &[f32], detail: Detail) -> Prediction {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let candidate = |rank: usize| Candidate {
        label: order[rank] as u8,
        confidence: probabilities[order[rank]],
    };
    let (best, second) = (candidate(0), candidate(1));
    let lead = best.confidence - second.confidence;
    let certainty = if lead > CLEAR_LEAD {
        Certainty::Clear
    } else if lead < TIED_LEAD {
        Certainty::Tied
    } else {
        Certainty::Doubtful
    };
    Prediction {
        best,
        certainty,
        present: detail,
        runner_up: detail.contains(Detail::RUNNER_UP).then_some(second),
        probabilities: if detail.contains(Detail::PROBABILITIES) {
            probabilities.to_vec()
        } else {
            Vec::new()
        },
    }
}

