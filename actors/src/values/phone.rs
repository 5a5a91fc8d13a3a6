//! Mobile numbers of mainland China.
//! - N1 A number that exists has 11 digits, `1` first and 3 to 9 second, without a country code.
//! - N2 Nothing prints it whole by accident: `Display` and `Debug` show the mask, and it does not serialise. [`PhoneNumber::full`] is the only
//!   way to its digits.

use std::fmt;
use std::str::FromStr;

/// Digits of a number.
const DIGITS: usize = 11;
/// Digits that a mask shows at the beginning and at the end.
const SHOWN: (usize, usize) = (3, 4);

/// Why a text is no mobile number. It never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mobile number has 11 digits and begins with 13 to 19; +86 may stand before it")]
pub struct BadPhone;

/// A mobile number, normalised to its 11 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneNumber([u8; DIGITS]);

impl PhoneNumber {
    /// Accepts `13812345678` and `+8613812345678`, with one blank or hyphen behind the country code, and blanks at both ends.
    ///
    /// # Errors
    /// [`BadPhone`] for everything else.
    pub fn parse(text: &str) -> Result<Self, BadPhone> {
        let text = text.trim();
        let text = text.strip_prefix("+86").map_or(text, |rest| rest.strip_prefix([' ', '-']).unwrap_or(rest));
        let digits: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| BadPhone)?;
        let is_mobile = digits[0] == b'1' && (b'3'..=b'9').contains(&digits[1]) && digits.iter().all(u8::is_ascii_digit);
        if is_mobile { Ok(Self(digits)) } else { Err(BadPhone) }
    }

    /// All 11 digits: only for sealing them, for a carrier, and for whoever sends a message.
    pub fn full(&self) -> &str {
        // `parse` admits ASCII digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// `138****1234`: the only form that is stored or shown in the clear.
    pub fn mask(&self) -> String {
        let (first, last) = SHOWN;
        let digit = |(place, digit): (usize, &u8)| {
            let is_shown = place < first || place >= DIGITS - last;
            if is_shown { char::from(*digit) } else { '*' }
        };
        self.0.iter().enumerate().map(digit).collect()
    }
}

impl FromStr for PhoneNumber {
    type Err = BadPhone;

    fn from_str(text: &str) -> Result<Self, BadPhone> {
        Self::parse(text)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_country_code_is_taken_off() {
        for text in ["13812345678", " 13812345678 ", "+8613812345678", "+86 13812345678", "+86-13812345678"] {
            assert_eq!(PhoneNumber::parse(text).map(|phone| phone.full().to_owned()), Ok("13812345678".to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        for text in [
            "",
            "1381234567",
            "138123456789",
            "12812345678",
            "23812345678",
            "1381234567a",
            "+8513812345678",
            "+86  13812345678",
            "138 1234 5678",
            "１３８１２３４５６７８",
            "8613812345678",
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(BadPhone), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_mask_hides_the_middle_digits(text in "1[3-9][0-9]{9}") {
            let phone = PhoneNumber::parse(&text).unwrap();
            let mask = phone.mask();
            prop_assert_eq!(&mask, &format!("{}****{}", &text[..3], &text[7..]));
            for printed in [mask, phone.to_string(), format!("{phone:?}"), format!("{:#?}", Some(phone))] {
                prop_assert_eq!(printed.bytes().filter(u8::is_ascii_digit).count(), 7, "{}", printed);
            }
        }
    }
}
