//! What the GPUs of this machine are doing: memory and load, where NVIDIA's driver is installed.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use nvml_wrapper::{Device, Nvml};
use serde::Serialize;

/// Figures are read no more often than this.
const FRESH: Duration = Duration::from_secs(1);
/// The driver's management library. The second name is missing where only the driver is installed
/// and not its development files.
const LIBRARIES: [&str; 2] = ["libnvidia-ml.so.1", "libnvidia-ml.so"];

/// One GPU. What its driver does not tell is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gpu {
    /// As its maker calls it.
    pub name: String,
    /// Memory in use and in all, in bytes.
    pub memory: Option<Memory>,
    /// Share of the last moments in which it computed, in percent.
    pub load: Option<u32>,
}

/// Memory of a GPU in bytes, of all programs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// In use.
    pub used: u64,
    /// In all.
    pub total: u64,
}

/// The GPUs with figures that are at most a second old. Without a driver there are none; nothing
/// here fails.
#[derive(Debug, Default)]
pub struct Gpus {
    driver: Driver,
    seen: Option<Instant>,
    gpus: Vec<Gpu>,
}

/// The library is looked for at the first question: loading it takes a moment.
#[derive(Debug, Default)]
enum Driver {
    #[default]
    Unasked,
    Absent,
    Present(Box<Nvml>),
}

impl Gpus {
    /// Not looked at yet.
    pub fn new() -> Gpus {
        Gpus::default()
    }

    /// The figures at `now`.
    pub fn at(&mut self, now: Instant) -> &[Gpu] {
        self.at_from(now, &LIBRARIES)
    }

    fn at_from(&mut self, now: Instant, libraries: &[&str]) -> &[Gpu] {
        if matches!(self.driver, Driver::Unasked) {
            self.driver = Driver::load(libraries);
        }
        let fresh = |seen: Instant| now.saturating_duration_since(seen) < FRESH;
        if let Driver::Present(nvml) = &self.driver
            && !self.seen.is_some_and(fresh)
        {
            self.gpus = look(nvml);
            self.seen = Some(now);
        }
        &self.gpus
    }
}

impl Driver {
    fn load(libraries: &[&str]) -> Driver {
        let load = |name: &&str| Nvml::builder().lib_path(OsStr::new(name)).init().ok();
        let found = libraries.iter().find_map(load);
        found.map_or(Driver::Absent, |nvml| Driver::Present(Box::new(nvml)))
    }
}

fn look(nvml: &Nvml) -> Vec<Gpu> {
    let count = nvml.device_count().unwrap_or(0);
    let device = |index| nvml.device_by_index(index).ok();
    (0..count)
        .filter_map(device)
        .map(|device| figures(&device))
        .collect()
}

fn figures(device: &Device<'_>) -> Gpu {
    let memory = device.memory_info().ok().map(|memory| Memory {
        used: memory.used,
        total: memory.total,
    });
    Gpu {
        name: device.name().unwrap_or_else(|_| "NVIDIA GPU".to_owned()),
        memory,
        load: device.utilization_rates().ok().map(|rates| rates.gpu),
    }
}

impl Gpu {
    /// In one line: `NVIDIA H100, 3.1 of 80.0 GB in use, 42% busy`.
    pub fn describe(&self) -> String {
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        let mut text = self.name.clone();
        if let Some(Memory { used, total }) = self.memory {
            let (used, total) = (gigabytes(used), gigabytes(total));
            text.push_str(&format!(", {used:.1} of {total:.1} GB in use"));
        }
        if let Some(load) = self.load {
            text.push_str(&format!(", {load}% busy"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_a_driver_has_no_gpu_and_is_not_asked_again() {
        let mut gpus = Gpus::new();
        let now = Instant::now();
        assert!(gpus.at_from(now, &["libno-such-driver.so"]).is_empty());
        assert!(matches!(gpus.driver, Driver::Absent));
        assert!(gpus.at(now + FRESH).is_empty());
        assert_eq!(gpus.seen, None);
    }

    #[test]
    fn what_the_driver_tells_is_one_line() {
        let mut gpu = Gpu {
            name: "NVIDIA H100".to_owned(),
            memory: Some(Memory {
                used: 3_140_000_000,
                total: 80_000_000_000,
            }),
            load: Some(42),
        };
        assert_eq!(
            gpu.describe(),
            "NVIDIA H100, 3.1 of 80.0 GB in use, 42% busy"
        );
        gpu.memory = None;
        gpu.load = None;
        assert_eq!(gpu.describe(), "NVIDIA H100");
    }
}
