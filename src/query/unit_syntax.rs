//! A unit as written, before any model is known.

use super::error::UsageError;

/// A unit as written. Tensor names may hold any character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitSyntax {
    /// As written.
    pub text: String,
    /// What is read.
    pub form: Form,
}

/// The forms a unit is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `volcano`, `logits[980]`: an element, or the mean over positions.
    Plain(Target),
    /// `t[c,4,6]`: one position of a feature map.
    Position {
        /// The tensor.
        tensor: String,
        /// Channel, row, column.
        index: [usize; 3],
    },
    /// `max(t[c])`: the largest over positions.
    Maximum(Target),
    /// `prob(logits[980])`: the softmax.
    Probability(Target),
    /// `dir(v.npy)@t`: the inner product with a vector.
    Direction {
        /// The file of the vector.
        path: String,
        /// The tensor.
        tensor: String,
    },
}

/// One unit of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// By its label: a unit of the logits.
    Label(String),
    /// By its place.
    Element {
        /// The tensor.
        tensor: String,
        /// The unit.
        index: usize,
    },
}

impl UnitSyntax {
    /// Parses a unit.
    ///
    /// # Errors
    /// It is empty, or has an index that is no index.
    pub fn parse(text: &str) -> Result<UnitSyntax, UsageError> {
        let text = text.trim();
        let form = parse(text).map_err(|reason| UsageError::UnitSyntax {
            text: text.to_owned(),
            reason,
        })?;
        Ok(UnitSyntax {
            text: text.to_owned(),
            form,
        })
    }
}

fn parse(text: &str) -> Result<Form, String> {
    if let Some(rest) = text.strip_prefix("dir(")
        && let Some((path, tensor)) = rest.rsplit_once(")@")
    {
        return direction(path.trim(), tensor.trim());
    }
    if let Some(inner) = call(text, "max") {
        return Ok(Form::Maximum(target(inner, "max")?));
    }
    if let Some(inner) = call(text, "prob") {
        return Ok(Form::Probability(target(inner, "prob")?));
    }
    match indices(text)? {
        Some((tensor, index)) => match index[..] {
            [index] => Ok(Form::Plain(Target::Element { tensor, index })),
            [channel, row, column] => Ok(Form::Position {
                tensor,
                index: [channel, row, column],
            }),
            _ => Err(format!("it has {} indices, not 1 or 3", index.len())),
        },
        None => Ok(Form::Plain(label(text)?)),
    }
}

/// The inside of `name(inside)`.
fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let inside = text.strip_prefix(name)?.strip_prefix('(')?;
    inside.strip_suffix(')').map(str::trim)
}

fn direction(path: &str, tensor: &str) -> Result<Form, String> {
    if path.is_empty() || tensor.is_empty() {
        return Err("a direction needs a file and a tensor".to_owned());
    }
    Ok(Form::Direction {
        path: path.to_owned(),
        tensor: tensor.to_owned(),
    })
}

fn target(text: &str, function: &str) -> Result<Target, String> {
    match indices(text)? {
        Some((tensor, index)) => match index[..] {
            [index] => Ok(Target::Element { tensor, index }),
            _ => Err(format!(
                "{function} takes one unit, such as {function}({tensor}[0])"
            )),
        },
        None => label(text),
    }
}

fn label(text: &str) -> Result<Target, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(Target::Label(text.to_owned()))
}

/// The tensor and the indices of `tensor[1,2,3]`; none where the text does not end so, or where
/// what stands in the brackets has no digit at all (part of a label, then).
fn indices(text: &str) -> Result<Option<(String, Vec<usize>)>, String> {
    let Some((tensor, inside)) = text
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
    else {
        return Ok(None);
    };
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, ',' | '-' | '+' | '.' | ' ');
    if !inside.chars().all(numeric) {
        return Ok(None);
    }
    let tensor = tensor.trim();
    if tensor.is_empty() {
        return Err("it names no tensor before the '['".to_owned());
    }
    let indices: Result<Vec<usize>, String> = inside
        .split(',')
        .map(|index| {
            let index = index.trim();
            let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let parsed = digits.then(|| index.parse().ok()).flatten();
            parsed.ok_or_else(|| format!("'{index}' is no index (indices count from 0)"))
        })
        .collect();
    Ok(Some((tensor.to_owned(), indices?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn form(text: &str) -> Form {
        UnitSyntax::parse(text).unwrap().form
    }

    fn element(tensor: &str, index: usize) -> Target {
        Target::Element {
            tensor: tensor.to_owned(),
            index,
        }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(
            form("volcano"),
            Form::Plain(Target::Label("volcano".into()))
        );
        assert_eq!(form(" logits[980] "), Form::Plain(element("logits", 980)));
        assert_eq!(
            form("prob(logits[980])"),
            Form::Probability(element("logits", 980))
        );
        assert_eq!(
            form("prob(volcano)"),
            Form::Probability(Target::Label("volcano".into()))
        );
        assert_eq!(form("max(t[3])"), Form::Maximum(element("t", 3)));
        let tensor = "t".to_owned();
        assert_eq!(
            form("t[3, 4,6]"),
            Form::Position {
                tensor,
                index: [3, 4, 6]
            }
        );
        assert_eq!(
            form("dir(a (1).npy)@layer 4/x"),
            Form::Direction {
                path: "a (1).npy".into(),
                tensor: "layer 4/x".into()
            }
        );
    }

    #[test]
    fn tensor_names_may_hold_any_character() {
        assert_eq!(
            form("/layer1/conv/Conv_output_0[7]"),
            Form::Plain(element("/layer1/conv/Conv_output_0", 7))
        );
        assert_eq!(
            form("a[0]@b(c):0[7]"),
            Form::Plain(element("a[0]@b(c):0", 7))
        );
        assert_eq!(
            form("max(max(a)[0][7])"),
            Form::Maximum(element("max(a)[0]", 7))
        );
    }

    #[test]
    fn brackets_and_parentheses_may_belong_to_a_label() {
        assert_eq!(
            form("crane (bird)"),
            Form::Plain(Target::Label("crane (bird)".into()))
        );
        assert_eq!(
            form("crane [bird]"),
            Form::Plain(Target::Label("crane [bird]".into()))
        );
    }

    #[test]
    fn bad_indices_are_refused_with_the_reason() {
        for (text, reason) in [
            ("t[-1]", "'-1' is no index"),
            ("t[]", "'' is no index"),
            ("t[1,2]", "2 indices"),
            ("t[1.5]", "'1.5' is no index"),
            ("t[99999999999999999999999]", "is no index"),
            ("[3]", "no tensor"),
            ("max(t[1,2,3])", "one unit"),
            ("", "empty"),
            ("prob()", "empty"),
            ("dir()@t", "a file and a tensor"),
        ] {
            let message = UnitSyntax::parse(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
