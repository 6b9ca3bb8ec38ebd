//! Flags of the benches.

use std::process::exit;

use invset::runtime::DeviceChoice;

use super::rounds::Clock;

/// What a bench is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Fewer networks, sizes and rounds.
    pub quick: bool,
    /// Where sessions run.
    pub device: DeviceChoice,
    /// Measures CPU time where one thread works.
    pub cpu_time: bool,
    /// TensorFloat-32 on CUDA, ours and PyTorch's.
    pub tf32: bool,
    /// Only networks whose name contains one of these.
    pub only: Vec<String>,
    /// Rounds of each comparison.
    pub rounds: Option<usize>,
    /// Sizes to measure instead of the usual ones: batches (`vjp`), samples (`step`).
    pub sizes: Vec<usize>,
    /// Threads to measure with instead of the usual numbers.
    pub threads: Vec<usize>,
    /// The tables asked for, without `--`; the main one if there is none.
    pub tables: Vec<String>,
}

impl Options {
    /// Reads the command line. `tables` are the flags that ask for one table each.
    pub(crate) fn from_command_line(bench: &str, tables: &[(&str, &str)]) -> Self {
        let mut options = Options {
            quick: false,
            device: DeviceChoice::Cpu,
            cpu_time: false,
            tf32: false,
            only: Vec::new(),
            rounds: None,
            sizes: Vec::new(),
            threads: Vec::new(),
            tables: Vec::new(),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .unwrap_or_else(|| usage(bench, tables, &format!("{argument} needs a value")))
            };
            match argument.as_str() {
                // Cargo's own.
                "--bench" => {}
                "--quick" => options.quick = true,
                "--cpu-time" => options.cpu_time = true,
                "--tf32" => options.tf32 = true,
                "--device" => {
                    options.device = match value().as_str() {
                        "cpu" => DeviceChoice::Cpu,
                        "cuda" => DeviceChoice::Cuda,
                        other => usage(bench, tables, &format!("'{other}' is no device")),
                    }
                }
                "--only" => options.only.push(value()),
                "--rounds" => options.rounds = Some(number(bench, tables, &value())),
                "--sizes" => options.sizes = numbers(bench, tables, &value()),
                "--threads" => options.threads = numbers(bench, tables, &value()),
                "--all" => options
                    .tables
                    .extend(tables.iter().map(|(name, _)| (*name).to_owned())),
                other => match other.strip_prefix("--") {
                    Some(name) if tables.iter().any(|(table, _)| *table == name) => {
                        options.tables.push(name.to_owned());
                    }
                    _ => usage(bench, tables, &format!("'{other}' is no flag")),
                },
            }
        }
        options
    }

    /// What is measured with this many threads.
    pub(crate) fn clock(&self, threads: usize) -> Clock {
        match self.cpu_time && threads == 1 {
            true => Clock::Thread,
            false => Clock::Wall,
        }
    }

    /// Whether a network is asked for.
    pub(crate) fn wants(&self, network: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| network.contains(only.as_str()))
    }

    /// Whether a table is asked for; the first one is where none is.
    pub(crate) fn wants_table(&self, table: &str, is_main: bool) -> bool {
        match self.tables.is_empty() {
            true => is_main,
            false => self.tables.iter().any(|name| name == table),
        }
    }

    /// Rounds: as asked, or few when quick.
    pub(crate) fn rounds(&self, usual: usize) -> usize {
        self.rounds
            .unwrap_or(if self.quick { usual.div_ceil(4) } else { usual })
            .max(1)
    }
}

fn number(bench: &str, tables: &[(&str, &str)], text: &str) -> usize {
    text.parse()
        .unwrap_or_else(|_| usage(bench, tables, &format!("'{text}' is no number")))
}

fn numbers(bench: &str, tables: &[(&str, &str)], text: &str) -> Vec<usize> {
    text.split(',')
        .map(|part| number(bench, tables, part))
        .collect()
}

fn usage(bench: &str, tables: &[(&str, &str)], problem: &str) -> ! {
    eprintln!("{problem}\n");
    eprintln!(
        "cargo bench --bench {bench} -- [--quick] [--device cpu|cuda] [--tf32] [--cpu-time] [--only NETWORK]… [--rounds N] \
         [--sizes N,N…] [--threads N,N…] [--all | TABLE…]"
    );
    for (name, what) in tables {
        eprintln!("  --{name:<12} {what}");
    }
    exit(2)
}
