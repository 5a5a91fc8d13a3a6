//! Pictures of the demo shop, drawn by code: no file, no network, and the same name is always the same picture.
//! - A1 `draw` knows exactly the names that the functions beside it make: whoever makes names up gets nothing.
//! - A2 a picture is whole SVG without scripts and links.
//!
//! Not here: the route that serves them (`platform::http::demo`), what is for sale (`goods.rs`).

mod frames;
mod palette;
mod shapes;

use super::banners;
use super::goods::{DEPARTMENTS, Department, LINES, Line, Shelf};
use palette::{AVATARS, BRANDS, Palette};

/// Pictures of each product: as it is, close up, in words, as a pattern.
pub(super) const VIEWS: u64 = 4;
/// Pictures that buyers have taken of each product.
pub(super) const SHOTS: u64 = 2;
/// Shoppers with a picture.
pub(super) const AVATARS_MAX: u64 = 100;

/// Address of a picture of a product: `shelf` is the id of its category, `line` a place in [`LINES`], `view` from 1 on.
pub(super) fn of_goods(shelf: u64, line: usize, view: u64) -> String {
    format!("/demo/pictures/goods-{shelf}-{line}-{view}.svg")
}

/// Address of the picture of a SKU: `place` among those of its product.
pub(super) fn of_sku(shelf: u64, line: usize, place: usize) -> String {
    format!("/demo/pictures/sku-{shelf}-{line}-{place}.svg")
}

/// Address of a picture that a buyer took.
pub(super) fn of_buyer(shelf: u64, line: usize, shot: u64) -> String {
    format!("/demo/pictures/buyer-{shelf}-{line}-{shot}.svg")
}

/// Address of the picture of a category of any level.
pub(super) fn of_category(id: u64) -> String {
    format!("/demo/pictures/category-{id}.svg")
}

/// Address of a brand's sign.
pub(super) fn of_brand(id: u64) -> String {
    format!("/demo/pictures/brand-{id}.svg")
}

/// Address of a banner's picture.
pub(super) fn of_banner(place: u64) -> String {
    format!("/demo/pictures/banner-{place}.svg")
}

/// Address of a shopper's picture.
pub(super) fn of_shopper(user: u64) -> String {
    format!("/demo/pictures/avatar-{user}.svg")
}

/// The picture of a file name such as `goods-111-0-1.svg`; none if the shop has no such picture.
pub fn draw(name: &str) -> Option<String> {
    let (kind, numbers) = name.strip_suffix(".svg")?.split_once('-')?;
    // Leading zeros and signs would make more names of one picture.
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    let numbers: Vec<u64> = numbers.split('-').map(number).collect::<Option<_>>()?;
    match (kind, &numbers[..]) {
        ("goods", [shelf, line, view]) => {
            let goods = Goods::of(*shelf, *line)?;
            match view {
                1 => Some(frames::card(&goods, goods.brand_colours(), None)),
                2 => Some(frames::close_up(&goods)),
                3 => Some(frames::in_words(&goods)),
                4 => Some(frames::pattern(&goods)),
                _ => None,
            }
        }
        ("sku", [shelf, line, place]) => {
            let goods = Goods::of(*shelf, *line)?;
            let values = goods.values(*place)?;
            let colours = values.iter().find_map(|value| palette::of_value(value)).unwrap_or_else(|| goods.brand_colours());
            Some(frames::card(&goods, colours, Some(&values.join(" / "))))
        }
        ("buyer", [shelf, line, shot]) if (1..=SHOTS).contains(shot) => Some(frames::shot(&Goods::of(*shelf, *line)?, *shot)),
        ("category", [id]) => {
            let (name, shape, colours) = category(*id)?;
            Some(frames::category(name, shape, colours))
        }
        ("brand", [id @ 1..=15]) => {
            let (department, brand) = ((id - 1) / 3, (id - 1) % 3);
            Some(frames::sign(DEPARTMENTS[department as usize].brands[brand as usize], BRANDS[department as usize][brand as usize]))
        }
        ("banner", [place]) => {
            let place = usize::try_from(*place).ok()?.checked_sub(1)?;
            let banner = banners::BANNERS.get(place)?;
            let all = &shapes::SHAPES;
            let shown = match banner.department {
                Some(department) => [(0, 0), (1, 0), (2, 0), (1, 1), (2, 2)].map(|(aisle, shelf)| all[department][aisle][shelf]),
                None => all.each_ref().map(|department| department[place % 3][(place + 1) % 3]),
            };
            Some(frames::banner(banner, shown))
        }
        ("avatar", [user @ 1..=AVATARS_MAX]) => Some(frames::avatar(*user, AVATARS[(*user % AVATARS.len() as u64) as usize])),
        _ => None,
    }
}

/// A product as its pictures show it.
struct Goods {
    department: &'static Department,
    places: [usize; 3],
    shelf: &'static Shelf,
    line: &'static Line,
    /// Place among the [`LINES`].
    line_place: usize,
    brand: usize,
}

impl Goods {
    fn of(shelf: u64, line: u64) -> Option<Self> {
        let [department, aisle, place] = places(shelf)?;
        let line = usize::try_from(line).ok()?;
        let of = &DEPARTMENTS[department];
        Some(Self {
            department: of,
            places: [department, aisle, place],
            shelf: &of.aisles[aisle].shelves[place],
            line: LINES.get(line)?,
            line_place: line,
            brand: super::goods::brand_of(line, place),
        })
    }

    fn shape(&self) -> &'static str {
        let [department, aisle, shelf] = self.places;
        shapes::SHAPES[department][aisle][shelf]
    }

    fn brand_name(&self) -> &'static str {
        self.department.brands[self.brand]
    }

    fn brand_colours(&self) -> Palette {
        BRANDS[self.places[0]][self.brand]
    }

    fn values(&self, place: u64) -> Option<&'static [&'static str]> {
        let skus = self.department.aisles[self.places[1]].choice.skus;
        skus.get(usize::try_from(place).ok()?).copied().filter(|values| !values.is_empty())
    }
}

/// Places of department, aisle and shelf of a category of the third level.
fn places(shelf: u64) -> Option<[usize; 3]> {
    let [department, aisle, place] = [shelf / 100, shelf / 10 % 10, shelf % 10];
    let is_there = (1..=5).contains(&department) && (1..=3).contains(&aisle) && (1..=3).contains(&place);
    is_there.then(|| [department, aisle, place].map(|number| number as usize - 1))
}

/// A category above the third level looks like its first shelf.
fn category(id: u64) -> Option<(&'static str, &'static str, Palette)> {
    let (shelf, level) = match id {
        1..=5 => (id * 100 + 11, 1),
        11..=53 => (id * 10 + 1, 2),
        _ => (id, 3),
    };
    let [department, aisle, place] = places(shelf)?;
    let of = &DEPARTMENTS[department];
    let name = match level {
        1 => of.name,
        2 => of.aisles[aisle].name,
        _ => of.aisles[aisle].shelves[place].name,
    };
    Some((name, shapes::SHAPES[department][aisle][place], BRANDS[department][(aisle + place) % 3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each tag is closed in its turn, and nothing is run or loaded.
    fn is_whole(svg: &str) -> bool {
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let Some((tag, _)) = tag.split_once('>') else { return false };
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return false;
                }
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        let runs = ["script", "href", "url(http", "$", "foreignObject"].iter().any(|word| svg.contains(word));
        open.is_empty()
            && !runs
            && svg.matches('\'').count().is_multiple_of(2)
            && svg.starts_with("<svg xmlns='http://www.w3.org/2000/svg' ")
    }

    fn check(address: &str) -> String {
        let name = address.strip_prefix("/demo/pictures/").unwrap();
        let svg = draw(name).unwrap_or_else(|| panic!("nobody draws {name}"));
        assert!(is_whole(&svg), "{name}: {svg}");
        assert_eq!(draw(name), Some(svg.clone()), "{name}");
        svg
    }

    #[test]
    fn every_picture_of_the_shop_is_drawn_and_none_is_another() {
        let mut seen = std::collections::HashSet::new();
        for (first, department) in (1..).zip(&DEPARTMENTS) {
            assert!(check(&of_category(first)).contains(department.name));
            for (second, aisle) in (first * 10 + 1..).zip(&department.aisles) {
                assert!(check(&of_category(second)).contains(aisle.name));
                for (third, shelf) in (second * 10 + 1..).zip(&aisle.shelves) {
                    assert!(check(&of_category(third)).contains(shelf.name));
                    for (line, of_line) in LINES.iter().enumerate() {
                        let first = check(&of_goods(third, line, 1));
                        assert!(first.contains(shelf.noun) && first.contains(of_line.name), "{first}");
                        assert!(seen.insert(first));
                        assert!((2..=VIEWS).all(|view| seen.insert(check(&of_goods(third, line, view)))));
                        assert!((1..=SHOTS).all(|shot| seen.insert(check(&of_buyer(third, line, shot)))));
                        for (place, values) in aisle.choice.skus.iter().enumerate().filter(|(_, values)| !values.is_empty()) {
                            let svg = check(&of_sku(third, line, place));
                            assert!(svg.contains(&values.join(" / ")) && seen.insert(svg));
                        }
                    }
                }
            }
        }
        assert!((1..=15).all(|brand| seen.insert(check(&of_brand(brand)))));
        assert!((1..=banners::BANNERS.len() as u64).all(|banner| seen.insert(check(&of_banner(banner)))));
        (1..=AVATARS_MAX).for_each(|user| assert!(!check(&of_shopper(user)).is_empty()));
    }

    #[test]
    fn a_name_that_the_shop_has_not_is_nothing() {
        for name in [
            "",
            ".svg",
            "goods.svg",
            "goods-111-0-1",
            "goods-111-0-0.svg",
            "goods-111-0-5.svg",
            "goods-111-5-1.svg",
            "goods-114-0-1.svg",
            "goods-611-0-1.svg",
            "goods-0111-0-1.svg",
            "goods-111-0-1-1.svg",
            "goods-111-0-18446744073709551616.svg",
            "sku-111-0-3.svg",
            "sku-311-0-0.svg",
            "buyer-111-0-3.svg",
            "category-0.svg",
            "category-19.svg",
            "category-6.svg",
            "brand-0.svg",
            "brand-16.svg",
            "banner-0.svg",
            "banner-5.svg",
            "avatar-0.svg",
            "avatar-101.svg",
            "<script>-1.svg",
        ] {
            assert_eq!(draw(name), None, "{name}");
        }
    }
}
