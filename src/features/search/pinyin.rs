//! How Chinese words are typed on a Latin keyboard: whole syllables without tones (`shouji`), or initials (`sj`).
//! - P1 A character with several readings is found under each; a word has at most as many spellings as its caller asks for, and the commonest
//!   reading of each character is always among them.

use pinyin::ToPinyinMulti;

/// Readings of a character that are tried.
const READINGS_MAX: usize = 3;

/// One way of typing a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// Whole syllables; what is not Chinese stands as it is.
    pub full: String,
    /// The first letter of each syllable.
    pub initials: String,
}

/// The ways of typing a folded text, the commonest first, at most `most`; none if there is nothing Chinese in it.
pub fn spellings(text: &str, most: usize) -> Vec<Spelling> {
    let mut spellings = vec![Spelling { full: String::new(), initials: String::new() }];
    let mut is_chinese = false;
    for character in text.chars().filter(|character| *character != ' ') {
        let readings = readings(character);
        is_chinese |= !readings.is_empty();
        if readings.is_empty() {
            for spelling in &mut spellings {
                spelling.full.push(character);
                spelling.initials.push(character);
            }
            continue;
        }
        // All readings where there is room for all of them, and otherwise the first one.
        let tried = if spellings.len() * readings.len() <= most { &readings[..] } else { &readings[..1] };
        let mut longer = Vec::with_capacity(spellings.len() * tried.len());
        for reading in tried {
            longer.extend(spellings.iter().map(|before| Spelling {
                full: format!("{}{reading}", before.full),
                initials: before.initials.chars().chain(reading.chars().take(1)).collect(),
            }));
        }
        spellings = longer;
    }
    if is_chinese { spellings } else { Vec::new() }
}

/// The syllables that a character can be, the commonest first, with `v` for `ü` as keyboards have it; none if it is not Chinese.
fn readings(character: char) -> Vec<String> {
    let mut readings = Vec::new();
    for reading in character.to_pinyin_multi().into_iter().flatten() {
        let syllable = reading.plain().replace('ü', "v");
        if !readings.contains(&syllable) {
            readings.push(syllable);
        }
    }
    readings.truncate(READINGS_MAX);
    readings
}
