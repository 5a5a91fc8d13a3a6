//! Categories, brands and tags, with the answers that tell of them.
//! - T1 A category that is hidden, or below a hidden one, is not there for shoppers.
//! - T2 Categories are numbered in the order of a walk through the tree, so that a category with all below it is one range of numbers.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use foldhash::fast::RandomState;

use super::product::Rendered;
use super::render;
use crate::features::catalog::model::{BrandRow, CategoryRow, TagRow};
use crate::features::catalog::views::{BrandView, CategoryNode, Items};

/// Levels of categories.
pub const LEVELS_MAX: u8 = 3;

/// Everything that products are filed under.
#[derive(Debug)]
pub struct Taxonomy {
    /// Grows with each change.
    pub version: u64,
    /// Only those that shoppers see (T1), by id.
    categories: HashMap<u64, Category, RandomState>,
    brands: BTreeMap<u64, BrandRow>,
    tags: BTreeMap<u64, TagRow>,
    /// The whole tree.
    pub tree: Rendered,
    /// The brands that are shown, in the shop's order.
    pub brand_list: Rendered,
}

/// A category that shoppers see.
#[derive(Debug)]
pub struct Category {
    /// As the database has it.
    pub row: CategoryRow,
    /// The numbers of it and of all below it; its own is the first.
    pub span: Range<u32>,
    /// Those directly below it.
    pub children: Rendered,
}

impl Taxonomy {
    /// From the rows.
    pub fn new(version: u64, mut categories: Vec<CategoryRow>, brands: Vec<BrandRow>, tags: Vec<TagRow>) -> Self {
        categories.sort_by_key(|row| (row.sort_order, row.id));
        let mut below = HashMap::<Option<u64>, Vec<CategoryRow>, RandomState>::default();
        for row in categories.into_iter().filter(|row| row.is_shown) {
            below.entry(row.parent).or_default().push(row);
        }
        let mut walk = Walk { below, categories: HashMap::default(), next: 1 };
        let tree = walk.below(None, 1);
        let mut shown: Vec<&BrandRow> = brands.iter().filter(|brand| brand.is_shown).collect();
        shown.sort_by_key(|brand| (brand.sort_order, brand.id));
        Self {
            version,
            tree: render::json(&Items { items: tree }),
            brand_list: render::json(&Items { items: shown.into_iter().map(BrandView::from).collect() }),
            categories: walk.categories,
            brands: brands.into_iter().map(|brand| (brand.id, brand)).collect(),
            tags: tags.into_iter().map(|tag| (tag.id, tag)).collect(),
        }
    }

    /// A category that shoppers see.
    pub fn category(&self, id: u64) -> Option<&Category> {
        self.categories.get(&id)
    }

    /// A category with those above it, from the first level down; empty if shoppers do not see it.
    pub fn path(&self, id: u64) -> Vec<&CategoryRow> {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(category) = next.and_then(|id| self.category(id)).filter(|_| path.len() < usize::from(LEVELS_MAX)) {
            path.push(&category.row);
            next = category.row.parent;
        }
        path.reverse();
        path
    }

    /// A brand, shown or not.
    pub fn brand(&self, id: u64) -> Option<&BrandRow> {
        self.brands.get(&id)
    }

    /// All brands, by id.
    pub fn brands(&self) -> impl Iterator<Item = &BrandRow> {
        self.brands.values()
    }

    /// All categories that shoppers see, in no order.
    pub fn categories(&self) -> impl Iterator<Item = &CategoryRow> {
        self.categories.values().map(|category| &category.row)
    }

    /// The tag with this id, if there is one.
    pub fn tag(&self, id: u64) -> Option<&TagRow> {
        self.tags.get(&id)
    }
}

struct Walk {
    below: HashMap<Option<u64>, Vec<CategoryRow>, RandomState>,
    categories: HashMap<u64, Category, RandomState>,
    next: u32,
}

impl Walk {
    /// Those below a category, in order, with all below them. Rows that are deeper than levels go are not there.
    fn below(&mut self, parent: Option<u64>, level: u8) -> Vec<CategoryNode> {
        if level > LEVELS_MAX {
            return Vec::new();
        }
        let rows = self.below.remove(&parent).unwrap_or_default();
        rows.into_iter()
            .map(|row| {
                let first = self.next;
                self.next += 1;
                let children = self.below(Some(row.id), level + 1);
                let node = CategoryNode::new(&row, level, children);
                let direct: Vec<CategoryNode> = node.children.iter().map(CategoryNode::alone).collect();
                let (id, span) = (row.id, first..self.next);
                self.categories.insert(id, Category { row, span, children: render::json(&Items { items: direct }) });
                node
            })
            .collect()
    }
}
