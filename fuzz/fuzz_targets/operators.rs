//! Well-formed protobuf with operators, attributes, shapes and weights at random: what mutations of
//! bytes seldom reach.
#![no_main]

use invset_fuzz::exercise;
use invset_fuzz::write::{
    self, Attribute, FLOAT, GraphParts, INT64, Message, attribute, graph, model, tensor, value_info,
};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

libfuzzer_sys::fuzz_target!(|data: AnyModel| exercise(&data.0));

/// The bytes of a model.
#[derive(Debug)]
struct AnyModel(Vec<u8>);

/// Kind of an attribute's value.
#[derive(Clone, Copy)]
enum Kind {
    Int,
    Float,
    Ints,
    Floats,
    Tensor,
    Graph,
    OneOf(&'static [&'static str]),
}
use Kind::{Float, Floats, Int, Ints, OneOf};

/// An operator, the most inputs it takes, and its attributes.
type Operator = (&'static str, usize, &'static [(&'static str, Kind)]);

const AUTO_PAD: (&str, Kind) = (
    "auto_pad",
    OneOf(&["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
);
const WINDOW: &[(&str, Kind)] = &[
    AUTO_PAD,
    ("pads", Ints),
    ("strides", Ints),
    ("dilations", Ints),
    ("kernel_shape", Ints),
    ("group", Int),
];
const POOL: &[(&str, Kind)] = &[
    AUTO_PAD,
    ("pads", Ints),
    ("strides", Ints),
    ("dilations", Ints),
    ("kernel_shape", Ints),
    ("ceil_mode", Int),
    ("count_include_pad", Int),
    ("storage_order", Int),
];
const REDUCE: &[(&str, Kind)] = &[
    ("axes", Ints),
    ("keepdims", Int),
    ("noop_with_empty_axes", Int),
];
const AXIS: &[(&str, Kind)] = &[("axis", Int)];

const OPERATORS: &[Operator] = &[
    ("Add", 2, &[]),
    ("Mul", 2, &[]),
    ("Sub", 2, &[]),
    ("Div", 2, &[]),
    ("Pow", 2, &[]),
    ("PRelu", 2, &[]),
    ("Mod", 2, &[("fmod", Int)]),
    ("Greater", 2, &[]),
    ("Equal", 2, &[]),
    ("And", 2, &[]),
    ("Not", 1, &[]),
    ("Sum", 4, &[]),
    ("Mean", 4, &[]),
    ("Min", 3, &[]),
    ("Max", 3, &[]),
    ("Clip", 3, &[("min", Float), ("max", Float)]),
    ("Where", 3, &[]),
    ("Cast", 1, &[("to", Int)]),
    ("CastLike", 2, &[]),
    ("Dropout", 3, &[("ratio", Float), ("seed", Int)]),
    ("Relu", 1, &[]),
    ("Exp", 1, &[]),
    ("Neg", 1, &[]),
    ("Sqrt", 1, &[]),
    ("Identity", 1, &[]),
    ("LeakyRelu", 1, &[("alpha", Float)]),
    ("Elu", 1, &[("alpha", Float)]),
    ("Gelu", 1, &[("approximate", OneOf(&["none", "tanh"]))]),
    ("ThresholdedRelu", 1, &[("alpha", Float)]),
    ("HardSigmoid", 1, &[("alpha", Float), ("beta", Float)]),
    ("Conv", 3, WINDOW),
    (
        "ConvTranspose",
        3,
        &[
            AUTO_PAD,
            ("pads", Ints),
            ("strides", Ints),
            ("dilations", Ints),
            ("kernel_shape", Ints),
            ("group", Int),
            ("output_padding", Ints),
            ("output_shape", Ints),
        ],
    ),
    (
        "Gemm",
        3,
        &[
            ("alpha", Float),
            ("beta", Float),
            ("transA", Int),
            ("transB", Int),
        ],
    ),
    ("MatMul", 2, &[]),
    (
        "Einsum",
        3,
        &[(
            "equation",
            OneOf(&[
                "ij,jk->ik",
                "...ij,...jk->...ik",
                "ii->i",
                "ab,cd->",
                "a,a,a->a",
                "->",
                "i...->...",
            ]),
        )],
    ),
    ("MaxPool", 1, POOL),
    ("AveragePool", 1, POOL),
    ("LpPool", 1, POOL),
    ("GlobalAveragePool", 1, &[]),
    ("GlobalMaxPool", 1, &[]),
    (
        "BatchNormalization",
        5,
        &[("epsilon", Float), ("momentum", Float)],
    ),
    ("InstanceNormalization", 3, &[("epsilon", Float)]),
    (
        "GroupNormalization",
        3,
        &[("num_groups", Int), ("epsilon", Float)],
    ),
    (
        "LayerNormalization",
        3,
        &[("axis", Int), ("epsilon", Float)],
    ),
    ("RMSNormalization", 2, &[("axis", Int), ("epsilon", Float)]),
    ("MeanVarianceNormalization", 1, &[("axes", Ints)]),
    ("LpNormalization", 1, &[("axis", Int), ("p", Int)]),
    (
        "LRN",
        1,
        &[
            ("size", Int),
            ("alpha", Float),
            ("beta", Float),
            ("bias", Float),
        ],
    ),
    ("ReduceSum", 2, REDUCE),
    ("ReduceMean", 2, REDUCE),
    ("ReduceMax", 2, REDUCE),
    ("ReduceProd", 2, REDUCE),
    ("ReduceLogSumExp", 2, REDUCE),
    ("ReduceLogSum", 2, REDUCE),
    ("CumSum", 2, &[("exclusive", Int), ("reverse", Int)]),
    ("Softmax", 1, AXIS),
    ("LogSoftmax", 1, AXIS),
    ("Reshape", 2, &[("allowzero", Int)]),
    ("Flatten", 1, AXIS),
    ("Squeeze", 2, &[("axes", Ints)]),
    ("Unsqueeze", 2, &[("axes", Ints)]),
    ("Transpose", 1, &[("perm", Ints)]),
    ("Concat", 4, AXIS),
    (
        "Split",
        2,
        &[("axis", Int), ("split", Ints), ("num_outputs", Int)],
    ),
    ("Expand", 2, &[]),
    ("Tile", 2, &[]),
    (
        "DepthToSpace",
        1,
        &[("blocksize", Int), ("mode", OneOf(&["DCR", "CRD"]))],
    ),
    ("SpaceToDepth", 1, &[("blocksize", Int)]),
    (
        "Slice",
        5,
        &[("starts", Ints), ("ends", Ints), ("axes", Ints)],
    ),
    (
        "Pad",
        4,
        &[
            ("mode", OneOf(&["constant", "reflect", "edge", "wrap"])),
            ("pads", Ints),
            ("value", Float),
        ],
    ),
    (
        "Upsample",
        2,
        &[("mode", OneOf(&["nearest", "linear"])), ("scales", Floats)],
    ),
    (
        "Resize",
        4,
        &[
            ("mode", OneOf(&["nearest", "linear", "cubic"])),
            (
                "coordinate_transformation_mode",
                OneOf(&[
                    "half_pixel",
                    "half_pixel_symmetric",
                    "pytorch_half_pixel",
                    "align_corners",
                    "asymmetric",
                ]),
            ),
            (
                "nearest_mode",
                OneOf(&["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
            ),
            (
                "keep_aspect_ratio_policy",
                OneOf(&["stretch", "not_larger", "not_smaller"]),
            ),
            ("axes", Ints),
            ("antialias", Int),
            ("exclude_outside", Int),
            ("cubic_coeff_a", Float),
        ],
    ),
    ("Gather", 2, AXIS),
    ("GatherElements", 2, AXIS),
    ("GatherND", 2, &[("batch_dims", Int)]),
    (
        "ScatterElements",
        3,
        &[("axis", Int), ("reduction", OneOf(&["none", "add"]))],
    ),
    (
        "Constant",
        0,
        &[
            ("value", Kind::Tensor),
            ("value_int", Int),
            ("value_ints", Ints),
            ("value_float", Float),
            ("value_floats", Floats),
        ],
    ),
    ("ConstantOfShape", 1, &[("value", Kind::Tensor)]),
    ("Shape", 1, &[("start", Int), ("end", Int)]),
    ("Size", 1, &[]),
    ("Range", 3, &[]),
    ("OneHot", 3, AXIS),
    ("Trilu", 2, &[("upper", Int)]),
    ("EyeLike", 1, &[("dtype", Int), ("k", Int)]),
    (
        "If",
        1,
        &[("then_branch", Kind::Graph), ("else_branch", Kind::Graph)],
    ),
];

/// Numbers that lie at some limit.
const INTEGERS: &[i64] = &[
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    -1,
    -2,
    -3,
    15,
    16,
    64,
    255,
    4096,
    65536,
    1 << 20,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    1 << 40,
    1 << 50,
    1 << 62,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
];
const FLOATS: &[f32] = &[
    0.0,
    -0.0,
    1.0,
    2.0,
    0.5,
    0.7,
    1e-5,
    -1.0,
    3.0,
    65536.0,
    1e9,
    1e38,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    f32::MIN_POSITIVE,
];

fn integer(u: &mut Unstructured<'_>) -> Result<i64> {
    // Mostly the small ones: a model refused at its first node tests nothing behind it.
    if u.ratio(4, 5)? {
        Ok(INTEGERS[u.choose_index(8)?])
    } else {
        Ok(*u.choose(INTEGERS)?)
    }
}

fn integers(u: &mut Unstructured<'_>) -> Result<Vec<i64>> {
    let length = u.choose_index(9)?;
    (0..length).map(|_| integer(u)).collect()
}

fn shape(u: &mut Unstructured<'_>) -> Result<Vec<i64>> {
    let rank = *u.choose(&[4, 2, 3, 1, 0, 5])?;
    (0..rank)
        .map(|_| {
            if u.ratio(29, 30)? {
                Ok(*u.choose(&[1, 2, 3, 4, 6, 8])?)
            } else {
                integer(u)
            }
        })
        .collect()
}

fn weight(u: &mut Unstructured<'_>, name: &str) -> Result<Message> {
    if u.ratio(1, 2)? {
        let values = integers(u)?;
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let scalar = values.len() == 1 && u.arbitrary()?;
        let dims = if scalar {
            vec![]
        } else {
            vec![values.len() as i64]
        };
        return Ok(tensor(name, INT64, &dims, &raw));
    }
    let dims = shape(u)?;
    let count = dims
        .iter()
        .try_fold(1i64, |product, &dim| product.checked_mul(dim))
        .unwrap_or(0)
        .clamp(0, 4096);
    let value = *u.choose(FLOATS)?;
    let raw: Vec<u8> = (0..count).flat_map(|_| value.to_le_bytes()).collect();
    let dtype = if u.ratio(9, 10)? {
        FLOAT
    } else {
        u.int_in_range(0..=20)?
    };
    Ok(tensor(name, dtype, &dims, &raw))
}

fn value(u: &mut Unstructured<'_>, kind: Kind, depth: usize) -> Result<Attribute> {
    Ok(match kind {
        Int => Attribute::Int(integer(u)?),
        Float => Attribute::Float(*u.choose(FLOATS)?),
        Ints => Attribute::Ints(integers(u)?),
        Floats => {
            let length = u.choose_index(6)?;
            let floats: Result<Vec<f32>> = (0..length).map(|_| Ok(*u.choose(FLOATS)?)).collect();
            Attribute::Floats(floats?)
        }
        Kind::Tensor => Attribute::Tensor(weight(u, "t")?),
        Kind::Graph => Attribute::Graph(body(u, depth + 1)?),
        OneOf(texts) => Attribute::Text((*u.choose(texts)?).to_owned()),
    })
}

fn nodes(
    u: &mut Unstructured<'_>,
    names: &mut Vec<String>,
    prefix: &str,
    depth: usize,
) -> Result<Vec<Message>> {
    let count = u.int_in_range(1..=4)?;
    let mut nodes = Vec::new();
    for number in 0..count {
        let (op_type, most_inputs, attributes) = *u.choose(OPERATORS)?;
        let is_call = u.ratio(1, 30)?;
        let arguments = if u.ratio(9, 10)? {
            most_inputs
        } else {
            u.int_in_range(0..=5)?
        };
        let mut inputs = Vec::new();
        for index in 0..arguments {
            // The first input is most often what the node before has made.
            inputs.push(match (index, u.int_in_range(0..=9)?) {
                (1.., 0) => String::new(),
                (0, 1..) => names.last().cloned().unwrap_or_default(),
                _ => u.choose(names)?.clone(),
            });
        }
        let outputs: Vec<String> = (0..u.int_in_range(1..=3)?)
            .map(|index| format!("{prefix}{number}_{index}"))
            .take(if op_type == "Split" {
                3
            } else {
                1 + usize::from(u.ratio(1, 9)?)
            })
            .collect();
        let mut given = Vec::new();
        for &(name, kind) in attributes {
            if depth < 3 && u.ratio(1, 2)? {
                given.push(attribute(name, value(u, kind, depth)?));
            }
        }
        let (op_type, domain) = if is_call {
            ("f", "local")
        } else {
            (op_type, "")
        };
        nodes.push(write::node(op_type, domain, &inputs, &outputs, given));
        names.extend(outputs.into_iter().take(1));
    }
    Ok(nodes)
}

/// The body of a branch.
fn body(u: &mut Unstructured<'_>, depth: usize) -> Result<Message> {
    let mut names = vec!["x".to_owned(), "w0".to_owned()];
    let prefix = format!("b{depth}_");
    let nodes = nodes(u, &mut names, &prefix, depth)?;
    let last = names.last().cloned().unwrap_or_default();
    Ok(graph(GraphParts {
        nodes,
        outputs: vec![value_info(&last, FLOAT, &[])],
        ..GraphParts::default()
    }))
}

impl<'a> Arbitrary<'a> for AnyModel {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let opset = u.int_in_range(7..=24)?;
        let mut names = vec!["true".to_owned()];
        let mut parts = GraphParts::default();
        parts.initializers.push(tensor("true", 9, &[], &[1]));
        for index in 0..u.int_in_range(0..=4)? {
            let name = format!("w{index}");
            parts.initializers.push(weight(u, &name)?);
            names.push(name);
        }
        if u.ratio(1, 4)? {
            parts.inputs.push(value_info("y", FLOAT, &shape(u)?));
            names.push("y".to_owned());
        }
        parts.inputs.push(value_info("x", FLOAT, &shape(u)?));
        names.push("x".to_owned());
        parts.nodes = nodes(u, &mut names, "v", 0)?;
        let last = names.last().cloned().unwrap_or_default();
        parts.outputs.push(value_info(&last, FLOAT, &[]));
        let mut functions = Vec::new();
        if u.ratio(1, 8)? {
            let mut inner = vec!["a".to_owned(), "c".to_owned()];
            let body = nodes(u, &mut inner, "f", 2)?;
            let last = inner.last().cloned().into_iter().collect::<Vec<_>>();
            let parameters = ["a".to_owned(), "c".to_owned()];
            functions.push(write::function(
                "local",
                "f",
                &parameters,
                &last,
                body,
                opset,
            ));
        }
        Ok(AnyModel(model(opset, graph(parts), functions).into_bytes()))
    }
}
