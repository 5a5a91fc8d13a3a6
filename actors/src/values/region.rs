//! Administrative divisions of China (GB/T 2260): two digits of the province, two of the prefecture, two of the county.
//! - D1 A code that exists has 6 digits, and the first two are those of a province.
//!
//! Not here: the names of the divisions, and whether a county exists today: the list changes every year.

use std::fmt;
use std::str::FromStr;

/// Digits of a code.
const DIGITS: usize = 6;

/// Codes of provinces, autonomous regions, municipalities, Taiwan, Hong Kong and Macau.
const PROVINCES: [u8; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
];

/// Why a text is no code of a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a region code has 6 digits, of which the first two are those of a province (GB/T 2260)")]
pub struct BadRegion;

/// The code of a county, district, prefecture or province.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode([u8; DIGITS]);

impl RegionCode {
    /// Accepts 6 digits that begin with a province's.
    ///
    /// # Errors
    /// [`BadRegion`] for everything else.
    pub fn parse(text: &str) -> Result<Self, BadRegion> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| BadRegion)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(BadRegion);
        }
        let province = (digits[0] - b'0') * 10 + (digits[1] - b'0');
        if PROVINCES.contains(&province) { Ok(Self(digits)) } else { Err(BadRegion) }
    }

    /// The 6 digits.
    pub fn as_str(&self) -> &str {
        // `parse` admits ASCII digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether it lies in the division whose code begins so: `11` is Beijing, `3301` is Hangzhou. Every region lies in the empty prefix.
    pub fn lies_in(&self, prefix: &str) -> bool {
        self.as_str().starts_with(prefix)
    }
}

impl FromStr for RegionCode {
    type Err = BadRegion;

    fn from_str(text: &str) -> Result<Self, BadRegion> {
        Self::parse(text)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegionCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_begins_with_its_province() {
        let haidian = RegionCode::parse("110108").unwrap();
        assert_eq!(haidian.to_string(), "110108");
        assert!(haidian.lies_in("11") && haidian.lies_in("1101") && haidian.lies_in("") && !haidian.lies_in("3301"));
        for text in ["", "11010", "1101081", "11010a", "100000", "990101", "００"] {
            assert_eq!(RegionCode::parse(text), Err(BadRegion), "{text}");
        }
    }
}
