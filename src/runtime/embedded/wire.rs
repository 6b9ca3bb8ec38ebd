//! A bounds-checked reader of protobuf's wire format.
//!
//! rten's own parser trusts the lengths it reads (a length of 2^40 is allocated before it is
//! missed), so [`super::outline`] walks every message with this one first.

/// One field of a message.
pub(super) struct Field<'a> {
    /// Its number in the schema.
    pub(super) number: u64,
    /// Its value.
    pub(super) value: FieldValue<'a>,
}

/// The value of a field, by wire type.
pub(super) enum FieldValue<'a> {
    /// An integer, truth value or enum.
    Integer(u64),
    /// A string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// A 4-byte or 8-byte number.
    Fixed,
}

impl<'a> Field<'a> {
    /// The bytes, if that is what the field holds.
    pub(super) fn bytes(&self) -> Result<&'a [u8], String> {
        match self.value {
            FieldValue::Bytes(bytes) => Ok(bytes),
            _ => Err(format!("field {} is not a string or message", self.number)),
        }
    }

    /// The text, if that is what the field holds.
    pub(super) fn text(&self) -> Result<&'a str, String> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|_| format!("field {} is not UTF-8 text", self.number))
    }

    /// The integer, if that is what the field holds.
    pub(super) fn integer(&self) -> Result<u64, String> {
        match self.value {
            FieldValue::Integer(value) => Ok(value),
            _ => Err(format!("field {} is not an integer", self.number)),
        }
    }

    /// The integers, packed or a single one.
    pub(super) fn integers(&self) -> Result<Vec<u64>, String> {
        match self.value {
            FieldValue::Integer(value) => Ok(vec![value]),
            FieldValue::Bytes(packed) => {
                let mut reader = Fields::new(packed);
                let mut integers = Vec::new();
                while !reader.rest.is_empty() {
                    integers.push(reader.integer()?);
                }
                Ok(integers)
            }
            FieldValue::Fixed => Err(format!("field {} is not a list of integers", self.number)),
        }
    }
}

/// The fields of one message.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads a message that fills `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| format!("{length} bytes announced, {} left", self.rest.len()))?;
        self.rest = rest;
        Ok(taken)
    }

    fn integer(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("an integer of more than 10 bytes".to_owned())
    }

    fn field(&mut self) -> Result<Field<'a>, String> {
        let tag = self.integer()?;
        let value = match tag & 7 {
            0 => FieldValue::Integer(self.integer()?),
            1 => self.take(8).map(|_| FieldValue::Fixed)?,
            2 => {
                let length = self.integer()?;
                FieldValue::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| FieldValue::Fixed)?,
            other => return Err(format!("wire type {other}")),
        };
        Ok(Field {
            number: tag >> 3,
            value,
        })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}
