//! Exact draws by rejection: how long it is worth drawing before chains are cheaper.

use super::state::{State, StateError};

/// Draws for each row that what is missing may be expected to take: as many forward passes as chains
/// need to forget where they began.
const DRAWS_PER_ROW: u64 = 128;
/// Draws inside that are granted beside those seen, so that few draws give nothing up: with none seen the
/// share is, at 95 %, below 3 in as many (the rule of three).
const GRANTED: u64 = 3;

/// Draws inside that chains can begin at copies of: fewer might miss a part of the set.
pub(super) const BEGINNINGS: u64 = 8;

/// Draws of the prior that were looked at, and how many of them lay inside every interval.
///
/// What lies inside is an independent draw of the prior restricted to the inverse set, exactly, and
/// whoever needs n of them looks at n/p draws, where p is the share of the prior inside. Drawing goes
/// on as long as chains would not be cheaper even if p were as large as it may well be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rejection {
    drawn: u64,
    inside: u64,
    /// Draws that chains are worth.
    budget: u64,
    has_ended: bool,
}

impl Rejection {
    /// Nothing is drawn yet for `rows` rows.
    pub(super) fn new(rows: usize) -> Self {
        Rejection {
            drawn: 0,
            inside: 0,
            budget: DRAWS_PER_ROW * rows as u64,
            has_ended: false,
        }
    }

    /// No draws are to be made: samples start elsewhere.
    pub(super) fn none() -> Self {
        Rejection {
            has_ended: true,
            ..Rejection::new(0)
        }
    }

    /// Whether drawing is over.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Notes so many draws that were looked at.
    pub(super) fn look(&mut self, draws: u64) {
        self.drawn += draws;
    }

    /// Notes the end of a round, in which `inside` draws lay inside and after which so many samples
    /// are `missing`. Gives whether drawing ends here.
    pub(super) fn end_round(&mut self, inside: u64, missing: u64) -> bool {
        self.inside += inside;
        let needed = missing.min(BEGINNINGS.checked_sub(self.inside).unwrap_or(missing));
        // needed / p <= budget
        let share = u128::from(self.inside + GRANTED) * u128::from(self.budget);
        let is_worth_it =
            u128::from(needed) * u128::from(self.drawn) <= share && self.drawn < 2 * self.budget;
        self.has_ended = missing == 0 || !is_worth_it;
        self.has_ended
    }

    /// What the draws said, for the reader.
    pub(super) fn tell(&self, missing: u64) -> String {
        let Rejection { drawn, inside, .. } = self;
        if *inside == 0 {
            return format!("none of {drawn} draws of the prior lies inside: chains go there");
        }
        let share = 100.0 * *inside as f64 / *drawn as f64;
        let found = format!("{inside} of {drawn} draws of the prior lie inside ({share:.2} %)");
        if missing == 0 {
            format!("{found}: every sample is one of them")
        } else {
            format!("{found}: chains find the other {missing}")
        }
    }

    pub(super) fn save(&self, state: &mut State) {
        let has_ended = u64::from(self.has_ended);
        let numbers = [self.drawn, self.inside, self.budget, has_ended];
        state.put_u64("rejection", numbers.to_vec());
    }

    pub(super) fn load(state: &State) -> Result<Self, StateError> {
        let numbers = state.u64("rejection", 4)?;
        Ok(Rejection {
            drawn: numbers[0],
            inside: numbers[1],
            budget: numbers[2],
            has_ended: numbers[3] > 0,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ROWS: usize = 48;

    /// Draws until drawing ends, of rows that draw 16 each while each has none, when one draw in
    /// `one_in` lies inside; and what is missing then.
    fn draws(one_in: u64) -> (u64, u64) {
        let mut rejection = Rejection::new(ROWS);
        let mut missing = ROWS as u64;
        let mut seen = 0;
        loop {
            let drawn = 16 * missing;
            let inside = ((seen + drawn) / one_in - seen / one_in).min(missing);
            seen += drawn;
            missing -= inside;
            rejection.look(drawn);
            if rejection.end_round(inside, missing) {
                return (seen, missing);
            }
        }
    }

    #[test]
    fn a_frequent_interval_is_drawn_to_the_end() {
        let (seen, missing) = draws(20);
        assert!(seen < 3 * 20 * 48 / 2 && missing == 0, "{seen} {missing}");
        assert_eq!(draws(100).1, 0);
    }

    #[test]
    fn a_rare_interval_is_soon_left_to_chains() {
        let (seen, missing) = draws(600);
        assert!(seen <= 128 * 48 && missing > 30, "{seen} {missing}");
        assert_eq!(draws(1_000_000), (3072, 48));
    }

    #[test]
    fn what_is_noted_is_kept() {
        let mut rejection = Rejection::new(ROWS);
        rejection.look(160);
        rejection.end_round(3, 7);
        let mut state = State::default();
        rejection.save(&mut state);
        assert_eq!(Rejection::load(&state).unwrap(), rejection);
        assert!(Rejection::none().has_ended());
    }
}
