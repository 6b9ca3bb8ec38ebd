//! Signals and rows of tables in CSV files: where samples that are no images start from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::Domain;

/// Largest file that is read.
const LARGEST_FILE: u64 = 256 << 20;

/// The samples of `shape` in the CSV files of a folder, in the order of the files' names; at most `most`.
///
/// A file of a signal `[C, L]` is one sample: L lines of C numbers. Each line of a file of a table is a
/// sample. Numbers stand apart by commas, semicolons or blanks; a first line that holds none is a
/// heading.
///
/// # Errors
/// Why there is no sample, or which line is none.
pub(super) fn read_folder(
    folder: &Path,
    domain: &Domain,
    shape: &[usize],
    most: usize,
) -> Result<Vec<Vec<f32>>, String> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_csv(path))
        .collect();
    paths.sort();
    let mut samples = Vec::new();
    for path in paths {
        if samples.len() >= most {
            break;
        }
        let read = read(&path, domain, shape);
        samples.extend(read.map_err(|reason| format!("{}: {reason}", path.display()))?);
    }
    samples.truncate(most);
    if samples.is_empty() {
        let sample = domain.sample();
        return Err(format!("there is no CSV file with a {sample} in it"));
    }
    Ok(samples)
}

fn is_csv(path: &Path) -> bool {
    let extension = path.extension();
    path.is_file() && extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn read(path: &Path, domain: &Domain, shape: &[usize]) -> Result<Vec<Vec<f32>>, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LARGEST_FILE {
        return Err(format!("is larger than {} MB", LARGEST_FILE >> 20));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    samples(&text, domain, shape)
}

/// The samples of a file's text.
fn samples(text: &str, domain: &Domain, shape: &[usize]) -> Result<Vec<Vec<f32>>, String> {
    match (domain, shape) {
        (Domain::Table(_), &[features]) => lines(text, features),
        (Domain::Signal(_), &[channels, length]) => {
            let steps = lines(text, channels)?;
            if steps.len() != length {
                return Err(format!(
                    "has {} lines of numbers, a signal of this bundle {length}",
                    steps.len()
                ));
            }
            let channel = |channel: usize| steps.iter().map(move |step| step[channel]);
            Ok(vec![(0..channels).flat_map(channel).collect()])
        }
        _ => Err(format!("{shape:?} is no {}", domain.sample())),
    }
}

/// Lines of `columns` numbers each.
fn lines(text: &str, columns: usize) -> Result<Vec<Vec<f32>>, String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words: Vec<&str> = line
            .split([',', ';', '\t', ' ', '\r'])
            .filter(|word| !word.is_empty())
            .collect();
        let numbers: Vec<Option<f32>> = words.iter().map(|word| word.parse().ok()).collect();
        let is_heading = number == 1 && numbers.iter().all(Option::is_none);
        if words.is_empty() || is_heading {
            continue;
        }
        let numbers: Option<Vec<f32>> = numbers.into_iter().collect();
        match numbers {
            Some(numbers) if numbers.iter().any(|number| !number.is_finite()) => {
                return Err(format!("line {number} holds a number that is not finite"));
            }
            Some(numbers) if numbers.len() == columns => found.push(numbers),
            Some(numbers) => {
                let count = numbers.len();
                return Err(format!("line {number} has {count} numbers, not {columns}"));
            }
            None => return Err(format!("line {number} holds something that is no number")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::bundle::Axes;

    fn axes() -> Axes {
        Axes {
            ranges: vec![[0.0, 1.0]],
            names: None,
        }
    }

    #[test]
    fn a_file_is_a_signal_with_a_column_for_each_channel() {
        let signal = Domain::Signal(axes());
        let read = |text: &str| samples(text, &signal, &[2, 3]);
        let expected = vec![vec![1.0, 2.0, 3.0, 10.0, 20.0, 30.0]];
        assert_eq!(
            read("left,right\n1,10\n2,20\r\n3, 30\n\n").unwrap(),
            expected
        );
        assert_eq!(read("1 10\n2;20\n3\t3e1").unwrap(), expected);
        for (text, reason) in [
            ("1,10\n2,20", "2 lines"),
            ("1\n2\n3", "line 1 has 1"),
            ("1,10\n2,b\n3,30", "line 2"),
            ("1,10\n2,nan\n3,30", "line 2"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn each_line_is_a_row() {
        let table = Domain::Table(axes());
        let found = samples("a,b\n1,2\n3,4\n", &table, &[2]).unwrap();
        assert_eq!(found, [[1.0, 2.0], [3.0, 4.0]]);
    }

    #[test]
    fn files_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let table = Domain::Table(axes());
        let error = read_folder(folder.path(), &table, &[1], 9).unwrap_err();
        assert!(error.contains("no CSV file"), "{error}");
        for (name, text) in [("b.csv", "3\n"), ("a.CSV", "1\n2\n"), ("c.txt", "4\n")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = read_folder(folder.path(), &table, &[1], 9).unwrap();
        assert_eq!(found.concat(), [1.0, 2.0, 3.0]);
        assert_eq!(
            read_folder(folder.path(), &table, &[1], 2).unwrap().len(),
            2
        );
    }
}
