//! Derivative rules: what a rule is, and what it sees of a node. The table of all rules is in
//! `table`; `docs/adding-a-rule.md` says how to add one.

mod activation;
mod binary;
mod convolution;
mod index;
mod layout;
mod max_pool;
mod normalization;
mod pool;
mod product;
mod reduce;
mod resample;
mod table;

use super::tape::Tape;
use super::var::Var;
pub(super) use table::rule;

type Derivative<'op> = Box<dyn for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t> + 'op>;
type Pullback<'op> = Box<dyn for<'t> Fn(&Site<'t>) -> Vec<Option<Var<'t>>> + 'op>;

/// How a cotangent passes an operator.
pub(super) struct Rule<'op> {
    /// What is computed, in a reader's notation.
    pub(super) formula: &'static str,
    pub(super) passage: Passage<'op>,
}

/// The code of a rule.
pub(super) enum Passage<'op> {
    /// y = f(x) elementwise: f′ in terms of x and y. Rules prefer y, which is kept anyway.
    Derivative(Derivative<'op>),
    /// The contributions to the cotangents of the inputs, in their order, each of its input's shape
    /// or of one that broadcasting relates to it. An input left out gets none: zero.
    Pullback(Pullback<'op>),
    /// Constant wherever it is continuous, or not a function of floats to floats.
    Stop(&'static str),
}

/// A node at which a cotangent has arrived.
pub(super) struct Site<'t> {
    pub(super) tape: &'t Tape,
    pub(super) inputs: Vec<Var<'t>>,
    pub(super) outputs: Vec<Var<'t>>,
    /// Cotangents of the outputs; absent means zero.
    pub(super) cotangents: Vec<Option<Var<'t>>>,
    /// The first of them that is present: the one, for a node with one output.
    pub(super) cotangent: Var<'t>,
    /// Which inputs need a contribution.
    pub(super) wanted: Vec<bool>,
}

impl<'t> Site<'t> {
    /// The contribution to input `position`, computed only where it is wanted.
    fn when(&self, position: usize, contribution: impl FnOnce() -> Var<'t>) -> Option<Var<'t>> {
        self.wanted
            .get(position)
            .copied()
            .unwrap_or(false)
            .then(contribution)
    }

    /// Input, output and output cotangent of a node that has one of each.
    fn xyg(&self) -> (Var<'t>, Var<'t>, Var<'t>) {
        (self.inputs[0], self.outputs[0], self.cotangent)
    }

    /// The contributions to the inputs.
    pub(super) fn apply(&self, rule: &Rule<'_>) -> Vec<Option<Var<'t>>> {
        match &rule.passage {
            Passage::Derivative(derivative) => {
                let (x, y, g) = self.xyg();
                vec![Some(g * derivative(x, y))]
            }
            Passage::Pullback(pullback) => pullback(self),
            Passage::Stop(_) => Vec::new(),
        }
    }
}

/// y = f(x) elementwise. The formula is that of f′.
fn derivative<'op>(
    formula: &'static str,
    f: impl for<'t> Fn(Var<'t>, Var<'t>) -> Var<'t> + 'op,
) -> Rule<'op> {
    let passage = Passage::Derivative(Box::new(f));
    Rule { formula, passage }
}

/// Any operator: the contributions to all its inputs.
fn pullback<'op>(
    formula: &'static str,
    f: impl for<'t> Fn(&Site<'t>) -> Vec<Option<Var<'t>>> + 'op,
) -> Rule<'op> {
    let passage = Passage::Pullback(Box::new(f));
    Rule { formula, passage }
}

/// A linear operator of one input: its contribution from the cotangent alone.
fn linear<'op>(
    formula: &'static str,
    f: impl for<'t> Fn(Var<'t>, &Site<'t>) -> Var<'t> + 'op,
) -> Rule<'op> {
    pullback(formula, move |site| vec![Some(f(site.cotangent, site))])
}

/// An operator that no derivative passes.
fn stop(reason: &'static str) -> Rule<'static> {
    let passage = Passage::Stop(reason);
    Rule {
        formula: "none",
        passage,
    }
}

#[cfg(test)]
mod tests;
