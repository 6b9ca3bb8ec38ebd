//! Exact draws by rejection: how long it is worth drawing before chains are cheaper.

use super::state::{State, StateError};

/// Rounds of draws that are always made.
const ROUNDS: u64 = 8;

/// Draws of the prior that were looked at, and how many of them lay inside every interval.
///
/// What lies inside is an independent draw of the prior restricted to the inverse set, exactly, and
/// whoever needs n of them looks at n/p draws, where p is the share of the prior inside. Some rounds
/// are made in any case. After them drawing goes on as long as what is missing is expected to take no
/// more draws than those rounds did: at 16 draws a row and round that is as many forward passes as
/// chains need to forget where they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rejection {
    rounds: u64,
    drawn: u64,
    inside: u64,
    /// Draws of the rounds that are always made.
    budget: u64,
    has_ended: bool,
}

impl Rejection {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Rejection {
            rounds: 0,
            drawn: 0,
            inside: 0,
            budget: 0,
            has_ended: false,
        }
    }

    /// No draws are to be made: samples start elsewhere.
    pub(super) fn none() -> Self {
        Rejection {
            has_ended: true,
            ..Rejection::new()
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
        self.rounds += 1;
        self.inside += inside;
        if self.rounds <= ROUNDS {
            self.budget = self.drawn;
        }
        // missing / (inside / drawn) <= budget
        let is_worth_it = u128::from(missing) * u128::from(self.drawn)
            <= u128::from(self.inside) * u128::from(self.budget);
        self.has_ended = missing == 0 || (self.rounds >= ROUNDS && !is_worth_it);
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
        let numbers = [self.rounds, self.drawn, self.inside, self.budget, has_ended];
        state.put_u64("rejection", numbers.to_vec());
    }

    pub(super) fn load(state: &State) -> Result<Self, StateError> {
        let numbers = state.u64("rejection", 5)?;
        Ok(Rejection {
            rounds: numbers[0],
            drawn: numbers[1],
            inside: numbers[2],
            budget: numbers[3],
            has_ended: numbers[4] > 0,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Rounds until drawing ends, of 10 rows that draw 16 each while each has none, when one draw in
    /// `one_in` lies inside; and what is missing then.
    fn rounds(one_in: u64) -> (u64, u64) {
        let mut rejection = Rejection::new();
        let mut missing = 10;
        let mut seen = 0;
        for round in 1.. {
            let drawn = 16 * missing;
            let inside = ((seen + drawn) / one_in - seen / one_in).min(missing);
            seen += drawn;
            missing -= inside;
            rejection.look(drawn);
            if rejection.end_round(inside, missing) {
                return (round, missing);
            }
        }
        unreachable!()
    }

    #[test]
    fn a_frequent_interval_is_drawn_to_the_end() {
        assert_eq!(rounds(20), (3, 0));
        let (rounds, missing) = rounds(100);
        assert!(rounds > ROUNDS && missing == 0, "{rounds} {missing}");
    }

    #[test]
    fn a_rare_interval_is_left_to_chains() {
        assert_eq!(rounds(600), (ROUNDS, 8));
        assert_eq!(rounds(1_000_000), (ROUNDS, 10));
    }

    #[test]
    fn what_is_noted_is_kept() {
        let mut rejection = Rejection::new();
        rejection.look(160);
        rejection.end_round(3, 7);
        let mut state = State::default();
        rejection.save(&mut state);
        assert_eq!(Rejection::load(&state).unwrap(), rejection);
        assert!(Rejection::none().has_ended());
    }
}
