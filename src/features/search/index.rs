//! The index: an inverted index in memory (tantivy) that says which products have the words, and a row of facts for each product.
//! - I1 What is published does not change under its reader: words and rows are of one moment.
//! - I2 A product keeps its row for as long as the index lives.
//! - I3 Only other texts are indexed anew: a sale or a new price changes a row and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::indexer::IndexWriterOptions;
use tantivy::query::Query;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{
    DocId, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, Term,
};

use super::document::{Document, Facts};
use super::question::Question;
use super::ranking::{self, Found, Hit, Wanted};
use super::words;
use crate::features::catalog::snapshot::Taxonomy;

/// Memory for documents that are not in a segment yet: once it is full, a segment is written. Small segments are merged.
const ARENA_BYTES: usize = 32 << 20;
/// Spellings that are indexed of a word.
const SPELLINGS_MAX: usize = 4;
/// Characters of a stretch of words that is also found when it is typed as one.
const TYPED_AT_ONCE_MAX: usize = 8;

/// Where words are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// The row of the product.
    row: Field,
    /// Words of the name.
    pub name: Field,
    /// Chinese characters of the name.
    pub characters: Field,
    /// Words of brand and categories.
    pub filed: Field,
    /// Words of the description.
    pub about: Field,
    /// Words of name, brand and categories in whole syllables.
    pub pinyin: Field,
    /// The same by their initials.
    pub initials: Field,
}

impl Fields {
    fn new() -> (Schema, Self) {
        let mut schema = Schema::builder();
        // Words are cut before; where they stand and how often does not count.
        let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_fieldnorms(false);
        let words = TextOptions::default().set_indexing_options(indexing.set_index_option(IndexRecordOption::Basic));
        let row = schema.add_u64_field(ROW, INDEXED | FAST);
        let [name, characters, filed, about, pinyin, initials] =
            ["name", "characters", "filed", "about", "pinyin", "initials"].map(|field| schema.add_text_field(field, words.clone()));
        (schema.build(), Self { row, name, characters, filed, about, pinyin, initials })
    }
}

const ROW: &str = "row";

/// Writes the index; one thread has it.
pub struct Indexer {
    fields: Fields,
    writer: IndexWriter,
    reader: IndexReader,
    rows: Vec<Facts>,
    /// Row and fingerprint of each product that can be found.
    places: HashMap<u64, Place, RandomState>,
    is_dirty: bool,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    row: u32,
    /// None while the product cannot be found.
    fingerprint: Option<u64>,
}

impl Indexer {
    /// An empty index. Its threads have the priority of the one that makes it.
    ///
    /// # Errors
    /// tantivy's, if there are no threads for it.
    pub fn new() -> tantivy::Result<Self> {
        let (schema, fields) = Fields::new();
        let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = tantivy::Index::builder().schema(schema).settings(settings).create_in_ram()?;
        let options =
            IndexWriterOptions::builder().num_worker_threads(1).num_merge_threads(1).memory_budget_per_thread(ARENA_BYTES).build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { fields, writer, reader, rows: Vec::new(), places: HashMap::default(), is_dirty: false })
    }

    /// Takes a product in, or its new texts and facts; says whether its texts are others.
    ///
    /// # Errors
    /// tantivy's, after which the index has to be made anew.
    pub fn put(&mut self, document: &Document) -> tantivy::Result<bool> {
        let fingerprint = document.fingerprint();
        let next = self.rows.len() as u32;
        let place = self.places.entry(document.facts.product).or_insert(Place { row: next, fingerprint: None });
        if place.row == next {
            self.rows.push(document.facts);
        }
        self.rows[place.row as usize] = document.facts;
        if place.fingerprint == Some(fingerprint) {
            return Ok(false);
        }
        if place.fingerprint.replace(fingerprint).is_some() {
            self.writer.delete_term(Term::from_field_u64(self.fields.row, place.row.into()));
        }
        let row = place.row;
        self.writer.add_document(self.indexed(row, document))?;
        self.is_dirty = true;
        Ok(true)
    }

    /// Takes new facts of a product that can be found; of another one there is nothing to take.
    pub fn recount(&mut self, facts: Facts) {
        if let Some(place) = self.places.get(&facts.product) {
            self.rows[place.row as usize] = facts;
        }
    }

    /// Takes a product out, if it can be found.
    pub fn remove(&mut self, product: u64) {
        if let Some(place) = self.places.get_mut(&product)
            && place.fingerprint.take().is_some()
        {
            self.writer.delete_term(Term::from_field_u64(self.fields.row, place.row.into()));
            self.is_dirty = true;
        }
    }

    /// All products that can be found.
    pub fn products(&self) -> impl Iterator<Item = u64> {
        self.places.iter().filter(|(_, place)| place.fingerprint.is_some()).map(|(product, _)| *product)
    }

    /// The index as it is now. `taxonomy` is the one that the rows' categories are numbered by.
    ///
    /// # Errors
    /// tantivy's, after which the index has to be made anew.
    pub fn publish(&mut self, taxonomy: Arc<Taxonomy>) -> tantivy::Result<Index> {
        if std::mem::take(&mut self.is_dirty) {
            self.writer.commit()?;
        }
        // Also after a merge, so that the small segments before it can go.
        self.reader.reload()?;
        Ok(Index { fields: self.fields, searcher: self.reader.searcher(), rows: self.rows.as_slice().into(), taxonomy })
    }

    fn indexed(&self, row: u32, document: &Document) -> TantivyDocument {
        let mut indexed = TantivyDocument::default();
        let fields = &self.fields;
        indexed.add_u64(fields.row, row.into());
        indexed.add_text(fields.name, words::all(&document.name).join(" "));
        let characters: Vec<String> = document.name.chars().filter(|character| words::is_han(*character)).map(String::from).collect();
        indexed.add_text(fields.characters, characters.join(" "));
        indexed.add_text(fields.filed, words::all(&document.filed).join(" "));
        indexed.add_text(fields.about, words::all(&document.about).join(" "));
        let (pinyin, initials) = typed(&[&document.name, &document.filed]);
        indexed.add_text(fields.pinyin, pinyin.join(" "));
        indexed.add_text(fields.initials, initials.join(" "));
        indexed
    }
}

/// What folded texts are found under when they are typed on a Latin keyboard: each word and character, and short stretches of words at once.
fn typed(texts: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut pinyin, mut initials) = (Vec::new(), Vec::new());
    let mut spell = |text: &str| {
        let is_one = text.chars().nth(1).is_none();
        for spelling in super::pinyin::spellings(text, SPELLINGS_MAX) {
            pinyin.push(spelling.full);
            if !is_one {
                initials.push(spelling.initials);
            }
        }
    };
    for text in texts {
        words::all(text).into_iter().for_each(&mut spell);
        text.chars().filter(|character| words::is_han(*character)).for_each(|character| spell(character.encode_utf8(&mut [0; 4])));
        let sequence = words::sequence(text);
        for first in 0..sequence.len() {
            let mut stretch = sequence[first].to_owned();
            for word in &sequence[first + 1..] {
                stretch.push_str(word);
                if stretch.chars().count() > TYPED_AT_ONCE_MAX {
                    break;
                }
                spell(&stretch);
            }
        }
    }
    for spelt in [&mut pinyin, &mut initials] {
        spelt.sort_unstable();
        spelt.dedup();
    }
    (pinyin, initials)
}

/// The index at one moment.
pub struct Index {
    fields: Fields,
    searcher: Searcher,
    rows: Arc<[Facts]>,
    taxonomy: Arc<Taxonomy>,
}

impl Index {
    /// The products that answer a question. Where nothing has the words, Latin ones may have one typo.
    ///
    /// # Errors
    /// tantivy's: a bug of ours, because what is searched is in memory.
    pub fn find(&self, question: &Question, wanted: Wanted) -> tantivy::Result<Found> {
        let mut hits = self.hits(&*question.exact(&self.fields))?;
        if hits.is_empty()
            && let Some(query) = question.with_typos(&self.fields)
        {
            hits = self.hits(&*query)?;
        }
        Ok(ranking::rank(hits, &self.rows, &self.taxonomy, question, wanted))
    }

    /// Products that can be found.
    #[cfg(test)]
    pub fn len(&self) -> u64 {
        self.searcher.num_docs()
    }

    fn hits(&self, query: &dyn Query) -> tantivy::Result<Vec<Hit>> {
        self.searcher.search(query, &Hits)
    }
}

/// Collects every hit: rows in memory narrow them down and order them.
struct Hits;

struct HitsOfSegment {
    rows: Column<u64>,
    hits: Vec<Hit>,
}

impl Collector for Hits {
    type Fruit = Vec<Hit>;
    type Child = HitsOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<HitsOfSegment> {
        Ok(HitsOfSegment { rows: segment.fast_fields().u64(ROW)?, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        Ok(segments.concat())
    }
}

impl SegmentCollector for HitsOfSegment {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, document: DocId, score: Score) {
        // Each document has its row, which began as a u32.
        self.hits.extend(self.rows.first(document).map(|row| Hit { row: row as u32, score }));
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}
