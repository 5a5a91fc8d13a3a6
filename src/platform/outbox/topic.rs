//! What snapshots hold rows of. A cold write says "row `id` of this topic changed"; whoever holds a snapshot of it reads the row anew.
//! - T1 The message says which row, never what is in it: a reading after the message is at least as new as the write, so repeats and any
//!   order are harmless.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use mallcore_actors::kernel::BoxFuture;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::ports::Failure;

macro_rules! topics {
    ($($(#[$doc:meta])* $name:ident: $word:literal,)+) => {
        /// Rows that somebody holds a snapshot of. A topic and its words never change once released: rows of the outbox outlive the release.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Topic {
            $($(#[$doc])* $name,)+
        }

        impl Topic {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its word, in the aggregate of the outbox's rows.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The kind of its messages: also the event's type and routing key.
            pub const fn kind(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($word, ".changed"),)+
                }
            }
        }
    };
}

topics! {
    /// A product with its SKUs, specs, pictures, tags and zones.
    Product: "product",
    /// A category, and with it the tree.
    Category: "category",
    /// A brand: name, logo, order, whether it is shown.
    Brand: "brand",
    /// A tag and its name.
    Tag: "tag",
    /// A banner with the products that it names.
    Banner: "banner",
    /// What a zone is made of.
    Zone: "zone",
    /// A freight template with its areas.
    FreightTemplate: "freight_template",
    /// A review, and with it its product's rating.
    Review: "review",
    /// A case of after-sale.
    AfterSale: "after_sale",
    /// An agreement and its versions.
    Agreement: "agreement",
    /// An administrator: account, password, roles.
    Admin: "admin",
}

impl Topic {
    /// The topic whose messages have this kind.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.kind() == kind)
    }
}

/// Row `id` of a topic changed, appeared or was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChanged {
    /// Id of the row in the topic's table.
    pub id: u64,
}

/// Reads rows anew for a snapshot.
pub trait OnChanged: Send + Sync + 'static {
    /// Brings the snapshot up to date with these rows of the database, each named once; done once readers see it.
    ///
    /// # Errors
    /// [`Failure::Away`] if it cannot be done now: it is asked again. A row that makes no sense must not be one, or it would hold up all others.
    fn changed(&self, ids: Arc<[u64]>) -> BoxFuture<Result<(), Failure>>;
}

impl<F, R> OnChanged for F
where
    F: Fn(Arc<[u64]>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failure>> + Send + 'static,
{
    fn changed(&self, ids: Arc<[u64]>) -> BoxFuture<Result<(), Failure>> {
        Box::pin(self(ids))
    }
}

/// Who holds snapshots of which topic; cheap to clone. Features register while the shop is opened, the relay asks afterwards.
#[derive(Clone, Default)]
pub struct Subscriptions(Arc<RwLock<Handlers>>);

/// The handlers of each topic, in the order in which they were registered.
type Handlers = HashMap<Topic, Vec<Arc<dyn OnChanged>>>;

impl Subscriptions {
    /// From now on the handler is asked for every changed row of the topic, after those that were registered before it.
    pub fn on_changed(&self, topic: Topic, handler: impl OnChanged) {
        self.0.write().entry(topic).or_default().push(Arc::new(handler));
    }

    /// Has every snapshot of the topic read these rows anew.
    ///
    /// # Errors
    /// The first [`Failure`]; the handlers before it have done their part, and will be asked again.
    pub async fn changed(&self, topic: Topic, ids: Arc<[u64]>) -> Result<(), Failure> {
        let handlers = self.0.read().get(&topic).cloned().unwrap_or_default();
        for handler in handlers {
            handler.changed(Arc::clone(&ids)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_names_its_topic() {
        for topic in Topic::ALL {
            assert_eq!(Topic::of_kind(topic.kind()), Some(*topic));
            assert_eq!(topic.kind(), format!("{}.changed", topic.name()));
        }
        assert_eq!(Topic::of_kind("product.price_changed"), None);
    }
}
