//! The banners that shoppers see at one moment.

use std::sync::Arc;

use mallcore_actors::ids::BannerId;
use mallcore_actors::time::Timestamp;

use super::model::Banner;
use super::views::BannerView;
use crate::features::catalog::Items;
use crate::features::catalog::snapshot::{Rendered, json};

/// What shoppers see.
#[derive(Debug)]
pub struct Shown {
    /// The active banners, in order.
    pub banners: Vec<Arc<Banner>>,
    /// All of them, as they are sent.
    pub list: Rendered,
    /// When a window begins or ends; none: never.
    pub turns_at: Option<Timestamp>,
}

impl Shown {
    /// Of these banners at this moment.
    pub fn at(loaded: &[Arc<Banner>], now: Timestamp) -> Self {
        let mut banners: Vec<_> = loaded.iter().filter(|banner| banner.is_active(now)).cloned().collect();
        banners.sort_by_key(|banner| (banner.sort_order, banner.id));
        let list = json(&Items { items: banners.iter().map(|banner| BannerView::from(&**banner)).collect() });
        Self { banners, list, turns_at: loaded.iter().filter_map(|banner| banner.turns_at(now)).min() }
    }

    /// An active banner.
    pub fn get(&self, id: BannerId) -> Option<&Arc<Banner>> {
        self.banners.iter().find(|banner| banner.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::banners::link::Link;

    fn banner(id: u64, sort_order: i64, window: (Option<u64>, Option<u64>)) -> Arc<Banner> {
        let at = |millis: Option<u64>| millis.map(Timestamp::from_millis);
        Arc::new(Banner {
            id: BannerId::new(id).unwrap(),
            title: "横幅".into(),
            image_url: "/a.svg".into(),
            link: Link::Product(1),
            sort_order,
            is_on: true,
            starts_at: at(window.0),
            ends_at: at(window.1),
            chosen: Box::default(),
            clicks: 0,
        })
    }

    fn check(loaded: &[Arc<Banner>], now: u64, ids: &[u64], turns_at: Option<u64>) {
        let shown = Shown::at(loaded, Timestamp::from_millis(now));
        let seen: Vec<u64> = shown.banners.iter().map(|banner| banner.id.get()).collect();
        assert_eq!((seen.as_slice(), shown.turns_at), (ids, turns_at.map(Timestamp::from_millis)), "at {now}");
    }

    #[test]
    fn a_banner_is_there_from_its_start_until_before_its_end() {
        let off = Arc::new(Banner { is_on: false, ..(*banner(9, 0, (Some(15), None))).clone() });
        let loaded = [
            banner(1, 5, (None, None)),
            banner(2, 0, (Some(10), Some(20))),
            banner(3, 0, (Some(20), None)),
            banner(4, -1, (None, Some(20))),
            off,
        ];
        check(&loaded, 9, &[4, 1], Some(10));
        check(&loaded, 10, &[4, 2, 1], Some(20));
        check(&loaded, 19, &[4, 2, 1], Some(20));
        check(&loaded, 20, &[3, 1], None);
    }
}
