//! Texts as they are compared, and the words in them.
//! - W1 What is indexed and what is asked for go through the same functions: equal texts have equal words.

use std::sync::LazyLock;

use jieba_rs::Jieba;

/// The dictionary, loaded once a process: some hundred milliseconds, which only the index's thread waits for.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Words that nobody looks for: they are left out of a question that has others.
const PARTICLES: [&str; 9] = ["的", "了", "和", "与", "及", "在", "是", "呢", "吗"];

/// A word of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Of Chinese characters.
    Han(String),
    /// Of other letters and digits.
    Latin(String),
}

/// The text in lower case and half width, with each stretch of anything but letters and digits as one blank, and none around it.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().map(narrowed).flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            folded.push(character);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Full-width forms, as Chinese keyboards write them, as the ASCII characters that they stand for.
fn narrowed(character: char) -> char {
    match u32::from(character) {
        // The two ranges have the same order.
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}

/// Whether it is a Chinese character.
pub fn is_han(character: char) -> bool {
    matches!(u32::from(character), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// Stretches of a folded text that are wholly Chinese or wholly not.
fn runs(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(' ').flat_map(|text| stretches(text, is_han)).filter(|run| !run.is_empty())
}

/// The text cut wherever the kind of its characters changes.
fn stretches(text: &str, kind: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.find(|character| kind(character) != first).unwrap_or(rest.len());
        let (stretch, after) = rest.split_at(end);
        rest = after;
        Some(stretch)
    })
}

/// Letters and digits of a Latin word apart, if it has both: `iphone15` is `iphone` and `15`.
pub fn parts(word: &str) -> Vec<&str> {
    let parts: Vec<&str> = stretches(word, |character| character.is_numeric()).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

fn begins_with_han(text: &str) -> bool {
    text.chars().next().is_some_and(is_han)
}

/// Every word under which a folded text is found: Chinese words with the words in them, Latin ones with their parts.
pub fn all(folded: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in runs(folded) {
        if begins_with_han(run) {
            words.extend(JIEBA.cut_for_search(run, true).into_iter().map(|token| token.word));
        } else {
            words.push(run);
            words.extend(parts(run));
        }
    }
    words
}

/// The words of a folded text one after another, without overlap: Chinese as the dictionary cuts it, and whole Latin words.
pub fn sequence(folded: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in runs(folded) {
        if begins_with_han(run) {
            words.extend(JIEBA.cut(run, true).into_iter().map(|token| token.word));
        } else {
            words.push(run);
        }
    }
    words
}

/// A folded text cut wherever a word begins, also one within a word: `智能` and `手机`, whether the dictionary has `智能手机` or not.
pub fn beginnings(folded: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for run in runs(folded) {
        if !begins_with_han(run) {
            pieces.push(run);
            continue;
        }
        let mut starts: Vec<usize> = JIEBA.cut_for_search(run, true).into_iter().map(|token| token.byte_start).collect();
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([run.len()]);
        pieces.extend(starts.iter().zip(ends).map(|(start, end)| &run[*start..end]));
    }
    pieces
}

/// The words of a folded question, each once.
pub fn asked(folded: &str) -> Vec<Word> {
    let mut words = sequence(folded);
    if words.iter().any(|word| !PARTICLES.contains(word)) {
        words.retain(|word| !PARTICLES.contains(word));
    }
    let mut asked = Vec::with_capacity(words.len());
    for word in words {
        let word = if begins_with_han(word) { Word::Han(word.to_owned()) } else { Word::Latin(word.to_owned()) };
        if !asked.contains(&word) {
            asked.push(word);
        }
    }
    asked
}
