//! Triangular masks.

use super::builder::Operand;
use super::node::{NodeReader, Parsed, Refusal};
use super::operator::Operator;
use crate::graph::{Binary, Op, Tensor};

/// Longer edges than this are no matrix's.
const LONGEST: usize = 1 << 20;

pub(super) const OPERATORS: &[Operator] =
    &[Operator::new("Trilu", 14, &["upper"], triangle).reads_as("Where")];

/// Zero outside the upper or lower triangle of each matrix.
fn triangle(node: &mut NodeReader<'_, '_>) -> Parsed {
    let x = node.input(0)?;
    let x_type = node.type_of(&x);
    let upper = node.flag("upper", true)?;
    let diagonal = match node.constant_ints(1)?.as_deref() {
        None => 0,
        Some([diagonal]) => *diagonal,
        Some(_) => return Err(Refusal::input(1, "it is not one number")),
    };
    let &[.., rows, columns] = x_type.shape.as_slice() else {
        return Err(Refusal::unsound(format!("{x_type} holds no matrices")));
    };
    let mask = mask(node, rows, columns, diagonal, upper)?;
    let zero = node.scalar("zero", x_type.dtype, 0.0);
    node.finish(Op::Where, &[mask, x, zero])
}

/// `[rows, columns]`: true where `column − row` is at least (upper) or at most `diagonal`.
pub(super) fn mask(
    node: &mut NodeReader<'_, '_>,
    rows: usize,
    columns: usize,
    diagonal: i64,
    upper: bool,
) -> Parsed<Operand> {
    if rows > LONGEST || columns > LONGEST {
        let reason = format!("a matrix of {rows} by {columns} is impossibly large");
        return Err(Refusal::unsound(reason));
    }
    let from = |start: i64, count: usize| (0..count as i64).map(move |i| start.saturating_add(i));
    let vector = |values: Vec<i64>, shape: [usize; 2]| {
        Tensor::i64_vector(values)
            .reshaped(shape)
            .map_err(|error| Refusal::unsound(error.to_string()))
    };
    let bounds = vector(from(diagonal, rows).collect(), [rows, 1])?;
    let places = vector(from(0, columns).collect(), [1, columns])?;
    let bounds = node.constant("bounds", bounds);
    let places = node.constant("places", places);
    let compare = match upper {
        true => Binary::GreaterOrEqual,
        false => Binary::LessOrEqual,
    };
    node.apply("triangle", Op::Binary(compare), &[places, bounds])
}
