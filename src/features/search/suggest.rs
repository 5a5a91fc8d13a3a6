//! What a shopper may be typing: phrases by the beginnings of their words, in Chinese, in whole syllables or by initials.
//! - S1 A look-up is two binary searches and a scan of numbers: no allocation that grows with what is there.

use std::sync::Arc;

use super::pinyin::{Spelling, spellings};
use super::words::{beginnings, folded, sequence};

/// Words of a phrase at which it may begin.
const BEGINNINGS_MAX: usize = 8;
/// Ways of typing a word.
const SPELLINGS_MAX: usize = 3;

/// Something to suggest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// As it is shown.
    pub text: Arc<str>,
    /// What it is.
    pub kind: Kind,
}

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What others look for.
    Hot,
    /// The name of a category.
    Category,
    /// The name of a brand.
    Brand,
    /// The name of the product with this id.
    Product(u64),
}

/// Phrases by every beginning; immutable.
#[derive(Debug, Default)]
pub struct Prefixes {
    /// The best first.
    phrases: Vec<Phrase>,
    /// All keys end to end; a key at a later word is the end of the one before it.
    texts: String,
    /// Where each key is in `texts`, in the order of the keys.
    keys: Vec<(u32, u32)>,
    /// The phrase of each key.
    of: Vec<u32>,
}

impl Prefixes {
    /// Of these phrases, the best first.
    pub fn new(phrases: Vec<Phrase>) -> Self {
        let mut prefixes = Self { phrases, ..Self::default() };
        let mut keys = Vec::new();
        for place in 0..prefixes.phrases.len() {
            let text = folded(&prefixes.phrases[place].text);
            prefixes.add(&text, place as u32, &mut keys);
        }
        let texts = prefixes.texts.as_bytes();
        keys.sort_unstable_by_key(|((start, end), of)| (&texts[*start as usize..*end as usize], *of));
        keys.dedup_by_key(|((start, end), of)| (&texts[*start as usize..*end as usize], *of));
        (prefixes.keys, prefixes.of) = keys.into_iter().unzip();
        prefixes
    }

    /// The phrases with a word that begins so, or with this text from a word on; the best first, at most `most`.
    pub fn find(&self, folded: &str, most: usize) -> impl Iterator<Item = &Phrase> {
        let mut best: Vec<u32> = Vec::with_capacity(most + 1);
        let joined = folded.replace(' ', "");
        let mut prefixes = vec![folded];
        if joined != folded {
            prefixes.push(&joined);
        }
        for prefix in prefixes.into_iter().filter(|prefix| !prefix.is_empty()) {
            let first = self.keys.partition_point(|key| self.key(*key) < prefix.as_bytes());
            let count = self.keys[first..].partition_point(|key| self.key(*key).starts_with(prefix.as_bytes()));
            for place in &self.of[first..first + count] {
                let is_better = best.len() < most || best.last().is_some_and(|worst| place < worst);
                if is_better && let Err(at) = best.binary_search(place) {
                    best.insert(at, *place);
                    best.truncate(most);
                }
            }
        }
        best.into_iter().filter_map(move |place| self.phrases.get(place as usize))
    }

    fn key(&self, (start, end): (u32, u32)) -> &[u8] {
        &self.texts.as_bytes()[start as usize..end as usize]
    }

    fn add(&mut self, text: &str, of: u32, keys: &mut Vec<((u32, u32), u32)>) {
        let pieces = beginnings(text);
        // As it is written, from each word on.
        let begins: Vec<usize> = pieces.iter().take(BEGINNINGS_MAX).map(|piece| piece.as_ptr() as usize - text.as_ptr() as usize).collect();
        self.add_text(text, &begins, of, keys);
        let words = sequence(text);
        let typed: Vec<_> = words.iter().map(|word| spellings(word, SPELLINGS_MAX)).collect();
        if typed.iter().all(Vec::is_empty) {
            return;
        }
        // As it is typed, the commonest way; then other ways of typing each word, with the commonest of those behind it.
        let ways: [fn(&Spelling) -> String; 2] = [|spelling| spelling.full.clone(), |spelling| spelling.initials.clone()];
        for way in ways {
            let commonest = |text: &str| spellings(text, 1).first().map_or_else(|| text.to_owned(), way);
            let typed_pieces: Vec<String> = pieces.iter().map(|piece| commonest(piece)).collect();
            let begins = (0..pieces.len().min(BEGINNINGS_MAX)).map(|piece| typed_pieces[..piece].iter().map(String::len).sum());
            self.add_text(&typed_pieces.concat(), &begins.collect::<Vec<_>>(), of, keys);
            let typed_words: Vec<String> = words.iter().map(|word| commonest(word)).collect();
            for (word, typed) in typed.iter().enumerate().take(BEGINNINGS_MAX) {
                for other in typed.iter().map(way).filter(|other| *other != typed_words[word]) {
                    self.add_text(&format!("{other}{}", typed_words[word + 1..].concat()), &[0], of, keys);
                }
            }
        }
    }

    fn add_text(&mut self, text: &str, begins: &[usize], of: u32, keys: &mut Vec<((u32, u32), u32)>) {
        let start = self.texts.len();
        // Beyond 4 GiB of names nothing more is suggested.
        let Ok(end) = u32::try_from(start + text.len()) else { return };
        self.texts.push_str(text);
        keys.extend(begins.iter().map(|begin| (((start + begin) as u32, end), of)));
    }
}
