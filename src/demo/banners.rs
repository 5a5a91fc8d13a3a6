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
    /// Place of the department whose goods its picture shows; none: some of each.
    pub department: Option<usize>,
    pub colours: [&'static str; 2],
}

pub(super) const BANNERS: [Banner; 4] = [
    Banner {
        title: "为你推荐",
        line: "大家都在买的好物",
        link_type: 1,
        link_value: "recommended",
        department: None,
        colours: ["#ff8a5c", "#ea5455"],
    },
    Banner {
        title: "旗舰新品",
        line: "智能手机，新色上架",
        link_type: 2,
        link_value: "1",
        department: Some(0),
        colours: ["#4f8cff", "#2f4b8f"],
    },
    Banner {
        title: "数码电子",
        line: "影音、外设一站配齐",
        link_type: 3,
        link_value: "1",
        department: Some(0),
        colours: ["#38ada9", "#0a5d64"],
    },
    Banner {
        title: "限时秒杀",
        line: "六折起，售完即止",
        link_type: 4,
        link_value: "1",
        department: None,
        colours: ["#f6b93b", "#e55039"],
    },
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
