//! Names of run folders.

use std::path::Path;
use std::time::SystemTime;

use super::{RunError, RunFolder};
use crate::query::Query;

/// `TIME-UNIT-SEED` in the folder of runs, with a number appended while that is taken.
pub(super) fn default_folder(runs: &Path, query: &Query, seed: u64) -> Result<RunFolder, RunError> {
    let time: String = humantime::format_rfc3339_seconds(SystemTime::now())
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let unit = query
        .constraints
        .first()
        .map_or("unit", |constraint| constraint.unit.text.as_str());
    let name = format!("{time}-{}-{seed}", file_name(unit));
    let mut path = runs.join(&name);
    let mut number = 1;
    loop {
        match RunFolder::create(&path) {
            Err(RunError::Exists(_)) => {
                number += 1;
                path = runs.join(format!("{name}-{number}"));
            }
            other => return other,
        }
    }
}

/// A unit's name with only what is safe in a file name.
pub(super) fn file_name(unit: &str) -> String {
    let mut name: String = unit
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    name = name.trim_matches(['_', '.']).to_owned();
    if name.is_empty() {
        name.push_str("unit");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_becomes_a_safe_file_name() {
        assert_eq!(file_name("ankle boot"), "ankle_boot");
        assert_eq!(file_name("../../etc"), "etc");
        assert_eq!(file_name("layer3.relu[37]"), "layer3.relu_37");
        assert_eq!(file_name("日本"), "unit");
    }
}
