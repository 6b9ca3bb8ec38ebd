//! The equation of an `Einsum`: which axis of which operand is which index.

use std::collections::BTreeMap;

/// An index of an equation. Those of an ellipsis come first where the result is not spelled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// An axis that `...` stands for, counted among the most that any operand has there.
    Ellipsis(usize),
    Letter(char),
}

/// The indices of every operand's axes, and of the result's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Equation {
    pub(super) terms: Vec<Vec<Label>>,
    pub(super) result: Vec<Label>,
}

/// One side's term: letters before and after an ellipsis.
struct Term {
    before: Vec<char>,
    after: Vec<char>,
    ellipsis: bool,
}

impl Term {
    fn parse(text: &str) -> Result<Self, String> {
        let letters = |part: &str| {
            let letters: Vec<char> = part.chars().collect();
            match letters.iter().find(|letter| !letter.is_ascii_alphabetic()) {
                None => Ok(letters),
                Some(odd) => Err(format!("{odd:?} is not an index")),
            }
        };
        Ok(match text.split_once("...") {
            None => Term {
                before: letters(text)?,
                after: Vec::new(),
                ellipsis: false,
            },
            Some((before, after)) => Term {
                before: letters(before)?,
                after: letters(after)?,
                ellipsis: true,
            },
        })
    }

    fn letters(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// Its labels, `hidden` of which the ellipsis stands for, out of `most`.
    fn labels(&self, hidden: usize, most: usize) -> Vec<Label> {
        let before = self.before.iter().map(|&letter| Label::Letter(letter));
        let after = self.after.iter().map(|&letter| Label::Letter(letter));
        let ellipsis = (most - hidden..most).map(Label::Ellipsis);
        before.chain(ellipsis).chain(after).collect()
    }
}

impl Equation {
    /// Reads an equation for operands of these ranks.
    pub(super) fn parse(text: &str, ranks: &[usize]) -> Result<Self, String> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = match text.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (text.as_str(), None),
        };
        let terms = left
            .split(',')
            .map(Term::parse)
            .collect::<Result<Vec<Term>, String>>()?;
        if terms.len() != ranks.len() {
            return Err(format!(
                "{} terms for {} operands",
                terms.len(),
                ranks.len()
            ));
        }
        let mut hidden = Vec::with_capacity(ranks.len());
        for (term, &rank) in terms.iter().zip(ranks) {
            hidden.push(match rank.checked_sub(term.letters()) {
                Some(rest) if term.ellipsis || rest == 0 => rest,
                _ => return Err(format!("a term does not fit an operand of rank {rank}")),
            });
        }
        let most = hidden.iter().copied().max().unwrap_or(0);
        let terms: Vec<Vec<Label>> = terms
            .iter()
            .zip(&hidden)
            .map(|(term, &hidden)| term.labels(hidden, most))
            .collect();
        let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
        for &label in terms.iter().flatten() {
            *counts.entry(label).or_default() += 1;
        }
        let result = match right {
            Some(right) => {
                let term = Term::parse(right)?;
                if most > 0 && !term.ellipsis {
                    return Err("the result leaves out the ellipsis".to_owned());
                }
                term.labels(most, most)
            }
            // Not spelled out: what appears once, in alphabetical order.
            None => {
                let is_kept = |&(label, &count): &(&Label, &usize)| {
                    count == 1 || matches!(label, Label::Ellipsis(_))
                };
                counts
                    .iter()
                    .filter(is_kept)
                    .map(|(&label, _)| label)
                    .collect()
            }
        };
        for (position, label) in result.iter().enumerate() {
            if !counts.contains_key(label) {
                return Err(format!("the result's index {label:?} is in no operand"));
            }
            if result[..position].contains(label) {
                return Err(format!("the result has the index {label:?} twice"));
            }
        }
        Ok(Equation { terms, result })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(equation: &str, ranks: &[usize]) -> String {
        let equation = Equation::parse(equation, ranks).unwrap();
        let term = |labels: &Vec<Label>| -> String {
            let letter = |label: &Label| match label {
                Label::Ellipsis(index) => char::from_digit(*index as u32, 10).unwrap(),
                Label::Letter(letter) => *letter,
            };
            labels.iter().map(letter).collect()
        };
        let terms: Vec<String> = equation.terms.iter().map(term).collect();
        format!("{}->{}", terms.join(","), term(&equation.result))
    }

    #[test]
    fn ellipses_and_implicit_results_are_spelled_out() {
        assert_eq!(text("ij, jk -> ik", &[2, 2]), "ij,jk->ik");
        assert_eq!(text("ij,jk", &[2, 2]), "ij,jk->ik");
        assert_eq!(text("ba", &[2]), "ba->ab");
        assert_eq!(text("ii", &[2]), "ii->");
        assert_eq!(text("...ij,...jk->...ik", &[4, 3]), "01ij,1jk->01ik");
        assert_eq!(text("i...->...", &[3]), "i01->01");
        assert_eq!(text("b...,Ca...", &[2, 3]), "b0,Ca0->0Cab");
        assert_eq!(text(",->", &[0, 0]), ",->");
    }

    #[test]
    fn equations_that_do_not_fit_are_refused() {
        for (equation, ranks) in [
            ("ij,jk->ik", &[2][..]),
            ("ij->ij", &[3]),
            ("ijk->ij", &[2]),
            ("ij->ik", &[2]),
            ("ij->ii", &[2]),
            ("i1->i", &[2]),
            ("...i->i", &[3]),
            ("i......->i", &[3]),
        ] {
            assert!(Equation::parse(equation, ranks).is_err(), "{equation}");
        }
    }
}
