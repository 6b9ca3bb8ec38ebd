//! The networks and the real images of a comparison. Everything made for it lies under
//! `target/compare` and is made once.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use image::GrayImage;

use crate::common::{networks, repository};

/// A bundle with its real images and where its samples start.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// As `--bundle` takes it.
    pub bundle: String,
    /// Real images for coverage, likeness and `dataset`.
    pub images: PathBuf,
    /// As `--init` takes it.
    pub init: String,
}

impl Subject {
    /// The subject of a name in [`super::grid::parts`].
    ///
    /// # Errors
    /// Its networks or images are not beside the repository; the message names them.
    pub(crate) fn prepare(name: &str) -> anyhow::Result<Subject> {
        let random = "random".to_owned();
        match name {
            "fashion" => Ok(Subject {
                bundle: name.to_owned(),
                images: garments()?,
                init: random,
            }),
            "scenes64" => Ok(Subject {
                bundle: name.to_owned(),
                images: scenes()?.join("val"),
                init: random,
            }),
            "pair" => Ok(Subject {
                bundle: pair()?.display().to_string(),
                images: scenes()?.join("train"),
                init: format!("images:{}", shared("imagenet-samples/jpg256")?.display()),
            }),
            other => bail!("there is no subject '{other}'"),
        }
    }
}

fn shared(path: &str) -> anyhow::Result<PathBuf> {
    let found = repository("../shared/data").join(path);
    ensure!(found.exists(), "../shared/data/{path} is not here");
    Ok(found)
}

fn made(path: &str) -> PathBuf {
    repository("target/compare").join(path)
}

/// Makes a folder as a whole or not at all.
fn make(path: PathBuf, fill: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    if path.exists() {
        return Ok(path);
    }
    let partial = path.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    fill(&partial)?;
    fs::rename(&partial, &path)?;
    Ok(path)
}

fn labels(bundle: &str) -> anyhow::Result<Vec<String>> {
    let file = repository("models").join(bundle).join("labels.txt");
    Ok(fs::read_to_string(file)?
        .lines()
        .map(str::to_owned)
        .collect())
}

/// The 10,000 test images of Fashion-MNIST in a folder for each class.
fn garments() -> anyhow::Result<PathBuf> {
    make(made("images/fashion"), |folder| {
        let images = unpacked("fashion-mnist/t10k-images-idx3-ubyte.gz")?;
        let classes = unpacked("fashion-mnist/t10k-labels-idx1-ubyte.gz")?;
        let labels = labels("fashion")?;
        for label in &labels {
            fs::create_dir_all(folder.join(folder_name(label)))?;
        }
        // Both files have a head: 16 bytes before pictures of 28 x 28, 8 bytes before classes.
        let pictures = images.get(16..).unwrap_or_default().chunks_exact(28 * 28);
        let classes = classes.get(8..).unwrap_or_default();
        for (number, (picture, &class)) in pictures.zip(classes).enumerate() {
            let label = labels.get(usize::from(class)).context("an unknown class")?;
            let path = folder
                .join(folder_name(label))
                .join(format!("{number:05}.png"));
            let picture =
                GrayImage::from_raw(28, 28, picture.to_vec()).context("a torn picture")?;
            picture.save(path)?;
        }
        Ok(())
    })
}

fn folder_name(label: &str) -> String {
    label.replace('/', "-")
}

/// Tiny-ImageNet: `train` and `val`, a folder for each class.
fn scenes() -> anyhow::Result<PathBuf> {
    let archive = shared("tiny-imagenet/tiny_imagenet_subset.tar.gz")?;
    make(made("images/tiny-imagenet"), |folder| {
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(archive).arg("-C").arg(folder);
        ensure!(tar.status()?.success(), "tar failed");
        Ok(())
    })
}

fn unpacked(file: &str) -> anyhow::Result<Vec<u8>> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .arg(shared(file)?)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut bytes = Vec::new();
    let output = gzip.stdout.take().context("gzip has no output")?;
    { output }.read_to_end(&mut bytes)?;
    ensure!(gzip.wait()?.success(), "gzip failed on {file}");
    Ok(bytes)
}

/// A decoder and a classifier of real size, neither made for the other, with the judge of `scenes64`. Codes
/// are latents of an autoencoder, about as wide as a standard normal; what is drawn from it is texture, so
/// samples start from photographs.
fn pair() -> anyhow::Result<PathBuf> {
    make(made("pair"), |folder| {
        ensure!(
            networks::write_pair(folder, SECTIONS)?,
            "its networks are not here"
        );
        let inverse = shared("models/encoders/taef2_encoder_64.onnx")?;
        fs::copy(inverse, folder.join("inverse.onnx"))?;
        let judge = repository("models/scenes64/judge.onnx");
        fs::copy(judge, folder.join("judge.onnx"))?;
        let names = fs::read_to_string(shared("imagenet-samples/classes.tsv")?)?;
        let names = names.lines().filter_map(|line| {
            let mut fields = line.split('\t');
            let index = fields.next()?.parse::<usize>().ok()?;
            fields.nth(1).map(|name| format!("{index} {name}\n"))
        });
        fs::write(folder.join("labels.txt"), names.collect::<String>())?;
        Ok(())
    })
}

const SECTIONS: &str = r#"
[judge]
file = "judge.onnx"
input = "image"
output = "embedding"
[inverse]
file = "inverse.onnx"
[labels]
file = "labels.txt"
"#;
