//! Reviews and the sums of products, as the database has them.

use mallcore_actors::time::Timestamp;
use mallcore_actors::values::text::Text;

use crate::features::catalog::snapshot::Rating;

/// Characters of a review.
pub const CONTENT_CHARACTERS_MAX: usize = 500;
/// Pictures of a review.
pub const PICTURES_MAX: usize = 9;
/// Stars of the best review.
pub const STARS_MAX: u8 = 5;

/// What the shop answers to a review.
pub type Reply = Text<500>;

/// Whether shoppers see a review. The numbers are those of `reviews.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody of the shop has looked at it yet.
    Pending = 1,
    /// Everybody sees it.
    Shown = 2,
    /// Only its author sees it.
    Hidden = 3,
}

impl Status {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Shown, Self::Hidden];

    /// Its word in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Shown => "shown",
            Self::Hidden => "hidden",
        }
    }

    /// The status with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as i64 == number)
    }
}

/// What a shopper says about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// 1 to [`STARS_MAX`].
    pub stars: u8,
    /// In words; none is not the same as nothing said: an empty text is none.
    pub content: Option<String>,
    /// Addresses of pictures, in the shopper's order.
    pub pictures: Vec<String>,
    /// Whether others see the author's name.
    pub is_anonymous: bool,
}

/// One review as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The id of the review.
    pub id: u64,
    /// The order; none for a review that was taken over from elsewhere.
    pub order: Option<u64>,
    /// The SKU of the order's line.
    pub sku: u64,
    /// The product of the SKU.
    pub product: u64,
    /// The author's id.
    pub user: u64,
    /// What set the SKU apart when it was reviewed; empty for a product without specs.
    pub spec: String,
    /// What the author says.
    pub opinion: Opinion,
    /// Whether shoppers see it.
    pub status: Status,
    /// What the shop answers, and when it did.
    pub reply: Option<(String, Timestamp)>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A review with its author's name, for others to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The review itself.
    pub review: Review,
    /// The author's nickname; none without one.
    pub nickname: Option<String>,
    /// Address of the author's picture.
    pub avatar_url: Option<String>,
}

/// What the shown reviews of a product add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// How many reviews there are.
    pub count: u64,
    /// Stars of all reviews.
    pub stars: u64,
    /// Reviews with 1 to 5 stars, in that order.
    pub by_stars: [u64; STARS_MAX as usize],
    /// Reviews with pictures.
    pub with_pictures: u64,
}

impl Sums {
    /// As the catalogue counts them.
    pub const fn rating(&self) -> Rating {
        Rating { count: self.count, stars: self.stars }
    }
}

/// In which order a product's reviews are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Written last, first.
    Newest,
    /// Most stars first, of equal ones the newest.
    Best,
}

impl Sort {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Newest, Self::Best];

    /// Its word in queries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Best => "best",
        }
    }

    /// The order with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == word)
    }
}

/// Which of a product's shown reviews are read, and from where on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Only with so many stars.
    pub stars: Option<u8>,
    /// Only with pictures.
    pub with_pictures: bool,
    /// In which order.
    pub sort: Sort,
    /// Behind this review.
    pub after: Option<u64>,
}

/// Which reviews the back office looks at, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// Only in this status.
    pub status: Option<Status>,
    /// Only of this product.
    pub product: Option<u64>,
    /// Only with so many stars at most.
    pub stars_max: Option<u8>,
    /// Only with ids below this one.
    pub before: Option<u64>,
}
