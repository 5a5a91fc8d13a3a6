//! What is found, and in which order; suggestions; hot words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use mallcore_actors::refusal::Unavailable;
use mallcore_actors::time::Timestamp;
use proptest::prelude::*;

use super::document::{Document, Facts, hash, length};
use super::handle::{FindError, Published, Search};
use super::history::History;
use super::hot::{Counts, WORDS_MAX};
use super::index::{Index, Indexer};
use super::pinyin::spellings;
use super::question::Question;
use super::ranking::{Found, Sort, Wanted};
use super::suggest::{Kind, Phrase, Prefixes};
use super::words::{self, Word, folded};
use crate::features::catalog::Catalog;
use crate::features::catalog::model::{BrandRow, CategoryRow};
use crate::features::catalog::snapshot::Taxonomy;
use crate::platform::database::Settings;
use crate::platform::outbox::Nudge;
use crate::platform::reads::Reads;
use crate::platform::writes::Writes;

const ALL: Wanted = Wanted { category: None, brand: None, price_min: 0, price_max: u64::MAX, sort: Sort::Relevance, from: 0, size: 1_000 };

fn document(product: u64, name: &str, filed: &str, about: &str, sales: u64) -> Document {
    let name = folded(name);
    let facts = Facts { product, sales, name_hash: hash([&name]), name_length: length(&name), ..Facts::default() };
    Document { facts, filed: folded(filed), about: folded(about), name }
}

/// Categories 1 to 4: 2 and 3 are below 1, 4 is below 2.
fn taxonomy() -> Arc<Taxonomy> {
    let row = |id: u64, parent| CategoryRow { id, parent, name: format!("分类{id}"), icon_url: None, sort_order: 0, is_shown: true };
    let brand = |id: u64| BrandRow { id, name: format!("品牌{id}"), logo_url: None, sort_order: 0, is_shown: true };
    let categories = vec![row(1, None), row(2, Some(1)), row(3, Some(1)), row(4, Some(2)), row(5, None)];
    Arc::new(Taxonomy::new(1, categories, vec![brand(1), brand(2)], Vec::new()))
}

fn indexer(documents: &[Document]) -> Indexer {
    let mut indexer = Indexer::new().unwrap();
    for document in documents {
        assert!(indexer.put(document).unwrap());
    }
    indexer
}

fn index(documents: &[Document]) -> Index {
    indexer(documents).publish(taxonomy()).unwrap()
}

fn find(index: &Index, typed: &str, wanted: Wanted) -> Found {
    index.find(&Question::parse(typed).unwrap(), wanted).unwrap()
}

#[track_caller]
fn check(index: &Index, typed: &str, products: &[u64]) {
    assert_eq!(find(index, typed, ALL).products, products, "{typed}");
}

#[test]
fn texts_are_compared_without_case_width_and_punctuation() {
    assert_eq!(folded("ＡＢＣ　iPhone15－手机壳！"), "abc iphone15 手机壳");
    assert_eq!(folded(" …！ "), "");
    assert_eq!(words::all("iphone15 蓝牙耳机"), ["iphone15", "iphone", "15", "蓝牙", "耳机"]);
    let asked: Vec<_> = words::asked("好看的 t恤");
    assert!(asked.contains(&Word::Latin("t".into())) && asked.contains(&Word::Han("恤".into())), "{asked:?}");
    assert!(!asked.contains(&Word::Han("的".into())), "{asked:?}");
    assert_eq!(words::asked("的"), [Word::Han("的".into())], "there is nothing else to look for");
    assert_eq!(Question::parse("！？"), None);
}

#[test]
fn words_are_spelt_in_every_reading() {
    let typed = |text: &str| spellings(text, 4).into_iter().map(|spelling| (spelling.full, spelling.initials)).collect::<Vec<_>>();
    assert!(typed("手机").contains(&("shouji".into(), "sj".into())), "{:?}", typed("手机"));
    assert!(typed("音乐").contains(&("yinyue".into(), "yy".into())), "{:?}", typed("音乐"));
    assert!(typed("绿茶").iter().any(|(full, _)| full == "lvcha"), "{:?}", typed("绿茶"));
    assert!(typed("5g手机").iter().any(|(full, initials)| full == "5gshouji" && initials == "5gsj"));
    assert!(typed("phone").is_empty() && typed("长长长长长长长长").len() <= 4);
}

#[test]
fn products_are_found_in_chinese_pinyin_initials_and_with_a_typo() {
    let index = index(&[
        document(1, "云雀 智能手机 Pro", "数码电子 手机平板 云雀", "给要求更高的人", 0),
        document(2, "星野 蓝牙耳机", "数码电子 影音设备 星野", "听得清楚", 0),
        document(3, "Kindle 墨水屏阅读器", "数码电子 电子书", "护眼", 0),
        document(4, "北坡 防风夹克", "服装鞋帽 男装 北坡", "出门带手机也方便", 0),
    ]);
    for (typed, found) in [
        ("手机", &[1, 4][..]),
        ("手 机", &[1]),
        ("智能手机", &[1]),
        ("蓝牙", &[2]),
        ("蓝牙 手机", &[]),
        ("KINDLE", &[3]),
        ("男装", &[4]),
        ("星野", &[2]),
        ("shouji", &[1]),
        ("lanya", &[2]),
        ("lanyaerji", &[2]),
        ("lan ya er ji", &[2]),
        ("sj", &[1]),
        ("lyej", &[2]),
        ("kindel", &[3]),
        ("kindl", &[3]),
        ("lamya", &[2]),
        ("xyz", &[]),
        ("kin", &[]),
    ] {
        check(&index, typed, found);
    }
}

#[test]
fn a_name_is_worth_more_than_a_description_and_sales_decide_between_equals() {
    let index = index(&[
        document(1, "帆布背包", "箱包", "", 0),
        document(2, "旅行箱", "箱包", "附送帆布背包一个", 9_000_000),
        document(3, "大容量户外帆布背包", "箱包", "", 1_000_000),
        document(4, "登山背包", "箱包", "", 7),
        document(5, "登山背包", "箱包", "", 8),
        document(6, "登山背包", "箱包", "", 8),
    ]);
    assert_eq!(find(&index, "帆布背包", ALL).products, [1, 3, 2], "the whole name, part of a name, the description");
    assert_eq!(find(&index, "登山背包", ALL).products, [6, 5, 4], "what sells, then the newest");
    assert_eq!(find(&index, "箱包", ALL).total, 6);
    let page = find(&index, "箱包", Wanted { sort: Sort::Sales, from: 1, size: 2, ..ALL });
    assert_eq!((page.products, page.total), (vec![3, 6], 6));
}

#[test]
fn a_change_replaces_what_was_found() {
    let mut indexer = indexer(&[document(1, "云雀 衬衫", "", "", 0), document(2, "素锦 衬衫", "", "", 0)]);
    let before = indexer.publish(taxonomy()).unwrap();
    assert!(indexer.put(&document(1, "云雀 夹克", "", "", 0)).unwrap());
    assert!(!indexer.put(&document(2, "素锦 衬衫", "", "", 5)).unwrap(), "only its sales");
    let after = indexer.publish(taxonomy()).unwrap();
    check(&before, "衬衫", &[2, 1]);
    check(&after, "衬衫", &[2]);
    check(&after, "夹克", &[1]);
    indexer.remove(1);
    indexer.remove(1);
    let removed = indexer.publish(taxonomy()).unwrap();
    check(&removed, "云雀", &[]);
    assert!(indexer.put(&document(1, "云雀 夹克", "", "", 0)).unwrap(), "it is back");
    let back = indexer.publish(taxonomy()).unwrap();
    check(&back, "云雀", &[1]);
    assert_eq!((removed.len(), back.len()), (1, 2));
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["手机", "耳机", "蓝牙", "充电", "智能", "保护壳", "无线", "机械键盘", "长袖", "衬衫", "音乐", "大"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_part_of_a_chinese_name_is_typed_finds_it(name in prop::collection::vec(word(), 1..6), begin in 0..20usize, many in 1..8usize) {
        let name = name.concat();
        let characters: Vec<char> = name.chars().collect();
        let begin = begin % characters.len();
        let part: String = characters[begin..(begin + many).min(characters.len())].iter().collect();
        let index = index(&[document(7, &name, "", "", 0)]);
        prop_assert_eq!(find(&index, &part, ALL).products, [7], "{} in {}", part, name);
    }

    #[test]
    fn totals_and_facets_are_what_counting_says(
        goods in prop::collection::vec((prop::collection::vec(word(), 1..4), 0..6u32, 0..3u64, 0..400_000u64, 0..5u64), 1..40),
        typed in word(), category in prop::option::of(1..7u64), brand in prop::option::of(1..4u64),
        price_min in 0..200_000u64, price_max in 0..400_000u64, sort in prop::sample::select(Sort::ALL.to_vec()),
    ) {
        let taxonomy = taxonomy();
        let mut documents = Vec::new();
        for (product, (name, category, brand, price, sales)) in (1..).zip(&goods) {
            let mut document = document(product, &name.join(" "), "", "", *sales);
            let number = taxonomy.category(u64::from(*category)).map_or(0, |category| category.span.start);
            document.facts = Facts { category: number, brand: *brand, price: *price, created: product % 7, ..document.facts };
            documents.push(document);
        }
        let index = index(&documents);
        let wanted = Wanted { category, brand, price_min, price_max, sort, ..ALL };
        let found = find(&index, typed, wanted);
        let named: Vec<&Document> = documents.iter().filter(|document| typed.chars().all(|character| document.name.contains(character))).collect();
        let path = |number: u32| -> Vec<u64> { taxonomy.categories().filter(|row| taxonomy.category(row.id).unwrap().span.contains(&number)).map(|row| row.id).collect() };
        let in_category = |facts: &Facts| category.is_none_or(|category| path(facts.category).contains(&category));
        let of_brand = |facts: &Facts| brand.is_none_or(|brand| brand == facts.brand);
        let priced = |facts: &Facts| (price_min..=price_max).contains(&facts.price);
        let mut expected: Vec<u64> = named.iter().map(|document| &document.facts).filter(|facts| in_category(facts) && of_brand(facts) && priced(facts)).map(|facts| facts.product).collect();
        let mut products = found.products.clone();
        products.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!((products, found.total), (expected.clone(), expected.len()));
        let (mut categories, mut brands) = (BTreeMap::<u64, usize>::new(), BTreeMap::<u64, usize>::new());
        for document in &named {
            if of_brand(&document.facts) && priced(&document.facts) {
                path(document.facts.category).into_iter().for_each(|id| *categories.entry(id).or_default() += 1);
            }
            if in_category(&document.facts) && priced(&document.facts) && document.facts.brand > 0 {
                *brands.entry(document.facts.brand).or_default() += 1;
            }
        }
        prop_assert_eq!(found.categories.iter().copied().collect::<BTreeMap<_, _>>(), categories);
        prop_assert_eq!(found.brands.iter().copied().collect::<BTreeMap<_, _>>(), brands);
        for (least, next, count) in &found.prices {
            let range = Wanted { price_min: *least, price_max: next.map_or(u64::MAX, |next| next - 1), ..wanted };
            prop_assert_eq!(find(&index, typed, range).total, *count, "choosing a range finds as many");
        }
        for (id, count) in &found.categories {
            prop_assert_eq!(find(&index, typed, Wanted { category: Some(*id), ..wanted }).total, *count, "choosing a category finds as many");
        }
        let pages: Vec<u64> = (0..found.total.div_ceil(7)).flat_map(|page| find(&index, typed, Wanted { from: page * 7, size: 7, ..wanted }).products).collect();
        prop_assert_eq!(pages, found.products, "pages are the whole list");
    }
}

#[test]
fn phrases_are_suggested_by_the_beginnings_of_their_words() {
    let phrase = |text: &str, kind| Phrase { text: text.into(), kind };
    let prefixes = Prefixes::new(vec![
        phrase("蓝牙音箱", Kind::Category),
        phrase("星野 蓝牙耳机 Pro", Kind::Product(1)),
        phrase("Apple iPhone 15", Kind::Product(2)),
        phrase("音乐手机", Kind::Product(3)),
    ]);
    let suggested = |typed: &str| prefixes.find(&folded(typed), 3).map(|phrase| phrase.text.to_string()).collect::<Vec<_>>();
    for (typed, found) in [
        ("蓝", &["蓝牙音箱", "星野 蓝牙耳机 Pro"][..]),
        ("蓝牙耳", &["星野 蓝牙耳机 Pro"]),
        ("lanya", &["蓝牙音箱", "星野 蓝牙耳机 Pro"]),
        ("lanyaer", &["星野 蓝牙耳机 Pro"]),
        ("xyly", &["星野 蓝牙耳机 Pro"]),
        ("lyyx", &["蓝牙音箱"]),
        ("apple iph", &["Apple iPhone 15"]),
        ("IPH", &["Apple iPhone 15"]),
        ("yinyue", &["音乐手机"]),
        ("sj", &["音乐手机"]),
        ("zzz", &[]),
    ] {
        assert_eq!(suggested(typed), found, "{typed}");
    }
    assert_eq!(prefixes.find("y", 1).count(), 1, "at most as many as are wanted");
}

#[test]
fn hot_words_fade_and_a_flood_of_rare_ones_leaves_them() {
    let at = |hours: u64| Timestamp::from_millis(1_000_000_000_000 + hours * 3_600_000);
    let mut counts = Counts::default();
    for _ in 0..4 {
        counts.add("手机", at(0));
    }
    for _ in 0..3 {
        counts.add("耳机", at(24));
    }
    let strongest = |counts: &Counts, hours| counts.strongest(2, at(hours)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(strongest(&counts, 24), ["耳机", "手机"], "four of yesterday are two of today");
    for rare in 0..3 * WORDS_MAX {
        counts.add(&format!("w{rare}"), at(24));
    }
    assert!(counts.len() <= WORDS_MAX, "{}", counts.len());
    assert_eq!(strongest(&counts, 48), ["耳机", "手机"]);
}

#[tokio::test]
async fn search_is_warming_until_the_index_is_built_and_busy_once_too_many_wait() {
    let settings = Settings::Sqlite("/nowhere/mallcore.sqlite3".into());
    let history = History::new(Writes::behind(settings.clone(), Nudge::default()));
    let search = Search::new(Catalog::default(), || Timestamp::from_millis(0), Arc::new(Reads::new(settings)), history);
    let ask = async || search.find(Question::parse("手机").unwrap(), ALL).await;
    assert!(!search.is_ready() && matches!(ask().await, Err(FindError::Unavailable(Unavailable::Warming))));
    assert!(matches!(search.suggest("手"), Err(Unavailable::Warming)));
    let published = |index| Published { index, filed: Arc::default(), names: Arc::default(), new_names: Arc::default() };
    assert!(search.publish(published(index(&[document(1, "手机", "", "", 0)]))), "the first one");
    assert!(!search.publish(published(index(&[document(1, "手机", "", "", 0)]))));
    assert_eq!(ask().await.unwrap().products, [1]);
    let places = search.take_all_places();
    assert!(matches!(ask().await, Err(FindError::Unavailable(Unavailable::Busy))));
    drop(places);
    assert_eq!(ask().await.unwrap().total, 1);
}

/// Bytes that the process has in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// Prints what ADR 0027 says: run it alone, with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
#[expect(clippy::print_stdout, reason = "it prints what it measures")]
fn weigh() {
    const PRODUCTS: u64 = 100_000;
    const BRANDS: [&str; 10] = ["云雀", "星野", "澄光", "素锦", "北坡", "木棉里", "青禾", "拾光", "小满", "Kindle"];
    const KINDS: [&str; 12] = [
        "智能手机",
        "蓝牙耳机",
        "机械键盘",
        "免烫衬衫",
        "缓震跑鞋",
        "不粘炒锅",
        "乳胶枕",
        "扫拖机器人",
        "保湿面霜",
        "电动牙刷",
        "挂耳咖啡",
        "桂花糕",
    ];
    const LINES: [&str; 8] = ["青春版", "经典款", "Pro", "旗舰版", "联名限定", "Max 15", "家用", "户外便携"];
    let before = resident();
    words::all("手机");
    println!("the dictionary: {} MiB", (resident() - before) >> 20);
    let (taxonomy, before, began) = (taxonomy(), resident(), Instant::now());
    let mut indexer = Indexer::new().unwrap();
    let of = |id: u64, list: &[&'static str], step: u64| list[(id / step % list.len() as u64) as usize];
    let named = |id: u64| format!("{} {} {} {}", of(id, &BRANDS, 1), of(id, &KINDS, 10), of(id, &LINES, 120), id % 977);
    let document = |id: u64| {
        let filed = format!("{} 数码电子 影音设备 {}", of(id, &BRANDS, 1), of(id, &KINDS, 10));
        let mut document = document(id, &named(id), &filed, &"够用，也好看：给要求更高的人，一段说明。".repeat(5), id * 31 % 1_009);
        document.facts =
            Facts { category: 1 + (id % 5) as u32, brand: 1 + id % 2, price: 100 + id * 7919 % 500_000, created: id, ..document.facts };
        document
    };
    for id in 1..=PRODUCTS {
        indexer.put(&document(id)).unwrap();
    }
    let index = indexer.publish(Arc::clone(&taxonomy)).unwrap();
    println!("{PRODUCTS} products in {:?}: {} MiB", began.elapsed(), (resident() - before) >> 20);
    let (before, began) = (resident(), Instant::now());
    let phrases = (1..=PRODUCTS).map(|id| Phrase { text: named(id).into(), kind: Kind::Product(id) });
    let prefixes = Prefixes::new(phrases.collect());
    println!("their suggestions in {:?}: {} MiB", began.elapsed(), (resident() - before) >> 20);
    let percentiles = |what: &str, mut times: Vec<std::time::Duration>| {
        times.sort_unstable();
        let at = |per_cent: usize| times[(times.len() - 1) * per_cent / 100];
        println!("{what}: p50 {:?}, p99 {:?}, longest {:?}", at(50), at(99), times[times.len() - 1]);
    };
    let mut all = Vec::new();
    for typed in ["手机", "星野 耳机", "shouji", "sj", "kindel", "北坡 缓震跑鞋 Pro", "说明", "lanyaerji 977", "云雀 智能手机 青春版 33"]
    {
        let found = find(&index, typed, Wanted { size: 20, ..ALL }).total;
        let times = (0..100).map(|_| {
            let began = Instant::now();
            find(&index, typed, Wanted { size: 20, ..ALL });
            began.elapsed()
        });
        let times: Vec<_> = times.collect();
        all.extend(&times);
        percentiles(&format!("{typed} ({found} products)"), times);
    }
    percentiles("all questions", all);
    for typed in ["手", "s", "lanya", "北坡 缓"] {
        let times = (0..100).map(|_| {
            let began = Instant::now();
            assert!(prefixes.find(&folded(typed), 40).count() > 0);
            began.elapsed()
        });
        percentiles(&format!("suggestions for {typed}"), times.collect());
    }
    let times = (1..=50).map(|id| {
        let began = Instant::now();
        let mut renamed = document(id * 997);
        renamed.name.push_str(" 新款");
        indexer.put(&renamed).unwrap();
        indexer.publish(Arc::clone(&taxonomy)).unwrap();
        began.elapsed()
    });
    percentiles("one product renamed", times.collect());
}
