//! Every route by its pattern: labels of metrics, and what is allowed where. A test compares it with the OpenAPI document.

/// A path of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The path after the prefix; `{}` stands for one segment.
    pub path: &'static str,
    /// Its methods in the OpenAPI document.
    pub methods: &'static str,
    /// Whose it is.
    pub part: Part,
}

/// Parts of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The shop: the API prefix stands before its paths.
    Shop,
    /// Probes.
    Health,
    /// The embedded page, in no other mode.
    Demo,
    /// Nobody.
    Other,
}

impl Pattern {
    /// What `Allow` says: wherever there is GET, there is HEAD.
    pub fn allow(&self) -> &'static str {
        match self.methods {
            "GET" => "GET, HEAD",
            "GET, POST" => "GET, HEAD, POST",
            other => other,
        }
    }
}

const fn shop(path: &'static str, methods: &'static str) -> Pattern {
    Pattern { path, methods, part: Part::Shop }
}

const fn health(path: &'static str) -> Pattern {
    Pattern { path, methods: "GET", part: Part::Health }
}

const fn demo(path: &'static str, methods: &'static str) -> Pattern {
    Pattern { path, methods, part: Part::Demo }
}

/// The hottest first; the last stands for whatever is none of the others.
pub const PATTERNS: [Pattern; 16] = [
    shop("/seckill/items/{}/orders", "POST"),
    shop("/orders/{}/cancel", "POST"),
    shop("/orders/{}", "GET"),
    shop("/orders", "GET"),
    shop("/seckill/activities/{}", "GET"),
    shop("/seckill/activities", "GET"),
    shop("/products/{}", "GET"),
    shop("/products", "GET"),
    health("/health/live"),
    health("/health/ready"),
    demo("/demo/shopper", "POST"),
    demo("/demo/stats", "GET"),
    demo("/demo/app.js", "GET"),
    demo("/demo/style.css", "GET"),
    demo("/", "GET"),
    Pattern { path: "other", methods: "", part: Part::Other },
];

/// Place in [`PATTERNS`] of what is none of the others.
pub const OTHER: usize = PATTERNS.len() - 1;

/// Place in [`PATTERNS`] of a request's path, without allocation.
pub fn place(path: &str, prefix: &str) -> usize {
    let after_prefix = path.strip_prefix(prefix);
    PATTERNS[..OTHER]
        .iter()
        .position(|pattern| {
            let path = if pattern.part == Part::Shop { after_prefix } else { Some(path) };
            path.is_some_and(|path| matches(pattern.path, path))
        })
        .unwrap_or(OTHER)
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

    fn check(path: &str, expected: &str) {
        assert_eq!(PATTERNS[place(path, "/v1")].path, expected, "{path}");
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
