//! `invset show`: the pictures of runs, of folders or of files, in the terminal.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bundle;
use crate::preview::{self, GraphicsChoice, Picture, SheetOptions, text};

const SAMPLES: &str = "samples.jsonl";

/// Flags of `invset show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Run folders, other folders of pictures, or PNG and JPEG files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object that lists what would be shown
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pictures: Pictures,
}

/// Flags of every command that ends with pictures.
#[derive(Debug, Clone, clap::Args)]
pub struct Pictures {
    /// How pictures reach the screen
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    graphics: GraphicsChoice,
    /// Pictures in a row (default: as many as look well)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    across: Option<u16>,
    /// At most this many pictures of each folder
    #[arg(long, default_value_t = 48, value_name = "N")]
    limit: usize,
}

/// A path cannot be shown: a bad input file.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is nothing of that name.
    #[error("{}: cannot be opened ({source}); give a run folder or an image file", text::clean(&.path.to_string_lossy()))]
    Open {
        /// As given.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A folder holds neither samples nor pictures.
    #[error("{}: holds no {SAMPLES} and no PNG or JPEG file; give a run folder or an image file", text::clean(&.0.to_string_lossy()))]
    NoPictures(PathBuf),
    /// A line of `samples.jsonl` cannot be understood.
    #[error("{}: line {line}: {}; the run folder is damaged", text::clean(&.path.to_string_lossy()), text::clean(.reason))]
    Samples {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A picture cannot be decoded.
    #[error("{}: {source}; give a PNG or JPEG file", text::clean(&.path.to_string_lossy()))]
    Picture {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: image::ImageError,
    },
}

/// What would be shown.
#[derive(Debug, Serialize)]
struct Listing<'a> {
    pictures: Vec<&'a Entry>,
    left_out: usize,
}

/// Pictures that are shown as one sheet.
#[derive(Debug, PartialEq)]
struct Group {
    location: PathBuf,
    entries: Vec<Entry>,
    left_out: usize,
}

/// One picture. Index and activations are known in run folders.
#[derive(Debug, PartialEq, Serialize)]
struct Entry {
    path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    activations: Vec<f64>,
}

/// What is read of a line of `samples.jsonl`.
#[derive(Debug, Deserialize)]
struct Sample {
    index: u64,
    activations: Vec<f64>,
    image: String,
}

/// Shows pictures, or lists them with `--json`.
///
/// # Errors
/// A path cannot be shown ([`ShowError`]), or `out` fails.
pub fn run(args: &ShowArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let groups = collect(&args.paths, args.pictures.limit)?;
    if args.json {
        let listing = Listing {
            pictures: groups.iter().flat_map(|group| &group.entries).collect(),
            left_out: groups.iter().map(|group| group.left_out).sum(),
        };
        writeln!(out, "{}", serde_json::to_string(&listing)?)?;
        return Ok(());
    }
    for group in &groups {
        if groups.len() > 1 {
            writeln!(out, "{}", printable(&group.location))?;
        }
        show(group, &args.pictures, out)?;
    }
    Ok(())
}

/// Shows the samples of one run folder, or the pictures of any other folder.
///
/// # Errors
/// As for [`run`].
pub fn folder(path: &Path, pictures: &Pictures, out: &mut dyn Write) -> anyhow::Result<()> {
    let group = read_folder(path, pictures.limit)?;
    show(&group, pictures, out)
}

fn show(group: &Group, pictures: &Pictures, out: &mut dyn Write) -> anyhow::Result<()> {
    let location = printable(&group.location);
    if group.entries.is_empty() {
        writeln!(out, "no pictures in {location}")?;
        return Ok(());
    }
    let captions: Vec<String> = group.entries.iter().map(Entry::caption).collect();
    let options = SheetOptions {
        graphics: pictures.graphics,
        across: pictures.across.map(usize::from),
        location: location.clone(),
    };
    let images = group.entries.iter().map(Entry::open);
    let images: Vec<Picture> = images.collect::<Result<_, _>>()?;
    preview::contact_sheet(&images, &captions, &options, out)?;
    if group.left_out > 0 {
        writeln!(out, "and {} more in {location} (--limit)", group.left_out)?;
    }
    Ok(())
}

impl Entry {
    fn open(&self) -> Result<Picture, ShowError> {
        Picture::open(&self.path).map_err(|source| ShowError::Picture {
            path: self.path.clone(),
            source,
        })
    }

    /// `#12 54.31` in a run, else the file's name.
    fn caption(&self) -> String {
        match self.index {
            Some(index) => self
                .activations
                .iter()
                .fold(format!("#{index}"), |caption, activation| {
                    format!("{caption} {}", four_digits(*activation))
                }),
            None => {
                let name = self.path.file_name().unwrap_or(self.path.as_os_str());
                name.to_string_lossy().into_owned()
            }
        }
    }
}

/// A number with about four significant digits, short enough for a caption.
fn four_digits(number: f64) -> String {
    let magnitude = number.abs();
    let decimals = match magnitude {
        m if m >= 1e6 || (m > 0.0 && m < 1e-3) => return format!("{number:.2e}"),
        m if m >= 1000.0 => 0,
        m if m >= 100.0 => 1,
        m if m >= 10.0 => 2,
        m if m >= 1.0 => 3,
        _ => 4,
    };
    format!("{number:.decimals$}")
}

fn printable(path: &Path) -> String {
    text::clean(&path.to_string_lossy())
}

/// A group for each folder, and one for all files that stand beside each other.
fn collect(paths: &[PathBuf], limit: usize) -> Result<Vec<Group>, ShowError> {
    let mut groups: Vec<Group> = Vec::new();
    let mut after_file = false;
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|source| ShowError::Open {
            path: path.clone(),
            source,
        })?;
        if metadata.is_dir() {
            groups.push(read_folder(path, limit)?);
            after_file = false;
            continue;
        }
        match groups.last_mut().filter(|_| after_file) {
            Some(group) => group.entries.push(Entry::file(path.clone())),
            None => groups.push(Group {
                location: path.parent().unwrap_or(Path::new(".")).to_owned(),
                entries: vec![Entry::file(path.clone())],
                left_out: 0,
            }),
        }
        after_file = true;
    }
    Ok(groups)
}

impl Entry {
    fn file(path: PathBuf) -> Entry {
        Entry {
            path,
            index: None,
            activations: Vec::new(),
        }
    }
}

fn read_folder(folder: &Path, limit: usize) -> Result<Group, ShowError> {
    let samples = folder.join(SAMPLES);
    let mut entries = if samples.is_file() {
        read_samples(folder, &samples)?
    } else {
        read_pictures(folder)?
    };
    let left_out = entries.len().saturating_sub(limit);
    entries.truncate(limit);
    Ok(Group {
        location: folder.to_owned(),
        entries,
        left_out,
    })
}

/// The samples of a run that may still be written: a line without an end is not there yet.
fn read_samples(folder: &Path, samples: &Path) -> Result<Vec<Entry>, ShowError> {
    let lines = std::fs::read_to_string(samples).map_err(|source| ShowError::Open {
        path: samples.to_owned(),
        source,
    })?;
    let whole = lines.rfind('\n').map_or("", |end| &lines[..end]);
    whole
        .lines()
        .enumerate()
        .map(|(number, line)| {
            let damaged = |reason: String| ShowError::Samples {
                path: samples.to_owned(),
                line: number + 1,
                reason,
            };
            let sample: Sample =
                serde_json::from_str(line).map_err(|error| damaged(error.to_string()))?;
            bundle::resolve(folder, &sample.image).map_err(damaged)?;
            Ok(Entry {
                path: folder.join(&sample.image),
                index: Some(sample.index),
                activations: sample.activations,
            })
        })
        .collect()
}

fn read_pictures(folder: &Path) -> Result<Vec<Entry>, ShowError> {
    let open = |source| ShowError::Open {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(open)? {
        let path = entry.map_err(open)?.path();
        let extension = path.extension().map(|e| e.to_ascii_lowercase());
        let known = extension.is_some_and(|e| e == "png" || e == "jpg" || e == "jpeg");
        if known && path.is_file() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(ShowError::NoPictures(folder.to_owned()));
    }
    paths.sort();
    Ok(paths.into_iter().map(Entry::file).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn picture(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::new(2, 2).save(path).unwrap();
    }

    fn run_folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..3 {
            picture(&folder.path().join(format!("images/{index:05}.png")));
        }
        let lines: String = (0..3)
            .map(|i| {
                format!(
                    "{{\"index\":{i},\"seed\":1,\"step\":2,\"start\":0,\"activations\":[5{i}.25,-0.5],\"image\":\"images/{i:05}.png\"}}\n"
                )
            })
            .collect();
        std::fs::write(folder.path().join(SAMPLES), lines + "{\"index\":3").unwrap();
        folder
    }

    fn arguments(paths: &[&Path], json: bool, limit: usize) -> ShowArgs {
        ShowArgs {
            paths: paths.iter().map(|path| path.to_path_buf()).collect(),
            json,
            pictures: Pictures {
                graphics: GraphicsChoice::None,
                across: None,
                limit,
            },
        }
    }

    fn output(arguments: &ShowArgs) -> String {
        let mut out = Vec::new();
        run(arguments, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_run_is_listed_up_to_its_last_whole_line() {
        let folder = run_folder();
        let listing = output(&arguments(&[folder.path()], true, 2));
        let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
        assert_eq!(listing["left_out"], 1);
        assert_eq!(listing["pictures"].as_array().unwrap().len(), 2);
        assert_eq!(listing["pictures"][1]["index"], 1);
        assert_eq!(listing["pictures"][1]["activations"][0], 51.25);
        let path = listing["pictures"][1]["path"].as_str().unwrap();
        assert!(path.ends_with("images/00001.png"));
    }

    #[test]
    fn captions_name_index_and_activations_or_the_file() {
        let folder = run_folder();
        let group = read_folder(folder.path(), 9).unwrap();
        assert_eq!(group.entries[2].caption(), "#2 52.25 -0.5000");
        assert_eq!(Entry::file("a/b.png".into()).caption(), "b.png");
        assert_eq!(four_digits(12_345_678.0), "1.23e7");
        assert_eq!(four_digits(0.0), "0.0000");
    }

    #[test]
    fn without_pictures_on_screen_the_place_is_told() {
        let folder = run_folder();
        let text = output(&arguments(&[folder.path()], false, 2));
        let location = folder.path().display();
        assert_eq!(
            text,
            format!("2 pictures in {location}\nand 1 more in {location} (--limit)\n")
        );
    }

    #[test]
    fn files_beside_each_other_make_one_sheet_and_folders_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("b.png"), folder.path().join("a.JPG"));
        picture(&a);
        picture(&b);
        std::fs::write(folder.path().join("notes.txt"), "no").unwrap();
        let groups = collect(&[a.clone(), b.clone(), folder.path().to_owned()], 9).unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].entries.len(), 2);
        assert_eq!(groups[1].entries, [Entry::file(b), Entry::file(a)]);
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        let folder = run_folder();
        let message = |path: &Path| {
            let error = run(&arguments(&[path], false, 9), &mut Vec::new()).unwrap_err();
            error.to_string()
        };
        assert!(message(&folder.path().join("none")).contains("cannot be opened"));
        assert!(message(&folder.path().join(SAMPLES)).contains("give a PNG or JPEG file"));
        let empty = tempfile::tempdir().unwrap();
        assert!(message(empty.path()).contains("no PNG or JPEG file"));
        let escape = "{\"index\":0,\"activations\":[],\"image\":\"../../etc/passwd\"}\n";
        std::fs::write(folder.path().join(SAMPLES), escape).unwrap();
        assert!(message(folder.path()).contains("leads out of its folder"));
    }
}
