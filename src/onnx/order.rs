//! Nodes in an order in which they can be computed.

use std::collections::HashMap;

use super::flatten::FlatNode;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unseen,
    Open,
    Done,
}

/// Positions of the wanted nodes and of what they need, each after what it reads; the nodes' own
/// order where that is sound. The error is a node that depends on its own output.
///
/// Depth first without recursion: a hostile file may be deep.
pub(super) fn sorted(
    nodes: &[FlatNode],
    wanted: impl Iterator<Item = usize>,
) -> Result<Vec<usize>, usize> {
    let mut producer: HashMap<&str, usize> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        producer.extend(node.outputs().map(|name| (name, index)));
    }
    let before = |index: usize| -> Vec<usize> {
        let reads = nodes[index].reads();
        let producers = reads.into_iter().filter_map(|name| producer.get(name));
        producers.copied().collect()
    };
    let mut state = vec![State::Unseen; nodes.len()];
    let mut order = Vec::new();
    for root in wanted {
        let mut stack = vec![(root, None)];
        while let Some((index, rest)) = stack.pop() {
            let mut rest: std::vec::IntoIter<usize> = match rest {
                Some(rest) => rest,
                None if state[index] == State::Done => continue,
                None if state[index] == State::Open => return Err(index),
                None => {
                    state[index] = State::Open;
                    before(index).into_iter()
                }
            };
            match rest.next() {
                None => {
                    state[index] = State::Done;
                    order.push(index);
                }
                Some(next) => {
                    stack.push((index, Some(rest)));
                    stack.push((next, None));
                }
            }
        }
    }
    Ok(order)
}

/// The nodes at these positions, each of which appears once.
pub(super) fn permuted(nodes: Vec<FlatNode>, order: &[usize]) -> Vec<FlatNode> {
    let mut nodes: Vec<Option<FlatNode>> = nodes.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|&index| nodes[index].take())
        .collect()
}
