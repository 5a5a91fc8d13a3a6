//! What the demo shop's home page shows: four banners, one for each place that a banner may lead to within the shop, and filled zones.

use mallcore_actors::time::Timestamp;

use super::pictures;
use crate::platform::database::{Arguments, Error, Rows, Tx};

/// A banner: what it says, where it leads, and the two colours of its picture.
pub(super) struct Banner {
    pub title: &'static str,
    /// A few more words.
    pub line: &'static str,
    link_type: u8,
    link_value: &'static str,
    pub colours: [&'static str; 2],
}

const fn banner(title: &'static str, line: &'static str, link_type: u8, link_value: &'static str, colours: [&'static str; 2]) -> Banner {
    Banner { title, line, link_type, link_value, colours }
}

pub(super) const BANNERS: [Banner; 4] = [
    banner("为你推荐", "大家都在买的好物", 1, "recommended", ["#ff8a5c", "#ea5455"]),
    banner("旗舰新品", "云雀智能手机，新色上架", 2, "1", ["#4f8cff", "#2f4b8f"]),
    banner("数码电子", "影音、外设一站配齐", 3, "1", ["#38ada9", "#0a5d64"]),
    banner("限时秒杀", "六折起，售完即止", 4, "1", ["#f6b93b", "#e55039"]),
];

/// Inserts the banners and puts some of the products of the first edition into the discount zone; the hot zone is filled with the products
/// themselves.
pub(super) async fn insert(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let columns = ["title", "image_url", "link_type", "link_value", "sort_order", "created_at", "updated_at"];
    let mut values = Arguments::new();
    for (place, banner) in (1_u64..).zip(&BANNERS) {
        let image = pictures::of_banner(place);
        values.extend([banner.title.into(), image.into(), banner.link_type.into(), banner.link_value.into(), place.into()]);
        values.extend([now.into(), now.into()]);
    }
    tx.execute(Rows::insert(tx.engine(), "banners", &columns, BANNERS.len()), values).await?;
    // 5 to 35 per cent off for 45 products: one of four outside the first department, which has the flash sale.
    let text = "UPDATE products SET is_discount = 1, discount_rate_bp = 500 + id % 7 * 500 WHERE id > 45 AND id <= 225 AND id % 4 = 2";
    tx.execute(text, Vec::new()).await?;
    Ok(())
}
