//! What demo shoppers say about the demo's products: reviews that belong to no order, with the sums that a loader has to fill. Of the newest
//! products nobody has said anything yet.

use mallcore_actors::time::Timestamp;

use super::goods::LINES;
use super::pictures;
use crate::platform::database::{Arguments, Error, Row, Rows, Tx};

/// Products that have reviews.
const PRODUCTS: u64 = 195;
/// The first of the demo shoppers who write; the ones before have not.
const FIRST_USER: u64 = 41;
const USERS: u64 = 60;
/// The number of a review that is shown.
const SHOWN: u64 = 2;
const MILLIS_OF_DAY: u64 = 86_400_000;
/// Rows of a statement.
const ROWS: usize = 200;

/// Stars, words, and what the shop answers.
type Saying = (u8, &'static str, Option<&'static str>);

/// What is said of anything.
const OF_ALL: [Saying; 8] = [
    (5, "做工很扎实，比想象中好，包装也用心。", Some("谢谢您的喜欢，欢迎再来。")),
    (5, "第二次买了，家里人都说好。", None),
    (4, "整体满意，颜色比图片稍深一点。", None),
    (5, "发货快，客服耐心，会推荐给朋友。", None),
    (3, "中规中矩，对得起这个价格。", Some("感谢反馈，我们会继续改进。")),
    (4, "用了一周，没有发现问题。", None),
    (5, "质量超出预期，性价比很高。", None),
    (4, "东西不错，就是快递慢了一天。", Some("给您添麻烦了，已经向快递反映。")),
];

/// What is said of a department's goods.
const OF_DEPARTMENT: [[Saying; 3]; 5] = [
    [
        (5, "运行流畅，做工精细，屏幕和按键都没有瑕疵。", Some("谢谢支持，有问题随时联系我们。")),
        (4, "续航比宣传的少一点，其他都好。", Some("关闭常亮显示可以延长续航，欢迎试试。")),
        (2, "收到时外壳有划痕，换了一台才好。", Some("非常抱歉，已补偿优惠券，并加强了出厂检查。")),
    ],
    [
        (5, "版型好看，面料舒服，尺码标准。", None),
        (4, "洗过一次没有变形，线头略多。", Some("感谢反馈，已转给工厂改进。")),
        (5, "同事问了好几次链接。", Some("谢谢您的推荐！")),
    ],
    [
        (5, "放在家里很合适，质感不错。", None),
        (4, "用着顺手，清洗方便。", None),
        (5, "帮爸妈买的，他们很喜欢。", Some("祝叔叔阿姨生活愉快。")),
    ],
    [
        (5, "味道清淡，敏感肌也能用。", Some("谢谢，首次使用建议先在耳后试用。")),
        (4, "质地细腻，就是瓶口有点大。", None),
        (5, "用完一瓶回来再买。", None),
    ],
    [
        (5, "很新鲜，个头匀称，坏果包赔。", Some("谢谢，当天采摘当天发货。")),
        (4, "味道不错，下次买大份。", None),
        (5, "包装严实，送人有面子。", None),
    ],
];

/// How many there are of a product.
const fn of_product(product: u64) -> u64 {
    3 + product % 4
}

/// The review at a place of a product of a department.
fn saying(product: u64, department: usize, number: u64) -> Saying {
    if number == 1 {
        let own = &OF_DEPARTMENT[department.min(OF_DEPARTMENT.len() - 1)];
        return own[(product % own.len() as u64) as usize];
    }
    OF_ALL[((product * 3 + number) * 5 % OF_ALL.len() as u64) as usize]
}

/// Fills in reviews and sums; products and SKUs have to be there.
pub(super) async fn insert(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let text =
        "SELECT p.id, p.category_id, s.id, s.spec FROM products p JOIN skus s ON s.product_id = p.id WHERE p.id <= ? ORDER BY p.id, s.id";
    let (mut reviews, mut ratings) = (Vec::<Arguments>::new(), Vec::<Arguments>::new());
    let rows = tx.all(text, vec![PRODUCTS.into()]).await?;
    let products: Vec<u64> = rows.iter().map(|row| row.count(0)).collect::<Result<_, _>>()?;
    let mut skus = &rows[..];
    for product in products.chunk_by(|one, next| one == next) {
        let (of_one, rest) = skus.split_at(product.len());
        skus = rest;
        ratings.push(review(product[0], of_one, now, &mut reviews)?);
    }
    let columns = [
        "sku_id",
        "product_id",
        "user_id",
        "sku_spec",
        "stars",
        "content",
        "pictures",
        "has_pictures",
        "is_anonymous",
        "status",
        "reply",
        "replied_at",
        "created_at",
        "updated_at",
    ];
    for chunk in reviews.chunks(ROWS) {
        tx.execute(Rows::insert(tx.engine(), "reviews", &columns, chunk.len()), chunk.concat()).await?;
    }
    let columns =
        ["product_id", "reviews_count", "stars_sum", "stars_1", "stars_2", "stars_3", "stars_4", "stars_5", "pictures_count", "updated_at"];
    tx.execute(Rows::insert(tx.engine(), "product_ratings", &columns, ratings.len()), ratings.concat()).await.map(drop)
}

/// Adds the reviews of a product with these SKUs; the row of their sums.
fn review(product: u64, skus: &[Row], now: Timestamp, reviews: &mut Vec<Arguments>) -> Result<Arguments, Error> {
    let (mut stars_sum, mut by_stars, mut with_pictures) = (0, [0_u64; 5], 0_u64);
    let shelf = skus[0].count(1)?;
    let line = (product - 1) as usize % LINES.len();
    for number in 0..of_product(product) {
        let place = product * 3 + number;
        let sku = &skus[number as usize % skus.len()];
        let (stars, content, reply) = saying(product, (shelf / 100) as usize - 1, number);
        let created_at = Timestamp::from_millis(now.millis().saturating_sub((place % 60 + 1) * MILLIS_OF_DAY));
        stars_sum += u64::from(stars);
        by_stars[usize::from(stars) - 1] += 1;
        // One of three shows it, every other time twice.
        let shots = if place.is_multiple_of(3) { 1 + place % pictures::SHOTS } else { 0 };
        with_pictures += u64::from(shots > 0);
        let shown = (1..=shots).map(|shot| pictures::of_buyer(shelf, line, shot));
        let shown = (shots > 0).then(|| serde_json::Value::from_iter(shown).to_string());
        reviews.push(vec![
            sku.count(2)?.into(),
            product.into(),
            (FIRST_USER + place % USERS).into(),
            sku.text(3)?.into(),
            stars.into(),
            content.into(),
            shown.into(),
            (shots > 0).into(),
            place.is_multiple_of(4).into(),
            SHOWN.into(),
            reply.into(),
            reply.map(|_| created_at.plus_millis(MILLIS_OF_DAY / 2)).into(),
            created_at.into(),
            created_at.into(),
        ]);
    }
    let mut rating: Arguments = vec![product.into(), of_product(product).into(), u64::into(stars_sum)];
    rating.extend(by_stars.map(u64::into));
    rating.extend([with_pictures.into(), now.into()]);
    Ok(rating)
}
