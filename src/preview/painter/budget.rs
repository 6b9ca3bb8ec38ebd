//! How often pictures may be sent.

use std::time::{Duration, Instant};

/// Pixels that cost one [`PACE`].
const USUAL_PIXELS: u32 = 64 * 64;
/// Between two pictures of the usual size, on the whole and in one place.
const PACE: Duration = Duration::from_millis(250);
/// Larger pictures cost more, but no more than this; over a network every picture costs this.
const LONGEST: Duration = Duration::from_secs(1);
/// So much may be spent at once, that the pictures of a new screen appear together.
const BURST: Duration = Duration::from_secs(1);

/// Time that the pictures sent so far have used up.
#[derive(Debug)]
pub(super) struct Budget {
    remote: bool,
    used_until: Option<Instant>,
}

impl Budget {
    pub(super) fn new(remote: bool) -> Budget {
        Budget {
            remote,
            used_until: None,
        }
    }

    /// When a picture may be sent to a place that got its last at `last`. None: at once.
    pub(super) fn wait(&self, last: Option<Instant>, now: Instant) -> Option<Instant> {
        let burst = if self.remote { Duration::ZERO } else { BURST };
        let overall = self.used_until.and_then(|until| until.checked_sub(burst));
        let here = last.map(|last| last + PACE);
        overall.max(here).filter(|&until| until > now)
    }

    /// A picture was sent.
    pub(super) fn spend(&mut self, pixels: u32, now: Instant) {
        let share = f64::from(pixels) / f64::from(USUAL_PIXELS);
        let cost = if self.remote {
            LONGEST
        } else {
            PACE.mul_f64(share.max(1.0)).min(LONGEST)
        };
        let from = self.used_until.map_or(now, |until| until.max(now));
        self.used_until = Some(from + cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pictures are sent in `seconds` when one is always waiting for one of `places`.
    fn sent(remote: bool, pixels: u32, places: usize, seconds: u64) -> usize {
        let start = Instant::now();
        let mut budget = Budget::new(remote);
        let mut last = vec![None; places];
        let mut count = 0;
        for milliseconds in 0..seconds * 1000 {
            let now = start + Duration::from_millis(milliseconds);
            for last in &mut last {
                if budget.wait(*last, now).is_none() {
                    budget.spend(pixels, now);
                    *last = Some(now);
                    count += 1;
                }
            }
        }
        count
    }

    #[test]
    fn a_live_picture_is_sent_four_times_a_second() {
        assert_eq!(sent(false, USUAL_PIXELS, 1, 10), 40);
        assert_eq!(sent(false, 1, 1, 10), 40);
    }

    #[test]
    fn the_pictures_of_a_new_screen_appear_together_and_then_share_the_pace() {
        assert_eq!(sent(false, USUAL_PIXELS, 4, 10), 44);
    }

    #[test]
    fn large_pictures_are_sent_once_a_second() {
        assert_eq!(sent(false, 512 * 512, 1, 10), 11);
    }

    #[test]
    fn over_a_network_one_picture_a_second_is_sent() {
        for places in [1, 4] {
            assert_eq!(sent(true, 1, places, 10), 10);
        }
    }
}
