//! Samples of a run copied out for others: pictures with names that speak, a table, the command line.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::record::{SampleLine, read_samples};
use super::run_file::{ConstraintFile, RunFile};
use super::{CommandLine, Request, RunError, RunFolder, names};
use crate::bundle;
use crate::text::csv_row;

/// The table of an export.
pub const TABLE_FILE: &str = "samples.csv";

/// The command line of an export.
pub const QUERY_FILE: &str = "query.txt";

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The folder.
    pub folder: PathBuf,
    /// Names of the pictures in it, in the order of the samples asked for.
    pub pictures: Vec<String>,
}

/// Copies samples of a run, by their numbers, into a new or an empty folder.
///
/// # Errors
/// A sample that the run does not have, a picture that is missing, a folder that holds something or
/// cannot be written; nothing is left behind then.
pub fn export(folder: &RunFolder, samples: &[u64], to: &Path) -> Result<Exported, RunError> {
    let file = RunFile::read(folder)?;
    let lines = read_samples(folder.path())?;
    let chosen = samples
        .iter()
        .map(|&index| {
            let found = lines.iter().find(|line| line.index == index);
            found.ok_or(RunError::NoSample {
                sample: index,
                n: lines.len() as u64,
            })
        })
        .collect::<Result<Vec<&SampleLine>, _>>()?;
    let refused = |error: io::Error| RunError::write(to, &error);
    refuse_full(to).map_err(refused)?;
    let parent = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(refused)?;
    let workplace = tempfile::Builder::new()
        .prefix(".export-")
        .tempdir_in(parent)
        .map_err(refused)?;
    let fresh = workplace.path().join("new");
    fs::create_dir(&fresh).map_err(refused)?;
    let mut pictures = Vec::with_capacity(chosen.len());
    for line in &chosen {
        let source = bundle::resolve(folder.path(), &line.image)
            .map_err(|reason| RunError::damaged(folder.path(), &reason))?;
        let name = picture_name(line, &file.constraint);
        fs::copy(source, fresh.join(&name)).map_err(refused)?;
        pictures.push(name);
    }
    let query = format!("{}\n", CommandLine::of(&Request::repeating(&file), ""));
    let write = || {
        fs::write(
            fresh.join(TABLE_FILE),
            table(&chosen, &file.constraint, &pictures),
        )?;
        fs::write(fresh.join(QUERY_FILE), query)?;
        fs::set_permissions(&fresh, Permissions::from_mode(0o755))?;
        // Replaces an empty folder, and no other.
        fs::rename(&fresh, to)
    };
    write().map_err(refused)?;
    Ok(Exported {
        folder: to.to_owned(),
        pictures,
    })
}

fn refuse_full(to: &Path) -> io::Result<()> {
    let mut entries = match fs::read_dir(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(io::Error::new(
            io::ErrorKind::DirectoryNotEmpty,
            "it holds something already",
        )),
    }
}

/// `00003_volcano_12.31.png`, by the first constraint.
fn picture_name(line: &SampleLine, constraints: &[ConstraintFile]) -> String {
    let mut name = format!("{:05}", line.index);
    if let Some(constraint) = constraints.first() {
        let unit = constraint.label.as_ref().unwrap_or(&constraint.unit);
        name = format!("{name}_{}", names::file_name(unit));
    }
    if let Some(activation) = line.activations.first() {
        name = format!("{name}_{activation:.2}");
    }
    name + ".png"
}

/// One row for each sample, with a heading.
fn table(lines: &[&SampleLine], constraints: &[ConstraintFile], pictures: &[String]) -> String {
    let units = constraints.iter().map(|constraint| constraint.unit.clone());
    let heading = ["index", "seed", "step"].map(str::to_owned).into_iter();
    let heading = heading.chain(units).chain(["file".to_owned()]);
    let rows = lines.iter().zip(pictures).map(|(line, picture)| {
        let numbers = [line.index, line.seed, line.step].map(|number| number.to_string());
        let activations = line.activations.iter().map(f32::to_string);
        let row = numbers.into_iter().chain(activations);
        csv_row(row.chain([picture.clone()]))
    });
    std::iter::once(csv_row(heading)).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::test_runs::run_with_samples;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn chosen_samples_are_copied_with_names_that_speak_a_table_and_the_command() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        let to = parent.path().join("deep/out");
        let exported = export(&folder, &[2, 0], &to).unwrap();
        let pictures = ["00002_ankle_boot_12.25.png", "00000_ankle_boot_10.25.png"];
        assert_eq!(exported.pictures, pictures);
        assert_eq!(
            names_in(&to),
            [pictures[1], pictures[0], "query.txt", "samples.csv"]
        );
        assert_eq!(
            fs::read(to.join(pictures[0])).unwrap(),
            fs::read(folder.file("images/00002.png")).unwrap()
        );
        assert_eq!(
            fs::read_to_string(to.join(TABLE_FILE)).unwrap(),
            "index,seed,step,ankle boot,\"t[1,2,3]\",file\r\n\
             2,7,3,12.25,-0.5,00002_ankle_boot_12.25.png\r\n\
             0,7,3,10.25,-0.5,00000_ankle_boot_10.25.png\r\n"
        );
        let command = fs::read_to_string(to.join(QUERY_FILE)).unwrap();
        assert!(
            command.starts_with("invset sample --bundle fashion"),
            "{command}"
        );
        assert!(
            command.contains("--where 'ankle boot in 10..'"),
            "{command}"
        );
        assert!(command.ends_with('\n'));
        assert_eq!(names_in(parent.path()), ["deep", "run"]);
        assert_eq!(names_in(&parent.path().join("deep")), ["out"]);
    }

    #[test]
    fn a_folder_that_holds_something_is_refused_and_an_empty_one_taken() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        let to = parent.path().join("out");
        fs::create_dir(&to).unwrap();
        fs::write(to.join("mine"), "x").unwrap();
        let error = export(&folder, &[0], &to).unwrap_err().to_string();
        assert!(error.contains("holds something already"), "{error}");
        assert_eq!(names_in(&to), ["mine"]);
        fs::remove_file(to.join("mine")).unwrap();
        export(&folder, &[0], &to).unwrap();
        assert_eq!(names_in(&to).len(), 3);
    }

    #[test]
    fn what_cannot_be_exported_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = run_with_samples(&parent.path().join("run"));
        let to = parent.path().join("out");
        let error = export(&folder, &[0, 3], &to).unwrap_err().to_string();
        assert!(error.contains("no sample 3"), "{error}");
        fs::remove_file(folder.file("images/00001.png")).unwrap();
        let error = export(&folder, &[0, 1], &to).unwrap_err().to_string();
        assert!(error.contains("images/00001.png"), "{error}");
        assert_eq!(names_in(parent.path()), ["run"]);
    }
}
