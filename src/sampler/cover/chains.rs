//! The chains of `cover`: how rows come inside, how they walk, and when they give samples.

use super::Cover;
use crate::sampler::burn_in::Measured;
use crate::sampler::counted::Counted;
use crate::sampler::evaluate::EvaluateError;
use crate::sampler::motion::Derivatives;
use crate::sampler::noise::noise;
use crate::sampler::population::Status;
use crate::sampler::rejection::BEGINNINGS;
use crate::sampler::report::Accepted;
use crate::sampler::stepping::Stepping;
use ndarray::{Array2, Axis};

impl Cover {
    /// Moves the `seeking` rows inside: to copies of samples found, or by the pull of the intervals.
    fn seek(
        &mut self,
        seeking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if seeking.is_empty() {
            return Ok(());
        }
        let settled = self.base.population.settled();
        if settled.len() as u64 >= BEGINNINGS {
            for (&row, &from) in seeking.iter().zip(settled.iter().cycle()) {
                self.base.population.copy(row, from);
                self.base.population.set_status(row, Status::Visited);
            }
            return Ok(());
        }
        let broken = self.base.population.evaluate(seeking, evaluator)?;
        for &row in &broken {
            self.redraw(row);
        }
        let mut pulled = Vec::new();
        for (at, &row) in seeking.iter().enumerate() {
            if self.base.population.is_feasible(row) {
                self.base.population.set_status(row, Status::Visited);
            } else if self.base.population.is_known(row) {
                pulled.push((at, row));
            }
        }
        if pulled.is_empty() {
            return Ok(());
        }
        let width = self.base.population.embeddings.ncols();
        let embedding_bar = Array2::zeros((seeking.len(), width));
        let back = evaluator.pull_back(embedding_bar.view())?;
        for (at, row) in pulled {
            let derivatives = Derivatives::of_row(&back, at);
            self.pull(row, derivatives, evaluator)?;
        }
        Ok(())
    }

    /// Moves a row that is outside by the pull of the intervals, or gives its start up.
    fn pull(
        &mut self,
        row: usize,
        derivatives: Derivatives<'_>,
        evaluator: &mut Counted<'_>,
    ) -> Result<(), EvaluateError> {
        if !derivatives.are_finite() {
            self.redraw(row);
            return Ok(());
        }
        let is_nearer = self.base.population.note_progress(row);
        let steps = match self.base.population.status(row) {
            Status::Seeking(steps) if !is_nearer => steps + 1,
            _ => 0,
        };
        if steps >= self.base.tunables.give_up_after {
            self.motion.reset(row);
            self.base.population.redraw_nearest(&[row], evaluator)?;
            return Ok(());
        }
        self.base.population.set_status(row, Status::Seeking(steps));
        let mut target = self.base.population.codes.row(row).to_vec();
        self.motion
            .adam_step(&self.base.population, row, derivatives, 1.0, &mut target);
        let target = ndarray::aview1(&target);
        self.base.population.codes.row_mut(row).assign(&target);
        Ok(())
    }

    /// One step of the `walking` chains; gives the share that moved.
    fn walk(
        &mut self,
        walking: &[usize],
        evaluator: &mut Counted<'_>,
    ) -> Result<f64, EvaluateError> {
        let size = self.burn_in.size();
        let mut proposed = Array2::zeros((walking.len(), self.base.population.codes.ncols()));
        let mut valid = Vec::new();
        for (at, &row) in walking.iter().enumerate() {
            self.walked[row] += 1;
            let mut generator = noise(self.run_seed, row, self.base.step);
            let code = self.base.population.codes.row(row);
            let mut target = proposed.row_mut(at);
            if let (Some(code), Some(target)) = (code.as_slice(), target.as_slice_mut())
                && self
                    .base
                    .population
                    .prior
                    .propose_into(code, size, &mut generator, target)
            {
                valid.push(at);
            }
        }
        if valid.is_empty() {
            return Ok(0.0);
        }
        let proposed = proposed.select(Axis(0), &valid);
        let evaluation = evaluator.evaluate(proposed.view())?;
        let mut moved = 0;
        for (at, &of) in valid.iter().enumerate() {
            let activations = evaluation.activations.row(at);
            let embedding = evaluation.embeddings.row(at);
            // What is not a number lies in no interval.
            if self.base.population.targets.accept(activations)
                && embedding.iter().all(|value| value.is_finite())
            {
                let code = proposed.row(at);
                self.base
                    .population
                    .place(walking[of], code, activations, embedding);
                moved += 1;
            }
        }
        Ok(f64::from(moved) / walking.len() as f64)
    }

    /// One step of all chains; gives the samples, and what there is to say.
    pub(super) fn move_chains(
        &mut self,
        evaluator: &mut Counted<'_>,
    ) -> Result<(Vec<Accepted>, Option<String>), EvaluateError> {
        let live = self.base.population.live();
        let (walking, seeking): (Vec<usize>, Vec<usize>) = live
            .iter()
            .partition(|&&row| self.base.population.status(row) == Status::Visited);
        self.seek(&seeking, evaluator)?;
        let mut notice = None;
        // A few starts that lead nowhere must not hold up the others.
        let measured = self.burn_in.measured().is_some();
        if !walking.is_empty() && (measured || 2 * walking.len() >= live.len()) {
            let success = self.walk(&walking, evaluator)?;
            let (statistics, population) = (&self.statistics, &self.base.population);
            let of = |row| statistics.of(population, row);
            let measured = self.burn_in.note(&walking, success, of);
            notice = measured.map(|measured| self.tell(measured));
        }
        let (due, early): (Vec<usize>, Vec<usize>) =
            walking.iter().partition(|&&row| self.has_forgotten(row));
        if !self.base.is_last_step() {
            return Ok((self.accept(&due, evaluator)?, notice));
        }
        if !early.is_empty() {
            notice = Some(format!(
                "the last step came before {} of {} chains had forgotten their starts: raise \
                 --max-steps",
                early.len(),
                walking.len(),
            ));
        }
        Ok((self.accept(&walking, evaluator)?, notice))
    }

    /// Whether a chain has walked for long enough to give a sample.
    fn has_forgotten(&self, row: usize) -> bool {
        let measured = self.burn_in.measured();
        measured.is_some_and(|measured| self.walked[row] >= measured.between(self.has_given[row]))
    }

    fn tell(&self, measured: Measured) -> String {
        let found = format!(
            "steps of size {:.3}; chains forget in {:.1} steps; {} steps of burn-in, {} between \
             two samples of a chain",
            self.burn_in.size(),
            measured.time,
            measured.steps,
            measured.thinning()
        );
        if measured.has_mixed {
            found
        } else {
            format!("{found}: too few, the chains have not mixed")
        }
    }
}
