//! Colours: of a brand, and of a SKU that is told apart by its colour.

/// Three colours that go together, as shapes use them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    /// The colour of a piece.
    pub main: &'static str,
    pub dark: &'static str,
    pub light: &'static str,
}

const fn palette(main: &'static str, dark: &'static str, light: &'static str) -> Palette {
    Palette { main, dark, light }
}

/// By place of the department and of its brand.
pub(super) const BRANDS: [[Palette; 3]; 5] = [
    [palette("#4f7cff", "#2c4bb0", "#b9ceff"), palette("#7a5cf0", "#4a32b3", "#d3c8ff"), palette("#18a6b8", "#0b6675", "#b0e8ee")],
    [palette("#5b7a9d", "#34506f", "#cddbe9"), palette("#4d8a61", "#2a5b3a", "#c8e4d0"), palette("#c8694f", "#8c3f2b", "#f6d3c7")],
    [palette("#5aa469", "#32703f", "#cbe8cf"), palette("#e0923a", "#a65f15", "#fbdcb4"), palette("#d3655b", "#943a32", "#f7cfca")],
    [palette("#e2618c", "#a53a60", "#ffd0df"), palette("#9a6bd0", "#653e97", "#e2d0f6"), palette("#ef8f7a", "#b75843", "#ffd9cf")],
    [palette("#6c9a3f", "#456a20", "#d7ecc0"), palette("#2f8fc4", "#175f8a", "#bfe2f5"), palette("#c9543b", "#8d3220", "#f8d0c4")],
];

/// Of a value that names a colour.
pub(super) fn of_value(value: &str) -> Option<Palette> {
    Some(match value {
        "黑色" | "曜石黑" => palette("#3b414d", "#20242c", "#8d95a5"),
        "白色" | "雾凇白" => palette("#eef1f5", "#b6bfcc", "#ffffff"),
        "米白" => palette("#efe4d0", "#c4b08c", "#fbf6ea"),
        "远山青" => palette("#7fb3b0", "#48807d", "#cfe8e5"),
        "复古红" => palette("#b5232f", "#7a121c", "#ef9aa0"),
        "奶茶棕" => palette("#b98263", "#80533a", "#ead0bf"),
        _ => return None,
    })
}

/// Of the first letters of shoppers' names, in turn.
pub(super) const AVATARS: [Palette; 8] =
    [BRANDS[0][0], BRANDS[1][2], BRANDS[2][0], BRANDS[3][0], BRANDS[4][1], BRANDS[0][1], BRANDS[2][1], BRANDS[3][2]];
