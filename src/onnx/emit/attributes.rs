//! Attributes of nodes.

use super::super::wire::AttributeProto;
use super::super::wire::attribute_proto::AttributeType;

pub(super) fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        i: Some(value as i64),
        ..of(name, AttributeType::Int)
    }
}

pub(super) fn flag(name: &str, value: bool) -> AttributeProto {
    int(name, usize::from(value))
}

pub(super) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        ints: values.iter().map(|&value| value as i64).collect(),
        ..of(name, AttributeType::Ints)
    }
}

pub(super) fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        f: Some(value as f32),
        ..of(name, AttributeType::Float)
    }
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.as_bytes().to_vec().into()),
        ..of(name, AttributeType::String)
    }
}

fn of(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind as i32),
        ..AttributeProto::default()
    }
}
