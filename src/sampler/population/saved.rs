//! The rows in a checkpoint.

use super::{Place, Population, Status};
use crate::sampler::reach::Reach;
use crate::sampler::state::{State, StateError};

impl Population {
    pub(in crate::sampler) fn save(&self, state: &mut State) {
        state.put_matrix("codes", &self.codes);
        state.put_matrix("embeddings", &self.embeddings);
        state.put_matrix("activations", &self.activations);
        state.put_matrix("inside_codes", &self.inside.codes);
        state.put_matrix("inside_embeddings", &self.inside.embeddings);
        state.put_matrix("inside_activations", &self.inside.activations);
        state.put_u64("known", self.known.iter().map(|&k| u64::from(k)).collect());
        state.put_u64(
            "status",
            self.status.iter().map(|s| s.to_integer()).collect(),
        );
        state.put_f64("nearest", &self.nearest);
        state.put_u64("start", self.start.clone());
        state.put_u64("drawn", self.drawn.clone());
        state.put_optional_f32("best", &self.best);
        self.reach.save(state);
        state.put_optional_f32("floors", &self.floors);
        state.put_integer("redraws", self.redraws);
        state.put_integer("accepted", self.accepted as u64);
    }

    /// The rows of a state of the same problem.
    pub(in crate::sampler) fn load(&self, state: &State) -> Result<Self, StateError> {
        let rows = self.len();
        Ok(Population {
            codes: state.matrix("codes", self.codes.dim())?,
            embeddings: state.matrix_of_rows("embeddings", rows)?,
            activations: state.matrix("activations", self.activations.dim())?,
            inside: Place {
                codes: state.matrix("inside_codes", self.codes.dim())?,
                embeddings: state.matrix_of_rows("inside_embeddings", rows)?,
                activations: state.matrix("inside_activations", self.activations.dim())?,
            },
            known: state.u64("known", rows)?.iter().map(|&k| k != 0).collect(),
            status: state
                .u64("status", rows)?
                .into_iter()
                .map(Status::from_integer)
                .collect(),
            nearest: state.f64("nearest", Some(rows))?,
            start: state.u64("start", rows)?,
            drawn: state.u64("drawn", rows)?,
            best: state.optional_f32("best", Some(self.best.len()))?,
            reach: match Reach::load(state)? {
                Some(reach) if reach.fits(rows, self.best.len()) => reach,
                _ => Reach::new(rows, self.best.len()),
            },
            // Those of earlier versions have none.
            floors: match state.arrays.contains_key("floors") {
                true => state.optional_f32("floors", Some(self.floors.len()))?,
                false => self.floors.clone(),
            },
            redraws: state.integer("redraws")?,
            accepted: state.integer("accepted")? as usize,
            prior: self.prior.clone(),
            targets: self.targets.clone(),
            starts: self.starts.clone(),
        })
    }
}
