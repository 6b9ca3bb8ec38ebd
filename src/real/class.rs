//! Which label the name of a folder stands for.

use std::collections::HashMap;
use std::path::{Component, Path};

/// Digits of a WordNet id, behind its `n`.
const WORDNET_DIGITS: usize = 8;

/// The labels of a bundle, to be found by names of folders.
pub(super) struct Classes {
    /// None where several labels have that name.
    by_name: HashMap<String, Option<usize>>,
    count: usize,
}

impl Classes {
    pub(super) fn of(labels: &[String]) -> Classes {
        let mut by_name: HashMap<String, Option<usize>> = HashMap::new();
        for (index, label) in labels.iter().enumerate() {
            let names = [Some(plain(label)), wordnet_id(label).map(str::to_owned)];
            for name in names.into_iter().flatten().filter(|name| !name.is_empty()) {
                let is_clear = |known: &Option<usize>| *known == Some(index);
                by_name
                    .entry(name)
                    .and_modify(|known| *known = known.filter(|_| is_clear(known)))
                    .or_insert(Some(index));
            }
        }
        Classes {
            by_name,
            count: labels.len(),
        }
    }

    /// The class of an image by its path within the folder: that of the nearest folder around it that
    /// stands for one.
    pub(super) fn of_path(&self, path: &Path) -> Option<usize> {
        let around = path.parent()?.components().rev();
        around
            .filter_map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .find_map(|name| self.of_folder(name))
    }

    fn of_folder(&self, name: &str) -> Option<usize> {
        let name = plain(name);
        if let Some(&class) = self.by_name.get(&name) {
            return class;
        }
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = name.split_at(digits);
        let number: usize = number.parse().ok()?;
        match rest.strip_prefix('_') {
            // Numbers may be of another order than the labels; names are not.
            Some(rest) if self.by_name.contains_key(rest) => self.by_name[rest]
                .or(Some(number))
                .filter(|&class| class < self.count),
            _ if rest.is_empty() || rest.starts_with('_') => {
                Some(number).filter(|&class| class < self.count)
            }
            _ => None,
        }
    }
}

/// In small letters, with one `_` for all that stands between words.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("_").to_lowercase()
}

/// The WordNet id that a label begins with, as `n04133789 sandal` does.
fn wordnet_id(label: &str) -> Option<&str> {
    let word = label.split_whitespace().next()?;
    let digits = word.strip_prefix('n')?;
    let is_id = digits.len() == WORDNET_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_for_labels_by_name_number_or_wordnet_id() {
        let labels = [
            "T-shirt/top",
            "sandal",
            "crane",
            "crane",
            "n04133789 flip flop",
        ];
        let classes = Classes::of(&labels.map(str::to_owned));
        for (path, class) in [
            ("sandal/1.png", Some(1)),
            ("Sandal/1.png", Some(1)),
            ("t_shirt top/1.png", Some(0)),
            ("0003_sandal/1.png", Some(1)),
            ("0003_crane/1.png", Some(3)),
            ("0003_n01440764/1.png", Some(3)),
            ("3/1.png", Some(3)),
            ("n04133789/images/1.png", Some(4)),
            ("sandal/crane/1.png", Some(1)),
            // Two labels, too large a number, no folder, no such label.
            ("crane/1.png", None),
            ("7/1.png", None),
            ("sandal.png", None),
            ("boot/1.png", None),
            ("3rd/1.png", None),
        ] {
            assert_eq!(classes.of_path(Path::new(path)), class, "{path}");
        }
    }
}
