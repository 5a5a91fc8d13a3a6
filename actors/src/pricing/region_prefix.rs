//! How freight templates name regions: by the beginning of their codes.

use std::fmt;
use std::str::FromStr;

use crate::values::region::RegionCode;

/// All regions whose codes begin so: a province (2 digits), a city (4) or a district (6). The more specific is the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionPrefix {
    length: u8,
    /// Those behind `length` are `0`.
    digits: [u8; 6],
}

/// A text that begins no region's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("regions are named by the first 2, 4 or 6 digits of their code (GB/T 2260)")]
pub struct BadPrefix;

impl FromStr for RegionPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        if !matches!(text.len(), 2 | 4 | 6) {
            return Err(BadPrefix);
        }
        let region = RegionCode::parse(&format!("{text:0<6}")).map_err(|_| BadPrefix)?;
        Ok(Self::of(region, text.len() as u8))
    }
}

impl RegionPrefix {
    /// The prefixes that name this region, the most specific first.
    pub fn all_of(region: RegionCode) -> [Self; 3] {
        [6, 4, 2].map(|length| Self::of(region, length))
    }

    fn of(region: RegionCode, length: u8) -> Self {
        debug_assert!(matches!(length, 2 | 4 | 6), "{length}");
        let mut digits = [b'0'; 6];
        digits.iter_mut().zip(region.as_str().bytes()).take(usize::from(length)).for_each(|(digit, byte)| *digit = byte);
        Self { length, digits }
    }
}

impl fmt::Display for RegionPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ASCII digits only.
        f.write_str(std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default())
    }
}

impl fmt::Debug for RegionPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionPrefix({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_names_a_province_a_city_or_a_district() {
        let [district, city, province] = RegionPrefix::all_of(RegionCode::parse("440305").unwrap());
        assert_eq!([district, city, province].map(|prefix| prefix.to_string()), ["440305", "4403", "44"]);
        assert_eq!(["440305", "4403", "44"].map(|text| text.parse::<RegionPrefix>().unwrap()), [district, city, province]);
        assert!(district > city && city > province);
        for wrong in ["", "4", "440", "44030", "04", "99", "4403055", "4x", "４４"] {
            assert_eq!(wrong.parse::<RegionPrefix>(), Err(BadPrefix), "{wrong}");
        }
    }
}
