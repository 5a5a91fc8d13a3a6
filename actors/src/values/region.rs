//! Administrative divisions of China (GB/T 2260): two digits of the province, two of the prefecture, two of the county.
//! - D1 A code that exists has 6 digits, and the first two are those of a province.
//!
//! Not here: the names of the divisions below the provinces, and whether a county exists today: the list changes every year.

use std::fmt;
use std::str::FromStr;

/// Digits of a code.
const DIGITS: usize = 6;

/// Provinces, autonomous regions, municipalities, Taiwan, Hong Kong and Macau: the digits that their codes begin with, the short and the full name.
const PROVINCES: [(u8, &str, &str); 34] = [
    (11, "北京", "北京市"),
    (12, "天津", "天津市"),
    (13, "河北", "河北省"),
    (14, "山西", "山西省"),
    (15, "内蒙古", "内蒙古自治区"),
    (21, "辽宁", "辽宁省"),
    (22, "吉林", "吉林省"),
    (23, "黑龙江", "黑龙江省"),
    (31, "上海", "上海市"),
    (32, "江苏", "江苏省"),
    (33, "浙江", "浙江省"),
    (34, "安徽", "安徽省"),
    (35, "福建", "福建省"),
    (36, "江西", "江西省"),
    (37, "山东", "山东省"),
    (41, "河南", "河南省"),
    (42, "湖北", "湖北省"),
    (43, "湖南", "湖南省"),
    (44, "广东", "广东省"),
    (45, "广西", "广西壮族自治区"),
    (46, "海南", "海南省"),
    (50, "重庆", "重庆市"),
    (51, "四川", "四川省"),
    (52, "贵州", "贵州省"),
    (53, "云南", "云南省"),
    (54, "西藏", "西藏自治区"),
    (61, "陕西", "陕西省"),
    (62, "甘肃", "甘肃省"),
    (63, "青海", "青海省"),
    (64, "宁夏", "宁夏回族自治区"),
    (65, "新疆", "新疆维吾尔自治区"),
    (71, "台湾", "台湾省"),
    (81, "香港", "香港特别行政区"),
    (82, "澳门", "澳门特别行政区"),
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
        let region = Self(digits);
        if region.province().is_some() { Ok(region) } else { Err(BadRegion) }
    }

    /// The row of its province; `parse` admits only codes that have one.
    fn province(&self) -> Option<&'static (u8, &'static str, &'static str)> {
        let code = (self.0[0] - b'0') * 10 + (self.0[1] - b'0');
        PROVINCES.iter().find(|(known, ..)| *known == code)
    }

    /// Whether its province has this name, in full (`浙江省`) or short (`浙江`).
    pub fn is_in_province_called(&self, name: &str) -> bool {
        self.province().is_some_and(|(_, short, full)| name == *short || name == *full)
    }

    /// Whether it is more than a province, so that a house can be in it: a district, a county, or a city such as Dongguan (`441900`) that has none.
    pub fn is_below_a_province(&self) -> bool {
        self.0[2..] != *b"0000"
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

    #[test]
    fn a_region_is_in_the_province_of_its_first_digits() {
        for (code, short, full) in PROVINCES {
            let region = RegionCode::parse(&format!("{code}0101")).unwrap();
            assert!(region.is_in_province_called(short) && region.is_in_province_called(full), "{full}");
            assert!(full.starts_with(short) && !region.is_in_province_called("北"), "{full}");
        }
        assert!(!RegionCode::parse("330106").unwrap().is_in_province_called("广东省"));
    }

    #[test]
    fn a_province_alone_is_no_place_to_send_to() {
        let is_below = |code: &str| RegionCode::parse(code).unwrap().is_below_a_province();
        assert!(["330106", "441900", "442000", "460400", "620200"].into_iter().all(is_below));
        assert!(["330000", "110000", "710000"].into_iter().all(|code| !is_below(code)));
    }
}
