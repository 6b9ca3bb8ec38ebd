//! What the user has set for good: `config.toml`, and the folder of themes beside it.
//!
//! Everything in it is optional; what is not said is left to the program, and what the command line
//! says wins. A file with anything wrong in it is refused as a whole, before a screen is drawn.

mod error;
mod read;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::preview::GraphicsChoice;
use crate::theme::{DepthChoice, Marker};

pub use error::ConfigError;

/// The configuration's name in its folder.
const FILE: &str = "config.toml";

/// The folder of the user's themes, beside the configuration.
const THEMES: &str = "themes";

/// What the user has set. Nothing means: as the program finds best.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The theme's name.
    pub theme: Option<String>,
    /// How many colours are used.
    pub depth: Option<DepthChoice>,
    /// How pictures reach the screen.
    pub graphics: Option<GraphicsChoice>,
    /// Most frames in a second.
    pub fps: Option<f64>,
    /// How points of charts are drawn.
    pub markers: Option<Marker>,
    /// Whether the mouse is taken from the terminal.
    pub mouse: Option<bool>,
    /// The folder that new runs are put into.
    pub runs: Option<PathBuf>,
    /// What becomes of a run that was started from the screens when the connection drops.
    pub on_hangup: Option<OnHangup>,
    /// The keys of each action whose keys are changed, as text, under the action's id.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// What becomes of a run when the connection to its screens drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnHangup {
    /// It goes on without a screen.
    #[default]
    Continue,
    /// It is stopped and can be resumed.
    Stop,
}

impl Config {
    /// A file that sets nothing and says, in comments, all that can be set and what holds otherwise.
    pub fn template() -> &'static str {
        include_str!("default.toml")
    }

    /// Reads the text of a configuration; `file` is its name in messages.
    ///
    /// # Errors
    /// Everything that is wrong, each with its line, column and the nearest known word.
    pub fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
        read::parse(file, text)
    }
}

/// The configuration's file: the one named, else `config.toml` in `$XDG_CONFIG_HOME/invset` or
/// `~/.config/invset`, which need not be there. None where the system has no home folder.
pub fn file(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || {
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.config_dir().join("invset").join(FILE))
    };
    named.map(Path::to_path_buf).or_else(usual)
}

/// The folder of the user's themes, beside the configuration's [`file()`]. It need not be there.
pub fn themes_folder(named: Option<&Path>) -> Option<PathBuf> {
    file(named)?.parent().map(|folder| folder.join(THEMES))
}

/// The configuration of a file, which must be there; without a name that of the usual [`file()`], if
/// it is there.
///
/// # Errors
/// The file cannot be read, or something is wrong in it.
pub fn load(named: Option<&Path>) -> Result<Config, ConfigError> {
    match file(named) {
        Some(file) => read_file(&file, named.is_some()),
        None => Ok(Config::default()),
    }
}

fn read_file(file: &Path, must_be_there: bool) -> Result<Config, ConfigError> {
    match fs::read_to_string(file) {
        Ok(text) => Config::parse(&file.display().to_string(), &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_be_there => {
            Ok(Config::default())
        }
        Err(source) => Err(ConfigError::Read {
            file: file.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    /// The template with every setting switched on.
    fn switched_on() -> String {
        let lines = Config::template().lines().map(|line| {
            let setting = line.strip_prefix("# ").filter(|rest| {
                let key = rest.split(" = ").next().unwrap_or_default();
                rest.contains(" = ")
                    && key
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b"_-".contains(&b))
            });
            setting.unwrap_or(line)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_sets_nothing() {
        let config = Config::parse("config.toml", Config::template()).unwrap();
        assert_eq!(config, Config::default());
    }

    #[test]
    fn the_settings_of_the_template_are_those_that_hold_anyway() {
        let text = switched_on();
        for key in read::KEYS {
            let set = text
                .lines()
                .any(|line| line.starts_with(&format!("{key} = ")) || line == format!("[{key}]"));
            assert!(set, "the template does not show '{key}':\n{text}");
        }
        let mut config = Config::parse("config.toml", &text).unwrap();
        assert!(!std::mem::take(&mut config.keys).is_empty());
        let said = Config {
            depth: Some(DepthChoice::Auto),
            graphics: Some(GraphicsChoice::Auto),
            mouse: Some(false),
            runs: Some(PathBuf::from("runs")),
            on_hangup: Some(OnHangup::Continue),
            ..Config::default()
        };
        assert_eq!(config, said);
        assert_eq!(OnHangup::default(), OnHangup::Continue);
        assert_eq!(GraphicsChoice::default(), GraphicsChoice::Auto);
    }

    #[test]
    fn a_configuration_is_read_with_the_themes_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        fs::write(&file, "theme = \"day\"").unwrap();
        let config = load(Some(&file)).unwrap();
        assert_eq!(config.theme.as_deref(), Some("day"));
        let themes = themes_folder(Some(&file));
        assert_eq!(themes, Some(folder.path().join("themes")));
        // A bare name stands in the working folder.
        let themes = themes_folder(Some(Path::new("mine.toml")));
        assert_eq!(themes, Some(PathBuf::from("themes")));
    }

    #[test]
    fn only_a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none.toml");
        assert_eq!(read_file(&file, false).unwrap(), Config::default());
        let message = load(Some(&file)).unwrap_err().to_string();
        assert!(message.contains("none.toml' cannot be read"), "{message}");
        // What is there and cannot be read is never passed over.
        assert!(read_file(folder.path(), false).is_err());
    }
}
