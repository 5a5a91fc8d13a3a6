//! What banners look like from outside.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::Banner;
use crate::platform::rfc3339::Rfc3339;

/// A banner that is shown now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Banner)]
pub struct BannerView {
    /// Id of the banner, for `/banners/{id}/products` and `/banners/{id}/click`.
    pub id: u64,
    /// What it says.
    pub title: String,
    /// Address of its picture.
    pub image_url: String,
    /// Where it leads: 1 a list of products, 2 a product, 3 a category, 4 an activity, 5 another site.
    #[schema(minimum = 1, maximum = 5)]
    pub link_type: u8,
    /// For 1 the source of the products, which are those of `/banners/{id}/products`; for 2 to 4 an id; for 5 an https address.
    #[schema(example = "category:12")]
    pub link_value: String,
    /// Its place, lowest first.
    pub sort_order: i64,
    /// Since when it is shown; null: since ever.
    pub start_time: Option<Rfc3339>,
    /// When it stops being shown; null: never.
    pub end_time: Option<Rfc3339>,
}

impl From<&Banner> for BannerView {
    fn from(banner: &Banner) -> Self {
        Self {
            id: banner.id.get(),
            title: banner.title.clone(),
            image_url: banner.image_url.clone(),
            link_type: banner.link.number(),
            link_value: banner.link.value(),
            sort_order: banner.sort_order,
            start_time: banner.starts_at.map(Into::into),
            end_time: banner.ends_at.map(Into::into),
        }
    }
}
