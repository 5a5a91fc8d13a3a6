//! Every route by its pattern: labels of metrics, and what is allowed where. A test compares it with the OpenAPI document.

use std::ops::Index;

use super::body::BODY_BYTES_MAX;
use crate::platform::feature::Feature;

/// A path of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The path after the prefix; `{}` stands for one segment.
    pub path: &'static str,
    /// Its methods in the OpenAPI document.
    pub methods: &'static str,
    /// Whose it is.
    pub part: Part,
    /// Longest body, in bytes, of a route whose sender signs what it sends; none where the limits of all routes hold.
    pub signed_bytes_max: Option<usize>,
}

/// Parts of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The shop: the API prefix stands before its paths.
    Shop,
    /// Probes of an orchestrator.
    Health,
    /// The embedded page, in no other mode.
    Demo,
    /// What no route is for.
    Other,
}

impl Pattern {
    /// The same for a route that nobody can use without a signature. Its sender may send in bursts, so no token of its address is taken in
    /// advance: its handler takes one for each request that proves nothing ([`super::state::State::take_from_address`]).
    pub const fn signed(self, bytes_max: usize) -> Self {
        Self { signed_bytes_max: Some(bytes_max), ..self }
    }

    /// The longest body that is read, in bytes.
    pub fn body_bytes_max(&self) -> usize {
        self.signed_bytes_max.unwrap_or(BODY_BYTES_MAX)
    }

    /// What `Allow` says: wherever there is GET, there is HEAD.
    pub fn allow(&self) -> &'static str {
        match self.methods {
            "GET" => "GET, HEAD",
            "GET, POST" => "GET, HEAD, POST",
            "GET, PUT" => "GET, HEAD, PUT",
            "DELETE, GET" => "DELETE, GET, HEAD",
            other => other,
        }
    }
}

/// A route below the API prefix.
pub const fn shop(path: &'static str, methods: &'static str) -> Pattern {
    Pattern { path, methods, part: Part::Shop, signed_bytes_max: None }
}

const fn health(path: &'static str) -> Pattern {
    Pattern { path, methods: "GET", part: Part::Health, signed_bytes_max: None }
}

const fn demo(path: &'static str, methods: &'static str) -> Pattern {
    Pattern { path, methods, part: Part::Demo, signed_bytes_max: None }
}

/// The service's own routes; the features bring theirs.
const OWN: [Pattern; 9] = [
    Pattern { path: "other", methods: "", part: Part::Other, signed_bytes_max: None },
    health("/health/live"),
    health("/health/ready"),
    demo("/demo/shopper", "POST"),
    demo("/demo/stats", "GET"),
    demo("/demo/pictures/{}", "GET"),
    demo("/demo/app.js", "GET"),
    demo("/demo/style.css", "GET"),
    demo("/", "GET"),
];

/// Place in the [`Table`] of what is none of the others.
pub const OTHER: usize = 0;

/// Every route. The first stands for whatever is none of the others; then the features' in their order, the hottest first.
#[derive(Debug, Clone)]
pub struct Table(Vec<Pattern>);

impl Table {
    /// The service's own routes and those of these features.
    pub fn new(features: &[Feature]) -> Self {
        let features = features.iter().flat_map(|feature| feature.patterns);
        Self(OWN[..1].iter().chain(features).chain(&OWN[1..]).copied().collect())
    }

    /// All patterns, in the order of their places.
    pub fn patterns(&self) -> &[Pattern] {
        &self.0
    }

    /// The place of a request's path, without allocation.
    pub fn place(&self, path: &str, prefix: &str) -> usize {
        let after_prefix = path.strip_prefix(prefix);
        let found = self.0.iter().skip(1).position(|pattern| {
            let path = if pattern.part == Part::Shop { after_prefix } else { Some(path) };
            path.is_some_and(|path| matches(pattern.path, path))
        });
        found.map_or(OTHER, |place| place + 1)
    }
}

impl Index<usize> for Table {
    type Output = Pattern;

    fn index(&self, place: usize) -> &Pattern {
        &self.0[place]
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    // One letter is found sooner than two, and each request asks.
    let Some((before, after)) = pattern.split_once('{') else { return pattern == path };
    let rest = path.strip_prefix(before).and_then(|rest| rest.strip_suffix(after.trim_start_matches('}')));
    rest.is_some_and(|segment| !segment.is_empty() && !segment.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &[Pattern] = &[shop("/seckill/items/{}/orders", "POST"), shop("/orders/{}", "GET"), shop("/orders", "GET")];

    fn check(path: &str, expected: &str) {
        let table = Table::new(&[Feature::of_routes("orders", |_| {}, ORDERS)]);
        assert_eq!(table[table.place(path, "/v1")].path, expected, "{path}");
    }

    #[test]
    fn a_path_finds_its_pattern() {
        check("/v1/seckill/items/7/orders", "/seckill/items/{}/orders");
        check("/v1/orders/20261124003005234567800000011", "/orders/{}");
        check("/v1/orders", "/orders");
        check("/health/live", "/health/live");
        check("/", "/");
        for none in ["/orders", "/v1/orders/", "/v1/orders/1/2", "/v2/orders", "/v1/seckill/items//orders", ""] {
            check(none, "other");
        }
    }
}
