//! The few statistics that reports need.
//! Not here: percentiles of latencies (hdrhistogram).

/// Median with the range it was seen in.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Spread {
    /// The middle value, or the mean of the two in the middle.
    pub median: f64,
    /// The smallest of the values.
    pub min: f64,
    /// The largest of the values.
    pub max: f64,
}

/// `None` when there is nothing to look at.
pub fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
    Some(Spread { median, min, max })
}

/// Slope of the least-squares line through points of (seconds, value), in values a second; 0 for fewer than two moments.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let (mean_x, mean_y) = mean(points);
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    (points.iter().map(|point| point.0).sum::<f64>() / count, points.iter().map(|point| point.1).sum::<f64>() / count)
}

/// From the mean of `before` to the mean of `after`, in values a second; 0 when there is nothing to compare.
pub fn step(before: &[(f64, f64)], after: &[(f64, f64)]) -> f64 {
    let ((then, low), (now, high)) = (mean(before), mean(after));
    if now > then { (high - low) / (now - then) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]), Some(Spread { median: 2.5, min: 1.0, max: 4.0 }));
    }

    #[test]
    fn a_line_has_its_slope_and_a_point_none() {
        let line: Vec<(f64, f64)> = (0..10).map(|x| (f64::from(x), 5.0 + 2.0 * f64::from(x))).collect();
        assert!((slope(&line) - 2.0).abs() < 1e-9);
        assert_eq!(slope(&line[..1]), 0.0);
        assert_eq!(slope(&[]), 0.0);
    }

    #[test]
    fn a_step_is_from_mean_to_mean() {
        assert_eq!(step(&[(0.0, 1.0), (2.0, 3.0)], &[(10.0, 12.0), (12.0, 32.0)]), 2.0);
        assert_eq!(step(&[], &[(1.0, 1.0)]), 0.0);
    }
}
