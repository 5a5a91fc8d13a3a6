//! What the demo shop's home page shows: four banners, one for each place that a banner may lead to within the shop, and a filled discount zone.

use mallcore_actors::time::Timestamp;

use crate::platform::database::{Arguments, Error, Rows, Tx};

/// A banner: title, link type, link value, and the two colours of its picture.
const BANNERS: [(&str, u8, &str, [&str; 2]); 4] = [
    ("为你推荐", 1, "recommended", ["ff8a5c", "ea5455"]),
    ("旗舰新品", 2, "1", ["4f8cff", "2f4b8f"]),
    ("数码电子", 3, "1", ["38ada9", "0a5d64"]),
    ("限时秒杀", 4, "1", ["f6b93b", "e55039"]),
];

/// A picture that needs no server: the title on two colours.
fn picture(title: &str, [from, to]: [&str; 2]) -> String {
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 750 300'%3E%3ClinearGradient id='g'%3E%3Cstop \
         stop-color='%23{from}'/%3E%3Cstop offset='1' stop-color='%23{to}'/%3E%3C/linearGradient%3E%3Crect width='750' height='300' \
         fill='url(%23g)'/%3E%3Ctext x='60' y='175' font-size='64' fill='%23fff'%3E{title}%3C/text%3E%3C/svg%3E"
    )
}

/// Inserts the banners and puts some of the products into the discount zone; the hot zone is filled with the products themselves.
pub(super) async fn insert(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let columns = ["title", "image_url", "link_type", "link_value", "sort_order", "created_at", "updated_at"];
    let mut values = Arguments::new();
    for (place, (title, link_type, link_value, colours)) in (1_u32..).zip(BANNERS) {
        let image = picture(title, colours);
        values.extend([title.into(), image.into(), link_type.into(), link_value.into(), place.into(), now.into(), now.into()]);
    }
    tx.execute(Rows::insert(tx.engine(), "banners", &columns, BANNERS.len()), values).await?;
    // 5 to 30 per cent off for one product of eight.
    let text = "UPDATE products SET is_discount = 1, discount_rate_bp = 500 + id % 6 * 500 WHERE id >= 100 AND id % 8 = 4";
    tx.execute(text, Vec::new()).await?;
    Ok(())
}
