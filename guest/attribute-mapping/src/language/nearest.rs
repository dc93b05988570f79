//! The nearest of several names to a mistyped one.

/// The candidate with the fewest differing letters, if it is near enough to be what was meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A name of any length may come from a file; only short ones can be typing errors.
    if name.chars().count() > 60 {
        return None;
    }
    let lowered = name.to_lowercase();
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&lowered, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, ca) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(b.len() + 1);
        next.push(i + 1);
        let mut previous = None;
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&row, j) + usize::from(ca != *cb);
            let mut best = changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if j > 0 && last == Some(*cb) && previous == Some(ca) {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
            previous = Some(*cb);
        }
        last = Some(ca);
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let names = ["ToLower", "ToUpper", "Switch", "Len", "Left"];
        for (typed, meant) in [("tolower", "ToLower"), ("Swithc", "Switch"), ("Lenn", "Len"), ("ToUper", "ToUpper")] {
            assert_eq!(nearest(typed, names), Some(meant));
        }
    }

    #[test]
    fn nothing_is_suggested_for_something_else() {
        assert_eq!(nearest("Frobnicate", ["ToLower", "Len"]), None);
        assert_eq!(nearest(&"x".repeat(5_000), ["Len"]), None);
    }
}
