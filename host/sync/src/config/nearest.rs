//! The word that was probably meant.

/// The known word nearest to `word`, if it is near enough to be a slip: at most a third of its letters differ.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Nobody mistypes a word of 64 letters, and comparing takes the product of both lengths.
    if word.len() > 64 {
        return None;
    }
    let written: Vec<char> = word.to_lowercase().chars().collect();
    known
        .into_iter()
        .map(|candidate| (distance(&written, &candidate.to_lowercase().chars().collect::<Vec<_>>()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(written.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, remove, change or swap with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, &letter_a) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        let mut left = i + 1;
        let mut previous_b = None;
        for (j, &letter_b) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (left + 1).min(cell(&last, j + 1) + 1).min(cell(&last, j) + usize::from(letter_a != letter_b));
            if j > 0 && previous_a == Some(letter_b) && previous_b == Some(letter_a) {
                best = best.min(cell(&before_last, j - 1) + 1);
            }
            row.push(best);
            left = best;
            previous_b = Some(letter_b);
        }
        previous_a = Some(letter_a);
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_finds_the_word() {
        for (written, meant) in [
            ("compnent", Some("component")),
            ("componnet", Some("component")),
            ("Component", Some("component")),
            ("setings", Some("settings")),
            ("completely_else", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, ["component", "settings", "login"]), meant, "{written}");
        }
    }
}
