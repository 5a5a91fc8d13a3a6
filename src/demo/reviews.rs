//! What demo shoppers say about the first demo products: reviews that belong to no order, with the sums that a loader has to fill.

use mallcore_actors::time::Timestamp;

use crate::platform::database::{Arguments, Error, Rows, Tx};

/// Products that have reviews.
const PRODUCTS: u64 = 60;
/// Reviews of each of them.
const OF_PRODUCT: u64 = 3;
/// The first of the demo shoppers who write; the ones before have not.
const FIRST_USER: u64 = 41;
const USERS: u64 = 60;
/// The number of a review that is shown.
const SHOWN: u64 = 2;
const MILLIS_OF_DAY: u64 = 86_400_000;

/// Stars, words, and what the shop answers.
const SAYINGS: [(u8, &str, Option<&str>); 8] = [
    (5, "做工很扎实，比想象中好，包装也用心。", Some("谢谢您的喜欢，欢迎再来。")),
    (5, "第二次买了，家里人都说好。", None),
    (4, "整体满意，颜色比图片稍深一点。", None),
    (5, "发货快，客服耐心，会推荐给朋友。", None),
    (3, "中规中矩，对得起这个价格。", Some("感谢反馈，我们会继续改进。")),
    (4, "用了一周，没有发现问题。", None),
    (5, "质量超出预期，性价比很高。", None),
    (4, "尺寸合适，就是快递慢了一天。", Some("给您添麻烦了，已经向快递反映。")),
];

/// Fills in reviews and sums; products and SKUs have to be there.
pub(super) async fn insert(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let text = "SELECT p.id, MIN(s.id) FROM products p JOIN skus s ON s.product_id = p.id WHERE p.id <= ? GROUP BY p.id ORDER BY p.id";
    let (mut reviews, mut ratings) = (Vec::<Arguments>::new(), Vec::<Arguments>::new());
    for row in tx.all(text, vec![PRODUCTS.into()]).await? {
        let (product, sku) = (row.count(0)?, row.count(1)?);
        let (mut stars_sum, mut by_stars) = (0, [0_u64; 5]);
        for number in 0..OF_PRODUCT {
            let place = product * OF_PRODUCT + number;
            let (stars, content, reply) = SAYINGS[(place * 5 % SAYINGS.len() as u64) as usize];
            let created_at = Timestamp::from_millis(now.millis().saturating_sub((place % 60 + 1) * MILLIS_OF_DAY));
            stars_sum += u64::from(stars);
            by_stars[usize::from(stars) - 1] += 1;
            reviews.push(vec![
                sku.into(),
                product.into(),
                (FIRST_USER + place % USERS).into(),
                "".into(),
                stars.into(),
                content.into(),
                place.is_multiple_of(4).into(),
                SHOWN.into(),
                reply.into(),
                reply.map(|_| created_at.plus_millis(MILLIS_OF_DAY / 2)).into(),
                created_at.into(),
                created_at.into(),
            ]);
        }
        let mut rating: Arguments = vec![product.into(), OF_PRODUCT.into(), u64::into(stars_sum)];
        rating.extend(by_stars.map(u64::into));
        rating.push(now.into());
        ratings.push(rating);
    }
    let columns = [
        "sku_id",
        "product_id",
        "user_id",
        "sku_spec",
        "stars",
        "content",
        "is_anonymous",
        "status",
        "reply",
        "replied_at",
        "created_at",
        "updated_at",
    ];
    tx.execute(Rows::insert(tx.engine(), "reviews", &columns, reviews.len()), reviews.concat()).await?;
    let columns = ["product_id", "reviews_count", "stars_sum", "stars_1", "stars_2", "stars_3", "stars_4", "stars_5", "updated_at"];
    tx.execute(Rows::insert(tx.engine(), "product_ratings", &columns, ratings.len()), ratings.concat()).await.map(drop)
}
