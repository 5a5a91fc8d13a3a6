//! Freight templates in the database, and those that checkout uses in memory.
//! Not here: what sending costs (`mallcore_actors::pricing::freight`).

mod feature;
pub mod repository;
pub mod service;
mod templates;

pub use feature::FEATURE;
pub use templates::{ById, Templates, Versioned, usable};

use mallcore_actors::ids::FreightTemplateId;
use mallcore_actors::pricing::freight::{Area, BadTemplate, Billing, Template, Terms};
use mallcore_actors::values::text::Text;

/// A template's name, for the people of the shop.
pub type TemplateName = Text<50>;

/// What somebody wants a template to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is called.
    pub name: TemplateName,
    /// What it counts.
    pub billing: Billing,
    /// What holds where no row names the region.
    pub default: Terms,
    /// The rows for regions.
    pub areas: Vec<Area>,
}

impl Draft {
    /// The template that it would be.
    ///
    /// # Errors
    /// [`BadTemplate`] for what could not be reckoned with.
    pub fn template(&self, id: FreightTemplateId) -> Result<Template, BadTemplate> {
        Template::new(id, self.billing, self.default, &self.areas)
    }
}
