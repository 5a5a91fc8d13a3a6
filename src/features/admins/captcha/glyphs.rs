//! The letters of captchas, as strokes: polylines on a grid of 10 by 14. Letters and digits that look alike are left out (0 O Q, 1 I, 2 Z,
//! 5 S, 6 G, 8 B, U V), and of those that do once they are turned or a line of noise touches them all but one (4 A, P R, F E, K Y X).

/// A point of the grid.
pub(super) type Point = (f64, f64);

/// Width of the grid.
pub(super) const GRID_WIDTH: f64 = 10.0;
/// Height of the grid.
pub(super) const GRID_HEIGHT: f64 = 14.0;

/// The letters that an answer is made of.
pub const LETTERS: &[u8] = b"ACDEHJLMNRTWX379";

/// The strokes of a letter; none for what is not in [`LETTERS`].
pub(super) const fn strokes(letter: u8) -> &'static [&'static [Point]] {
    match letter {
        b'A' => &[&[(0., 14.), (5., 0.), (10., 14.)], &[(2., 9.), (8., 9.)]],
        b'C' => &[&[(9., 3.), (7., 0.5), (4., 0.), (1., 3.), (0., 7.), (1., 11.), (4., 14.), (7., 13.5), (9., 11.)]],
        b'D' => &[&[(0., 0.), (0., 14.), (5., 14.), (9., 11.), (10., 7.), (9., 3.), (5., 0.), (0., 0.)]],
        b'E' => &[&[(9., 0.), (0., 0.), (0., 14.), (9., 14.)], &[(0., 7.), (7., 7.)]],
        b'H' => &[&[(0., 0.), (0., 14.)], &[(10., 0.), (10., 14.)], &[(0., 7.), (10., 7.)]],
        b'J' => &[&[(3., 0.), (9., 0.)], &[(8., 0.), (8., 10.), (6., 13.5), (3., 14.), (0., 11.)]],
        b'L' => &[&[(0., 0.), (0., 14.), (9., 14.)]],
        b'M' => &[&[(0., 14.), (1., 0.), (5., 9.), (9., 0.), (10., 14.)]],
        b'N' => &[&[(0., 14.), (0., 0.), (10., 14.), (10., 0.)]],
        b'R' => &[&[(0., 14.), (0., 0.), (6., 0.), (9., 2.), (9., 5.5), (6., 7.5), (0., 7.5)], &[(5., 7.5), (10., 14.)]],
        b'T' => &[&[(0., 0.), (10., 0.)], &[(5., 0.), (5., 14.)]],
        b'W' => &[&[(0., 0.), (2., 14.), (5., 5.), (8., 14.), (10., 0.)]],
        b'X' => &[&[(0., 0.), (10., 14.)], &[(10., 0.), (0., 14.)]],
        b'3' => {
            &[&[(1., 1.), (4., 0.), (8., 1.), (9., 3.5), (7., 6.5), (4., 7.), (8., 7.5), (10., 10.5), (8., 13.5), (4., 14.), (0., 12.5)]]
        }
        b'7' => &[&[(0., 0.), (10., 0.), (4., 14.)]],
        b'9' => &[&[(9., 5.), (7., 8.), (3., 8.), (0.5, 5.5), (0.5, 2.5), (3., 0.), (7., 0.), (9., 2.5), (9., 5.), (8., 10.), (5., 14.)]],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_strokes_within_the_grid() {
        for letter in LETTERS {
            let points: Vec<Point> = strokes(*letter).iter().flat_map(|stroke| stroke.iter().copied()).collect();
            assert!(points.len() >= 3, "{}", char::from(*letter));
            assert!(points.iter().all(|(x, y)| (0.0..=GRID_WIDTH).contains(x) && (0.0..=GRID_HEIGHT).contains(y)));
        }
        assert!(b"012456BFGIKOPQSUVYZ".iter().all(|alike| !LETTERS.contains(alike) && strokes(*alike).is_empty()));
    }
}
