//! Draws a captcha: each letter moved, turned, stretched and slanted by chance, its strokes cut into short pieces, every point shaken, all
//! pieces and the lines of noise shuffled into one heap of the same colour and width. Pure but for the chance that is passed in.
//! - D1 The picture has paths only: a `<text>` would hold the answer, and need a font of the client.
//! - D2 No path is a whole letter, and none has the same points twice in two pictures, so that a list of known paths reads nothing.

use std::f64::consts::TAU;
use std::fmt::Write;

use rand::Rng;
use rand::seq::SliceRandom;

use super::glyphs::{GRID_HEIGHT, GRID_WIDTH, Point, strokes};

/// Width of a picture.
pub const WIDTH: u32 = 160;
/// Height of a picture.
pub const HEIGHT: u32 = 60;
/// Pixels of one step of the grid.
const STEP: f64 = 2.1;
/// Longest piece that a stroke is cut into, in steps of the grid.
const PIECE: f64 = 4.5;
/// Lines of noise.
const NOISE: usize = 3;
/// A point lies so far from where it belongs at most, in pixels.
const SHAKE: f64 = 0.7;

/// The picture of these letters, as the text of an SVG.
pub fn draw(letters: &str, random: &mut impl Rng) -> String {
    let mut pieces = Vec::new();
    let room = f64::from(WIDTH) / letters.len().max(1) as f64;
    for (place, letter) in letters.bytes().enumerate() {
        let middle =
            ((place as f64 + 0.5) * room + random.random_range(-2.0..2.0), f64::from(HEIGHT) / 2.0 + random.random_range(-6.0..6.0));
        let pose = Pose::random(middle, random);
        for stroke in strokes(letter) {
            pieces.extend(cut(stroke, random).into_iter().map(|piece| piece.into_iter().map(|point| pose.of(point)).collect::<Vec<_>>()));
        }
    }
    pieces.extend((0..NOISE).flat_map(|_| noise(random)));
    pieces.shuffle(random);
    let hue = random.random_range(0..360);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\
         <rect width=\"100%\" height=\"100%\" fill=\"hsl({hue},30%,95%)\"/>\
         <g fill=\"none\" stroke=\"hsl({hue},55%,35%)\" stroke-width=\"2.2\" stroke-linecap=\"round\">"
    );
    for piece in pieces {
        picture.push_str("<path d=\"");
        for (place, (x, y)) in piece.into_iter().enumerate() {
            let [x, y] =
                [(x, WIDTH), (y, HEIGHT)].map(|(at, end)| (at + random.random_range(-SHAKE..SHAKE)).clamp(1.0, f64::from(end) - 1.0));
            // Writing to a text cannot fail.
            let _ = write!(picture, "{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' });
        }
        picture.push_str("\"/>");
    }
    picture.push_str("</g></svg>");
    picture
}

/// Where a letter stands, and how it is bent.
struct Pose {
    middle: Point,
    turn: f64,
    slant: f64,
    scale: Point,
}

impl Pose {
    fn random(middle: Point, random: &mut impl Rng) -> Self {
        Self {
            middle,
            turn: random.random_range(-0.3..0.3),
            slant: random.random_range(-0.25..0.25),
            scale: (random.random_range(0.85..1.15), random.random_range(0.85..1.15)),
        }
    }

    fn of(&self, (x, y): Point) -> Point {
        let y = (y - GRID_HEIGHT / 2.0) * STEP * self.scale.1;
        let x = (x - GRID_WIDTH / 2.0) * STEP * self.scale.0 + y * self.slant;
        let (sin, cos) = self.turn.sin_cos();
        (self.middle.0 + x * cos - y * sin, self.middle.1 + x * sin + y * cos)
    }
}

/// A stroke in pieces of one to three points more than one, each beginning where the one before has ended.
fn cut(stroke: &[Point], random: &mut impl Rng) -> Vec<Vec<Point>> {
    let mut points = Vec::new();
    for ends in stroke.windows(2) {
        let [from, to] = [ends[0], ends[1]];
        let parts = ((to.0 - from.0).hypot(to.1 - from.1) / random.random_range(PIECE / 2.0..PIECE)).ceil().max(1.0) as usize;
        let at = |part: usize| {
            let share = part as f64 / parts as f64;
            (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        };
        points.extend((0..parts).map(at));
    }
    points.extend(stroke.last());
    let (mut pieces, mut begin) = (Vec::new(), 0);
    while begin + 1 < points.len() {
        let end = (begin + random.random_range(1..=3)).min(points.len() - 1);
        let mut piece = points[begin..=end].to_vec();
        if random.random_bool(0.5) {
            piece.reverse();
        }
        pieces.push(piece);
        begin = end;
    }
    pieces
}

/// A wave through the picture, in pieces that look like those of letters.
fn noise(random: &mut impl Rng) -> Vec<Vec<Point>> {
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    let (begin, length) = (random.random_range(0.0..width * 0.7), random.random_range(25.0..70.0));
    let (level, rise) = (random.random_range(4.0..height - 4.0), random.random_range(-0.6..0.6));
    let (swing, phase) = (random.random_range(2.0..9.0), random.random_range(0.0..TAU));
    let at = |step: f64| (begin + step, level + step * rise + swing * (phase + step / 9.0).sin());
    let points: Vec<Point> = (0..).map(|step| f64::from(step) * 7.0).take_while(|step| *step <= length).map(at).collect();
    points.chunks(3).filter(|piece| piece.len() > 1).map(<[Point]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::super::letters;
    use super::*;

    fn paths(picture: &str) -> Vec<&str> {
        picture.split("<path d=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    proptest! {
        #[test]
        fn a_picture_is_made_of_paths_within_its_frame(seed: u64) {
            let mut random = StdRng::seed_from_u64(seed);
            let answer = letters(&mut random);
            let picture = draw(&answer, &mut random);
            prop_assert!(picture.len() < 16_384 && !picture.contains("<text") && !picture.contains(&answer));
            for path in paths(&picture) {
                for point in path.split(['M', 'L']).skip(1) {
                    let (x, y) = point.split_once(' ').unwrap();
                    let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                    prop_assert!((0.0..=f64::from(WIDTH)).contains(&x) && (0.0..=f64::from(HEIGHT)).contains(&y), "{path}");
                }
            }
        }

        #[test]
        fn the_same_letters_never_have_the_same_paths(one: u64, other: u64) {
            prop_assume!(one != other);
            let [one, other] = [one, other].map(|seed| draw("AE37", &mut StdRng::seed_from_u64(seed)));
            // Two short lines of noise may agree by chance.
            let [one, other] = [&one, &other].map(|picture| paths(picture).into_iter().collect::<BTreeSet<_>>());
            prop_assert!(one.intersection(&other).count() <= 1);
        }
    }

    #[test]
    fn the_same_chance_draws_the_same_picture() {
        let [one, other] = [7, 7].map(|seed| draw("WXN3", &mut StdRng::seed_from_u64(seed)));
        assert_eq!(one, other);
        assert!(paths(&one).len() > 20, "letters are cut into pieces: {one}");
    }
}
