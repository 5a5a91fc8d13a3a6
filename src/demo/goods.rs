//! What the demo shop sells: three levels of categories, and what is made for each of the third.

/// A category of the first level: name, brands, and its second level.
pub(super) struct Department {
    pub name: &'static str,
    pub brands: [&'static str; 3],
    pub aisles: [Aisle; 3],
}

/// A category of the second level.
pub(super) struct Aisle {
    pub name: &'static str,
    pub choice: &'static Choice,
    pub shelves: [Shelf; 3],
}

/// What the SKUs of a product differ in: names, and for each SKU its value of each.
pub(super) struct Choice {
    pub names: &'static [&'static str],
    pub skus: &'static [&'static [&'static str]],
}

/// A category of the third level, what its products are called, and the price in fen of the plainest.
pub(super) struct Shelf {
    pub name: &'static str,
    pub noun: &'static str,
    pub price_fen: u64,
}

/// A line of a brand.
pub(super) struct Line {
    pub name: &'static str,
    /// Price in per cent of the plainest.
    pub per_cent: u64,
    pub slogan: &'static str,
    /// What sets it apart, in one sentence.
    pub detail: &'static str,
}

const fn line(name: &'static str, per_cent: u64, slogan: &'static str, detail: &'static str) -> Line {
    Line { name, per_cent, slogan, detail }
}

/// Of each kind one is made in each of these lines.
pub(super) const LINES: [Line; 5] = [
    line("青春版", 100, "够用，也好看", "把常用的做好，省下的留给生活"),
    line("经典款", 128, "卖了三年，口碑还在涨", "三次改良，细节都来自用户来信"),
    line("Pro", 169, "给要求更高的人", "用料升级，出厂前逐件检查"),
    line("旗舰版", 238, "这个系列能做到的最好", "从设计到包装都由总监签字"),
    line("联名限定", 199, "与插画师合作，数量有限", "附编号卡片，售完不再补货"),
];

const NONE: &Choice = &Choice { names: &[], skus: &[&[]] };
const STORAGE: &Choice =
    &Choice { names: &["颜色", "容量"], skus: &[&["曜石黑", "128GB"], &["雾凇白", "256GB"], &["远山青", "512GB"]] };
const COLOURS: &Choice = &Choice { names: &["颜色"], skus: &[&["黑色"], &["白色"]] };
const LIP_COLOURS: &Choice = &Choice { names: &["色号"], skus: &[&["复古红"], &["奶茶棕"]] };
const SIZES: &Choice = &Choice { names: &["颜色", "尺码"], skus: &[&["黑色", "M"], &["黑色", "L"], &["米白", "M"]] };
const SHOES: &Choice = &Choice { names: &["尺码"], skus: &[&["39"], &["41"], &["43"]] };
const WEIGHTS: &Choice = &Choice { names: &["净含量"], skus: &[&["500g"], &["1kg"]] };

const fn shelf(name: &'static str, noun: &'static str, price_fen: u64) -> Shelf {
    Shelf { name, noun, price_fen }
}

const fn aisle(name: &'static str, choice: &'static Choice, shelves: [Shelf; 3]) -> Aisle {
    Aisle { name, choice, shelves }
}

pub(super) const DEPARTMENTS: [Department; 5] = [
    Department {
        name: "数码电子",
        brands: ["云雀", "星野", "澄光"],
        aisles: [
            aisle(
                "手机平板",
                STORAGE,
                [shelf("智能手机", "智能手机", 199_900), shelf("平板电脑", "平板电脑", 159_900), shelf("电子书", "墨水屏阅读器", 89_900)],
            ),
            aisle(
                "影音设备",
                COLOURS,
                [shelf("耳机", "降噪耳机", 29_900), shelf("音箱", "蓝牙音箱", 19_900), shelf("投影", "家用投影仪", 129_900)],
            ),
            aisle(
                "电脑外设",
                COLOURS,
                [shelf("键盘", "机械键盘", 25_900), shelf("鼠标", "无线鼠标", 9_900), shelf("显示器", "27 英寸显示器", 99_900)],
            ),
        ],
    },
    Department {
        name: "服装鞋帽",
        brands: ["素锦", "北坡", "木棉里"],
        aisles: [
            aisle("男装", SIZES, [shelf("衬衫", "免烫衬衫", 12_900), shelf("夹克", "防风夹克", 25_900), shelf("卫衣", "连帽卫衣", 15_900)]),
            aisle(
                "女装",
                SIZES,
                [shelf("连衣裙", "真丝连衣裙", 29_900), shelf("针织衫", "羊毛针织衫", 18_900), shelf("风衣", "双排扣风衣", 35_900)],
            ),
            aisle(
                "鞋靴",
                SHOES,
                [shelf("跑鞋", "缓震跑鞋", 29_900), shelf("板鞋", "小白板鞋", 19_900), shelf("登山鞋", "防水登山鞋", 39_900)],
            ),
        ],
    },
    Department {
        name: "家居生活",
        brands: ["青禾", "拾光", "小满"],
        aisles: [
            aisle("厨房", NONE, [shelf("锅具", "不粘炒锅", 15_900), shelf("刀具", "三德刀", 9_900), shelf("餐具", "骨瓷餐具套装", 19_900)]),
            aisle(
                "寝具",
                COLOURS,
                [shelf("四件套", "纯棉四件套", 29_900), shelf("枕头", "乳胶枕", 13_900), shelf("被子", "蚕丝被", 59_900)],
            ),
            aisle(
                "清洁",
                NONE,
                [shelf("吸尘器", "无线吸尘器", 79_900), shelf("扫地机", "扫拖机器人", 149_900), shelf("收纳", "收纳箱三件套", 5_900)],
            ),
        ],
    },
    Department {
        name: "美妆个护",
        brands: ["花间", "沐岚", "初见"],
        aisles: [
            aisle(
                "护肤",
                NONE,
                [shelf("面霜", "保湿面霜", 12_900), shelf("精华", "修护精华液", 19_900), shelf("防晒", "清爽防晒乳", 8_900)],
            ),
            aisle(
                "彩妆",
                LIP_COLOURS,
                [shelf("口红", "丝绒口红", 9_900), shelf("粉底", "持妆粉底液", 15_900), shelf("眉笔", "细芯眉笔", 4_900)],
            ),
            aisle(
                "个人护理",
                NONE,
                [shelf("洗发", "氨基酸洗发水", 6_900), shelf("电动牙刷", "声波电动牙刷", 19_900), shelf("吹风机", "高速吹风机", 39_900)],
            ),
        ],
    },
    Department {
        name: "食品生鲜",
        brands: ["田间", "海岸线", "老灶台"],
        aisles: [
            aisle(
                "水果",
                WEIGHTS,
                [shelf("柑橘", "赣南脐橙", 2_990), shelf("浆果", "云南蓝莓", 4_990), shelf("苹果", "阿克苏苹果", 3_590)],
            ),
            aisle("茶饮", NONE, [shelf("绿茶", "明前龙井", 19_900), shelf("红茶", "正山小种", 15_900), shelf("咖啡", "挂耳咖啡", 5_900)]),
            aisle("零食", NONE, [shelf("坚果", "每日坚果", 7_900), shelf("糕点", "桂花糕礼盒", 5_900), shelf("肉脯", "手撕牛肉干", 6_900)]),
        ],
    },
];

/// Which of the department's brands makes this: by the places of line and shelf.
pub(super) const fn brand_of(line: usize, shelf: usize) -> usize {
    (line + shelf + 1) % 3
}

/// Words that products are marked with; their ids are their places from 1 on.
pub(super) const TAGS: [&str; 6] = ["新品", "热卖", "包邮", "限量", "口碑", "礼盒"];

/// Ids of the tags of a product.
pub(super) fn tags_of(line: usize, noun: &str, is_hot: bool) -> Vec<u64> {
    let mut tags = match line {
        0 => vec![3],
        1 => vec![5],
        2 => vec![1],
        3 => vec![3, 5],
        _ => vec![1, 4],
    };
    if is_hot {
        tags.push(2);
    }
    if noun.contains("礼盒") || noun.contains("套装") {
        tags.push(6);
    }
    tags
}
