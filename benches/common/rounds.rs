//! Interleaved rounds: whatever else the machine does falls on all contenders alike.

use std::time::{Duration, Instant};

/// One run takes this long at least: short work is repeated. (Longer runs would meet the scheduler
/// more often than not on a machine that does something else too.)
const SHORTEST: Duration = Duration::from_millis(1);

/// Short rounds are made more often, until they take this long together, but at most [`MOST_OFTEN`]
/// times as often.
const ENOUGH: Duration = Duration::from_secs(4);
const MOST_OFTEN: usize = 10;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Time that passes.
    Wall,
    /// Time that the calling thread works: for work on one thread, and hardly changed by what else
    /// the machine does. Linux only; elsewhere the time that passes.
    Thread,
}

impl Clock {
    fn now(self, start: Instant) -> Duration {
        match self {
            Clock::Wall => start.elapsed(),
            Clock::Thread => {
                // The kernel brings the figure up to date when it may give the core away.
                std::thread::yield_now();
                let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
                let first = text.as_deref().and_then(|text| text.split(' ').next());
                let nanoseconds = first.and_then(|number| number.parse().ok());
                nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
            }
        }
    }
}

type Run<'a> = Box<dyn FnMut(usize) -> anyhow::Result<Duration> + 'a>;

/// Something measured against others.
pub(crate) struct Contender<'a> {
    pub name: String,
    /// Works this often and says how long all of it took.
    run: Run<'a>,
    repeats: usize,
}

impl<'a> Contender<'a> {
    /// Timed here.
    pub(crate) fn new(
        name: impl Into<String>,
        clock: Clock,
        mut work: impl FnMut() -> anyhow::Result<()> + 'a,
    ) -> Self {
        Contender::timed(name, move |repeats| {
            let start = Instant::now();
            let before = clock.now(start);
            for _ in 0..repeats {
                work()?;
            }
            Ok(clock.now(start).saturating_sub(before))
        })
    }

    /// Timed by itself.
    pub(crate) fn timed(
        name: impl Into<String>,
        run: impl FnMut(usize) -> anyhow::Result<Duration> + 'a,
    ) -> Self {
        Contender {
            name: name.into(),
            run: Box::new(run),
            repeats: 1,
        }
    }
}

/// Times of one contender, in seconds for one piece of work.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Lets all contenders work once in each round, each round another first, after one round that does
/// not count. Stops early once `most` has passed and three rounds count.
pub(crate) fn interleave(
    contenders: &mut [Contender<'_>],
    rounds: usize,
    most: Duration,
) -> anyhow::Result<Vec<Times>> {
    let mut round = Duration::ZERO;
    for contender in contenders.iter_mut() {
        (contender.run)(1)?;
        let once = (contender.run)(1)?.max(Duration::from_nanos(100));
        contender.repeats = (SHORTEST.as_nanos() / once.as_nanos()) as usize + 1;
        round += once * contender.repeats as u32;
    }
    let possible = (ENOUGH.as_secs_f64() / round.as_secs_f64()) as usize;
    let rounds = possible.clamp(rounds, rounds * MOST_OFTEN);
    let start = Instant::now();
    let mut times = vec![Times::default(); contenders.len()];
    for round in 0..rounds {
        if round >= 3 && start.elapsed() > most {
            break;
        }
        for offset in 0..contenders.len() {
            let which = (round + offset) % contenders.len();
            let contender = &mut contenders[which];
            let all = (contender.run)(contender.repeats)?;
            times[which]
                .0
                .push(all.as_secs_f64() / contender.repeats as f64);
        }
    }
    Ok(times)
}
