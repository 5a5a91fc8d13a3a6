//! What stands around a shape: background, name, brand.

use super::super::banners::Banner;
use super::Goods;
use super::palette::Palette;

const FONT: &str = "font-family='PingFang SC,Microsoft YaHei,Noto Sans CJK SC,WenQuanYi Micro Hei,sans-serif'";

/// Whole picture of a width and a height in pixels.
fn picture(width: u32, height: u32, inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' {FONT}>{inside}</svg>"
    )
}

/// A shape in these colours, its square of 200 moved and scaled.
fn placed(shape: &str, colours: Palette, [x, y]: [i32; 2], scale: f32, turned: i32) -> String {
    let drawn = shape.replace("$a", colours.main).replace("$b", colours.dark).replace("$c", colours.light);
    format!("<g transform='translate({x} {y}) scale({scale}) rotate({turned} 100 100)'>{drawn}</g>")
}

/// A background that goes from one colour to another.
fn gradient([from, to]: [&str; 2], width: u32, height: u32) -> String {
    format!(
        "<defs><linearGradient id='g' x1='0' y1='0' x2='1' y2='1'><stop stop-color='{from}'/><stop offset='1' stop-color='{to}'/>\
         </linearGradient></defs><rect width='{width}' height='{height}' fill='url(#g)'/>"
    )
}

/// A text around its middle.
fn centred(x: u32, y: u32, size: u32, colour: &str, text: &str) -> String {
    format!("<text x='{x}' y='{y}' font-size='{size}' fill='{colour}' text-anchor='middle'>{text}</text>")
}

/// Product or SKU as it is: `spec` is what sets the SKU apart.
pub(super) fn card(goods: &Goods, colours: Palette, spec: Option<&str>) -> String {
    let brand = goods.brand_colours();
    let below = match spec {
        Some(spec) => {
            format!("<rect x='200' y='690' width='400' height='64' rx='32' fill='{}'/>{}", brand.main, centred(400, 734, 34, "#fff", spec))
        }
        None => centred(400, 730, 30, brand.main, goods.line.slogan),
    };
    let inside = format!(
        "{}<circle cx='400' cy='350' r='270' fill='#fff' opacity='.75'/><ellipse cx='400' cy='590' rx='200' ry='22' fill='{dark}' \
         opacity='.16'/>{}<rect x='40' y='40' width='{width}' height='56' rx='28' fill='{main}'/>{}<text x='760' y='80' font-size='32' \
         fill='{dark}' text-anchor='end'>{line}</text>{}{below}",
        gradient(["#ffffff", brand.light], 800, 800),
        placed(goods.shape(), colours, [180, 125], 2.2, 0),
        centred(40 + width_of(goods.brand_name()) / 2, 79, 30, "#fff", goods.brand_name()),
        centred(400, 672, 46, brand.dark, goods.shelf.noun),
        width = width_of(goods.brand_name()),
        main = brand.main,
        dark = brand.dark,
        line = goods.line.name,
    );
    picture(800, 800, &inside)
}

/// Room for a name of a brand.
fn width_of(name: &str) -> u32 {
    60 + 32 * name.chars().count() as u32
}

pub(super) fn close_up(goods: &Goods) -> String {
    let brand = goods.brand_colours();
    let inside = format!(
        "{}{}<rect y='640' width='800' height='160' fill='{}' opacity='.92'/>{}{}",
        gradient([brand.light, brand.main], 800, 800),
        placed(goods.shape(), brand, [-90, -110], 4.6, -6),
        brand.dark,
        centred(400, 708, 44, "#fff", goods.line.slogan),
        centred(400, 762, 28, brand.light, goods.line.detail),
    );
    picture(800, 800, &inside)
}

pub(super) fn in_words(goods: &Goods) -> String {
    let brand = goods.brand_colours();
    let rows = [("品牌", goods.brand_name()), ("系列", goods.line.name), ("类别", goods.shelf.name), ("特点", goods.line.slogan)];
    let rows: String = (0..)
        .zip(rows)
        .map(|(row, (name, value))| {
            let y = 330 + row * 104;
            format!(
                "<rect x='60' y='{y}' width='680' height='88' rx='16' fill='{}' opacity='.35'/><text x='100' y='{text}' font-size='32' \
                 fill='{}'>{name}</text><text x='230' y='{text}' font-size='34' fill='#2b2f38'>{value}</text>",
                brand.light,
                brand.main,
                text = y + 56,
            )
        })
        .collect();
    let inside = format!(
        "<rect width='800' height='800' fill='#fff'/><rect width='800' height='290' fill='{}'/>{}<text x='60' y='140' font-size='54' \
         fill='#fff'>{}</text><text x='60' y='206' font-size='32' fill='{}'>产品参数</text>{rows}",
        brand.main,
        placed(goods.shape(), brand, [500, 35], 1.15, 8),
        goods.shelf.noun,
        brand.light,
    );
    picture(800, 800, &inside)
}

pub(super) fn pattern(goods: &Goods) -> String {
    let brand = goods.brand_colours();
    let pieces: String = (0..9)
        .map(|piece| placed(goods.shape(), brand, [40 + piece % 3 * 250, 40 + piece / 3 * 250], 1.1, (piece * 37 % 50) - 25))
        .collect();
    let inside = format!(
        "{}<g opacity='.9'>{pieces}</g><circle cx='400' cy='400' r='132' fill='{}'/>{}{}",
        gradient([brand.light, "#ffffff"], 800, 800),
        brand.dark,
        centred(400, 395, 46, "#fff", goods.brand_name()),
        centred(400, 448, 30, brand.light, ["自在青春", "经典如初", "精益求精", "旗舰之作", "限量收藏"][goods.line_place]),
    );
    picture(800, 800, &inside)
}

/// As a buyer has it at home.
pub(super) fn shot(goods: &Goods, shot: u64) -> String {
    let (wall, table, turned) = if shot == 1 { ("#e9e2d6", "#b98d63", -9) } else { ("#d8e2e8", "#8fa3ad", 11) };
    let inside = format!(
        "<rect width='800' height='800' fill='{wall}'/><rect y='520' width='800' height='280' fill='{table}'/><path d='M0 560 H800 M0 640 H800 \
         M0 730 H800' stroke='#000' stroke-width='3' opacity='.08'/><rect x='60' y='60' width='190' height='260' fill='#fff' opacity='.8'/><path \
         d='M155 60 V320 M60 190 H250' stroke='{wall}' stroke-width='10'/><ellipse cx='420' cy='640' rx='210' ry='26' fill='#000' opacity='.18'/>{}",
        placed(goods.shape(), goods.brand_colours(), [200, 190], 2.3, turned + 3 * goods.line_place as i32),
    );
    picture(800, 800, &inside)
}

pub(super) fn category(name: &str, shape: &str, colours: Palette) -> String {
    let inside = format!(
        "<rect width='240' height='240' rx='48' fill='{}' opacity='.45'/>{}{}",
        colours.light,
        placed(shape, colours, [45, 18], 0.75, 0),
        centred(120, 218, 30, colours.dark, name)
    );
    picture(240, 240, &inside)
}

pub(super) fn sign(name: &str, colours: Palette) -> String {
    let inside = format!(
        "<circle cx='120' cy='120' r='116' fill='{}'/><circle cx='120' cy='120' r='98' fill='none' stroke='{}' stroke-width='4'/>{}",
        colours.main,
        colours.light,
        centred(120, 138, if name.chars().count() > 2 { 46 } else { 58 }, "#fff", name)
    );
    picture(240, 240, &inside)
}

pub(super) fn banner(banner: &Banner, shapes: [&str; 5]) -> String {
    let [from, to] = banner.colours;
    let white = Palette { main: "#ffffff", dark: to, light: from };
    let pieces: String = (0..)
        .zip(shapes)
        .map(|(piece, shape)| placed(shape, white, [300 + piece * 82, if piece % 2 == 0 { 50 } else { 130 }], 0.62, piece * 7 - 14))
        .collect();
    let inside = format!(
        "{}<circle cx='690' cy='40' r='170' fill='#fff' opacity='.12'/><circle cx='90' cy='320' r='150' fill='#fff' opacity='.1'/><text x='48' \
         y='140' font-size='60' fill='#fff'>{}</text><text x='50' y='194' font-size='26' fill='#fff' opacity='.9'>{}</text><rect x='50' y='222' \
         width='132' height='42' rx='21' fill='#fff'/>{}{pieces}",
        gradient([from, to], 750, 300),
        banner.title,
        banner.line,
        centred(116, 251, 22, to, "去看看 ›"),
    );
    picture(750, 300, &inside)
}

pub(super) fn avatar(user: u64, colours: Palette) -> String {
    let hair = 40 + user * 13 % 30;
    let inside = format!(
        "<rect width='200' height='200' fill='{}'/><path d='M30 200 Q34 138 100 136 Q166 138 170 200z' fill='{}'/><circle cx='100' cy='90' r='44' \
         fill='#f7d3b5'/><path d='M54 92 Q50 {hair} 100 {hair} Q150 {hair} 146 92 Q132 66 100 66 Q68 66 54 92z' fill='{}'/><circle cx='84' cy='92' \
         r='5' fill='#2b2f38'/><circle cx='116' cy='92' r='5' fill='#2b2f38'/><path d='M86 110 q14 12 28 0' stroke='#c0604a' stroke-width='4' \
         fill='none' stroke-linecap='round'/>",
        colours.light, colours.main, colours.dark,
    );
    picture(200, 200, &inside)
}
