//! How far the measurement of a share has come, on stderr: a line on a terminal, a line a second
//! otherwise.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::cli::output;
use crate::sampler::ShareProgress;

/// Time before the first line, and between two.
const EVERY: Duration = Duration::from_secs(1);

/// Shows progress once the work takes longer than a second.
pub(in crate::cli) struct Shown {
    spinner: Option<ProgressBar>,
    last: Instant,
}

impl Shown {
    pub(in crate::cli) fn new() -> Shown {
        let terminal = std::io::stderr().is_terminal();
        Shown {
            spinner: terminal.then(ProgressBar::new_spinner),
            last: Instant::now(),
        }
    }

    /// Shows how far it has come, if it is time.
    pub(in crate::cli) fn update(&mut self, progress: ShareProgress) {
        if self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let line = line(progress);
        match &self.spinner {
            Some(spinner) => {
                spinner.set_message(line);
                spinner.tick();
            }
            None => output::say(&line),
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

fn line(progress: ShareProgress) -> String {
    let forwards = progress.forwards;
    if progress.reached < 1.0 {
        format!(
            "share: {forwards} codes evaluated, population {} is down to {:.0e}",
            progress.populations, progress.reached
        )
    } else {
        format!("share: {forwards} codes evaluated")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_at_work() {
        let at = |populations, reached| {
            line(ShareProgress {
                forwards: 4096,
                populations,
                reached,
            })
        };
        assert_eq!(at(0, 1.0), "share: 4096 codes evaluated");
        assert_eq!(
            at(3, 1.6e-3),
            "share: 4096 codes evaluated, population 3 is down to 2e-3"
        );
    }
}
