//! `invset show`: the pictures of runs, of folders or of files, in the terminal.

mod gather;

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::preview::{self, GraphicsChoice, Picture, SheetOptions};
use crate::text;

pub use gather::ShowError;
use gather::{Entry, Group, collect, read_folder};

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

/// What would be shown.
#[derive(Debug, Serialize)]
struct Listing<'a> {
    pictures: Vec<&'a Entry>,
    left_out: usize,
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

fn printable(path: &Path) -> String {
    text::clean(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SAMPLES: &str = "samples.jsonl";

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
    fn a_dropped_sample_is_not_shown() {
        let folder = run_folder();
        let marks = "{\"marked\":[0,1],\"dropped\":[1]}\n";
        std::fs::write(folder.path().join("marks.json"), marks).unwrap();
        let listing = output(&arguments(&[folder.path()], true, 9));
        let listing: serde_json::Value = serde_json::from_str(&listing).unwrap();
        let pictures = listing["pictures"].as_array().unwrap();
        let shown: Vec<_> = pictures.iter().map(|picture| &picture["index"]).collect();
        assert_eq!(shown, [0, 2]);
    }

    #[test]
    fn captions_name_index_and_activations_or_the_file() {
        let folder = run_folder();
        let group = read_folder(folder.path(), 9).unwrap();
        assert_eq!(group.entries[2].caption(), "#2 52.25 -0.5000");
        assert_eq!(Entry::file("a/b.png".into()).caption(), "b.png");
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
        let escape = "{\"index\":0,\"seed\":1,\"step\":1,\"start\":0,\"activations\":[],\
                      \"image\":\"../../etc/passwd\"}\n";
        std::fs::write(folder.path().join(SAMPLES), escape).unwrap();
        assert!(message(folder.path()).contains("leads out of its folder"));
    }
}
