//! Matrix products.

use super::Site;
use crate::autodiff::var::Var;
use crate::graph::op::Op;

fn gemm_op(transpose_a: bool, transpose_b: bool, alpha: f64) -> Op {
    Op::Gemm {
        alpha,
        beta: 0.0,
        transpose_a,
        transpose_b,
    }
}

/// Y = α·op(A)·op(B) + β·C. Transposition is an attribute, so no weight is transposed in memory.
pub(super) fn gemm<'t>(
    site: &Site<'t>,
    alpha: f64,
    beta: f64,
    transpose_a: bool,
    transpose_b: bool,
) -> Vec<Option<Var<'t>>> {
    let (a, b, g) = (site.inputs[0], site.inputs[1], site.cotangent);
    let product = |transpose_left, transpose_right, left, right| {
        let op = gemm_op(transpose_left, transpose_right, alpha);
        site.tape.emit(op, &[left, right])
    };
    vec![
        // op(A)‾ = α·Y‾·op(B)ᵀ
        site.when(0, || match transpose_a {
            false => product(false, !transpose_b, g, b),
            true => product(transpose_b, true, b, g),
        }),
        // op(B)‾ = α·op(A)ᵀ·Y‾
        site.when(1, || match transpose_b {
            false => product(!transpose_a, false, a, g),
            true => product(true, transpose_a, g, a),
        }),
        site.when(2, || g * beta),
    ]
}

/// A‾ = Y‾·Bᵀ and B‾ = Aᵀ·Y‾, summed over broadcast batch axes by the sweep.
pub(super) fn matmul<'t>(site: &Site<'t>) -> Vec<Option<Var<'t>>> {
    let (a, b) = (site.inputs[0], site.inputs[1]);
    let (a_shape, b_shape) = (a.shape(), b.shape());
    // Vectors as matrices: a row on the left, a column on the right.
    let left = match a_shape.as_slice() {
        [length] => a.reshape(&[1, *length]),
        _ => a,
    };
    let right = match b_shape.as_slice() {
        [length] => b.reshape(&[*length, 1]),
        _ => b,
    };
    let mut g_shape = site.outputs[0].shape();
    if b_shape.len() == 1 {
        g_shape.push(1);
    }
    if a_shape.len() == 1 {
        g_shape.insert(g_shape.len() - 1, 1);
    }
    let g = site.cotangent.reshape(&g_shape);
    vec![
        site.when(0, || {
            times_transposed(g, right)
                .fit(&left.shape())
                .reshape(&a_shape)
        }),
        site.when(1, || {
            transposed_times(left, g)
                .fit(&right.shape())
                .reshape(&b_shape)
        }),
    ]
}

/// g·Bᵀ. For a B of rank 2 as one `Gemm`, which does not transpose B in memory.
fn times_transposed<'t>(g: Var<'t>, b: Var<'t>) -> Var<'t> {
    let b_shape = b.shape();
    let [inner, columns] = b_shape[..] else {
        return g.matmul(b.transpose_last_two());
    };
    let mut shape = g.shape();
    let rows = shape[..shape.len() - 1].iter().product();
    let product = g
        .tape()
        .emit(gemm_op(false, true, 1.0), &[g.reshape(&[rows, columns]), b]);
    if let Some(last) = shape.last_mut() {
        *last = inner;
    }
    product.reshape(&shape)
}

/// Aᵀ·g, as one `Gemm` where both have rank 2.
fn transposed_times<'t>(a: Var<'t>, g: Var<'t>) -> Var<'t> {
    if a.rank() == 2 && g.rank() == 2 {
        return a.tape().emit(gemm_op(true, false, 1.0), &[a, g]);
    }
    a.transpose_last_two().matmul(g)
}
