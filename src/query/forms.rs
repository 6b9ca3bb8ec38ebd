//! Which units a tensor has, by its rank.

/// A way to write a unit, and the scalar it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitForm {
    /// As written; `c` stands for the unit.
    pub syntax: String,
    /// What is read.
    pub meaning: &'static str,
}

/// The units of a tensor `[B, C]`, `[B, T, C]` or `[B, C, H, W]`; tensors of other ranks have none.
pub fn unit_forms(tensor: &str, rank: usize) -> Vec<UnitForm> {
    let form = |syntax: String, meaning| UnitForm { syntax, meaning };
    let element = format!("{tensor}[c]");
    let largest = form(format!("max({element})"), "the largest over positions");
    let direction = form(
        format!("dir(FILE.npy)@{tensor}"),
        "the inner product with a vector",
    );
    match rank {
        2 => vec![
            form(element.clone(), "the element"),
            form(format!("prob({element})"), "its softmax"),
            direction,
        ],
        3 => vec![form(element, "mean over positions"), largest, direction],
        4 => vec![
            form(element, "mean over positions"),
            form(format!("{tensor}[c,row,column]"), "one position"),
            largest,
            direction,
        ],
        _ => Vec::new(),
    }
}

/// Which axis of a tensor of this rank counts its units.
pub fn unit_axis(rank: usize) -> Option<usize> {
    match rank {
        2 | 4 => Some(1),
        3 => Some(2),
        _ => None,
    }
}
