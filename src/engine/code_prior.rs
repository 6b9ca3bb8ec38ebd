//! The code prior of a bundle as the sampler takes it.

use super::EngineError;
use crate::bundle::{Bundle, PriorKind};
use crate::sampler::Prior;

/// The valid codes of `code_length` numbers.
///
/// # Errors
/// The bundle's vectors have another length, or leave no code.
pub fn code_prior(bundle: &Bundle, code_length: usize) -> Result<Prior, EngineError> {
    let facts = bundle.prior(code_length)?;
    let numbers = |vector: &Option<Vec<f32>>, otherwise: f64| -> Vec<f64> {
        match vector {
            Some(values) => values.iter().map(|&value| f64::from(value)).collect(),
            None => vec![otherwise; code_length],
        }
    };
    Ok(match facts.kind {
        PriorKind::Normal => {
            let prior = Prior::normal(numbers(&facts.mean, 0.0), numbers(&facts.sd, 1.0))?;
            if facts.low.is_some() || facts.high.is_some() {
                prior.clipped(
                    &numbers(&facts.low, f64::NEG_INFINITY),
                    &numbers(&facts.high, f64::INFINITY),
                )?
            } else {
                prior
            }
        }
        PriorKind::Box => Prior::uniform_box(numbers(&facts.low, 0.0), numbers(&facts.high, 1.0))?,
    })
}
