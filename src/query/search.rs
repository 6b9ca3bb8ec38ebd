//! Finding units as one types: labels and tensor names by fuzzy match, typed units as they are.

use std::cmp::Reverse;
use std::collections::HashSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::units::{NamedTensor, UnitIndex};
use super::{Context, Unit, UnitSyntax};
use crate::text::clean;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// For a unit, the text that names it in a query; for a tensor, what its units begin with:
    /// `layer3.relu[`.
    pub unit: String,
    /// Whether `unit` names a unit, or a tensor whose unit is still to be given.
    pub is_whole: bool,
    /// The element or channel, where it is one.
    pub index: Option<usize>,
    /// Its label.
    pub label: Option<String>,
    /// The tensor.
    pub tensor: String,
    /// How many units that has.
    pub units: usize,
    /// Whether the bundle has statistics of that tensor.
    pub has_statistics: bool,
    /// What was compared with the text, free of control characters: a label, a tensor's name, or
    /// the unit as typed.
    pub shown: String,
    /// The characters of `shown` that matched, ascending.
    pub positions: Vec<usize>,
}

/// Functions that a unit may stand in.
const FUNCTIONS: [&str; 2] = ["prob", "max"];

impl UnitIndex {
    /// At most `limit` units and tensors for a text, the best first: what the text names exactly, then
    /// labels and tensor names that hold its letters in order. `t[` lists the units of `t`, a number
    /// is an element of the logits, `relu 37` is unit 37 of tensors like `relu`, and nothing lists
    /// everything.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Found> {
        let text = text.trim();
        let mut found = self.exact(text);
        match split_function(text) {
            (Some(function), inside) => {
                let takes = |found: &Found| self.takes(function, found);
                let similar = self.similar(inside, usize::MAX).into_iter();
                found.extend(similar.filter(takes).map(|mut found| {
                    let end = if found.is_whole { ")" } else { "" };
                    found.unit = format!("{function}({}{end}", found.unit);
                    found
                }));
            }
            (None, text) => found.extend(self.similar(text, limit)),
        }
        let mut seen = HashSet::new();
        found.retain(|found| seen.insert(found.unit.clone()));
        found.truncate(limit);
        found
    }

    /// What is like a text that stands in no function.
    fn similar(&self, text: &str, limit: usize) -> Vec<Found> {
        if let Some((tensor, start)) = split_bracket(text) {
            let units = self.units_of(tensor, start, limit);
            // A bracket may belong to a label.
            if !units.is_empty() {
                return units;
            }
        }
        let mut found = match split_number(text) {
            Some((words, index)) => self.numbered(words, index, limit),
            None => Vec::new(),
        };
        found.extend(self.fuzzy(text, limit));
        found
    }

    /// The units that a text names as it stands.
    fn exact(&self, text: &str) -> Vec<Found> {
        let context = Context {
            taps: self,
            logits: &self.logits,
            labels: &self.labels,
            statistics: None,
            measure: None,
        };
        let resolve = |text: &str| {
            let syntax = UnitSyntax::parse(text).ok()?;
            Unit::resolve(&syntax, &context).ok()
        };
        let labelled = (0..).zip(&self.labels).filter(|(_, label)| *label == text);
        let labelled = labelled.filter(|_| !text.is_empty());
        let mut found: Vec<Found> = labelled
            .map(|(index, label)| {
                let unit = self.unit_of_logit(index);
                self.found(unit, Some(index), &self.logits, label.clone())
            })
            .collect();
        if let Some(unit) = resolve(text) {
            let shown = clean(text);
            found.push(self.found(text.to_owned(), unit.index, &unit.tensor, shown));
        }
        if let Some(index) = number(text)
            && let Some(unit) = resolve(&format!("{}[{index}]", self.logits))
        {
            found.push(self.found(unit.text.clone(), Some(index), &unit.tensor, clean(text)));
        }
        for found in &mut found {
            found.positions = (0..found.shown.chars().count()).collect();
        }
        found
    }

    /// The units of the tensor of that name, or of those most like it, whose number begins with
    /// `start`.
    fn units_of(&self, name: &str, start: &str, limit: usize) -> Vec<Found> {
        let tensors = match self.tensor(name) {
            Some(tensor) => vec![(tensor, (0..name.chars().count()).collect())],
            None => self.tensors_like(name, limit),
        };
        let begins = |index: &usize| index.to_string().starts_with(start);
        tensors
            .into_iter()
            .flat_map(|(tensor, positions)| {
                let units = (0..tensor.units).filter(begins);
                units.map(move |index| self.channel(tensor, index, &positions))
            })
            .take(limit)
            .collect()
    }

    /// One unit of every tensor that is like `words` and has that many.
    fn numbered(&self, words: &str, index: usize, limit: usize) -> Vec<Found> {
        let tensors = self.tensors_like(words, limit).into_iter();
        tensors
            .filter(|(tensor, _)| index < tensor.units)
            .map(|(tensor, positions)| self.channel(tensor, index, &positions))
            .collect()
    }

    /// Labels and tensors that hold the letters of `text` in order.
    fn fuzzy(&self, text: &str, limit: usize) -> Vec<Found> {
        let labels = self.labels.iter().map(String::as_str);
        let tensors = self.tensors.iter().map(|tensor| tensor.name.as_str());
        let matches = rank(text, labels.chain(tensors), limit);
        let found = matches.into_iter().map(|(at, positions)| {
            let mut found = match at.checked_sub(self.labels.len()) {
                None => {
                    let unit = self.unit_of_logit(at);
                    self.found(unit, Some(at), &self.logits, self.labels[at].clone())
                }
                Some(at) => {
                    let name = &self.tensors[at].name;
                    let unit = format!("{name}[");
                    let mut tensor = self.found(unit, None, name, clean(name));
                    tensor.is_whole = false;
                    tensor
                }
            };
            found.positions = positions;
            found
        });
        found.collect()
    }

    fn tensors_like(&self, text: &str, limit: usize) -> Vec<(&NamedTensor, Vec<usize>)> {
        let names = self.tensors.iter().map(|tensor| tensor.name.as_str());
        let matches = rank(text, names, limit).into_iter();
        matches
            .map(|(at, positions)| (&self.tensors[at], positions))
            .collect()
    }

    /// A unit by its place; the positions are those of its tensor's name.
    fn channel(&self, tensor: &NamedTensor, index: usize, positions: &[usize]) -> Found {
        let unit = format!("{}[{index}]", tensor.name);
        let shown = clean(&unit);
        let mut found = self.found(unit, Some(index), &tensor.name, shown);
        found.positions = positions.to_vec();
        found
    }

    fn found(&self, unit: String, index: Option<usize>, tensor: &str, shown: String) -> Found {
        let facts = self.tensor(tensor);
        let label = index
            .filter(|_| tensor == self.logits)
            .and_then(|index| self.labels.get(index))
            .filter(|label| !label.is_empty());
        Found {
            unit,
            is_whole: true,
            index,
            label: label.cloned(),
            tensor: tensor.to_owned(),
            units: facts.map_or(0, |tensor| tensor.units),
            has_statistics: facts.is_some_and(|tensor| tensor.has_statistics),
            shown,
            positions: Vec::new(),
        }
    }

    /// Whether units like this one may stand in a function.
    fn takes(&self, function: &str, found: &Found) -> bool {
        let tensor = self.tensor(&found.tensor);
        tensor.is_some_and(|tensor| tensor.has_positions() == (function == "max"))
    }
}

/// The best `limit` of `names` for a text, with the characters that matched. Labels without text are
/// left out.
fn rank<'a>(
    text: &str,
    names: impl Iterator<Item = &'a str>,
    limit: usize,
) -> Vec<(usize, Vec<usize>)> {
    let pattern = Pattern::new(
        text,
        CaseMatching::Ignore,
        Normalization::Smart,
        AtomKind::Fuzzy,
    );
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut characters = Vec::new();
    let mut scored: Vec<(u32, usize, usize, String)> = names
        .enumerate()
        .filter(|(_, name)| !name.is_empty())
        .filter_map(|(at, name)| {
            let name = clean(name);
            let score = pattern.score(characters_of(&name, &mut characters), &mut matcher)?;
            // Without a text there is nothing to prefer: the order stays.
            let length = if text.is_empty() { 0 } else { name.len() };
            Some((score, length, at, name))
        })
        .collect();
    scored.sort_by_key(|&(score, length, at, _)| (Reverse(score), length, at));
    scored.truncate(limit);
    scored
        .into_iter()
        .map(|(_, _, at, name)| {
            let mut positions = Vec::new();
            pattern.indices(
                characters_of(&name, &mut characters),
                &mut matcher,
                &mut positions,
            );
            positions.sort_unstable();
            positions.dedup();
            (at, positions.into_iter().map(|at| at as usize).collect())
        })
        .collect()
}

/// Every character by itself: the matcher's own way joins those that form one grapheme, and its
/// positions would then not count characters.
fn characters_of<'a>(text: &'a str, buffer: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    buffer.clear();
    buffer.extend(text.chars());
    Utf32Str::Unicode(buffer)
}

/// `prob(vol` is `vol` in `prob`.
fn split_function(text: &str) -> (Option<&'static str>, &str) {
    for function in FUNCTIONS {
        let inside = text
            .strip_prefix(function)
            .and_then(|rest| rest.strip_prefix('('));
        if let Some(inside) = inside {
            return (Some(function), inside.trim_end_matches(')').trim());
        }
    }
    (None, text)
}

/// `t[3` is the tensor `t` and the beginning `3` of a unit's number.
fn split_bracket(text: &str) -> Option<(&str, &str)> {
    let (tensor, start) = text.strip_suffix(']').unwrap_or(text).rsplit_once('[')?;
    let is_number = start.chars().all(|c| c.is_ascii_digit());
    (is_number && !tensor.is_empty()).then_some((tensor, start))
}

/// `relu 37` is `relu` and the unit 37.
fn split_number(text: &str) -> Option<(&str, usize)> {
    let (words, last) = text.rsplit_once(char::is_whitespace)?;
    Some((words.trim(), number(last)?))
}

fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
