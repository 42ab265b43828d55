//! Things that only changed their order.
//!
//! Servers list things that bear ids by id or in no order at all, so their order is as volatile as
//! the ids are: in the elements of a JSON array, and in the rows of a table made of them.

use super::volatile::bears_an_id;

/// For each documented thing the live one that says the same, when there is one for each and all
/// that moved bear ids. Both sides come as masks, which say what a thing means, and as shown, which
/// tells things apart that mean the same.
pub(super) fn same_but_for_order<T: AsRef<str>>(
    (old_masks, old): (&[String], &[T]),
    (new_masks, new): (&[String], &[String]),
) -> Option<Vec<usize>> {
    if old_masks.len() != new_masks.len() {
        return None;
    }
    let stays_or_bears_an_id =
        |(old, new): (&String, &String)| old == new || bears_an_id(old) && bears_an_id(new);
    if !old_masks.iter().zip(new_masks).all(stays_or_bears_an_id) {
        return None;
    }
    let mut free = vec![true; new.len()];
    let mut order = Vec::with_capacity(old.len());
    for (mask, shown) in old_masks.iter().zip(old) {
        // What bears no id has not moved, so equal ones are taken in order.
        let fits = |index: &usize| free[*index] && new_masks[*index] == *mask;
        let index = (0..new.len())
            .filter(fits)
            .find(|&index| new[index] == shown.as_ref())
            .or_else(|| (0..new.len()).find(fits))?;
        free[index] = false;
        order.push(index);
    }
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::same_but_for_order;
    use crate::stabilise::volatile::Volatile;

    const ONE: &str = "| 3c72c8e7a42b4fade78ec4c95b7b4272 | admin   |";
    const TWO: &str = "| b07aedb0a42b4fade78ec4c95b7b4272 | service |";

    fn order(old: &[&str], new: &[&str]) -> Option<Vec<usize>> {
        let masks = |lines: &[&str]| {
            lines.iter().map(|line| Volatile::everywhere().masked(line)).collect::<Vec<_>>()
        };
        let shown: Vec<String> = new.iter().map(|&line| line.to_owned()).collect();
        same_but_for_order((&masks(old), old), (&masks(new), &shown))
    }

    #[test]
    fn rows_with_ids_may_come_in_any_order() {
        assert_eq!(
            order(&["+--+", ONE, TWO, "+--+"], &["+--+", TWO, ONE, "+--+"]),
            Some(vec![0, 2, 1, 3])
        );
        assert_eq!(order(&[ONE, TWO], &[ONE, TWO]), Some(vec![0, 1]));
    }

    #[test]
    fn what_bears_no_id_must_not_move() {
        assert_eq!(order(&["b", "a"], &["a", "b"]), None);
        assert_eq!(order(&["head", ONE], &[ONE, "head"]), None);
        assert_eq!(order(&[ONE], &[TWO]), None, "another thing is no change of order");
    }
}
