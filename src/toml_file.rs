//! TOML files that people write: read value by value, so that everything that is wrong is told at
//! once, each with its line and column and with the word that was probably meant.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use crate::text;

/// A value with its place in the file.
pub type Value<'a> = toml::Spanned<DeValue<'a>>;

/// A key with its place in the file.
pub type Key<'a> = toml::Spanned<Cow<'a, str>>;

/// The keys and values of a table.
pub type Table<'a> = DeTable<'a>;

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in that line.
    pub column: usize,
}

/// One thing that is wrong in a file. Its texts are free of control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}

impl Problem {
    /// A problem at a place of a file.
    pub fn new(file: &str, place: Place, reason: impl ToString, remedy: impl ToString) -> Self {
        Problem {
            file: text::clean(file),
            place,
            reason: text::clean(&reason.to_string()),
            remedy: text::clean(&remedy.to_string()),
        }
    }

    /// Each on a line of its own, for the end of a message.
    pub fn listed(problems: &[Problem]) -> String {
        problems
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        let (file, reason, remedy) = (&self.file, &self.reason, &self.remedy);
        write!(formatter, "{file}:{line}:{column}: {reason}; {remedy}")
    }
}

/// What to write in the place of an unknown word: the most alike of the known ones, or else all.
pub fn instead<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match text::nearest(word, known.iter().copied(), 1).first() {
        Some(nearest) => format!("did you mean '{nearest}'?"),
        None => format!("write one of {}", known.join(", ")),
    }
}

/// Reads one file and collects what is wrong with it.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of the text of a file.
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Reader {
            file,
            text,
            problems: Vec::new(),
        }
    }

    /// The file's name in messages.
    pub fn file(&self) -> &'a str {
        self.file
    }

    /// The whole file as one table; empty where it is not TOML.
    pub fn document(&mut self) -> Table<'a> {
        match DeTable::parse(self.text) {
            Ok(document) => document.into_inner(),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.report(&span, error.message(), "correct that line");
                DeTable::new()
            }
        }
    }

    /// The place of a range of bytes.
    pub fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Notes something that is wrong.
    pub fn report(&mut self, span: &Range<usize>, reason: impl ToString, remedy: impl ToString) {
        let place = self.place(span);
        self.problems
            .push(Problem::new(self.file, place, reason, remedy));
    }

    /// Notes a word that is none of the known ones.
    pub fn unknown<'k>(
        &mut self,
        span: &Range<usize>,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let reason = format!("there is no {what} '{word}'");
        self.report(span, reason, instead(word, known));
    }

    /// The value as text.
    pub fn string<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        let found = value.get_ref().as_str();
        self.expect(value, found, "a text in quotes")
    }

    /// The value as `true` or `false`.
    pub fn flag(&mut self, value: &Value<'_>) -> Option<bool> {
        let found = value.get_ref().as_bool();
        self.expect(value, found, "true or false")
    }

    /// The value as a number of a range, with or without a fraction.
    pub fn number(&mut self, value: &Value<'_>, range: RangeInclusive<f64>) -> Option<f64> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        let whole = value.get_ref().as_integer().map(|integer| integer.as_str());
        let fraction = value.get_ref().as_float().map(|float| float.as_str());
        let found = whole
            .or(fraction)
            .and_then(|digits| digits.replace('_', "").parse().ok())
            .filter(|number| range.contains(number));
        self.expect(value, found, &wanted)
    }

    /// The values of a list.
    pub fn list<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v [Value<'t>]> {
        let found = value.get_ref().as_array().map(|list| &**list);
        self.expect(value, found, "a list in brackets")
    }

    /// The value as a table.
    pub fn table<'v, 't>(&mut self, value: &'v Value<'t>) -> Option<&'v Table<'t>> {
        let found = value.get_ref().as_table();
        self.expect(value, found, "a table of keys and values")
    }

    fn expect<T>(&mut self, value: &Value<'_>, found: Option<T>, wanted: &str) -> Option<T> {
        if found.is_none() {
            self.report(
                &value.span(),
                "this value cannot stand here",
                format!("write {wanted}"),
            );
        }
        found
    }

    /// Everything that is wrong, in the order of the file.
    pub fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.place);
        self.problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, read: impl Fn(&mut Reader<'_>, &Value<'_>) -> bool) -> Vec<String> {
        let mut reader = Reader::new("a.toml", text);
        let document = reader.document();
        for value in document.values() {
            read(&mut reader, value);
        }
        reader.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn problems_stand_in_the_order_of_the_file_with_line_and_column() {
        let text = "z = 'é'\na = 'x'\n  b = 'y'\n";
        let problems = read(text, |reader, value| reader.flag(value).is_some());
        assert_eq!(
            problems,
            [
                "a.toml:1:5: this value cannot stand here; write true or false",
                "a.toml:2:5: this value cannot stand here; write true or false",
                "a.toml:3:7: this value cannot stand here; write true or false",
            ]
        );
    }

    #[test]
    fn columns_count_characters() {
        let problems = read("'é' = { a = 1, é = 2 } x", |_, _| true);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("a.toml:1:24: "), "{problems:?}");
    }

    #[test]
    fn numbers_keep_their_range() {
        let inside =
            |reader: &mut Reader<'_>, value: &Value<'_>| reader.number(value, 0.5..=60.0).is_some();
        assert!(read("a = 1\nb = 60\nc = 0.5\nd = 1_0\ne = 6e1", inside).is_empty());
        let outside = read("a = 0\nb = 60.5\nc = nan\nd = inf\ne = 'x'", inside);
        assert_eq!(outside.len(), 5);
        assert!(outside[0].ends_with("write a number from 0.5 to 60"));
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_nearest_or_with_all() {
        assert_eq!(
            instead("colur", ["colour", "name"]),
            "did you mean 'colour'?"
        );
        assert_eq!(
            instead("zzz", ["colour", "name"]),
            "write one of colour, name"
        );
    }
}
