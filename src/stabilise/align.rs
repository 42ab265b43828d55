//! Which documented exchange a live exchange corresponds to.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::{Exchange, path_of};

use super::volatile::masked;

/// For each live exchange the index of the documented one that it repeats, if there is one.
///
/// Exchanges correspond when caller, service, method and path are the same but for volatile
/// values, and when they come in the same order.
pub(super) fn exchanges(documented: &[Exchange], live: &[Exchange]) -> Vec<Option<usize>> {
    let keys = |exchanges: &[Exchange]| exchanges.iter().map(key).collect::<Vec<_>>();
    let mut partners = vec![None; live.len()];
    for (old, new) in pairs(&keys(documented), &keys(live)) {
        partners[new] = Some(old);
    }
    partners
}

fn key(exchange: &Exchange) -> String {
    let Exchange { from, to, request, .. } = exchange;
    format!("{from} {to} {} {}", request.method, masked(path_of(&request.url)))
}

/// Indices of the elements that a longest common subsequence pairs.
pub(super) fn pairs(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            pairs.extend((0..len).map(|step| (old_index + step, new_index + step)));
        }
    }
    pairs
}
