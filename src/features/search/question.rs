//! What a shopper asks for, and the query that finds it.
//! - Q1 A product answers if it has every word somewhere. How well is a matter of where ([`weights`]): the best place of each word counts, and
//!   the average of the words.
//! - Q2 A product whose name contains a Chinese question is found, however the dictionary cuts the two: a word is also looked for by its
//!   characters.

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::document::{hash, length};
use super::index::Fields;
use super::words::{self, Word, folded};

/// What finding a word somewhere is worth. The steps between them are larger than what sales add ([`super::ranking`]), so that sales order what
/// is found in the same place.
pub mod weights {
    /// In the name.
    pub const NAME: f32 = 20.0;
    /// In the name, in parts: letters and digits apart, or its characters.
    pub const NAME_IN_PARTS: f32 = 16.0;
    /// In the names of brand or categories.
    pub const FILED: f32 = 12.0;
    /// By whole syllables, in names.
    pub const PINYIN: f32 = 9.0;
    /// By initials, in names.
    pub const INITIALS: f32 = 6.0;
    /// With a typo, in names.
    pub const TYPO: f32 = 4.0;
    /// In the description.
    pub const ABOUT: f32 = 1.0;
}

/// Letters of a Latin word that may have a typo, at least: shorter ones would be anything.
const TYPO_LETTERS_MIN: usize = 4;

/// A question with at least one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// As it is compared with names, and kept in histories.
    pub text: String,
    /// Its letters, digits and characters.
    pub length: u32,
    /// Its hash, as [`super::document::Facts::name_hash`].
    pub hash: u64,
    words: Vec<Word>,
}

impl Question {
    /// From what was typed; none if there is neither letter nor digit in it.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = folded(typed);
        let words = words::asked(&text);
        (!words.is_empty()).then(|| Self { length: length(&text), hash: hash([&text]), words, text })
    }

    /// Finds what has every word as it is.
    pub fn exact(&self, fields: &Fields) -> Box<dyn Query> {
        self.all(|word| places(word, fields))
    }

    /// Finds what has every word, Latin ones with at most one typo; none if no word can have one.
    pub fn with_typos(&self, fields: &Fields) -> Option<Box<dyn Query>> {
        self.words.iter().any(may_have_a_typo).then(|| {
            self.all(|word| {
                let mut places = places(word, fields);
                if let Word::Latin(text) = word
                    && may_have_a_typo(word)
                {
                    let fields = [fields.name, fields.filed, fields.pinyin];
                    places.extend(
                        fields.map(|field| constant(FuzzyTermQuery::new(Term::from_field_text(field, text), 1, true), weights::TYPO)),
                    );
                }
                places
            })
        })
    }

    fn all(&self, places: impl Fn(&Word) -> Vec<Box<dyn Query>>) -> Box<dyn Query> {
        let share = 1.0 / self.words.len() as f32;
        let words = self.words.iter().map(|word| {
            let best: Box<dyn Query> = Box::new(DisjunctionMaxQuery::new(places(word)));
            (Occur::Must, Box::new(tantivy::query::BoostQuery::new(best, share)) as Box<dyn Query>)
        });
        Box::new(BooleanQuery::new(words.collect()))
    }
}

fn may_have_a_typo(word: &Word) -> bool {
    matches!(word, Word::Latin(text) if text.chars().all(char::is_alphabetic) && text.chars().count() >= TYPO_LETTERS_MIN)
}

/// Where a word is looked for, with what each place is worth.
fn places(word: &Word, fields: &Fields) -> Vec<Box<dyn Query>> {
    let mut places = Vec::with_capacity(6);
    let (Word::Han(text) | Word::Latin(text)) = word;
    places.extend(
        [(fields.name, weights::NAME), (fields.filed, weights::FILED), (fields.about, weights::ABOUT)]
            .map(|(field, weight)| constant(term(field, text), weight)),
    );
    match word {
        Word::Han(text) => {
            let characters: Vec<String> = text.chars().map(String::from).collect();
            places.push(constant(every(fields.characters, characters.iter().map(String::as_str)), weights::NAME_IN_PARTS));
        }
        Word::Latin(text) => {
            let parts = words::parts(text);
            if !parts.is_empty() {
                places.push(constant(every(fields.name, parts.into_iter()), weights::NAME_IN_PARTS));
            }
            places.push(constant(term(fields.pinyin, text), weights::PINYIN));
            places.push(constant(term(fields.initials, text), weights::INITIALS));
        }
    }
    places
}

fn term(field: Field, text: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic)
}

fn every<'a>(field: Field, texts: impl Iterator<Item = &'a str>) -> BooleanQuery {
    BooleanQuery::new(texts.map(|text| (Occur::Must, Box::new(term(field, text)) as Box<dyn Query>)).collect())
}

fn constant(query: impl Query, weight: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), weight))
}
