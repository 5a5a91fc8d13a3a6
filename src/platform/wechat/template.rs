//! What a configured template of a subscribe message is filled with: `TEMPLATE_ID,character_string1=order_no,amount2=amount,thing3=goods`.
//! - T1 A key names its kind, as WeChat's keys do, and takes only what that kind allows: a wrong line is a fault at start, not errcode 47003 for
//!   each shopper.
//! - T2 A text is cut to what its kind takes (`thing` 20 characters, `character_string` 32).
//!
//! Kinds and lengths: <https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html>.

/// Characters of a `thing`.
const THING_CHARACTERS_MAX: usize = 20;
/// Characters of a `character_string`.
const STRING_CHARACTERS_MAX: usize = 32;
/// Fields of a template, as WeChat's library has them.
const FIELDS_MAX: usize = 7;

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The order's number.
    OrderNo,
    /// What was paid, or given back: `129.00元`.
    Amount,
    /// The first product's name, and how many kinds there are.
    Goods,
    /// What has happened, in a word.
    Status,
    /// When it happened: `2026年11月26日 16:30`.
    Time,
    /// The carrier's name.
    Carrier,
    /// The parcel's number.
    TrackingNo,
}

impl Content {
    const WORDS: [(&'static str, Self); 7] = [
        ("order_no", Self::OrderNo),
        ("amount", Self::Amount),
        ("goods", Self::Goods),
        ("status", Self::Status),
        ("time", Self::Time),
        ("carrier", Self::Carrier),
        ("tracking_no", Self::TrackingNo),
    ];

    /// Whether a key of this kind can hold it.
    fn fits(self, kind: &str) -> bool {
        match kind {
            "thing" => matches!(self, Self::Goods | Self::Status | Self::Carrier | Self::Amount),
            "character_string" => matches!(self, Self::OrderNo | Self::TrackingNo),
            "phrase" => self == Self::Status,
            "amount" => self == Self::Amount,
            "time" | "date" => self == Self::Time,
            _ => false,
        }
    }
}

/// A template of the mini-program, and what it is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate {
    /// Its id in the mini-program.
    pub id: String,
    /// Its keys, with what each is filled with.
    pub fields: Vec<(String, Content)>,
}

impl MessageTemplate {
    /// Reads a configured line.
    ///
    /// # Errors
    /// What is wrong, and what is wanted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "has to be a template id and its fields, such as `ID,character_string1=order_no,thing2=goods`";
        let mut parts = text.split(',').map(str::trim);
        let id = parts.next().unwrap_or_default();
        if id.is_empty() || id.contains('=') || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wanted.to_owned());
        }
        let fields = parts.map(field).collect::<Result<Vec<_>, _>>()?;
        if fields.is_empty() || fields.len() > FIELDS_MAX {
            return Err(format!("{wanted}, 1 to {FIELDS_MAX} fields"));
        }
        let is_repeated = |(place, (key, _)): (usize, &(String, Content))| fields[..place].iter().any(|(earlier, _)| earlier == key);
        if fields.iter().enumerate().any(is_repeated) {
            return Err("names a key of the template twice".to_owned());
        }
        Ok(Self { id: id.to_owned(), fields })
    }

    /// The template's keys with their texts; `text` says what stands for a content.
    pub fn fill(&self, text: impl Fn(Content) -> String) -> Vec<(String, String)> {
        self.fields.iter().map(|(key, content)| (key.clone(), cut(kind(key), &text(*content)))).collect()
    }
}

fn field(text: &str) -> Result<(String, Content), String> {
    let (key, word) = text.split_once('=').ok_or_else(|| format!("has the field {text:?} without `=`"))?;
    let (key, word) = (key.trim(), word.trim());
    let content = Content::WORDS.iter().find(|(known, _)| *known == word);
    let Some((_, content)) = content else {
        let words = Content::WORDS.map(|(word, _)| word).join(", ");
        return Err(format!("fills {key} with {word:?}, which is none of {words}"));
    };
    let kind = kind(key);
    if kind.len() == key.len() || !content.fits(kind) {
        return Err(format!("fills {key:?} with {word}, which that kind of key does not take"));
    }
    Ok((key.to_owned(), *content))
}

/// The key without its number.
fn kind(key: &str) -> &str {
    key.trim_end_matches(|last: char| last.is_ascii_digit())
}

fn cut(kind: &str, text: &str) -> String {
    let most = match kind {
        "thing" => THING_CHARACTERS_MAX,
        "character_string" => STRING_CHARACTERS_MAX,
        _ => return text.to_owned(),
    };
    if text.chars().count() <= most {
        return text.to_owned();
    }
    // What was cut is shown to be cut, where the kind has a character for it.
    if kind == "thing" { text.chars().take(most - 1).chain(['…']).collect() } else { text.chars().take(most).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_and_filled() {
        let line = "tpl_1, character_string1=order_no ,amount2=amount,thing3=goods,time4=time,phrase5=status";
        let template = MessageTemplate::parse(line).unwrap();
        assert_eq!((template.id.as_str(), template.fields.len()), ("tpl_1", 5));
        let filled = template.fill(|content| format!("{content:?}"));
        assert_eq!(filled[0], ("character_string1".to_owned(), "OrderNo".to_owned()));
    }

    #[test]
    fn what_wechat_would_refuse_is_refused_at_start() {
        for (line, fault) in [
            ("", "template id"),
            ("thing1=goods", "template id"),
            ("tpl", "1 to 7 fields"),
            ("tpl,thing1", "without `=`"),
            ("tpl,thing1=wish", "none of order_no"),
            ("tpl,thing1=order_no", "does not take"),
            ("tpl,thing=goods", "does not take"),
            ("tpl,phrase1=amount", "does not take"),
            ("tpl,thing1=goods,thing1=status", "twice"),
        ] {
            let said = MessageTemplate::parse(line).unwrap_err();
            assert!(said.contains(fault), "{line:?}: {said}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_never_longer_than_its_kind_takes(text in ".{0,80}") {
            let template = MessageTemplate::parse("t,thing1=goods,character_string2=order_no").unwrap();
            let filled = template.fill(|_| text.clone());
            prop_assert!(filled[0].1.chars().count() <= 20 && filled[1].1.chars().count() <= 32);
            if text.chars().count() <= 20 {
                prop_assert_eq!(&filled[0].1, &text);
            }
        }
    }
}
