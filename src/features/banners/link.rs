//! Where a banner leads: `link_type` with a `link_value` that has the type's own form.
//!
//! | type | leads to | value |
//! |---|---|---|
//! | 1 | a list of products | `manual`, `category:<id>`, `tag:<id>` or `recommended` |
//! | 2 | a product | its id |
//! | 3 | a category | its id |
//! | 4 | an activity | its id |
//! | 5 | another site | an `https` address on the standard port |
//!
//! Not here: whether what is named exists (`edits`).

use mallcore_actors::ids::ID_MAX;
use url::{Host, Url};

use crate::platform::http::path::plain_number;

/// Bytes that a value may have.
pub const VALUE_BYTES_MAX: usize = 500;

/// Where the products of a list come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Chosen by hand, in `banner_products`.
    Manual,
    /// A category and those below it.
    Category(u64),
    /// A tag, by its id.
    Tag(u64),
    /// By sales and rating.
    Recommended,
}

/// Where a banner leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// To a list of products.
    Products(Source),
    /// To a product, by its id.
    Product(u64),
    /// To a category, by its id.
    Category(u64),
    /// To an activity, by its id.
    Activity(u64),
    /// To an address outside of the shop: https, on the standard port, without user or password.
    External(Box<Url>),
}

/// Why a type and a value are no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// There is no such type.
    #[error("a link type is a number from 1 to 5, not {0}")]
    Type(i64),
    /// The value does not have the type's form.
    #[error("a link of type {link_type} needs {wanted}, not {value:?}")]
    Value {
        /// The type, 1 to 5.
        link_type: u8,
        /// What is wanted.
        wanted: &'static str,
        /// What was given.
        value: String,
    },
    /// The host is not one that banners may lead to.
    #[error("{0} is not among the hosts that banners may lead to (BANNER_LINK_HOSTS)")]
    Host(String),
}

/// Hosts that banners may lead to.
#[derive(Debug, Clone, Default)]
pub struct LinkHosts(Vec<String>);

impl LinkHosts {
    /// From the setting: names in lower case, `*.` before a name for every name below it.
    pub fn new(hosts: Vec<String>) -> Self {
        Self(hosts)
    }

    fn allows(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| match allowed.strip_prefix("*.") {
            None => host == allowed,
            Some(parent) => host.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
        })
    }
}

fn id(text: &str) -> Option<u64> {
    plain_number(text).filter(|id| (1..=ID_MAX).contains(id))
}

impl Source {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "manual" => Some(Self::Manual),
            None if text == "recommended" => Some(Self::Recommended),
            Some(("category", category)) => id(category).map(Self::Category),
            Some(("tag", tag)) => id(tag).map(Self::Tag),
            _ => None,
        }
    }

    fn value(self) -> String {
        match self {
            Self::Manual => "manual".to_owned(),
            Self::Category(category) => format!("category:{category}"),
            Self::Tag(tag) => format!("tag:{tag}"),
            Self::Recommended => "recommended".to_owned(),
        }
    }
}

fn external(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && url.password().is_none();
    (is_plain && matches!(url.host(), Some(Host::Domain(_))) && url.as_str().len() <= VALUE_BYTES_MAX).then_some(url)
}

impl Link {
    /// Reads a type and its value.
    ///
    /// # Errors
    /// [`BadLink::Type`], [`BadLink::Value`].
    pub fn parse(link_type: i64, value: &str) -> Result<Self, BadLink> {
        let parsed = match link_type {
            1 => (Source::parse(value).map(Self::Products), "manual, category:<id>, tag:<id> or recommended"),
            2 => (id(value).map(Self::Product), "the id of a product"),
            3 => (id(value).map(Self::Category), "the id of a category"),
            4 => (id(value).map(Self::Activity), "the id of an activity"),
            5 => (
                external(value).map(|url| Self::External(Box::new(url))),
                "an https address of at most 500 bytes with a host's name, without port, user or password",
            ),
            other => return Err(BadLink::Type(other)),
        };
        let (link, wanted) = parsed;
        // One of 1 to 5.
        link.ok_or_else(|| BadLink::Value { link_type: link_type as u8, wanted, value: value.chars().take(100).collect() })
    }

    /// The number of its type, 1 to 5.
    pub const fn number(&self) -> u8 {
        match self {
            Self::Products(_) => 1,
            Self::Product(_) => 2,
            Self::Category(_) => 3,
            Self::Activity(_) => 4,
            Self::External(_) => 5,
        }
    }

    /// The value, spelt as it is stored and shown.
    pub fn value(&self) -> String {
        match self {
            Self::Products(source) => source.value(),
            Self::Product(id) | Self::Category(id) | Self::Activity(id) => id.to_string(),
            Self::External(url) => url.to_string(),
        }
    }

    /// Whether it stays within the shop or leads to a host that is allowed.
    ///
    /// # Errors
    /// [`BadLink::Host`].
    pub fn check_host(&self, hosts: &LinkHosts) -> Result<(), BadLink> {
        let Self::External(url) = self else { return Ok(()) };
        let host = url.host_str().unwrap_or_default();
        // A name with the root's dot at its end is the same host.
        if hosts.allows(host.strip_suffix('.').unwrap_or(host)) { Ok(()) } else { Err(BadLink::Host(host.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_values_of_its_own_form() {
        let good = [
            (1, "manual"),
            (1, "category:12"),
            (1, "tag:7"),
            (1, "recommended"),
            (2, "1"),
            (3, "9007199254740991"),
            (4, "5"),
            (5, "https://www.example.com/sale?from=banner#top"),
        ];
        for (link_type, value) in good {
            let link = Link::parse(link_type, value).unwrap();
            assert_eq!((i64::from(link.number()), link.value().as_str()), (link_type, value));
        }
        let bad = [
            (0, "1"),
            (6, "1"),
            (1, ""),
            (1, "category"),
            (1, "category:0"),
            (1, "tag:x"),
            (1, "by_hand"),
            (2, "0"),
            (2, "-1"),
            (2, "01"),
            (2, " 1"),
            (3, "9007199254740992"),
            (4, ""),
            (5, "http://www.example.com/"),
            (5, "javascript:alert(1)"),
            (5, "//www.example.com/"),
            (5, "https://"),
            (5, "https://10.0.0.1/"),
            (5, "https://[::1]/"),
            (5, "https://www.example.com:8443/"),
            (5, "https://user@www.example.com/"),
            (5, "https://www.example.com@evil.example:1/"),
        ];
        for (link_type, value) in bad {
            assert!(Link::parse(link_type, value).is_err(), "{link_type} {value}");
        }
        assert!(Link::parse(5, &format!("https://www.example.com/{}", "x".repeat(500))).is_err());
    }

    #[test]
    fn another_site_is_one_of_the_list() {
        let hosts = LinkHosts::new(vec!["www.example.com".into(), "*.shop.example".into()]);
        let check = |url: &str| Link::parse(5, url).unwrap().check_host(&hosts).is_ok();
        for good in ["https://www.example.com/", "https://WWW.example.com/a", "https://a.shop.example", "https://a.b.shop.example/"] {
            assert!(check(good), "{good}");
        }
        let bad = [
            "https://example.com/",
            "https://xwww.example.com/",
            "https://www.example.com.evil.example/",
            "https://shop.example/",
            "https://evilshop.example/",
            "https://www.example.com@evil.example/",
        ];
        for bad in bad {
            assert!(Link::parse(5, bad).and_then(|link| link.check_host(&hosts)).is_err(), "{bad}");
        }
        assert!(Link::Product(1).check_host(&LinkHosts::default()).is_ok(), "it stays within the shop");
    }
}
