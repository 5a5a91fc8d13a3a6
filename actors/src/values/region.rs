//! Regions of the country by their administrative code (GB/T 2260): six digits, of which the first two name the province and the first four
//! the city.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where an address is: a district, `440305`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(u32);

/// All regions whose codes begin so: a province (2 digits), a city (4) or a district (6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionPrefix {
    digits: Digits,
    code: u32,
}

/// How much of a code a prefix names; the more, the more specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Digits {
    Province,
    City,
    District,
}

/// A text that is no code of a region, or no beginning of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRegion {
    /// It is not a district.
    #[error("a region code has 6 digits, the first of which is not 0")]
    Code,
    /// It is neither a province nor a city nor a district.
    #[error("a region is named by the first 2, 4 or 6 digits of its code, the first of which is not 0")]
    Prefix,
}

/// The number of a text that is all digits and does not begin with 0.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

impl FromStr for RegionCode {
    type Err = BadRegion;

    fn from_str(text: &str) -> Result<Self, BadRegion> {
        let code = (text.len() == 6).then(|| number(text)).flatten();
        code.map(Self).ok_or(BadRegion::Code)
    }
}

impl FromStr for RegionPrefix {
    type Err = BadRegion;

    fn from_str(text: &str) -> Result<Self, BadRegion> {
        let digits = match text.len() {
            2 => Digits::Province,
            4 => Digits::City,
            6 => Digits::District,
            _ => return Err(BadRegion::Prefix),
        };
        Ok(Self { digits, code: number(text).ok_or(BadRegion::Prefix)? })
    }
}

impl RegionCode {
    /// The prefixes that name this region, the most specific first.
    pub fn prefixes(self) -> [RegionPrefix; 3] {
        [
            RegionPrefix { digits: Digits::District, code: self.0 },
            RegionPrefix { digits: Digits::City, code: self.0 / 100 },
            RegionPrefix { digits: Digits::Province, code: self.0 / 10_000 },
        ]
    }
}

impl RegionPrefix {
    /// Whether the region is one of those.
    pub fn contains(self, region: RegionCode) -> bool {
        region.prefixes().contains(&self)
    }
}

impl TryFrom<String> for RegionCode {
    type Error = BadRegion;

    fn try_from(text: String) -> Result<Self, BadRegion> {
        text.parse()
    }
}

impl TryFrom<String> for RegionPrefix {
    type Error = BadRegion;

    fn try_from(text: String) -> Result<Self, BadRegion> {
        text.parse()
    }
}

impl From<RegionCode> for String {
    fn from(region: RegionCode) -> Self {
        region.to_string()
    }
}

impl From<RegionPrefix> for String {
    fn from(prefix: RegionPrefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RegionPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!("440305".parse::<RegionCode>().map(String::from), Ok("440305".to_owned()));
        for wrong in ["", "44", "4403", "4403051", "044030", "44030a", "+40305", "４４０３０５"] {
            assert_eq!(wrong.parse::<RegionCode>(), Err(BadRegion::Code), "{wrong}");
        }
    }

    #[test]
    fn a_prefix_names_a_province_a_city_or_a_district() {
        let region: RegionCode = "440305".parse().unwrap();
        for (prefix, contains) in [("44", true), ("4403", true), ("440305", true), ("45", false), ("4401", false), ("440306", false)] {
            assert_eq!(prefix.parse::<RegionPrefix>().unwrap().contains(region), contains, "{prefix}");
        }
        for wrong in ["", "4", "440", "44030", "04", "4403055", "4x"] {
            assert_eq!(wrong.parse::<RegionPrefix>(), Err(BadRegion::Prefix), "{wrong}");
        }
        let [district, city, province] = region.prefixes();
        assert!(district > city && city > province, "the more specific is the greater");
    }
}
