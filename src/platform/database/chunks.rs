//! Lengths of statements over many rows: few of them, so that each statement is prepared once.

/// Rows of a statement, most first: 256 orders bind 7,424 values, below SQLite's 32,766 and MySQL's 65,535.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

/// Cuts a slice into pieces of these lengths, each as long as possible.
pub fn chunks<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROWS.into_iter().find(|&length| length <= rest.len())?;
        let (chunk, after) = rest.split_at(length);
        rest = after;
        Some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_have_few_lengths_and_lose_nothing() {
        for count in [0, 1, 5, 255, 256, 700] {
            let rows: Vec<usize> = (0..count).collect();
            let cut: Vec<&[usize]> = chunks(&rows).collect();
            assert!(cut.iter().all(|chunk| ROWS.contains(&chunk.len())), "{count}");
            assert_eq!(cut.concat(), rows);
        }
    }
}
