//! Numbers that may be missing: not a number in memory, `null` in JSON, which has no such number.

use serde::{Deserialize, Deserializer};

/// Reads rows of numbers, `null` as not a number. Written they are already so.
pub(super) fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<f32>>, D::Error> {
    let rows = Vec::<Vec<Option<f32>>>::deserialize(from)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|value| value.unwrap_or(f32::NAN))
                .collect()
        })
        .collect())
}

/// As [`rows`], for rows that may be absent.
pub(super) fn optional_rows<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<Vec<f32>>>, D::Error> {
    rows(from).map(Some)
}

/// A number that is not there at all.
pub(super) fn none() -> f64 {
    f64::NAN
}

/// Reads a number, `null` as not a number.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}
