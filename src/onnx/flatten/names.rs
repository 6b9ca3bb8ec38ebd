//! Unique names for what was named within a function or a branch only.

use std::collections::{HashMap, HashSet};

/// Every name given so far.
#[derive(Debug)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The next number to try behind a name that is taken: a file may ask for one name a million
    /// times.
    next: HashMap<String, usize>,
}

impl Names {
    /// Names that are taken from the start.
    pub(super) fn new(taken: HashSet<String>) -> Self {
        Names {
            taken,
            next: HashMap::new(),
        }
    }

    /// Takes the first of the wishes that is free, else the last with a number behind it.
    pub(super) fn fresh(&mut self, wishes: &[&str]) -> String {
        let free = wishes.iter().find(|&&wish| !self.taken.contains(wish));
        let name = match (free, wishes.last()) {
            (Some(&free), _) => free.to_owned(),
            (None, last) => self.numbered(last.copied().unwrap_or_default()),
        };
        self.taken.insert(name.clone());
        name
    }

    fn numbered(&mut self, wish: &str) -> String {
        let number = self.next.entry(wish.to_owned()).or_insert(1);
        loop {
            let name = format!("{wish}~{number}");
            *number += 1;
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_wish_is_granted_and_then_numbers_are_appended() {
        let taken = ["x", "x~1"].map(str::to_owned).into();
        let mut names = Names::new(taken);
        assert_eq!(names.fresh(&["x", "call/x"]), "call/x");
        assert_eq!(names.fresh(&["x"]), "x~2");
        assert_eq!(names.fresh(&["x"]), "x~3");
        assert_eq!(names.fresh(&["y"]), "y");
    }
}
