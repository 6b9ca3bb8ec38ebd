//! The conditions that the families share, each with the text of its failure.

use std::ops::RangeInclusive;

use super::{DType, TensorType};

/// Exactly `N` inputs.
pub(super) fn inputs<'a, const N: usize>(
    inputs: &[&'a TensorType],
) -> Result<[&'a TensorType; N], String> {
    <[&TensorType; N]>::try_from(inputs)
        .map_err(|_| format!("takes {N} inputs, not {}", inputs.len()))
}

/// `N` inputs, the last of which may be left off.
pub(super) fn inputs_and_optional<'a, const N: usize>(
    inputs: &[&'a TensorType],
) -> Result<([&'a TensorType; N], Option<&'a TensorType>), String> {
    let wrong = || format!("takes {N} or {} inputs, not {}", N + 1, inputs.len());
    let (required, optional) = inputs.split_at_checked(N).ok_or_else(wrong)?;
    if optional.len() > 1 {
        return Err(wrong());
    }
    let required = <[&TensorType; N]>::try_from(required).map_err(|_| wrong())?;
    Ok((required, optional.first().copied()))
}

/// A number of outputs the operator has.
pub(super) fn outputs(count: usize, allowed: RangeInclusive<usize>) -> Result<(), String> {
    if allowed.contains(&count) {
        return Ok(());
    }
    let (low, high) = allowed.into_inner();
    Err(if low == high {
        format!("has {low} outputs, not {count}")
    } else {
        format!("has {low} to {high} outputs, not {count}")
    })
}

/// A tensor whose bytes can be addressed.
pub(super) fn countable(tensor_type: &TensorType) -> Result<(), String> {
    match tensor_type.checked_bytes() {
        Some(_) => Ok(()),
        None => Err(format!("{tensor_type} is too large for this machine")),
    }
}

/// A float tensor.
pub(super) fn float(tensor_type: &TensorType) -> Result<(), String> {
    if tensor_type.dtype.is_float() {
        Ok(())
    } else {
        Err(format!("takes floats, not {tensor_type}"))
    }
}

/// Floats or integers.
pub(super) fn number(tensor_type: &TensorType) -> Result<(), String> {
    if tensor_type.dtype == DType::Bool {
        Err(format!("takes numbers, not {tensor_type}"))
    } else {
        Ok(())
    }
}

/// Truth values.
pub(super) fn truth(tensor_type: &TensorType) -> Result<(), String> {
    if tensor_type.dtype == DType::Bool {
        Ok(())
    } else {
        Err(format!("takes truth values, not {tensor_type}"))
    }
}

/// Two tensors of one element type.
pub(super) fn same_dtype(a: &TensorType, b: &TensorType) -> Result<(), String> {
    if a.dtype == b.dtype {
        Ok(())
    } else {
        Err(format!("{a} and {b} are of different element types"))
    }
}

/// An axis the tensor has.
pub(super) fn axis(tensor_type: &TensorType, axis: usize) -> Result<(), String> {
    if axis < tensor_type.rank() {
        Ok(())
    } else {
        Err(format!("{tensor_type} has no axis {axis}"))
    }
}

/// At least this many axes.
pub(super) fn rank_at_least(tensor_type: &TensorType, rank: usize) -> Result<(), String> {
    if tensor_type.rank() >= rank {
        Ok(())
    } else {
        Err(format!("takes at least {rank} axes, not {tensor_type}"))
    }
}

/// Exactly this many axes.
pub(super) fn rank(tensor_type: &TensorType, rank: usize) -> Result<(), String> {
    if tensor_type.rank() == rank {
        Ok(())
    } else {
        Err(format!("takes {rank} axes, not {tensor_type}"))
    }
}

/// An attribute with one entry for each of `count` axes.
pub(super) fn entries<T>(name: &str, values: &[T], count: usize) -> Result<(), String> {
    if values.len() == count {
        Ok(())
    } else {
        Err(format!(
            "{name} has {} entries for {count} axes",
            values.len()
        ))
    }
}

/// An attribute whose entries are all above zero.
pub(super) fn positive(name: &str, values: &[usize]) -> Result<(), String> {
    if values.contains(&0) {
        Err(format!("{name} {values:?} must be above zero"))
    } else {
        Ok(())
    }
}

/// `parameter` holds one value for each of `channels`, of the element type of `x`.
pub(super) fn per_channel(
    name: &str,
    parameter: &TensorType,
    channels: usize,
    x: &TensorType,
) -> Result<(), String> {
    same_dtype(x, parameter)?;
    if parameter.shape == [channels] {
        Ok(())
    } else {
        Err(format!(
            "{name} is {parameter}, but there are {channels} channels in {x}"
        ))
    }
}
