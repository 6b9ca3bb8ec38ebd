//! The text of a new `bundle.toml`, with what can be read off the models filled in.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::draft::{Draft, Guess};
use crate::onnx::{LoadOptions, Model, TensorInfo};
use crate::text::clean;

/// A model of a new bundle.
pub(super) struct Part {
    pub(super) section: &'static str,
    /// Where it is copied from.
    pub(super) path: PathBuf,
    /// Its name in the bundle. A model with weights in other files has a folder of its own, so that
    /// two models may call theirs the same.
    pub(super) file: String,
    pub(super) model: Model,
}

impl Part {
    pub(super) fn new(section: &'static str, path: &Path, model: Model) -> Part {
        let folder = match model.external_files().next() {
            Some(_) => format!("{section}/"),
            None => String::new(),
        };
        // Weights keep the place that the model gives, even where that is the name for it.
        let is_taken = |name: &str| model.external_files().any(|file| begins_with(file, name));
        let mut name = format!("{section}.onnx");
        while is_taken(&name) {
            name = format!("model-{name}");
        }
        Part {
            section,
            path: path.to_owned(),
            file: format!("{folder}{name}"),
            model,
        }
    }

    /// Shape of its first output without the batch, as the graph computes it or, where that cannot
    /// be read, as the file declares it.
    fn output_shape(&self) -> Vec<Option<usize>> {
        let options = LoadOptions {
            batch: 2,
            ..LoadOptions::default()
        };
        match self.model.graph(&options) {
            Ok(graph) => graph.outputs().first().map_or(Vec::new(), |&id| {
                graph.shape(id).iter().skip(1).copied().map(Some).collect()
            }),
            Err(_) => self.model.outputs().first().map_or(Vec::new(), declared),
        }
    }

    fn input_shape(&self) -> Vec<Option<usize>> {
        self.model.inputs().first().map_or(Vec::new(), declared)
    }
}

/// Whether a path within a folder goes through, or to, what is called `name` there.
fn begins_with(path: &str, name: &str) -> bool {
    let mut parts = Path::new(path).components();
    let first = parts.find(|part| matches!(part, Component::Normal(_)));
    first.is_some_and(|part| part.as_os_str() == name)
}

/// The axes behind the batch.
fn declared(tensor: &TensorInfo) -> Vec<Option<usize>> {
    let axes = tensor.dims.iter().flatten().skip(1);
    axes.map(|axis| axis.size).collect()
}

/// A manifest, and what of it was guessed.
pub(super) struct Drafted {
    pub(super) text: String,
    pub(super) guesses: Vec<Guess>,
}

/// The manifest of a bundle of `parts`.
pub(super) fn manifest_text(draft: &Draft, name: &str, parts: &[Part]) -> Drafted {
    let mut writer = Writer {
        drafted: Drafted {
            text: String::new(),
            guesses: Vec::new(),
        },
        section: String::new(),
    };
    writer.comment(
        "What `invset bundle new` could read off the files; CHECK marks what it could not.",
    );
    writer.comment("`invset bundle check` says what is still wrong.");
    writer.value("name", &quoted(name), "");
    writer.comment("description = \"…\"   # what it is, in a sentence");
    writer.comment("licence = \"…\"       # of weights and data");
    let kind = kind(parts);
    for part in parts {
        writer.begin(part.section);
        writer.value("file", &quoted(&part.file), "");
        match part.section {
            "generator" => writer.generator(draft, part, kind),
            "classifier" => writer.classifier(draft, part, kind),
            _ => writer.encoder(part, kind),
        }
    }
    if let Some(tensor) = &draft.encoder_tensor {
        writer.begin("encoder");
        writer.value("tensor", &quoted(tensor), "of the classifier");
    } else if draft.encoder.is_none() {
        let remark = "there is none, so distances are between pixels; name a tensor of the classifier or a file";
        writer.guess("encoder", remark);
    }
    if draft.labels.is_some() {
        writer.begin("labels");
        writer.value("file", &quoted("labels.txt"), "one label a line");
    } else {
        let remark = "there are none; units are then written logits[0], not by a name";
        writer.guess("labels", remark);
    }
    writer.drafted
}

struct Writer {
    drafted: Drafted,
    section: String,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.drafted.text.push_str(line);
        self.drafted.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        self.line(&format!("# {text}"));
    }

    fn begin(&mut self, section: &str) {
        self.section = section.to_owned();
        self.line(&format!("\n[{section}]"));
    }

    /// `key = value`, with a remark behind it.
    fn value(&mut self, key: &str, value: &str, remark: &str) {
        let mut line = format!("{key} = {value}");
        if !remark.is_empty() {
            // Names in remarks come from files: a line end would end the comment.
            let _ = write!(line, "  # {}", clean(remark));
        }
        self.line(&line);
    }

    /// Notes what is to be checked; a section that does not exist gets a comment of its own.
    fn guess(&mut self, key: &str, remark: &str) {
        if !key.contains('.') {
            self.line("");
            self.comment(&format!("[{key}] CHECK: {remark}"));
        }
        self.drafted.guesses.push(Guess {
            key: key.to_owned(),
            remark: remark.to_owned(),
        });
    }

    /// A value of the present section that is to be checked.
    fn guessed(&mut self, key: &str, value: &str, remark: &str) {
        self.value(key, value, &format!("CHECK: {remark}"));
        let key = format!("{}.{key}", self.section);
        self.guess(&key, &format!("{value} is a guess: {remark}"));
    }

    /// Input and output by their names.
    fn ports(&mut self, part: &Part, output_key: &str) {
        if let Some(input) = part.model.inputs().first() {
            self.value("input", &quoted(&input.name), &shape(&part.input_shape()));
        }
        if let Some(output) = part.model.outputs().first() {
            let value = quoted(&output.name);
            self.value(output_key, &value, &shape(&part.output_shape()));
        }
    }

    fn generator(&mut self, draft: &Draft, part: &Part, kind: Option<&str>) {
        if let Some(kind) = kind {
            self.value("kind", &quoted(kind), "by the shape of the output");
        }
        self.ports(part, "output");
        match draft.range {
            Some([low, high]) => self.value("range", &format!("[{low:?}, {high:?}]"), ""),
            None if kind.is_some() => {
                let remark = "ends of the axis that samples are drawn on";
                self.guessed("range", "[-1.0, 1.0]", remark);
            }
            None => self.guessed(
                "range",
                "[0.0, 1.0]",
                "least and greatest value of an image; [-1.0, 1.0] after a tanh",
            ),
        }
        if kind.is_none() {
            self.channels(part.output_shape().first().copied().flatten());
        }
        self.begin("generator.prior");
        self.guessed(
            "kind",
            "\"normal\"",
            "what codes it was trained on; \"box\" needs low and high",
        );
    }

    fn classifier(&mut self, draft: &Draft, part: &Part, kind: Option<&str>) {
        self.ports(part, "logits");
        self.normalisation(&draft.mean, &draft.standard_deviation, kind);
        if kind.is_some() {
            return;
        }
        let input = part.input_shape();
        match input[..] {
            [_, Some(height), Some(width)] => {
                self.value("size", &format!("[{height}, {width}]"), "");
            }
            _ => {
                let remark = "height and width of its input, which the file leaves open";
                self.comment(&format!("size = […]  # CHECK: {remark}"));
                self.guess("classifier.size", &format!("nothing is set: {remark}"));
            }
        }
        self.channels(input.first().copied().flatten());
    }

    /// The encoder, the judge or the inverse.
    fn encoder(&mut self, part: &Part, kind: Option<&str>) {
        self.ports(part, "output");
        self.normalisation(&[], &[], kind);
        // Without the key it is given the generator's order.
        let channels = part.input_shape().first().copied().flatten();
        if kind.is_none() && matches!(channels, Some(1 | 3)) {
            self.channels(channels);
        }
    }

    /// How the network of the present section wants its input.
    fn normalisation(&mut self, mean: &[f32], standard_deviation: &[f32], kind: Option<&str>) {
        if !mean.is_empty() || !standard_deviation.is_empty() {
            self.value("mean", &format!("{mean:?}"), "");
            self.value("std", &format!("{standard_deviation:?}"), "");
            return;
        }
        let remark = match kind {
            None => {
                "what is subtracted from, and divides, an image in [0, 1] before it: one number a channel"
            }
            Some(_) => {
                "what is subtracted from, and divides, its input: one number a channel or feature"
            }
        };
        self.comment(&format!("mean = […]  # CHECK: {remark}"));
        self.comment("std = […]");
        let key = format!("{}.mean", self.section);
        self.guess(&key, &format!("nothing is set: {remark}"));
    }

    fn channels(&mut self, channels: Option<usize>) {
        match channels {
            Some(1) => self.value("channels", "\"gray\"", ""),
            Some(3) => self.value("channels", "\"RGB\"", "or \"BGR\""),
            _ => self.guessed(
                "channels",
                "\"RGB\"",
                "\"RGB\", \"BGR\" or \"gray\": the files do not say",
            ),
        }
    }
}

/// What the output of the generator is, where it is no image.
fn kind(parts: &[Part]) -> Option<&'static str> {
    let generator = parts.iter().find(|part| part.section == "generator")?;
    match generator.output_shape().len() {
        2 => Some("signal"),
        1 => Some("tabular"),
        _ => None,
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A shape behind the batch, as a remark.
fn shape(axes: &[Option<usize>]) -> String {
    let axes = axes.iter().map(|axis| match axis {
        Some(length) => length.to_string(),
        None => "?".to_owned(),
    });
    let axes: Vec<String> = std::iter::once("N".to_owned()).chain(axes).collect();
    format!("[{}]", axes.join(", "))
}
