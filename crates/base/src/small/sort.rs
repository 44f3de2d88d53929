//! A stable merge sort. The part that does not depend on the type of the elements is compiled once.

use std::cmp::Ordering;

/// Sorts a list. Equal elements keep their order. A sorted list takes linear time.
///
/// ```
/// let mut list = [(2, 'a'), (1, 'b'), (2, 'c')];
/// cloudflow_base::small::sort_by(&mut list, |a, b| a.0.cmp(&b.0));
/// assert_eq!(list, [(1, 'b'), (2, 'a'), (2, 'c')]);
/// ```
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let order = order(
        list.len(),
        &|a, b| matches!((list.get(a as usize), list.get(b as usize)), (Some(a), Some(b)) if compare(a, b) == Ordering::Less),
    );
    if let Some(order) = order {
        arrange(order, &mut |a, b| {
            if let Ok([a, b]) = list.get_disjoint_mut([a, b]) {
                std::mem::swap(a, b);
            }
        });
    }
}

/// Sorts a list by the order of its elements. Equal elements keep their order.
///
/// ```
/// let mut list = [3, 1, 2];
/// cloudflow_base::small::sort(&mut list);
/// assert_eq!(list, [1, 2, 3]);
/// ```
pub fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

/// Moves to each index the element that `order` names there, by swaps along each cycle.
fn arrange(mut order: Vec<u32>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut at = start;
        while let Some(from) = order.get_mut(at) {
            // An entry that is done names its own index.
            let from = std::mem::replace(from, at as u32) as usize;
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

/// The indices in sorted order. `None` if the list is sorted. A bottom-up merge sort.
fn order(len: usize, precedes: &dyn Fn(u32, u32) -> bool) -> Option<Vec<u32>> {
    let len = u32::try_from(len).ok()?;
    if (1..len).all(|next| !precedes(next, next - 1)) {
        return None;
    }
    let mut from: Vec<u32> = (0..len).collect();
    let mut into = Vec::with_capacity(from.len());
    let mut width = 1;
    while width < from.len() {
        into.clear();
        for pair in from.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([first, rest_left @ ..], [second, rest_right @ ..]) = (left, right) {
                if precedes(*second, *first) {
                    into.push(*second);
                    right = rest_right;
                } else {
                    into.push(*first);
                    left = rest_left;
                }
            }
            into.extend_from_slice(left);
            into.extend_from_slice(right);
        }
        std::mem::swap(&mut from, &mut into);
        width *= 2;
    }
    Some(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every list of up to seven small numbers. Each element has its original index.
    #[test]
    fn sorts_and_keeps_the_order_of_equals() {
        for len in 0..=7u32 {
            for number in 0..3u32.pow(len) {
                let mut list: Vec<(u32, u32)> = (0..len).map(|at| (number / 3u32.pow(at) % 3, at)).collect();
                let mut expected = list.clone();
                expected.sort_by_key(|(value, _)| *value);
                sort_by(&mut list, |a, b| a.0.cmp(&b.0));
                assert_eq!(list, expected);
            }
        }
    }
}
