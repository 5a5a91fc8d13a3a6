//! What an aggregate writes to have facts, and what `families.rs` writes to collect them.

/// An aggregate's facts: an enum whose variants have explicit numbers, names, and the schema version that a reader needs.
///
/// ```ignore
/// facts! {
///     /// What happens to a cart.
///     pub enum CartFact of CARTS {
///         /// Lines are now so.
///         1 "cart.lines_set" since 3 => LinesSet(LinesSet),
///     }
/// }
/// ```
macro_rules! facts {
    ($(#[$about:meta])* pub enum $family:ident of $of:ident {
        $($(#[$doc:meta])* $number:literal $name:literal since $version:literal => $variant:ident($body:ty),)+
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum $family {
            $($(#[$doc])* $variant($body),)+
        }

        $(const _: () = assert!($version <= $crate::kernel::facts::SCHEMA_VERSION, "R2: a fact needs a later schema version than ours");)+

        impl $family {
            /// Names of all facts of this family, as on the broker and in `journal inspect`.
            pub const NAMES: &'static [&'static str] = &[$($name),+];
        }

        impl $crate::kernel::facts::Family for $family {
            const FAMILY: u8 = $crate::kernel::families::$of;

            fn number(&self) -> (u8, u8) {
                match self {
                    $(Self::$variant(_) => ($number, $version),)+
                }
            }

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            fn encode_body(&self, bytes: Vec<u8>) -> Vec<u8> {
                match self {
                    $(Self::$variant(body) => $crate::kernel::facts::append(body, bytes),)+
                }
            }

            fn decode_body(number: u8, body: &[u8]) -> Option<Result<Self, $crate::kernel::facts::DecodeError>> {
                match number {
                    $($number => Some($crate::kernel::facts::read(body).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }
    };
}

/// The closed enum of all families, and how a kind leads to its family.
macro_rules! families {
    ($($number:literal $name:ident => $variant:ident($family:ty),)+) => {
        $(
            #[doc = concat!("Number of the family ", stringify!($variant), ".")]
            pub const $name: u8 = $number;
        )+

        /// What happened, to any aggregate. Consumers match the families that they take; nobody matches all of them.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Fact {
            $(
                #[doc = concat!("A fact of the family ", stringify!($variant), ".")]
                $variant($family),
            )+
        }

        $(
            impl From<$family> for Fact {
                fn from(fact: $family) -> Self {
                    Self::$variant(fact)
                }
            }
        )+

        impl Fact {
            /// Names of all facts of all families, as on the broker and in `journal inspect`.
            pub fn names() -> impl Iterator<Item = &'static str> {
                [$(<$family>::NAMES),+].into_iter().flatten().copied()
            }

            /// The fact's name in logs, on the broker and in `journal inspect`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(fact) => $crate::kernel::facts::Family::name(fact),)+
                }
            }

            /// Its kind, and the schema version that a reader of that kind needs.
            pub(crate) fn kind(&self) -> ($crate::kernel::facts::Kind, u8) {
                match self {
                    $(Self::$variant(fact) => {
                        let (number, needed) = $crate::kernel::facts::Family::number(fact);
                        ($crate::kernel::facts::Kind { family: $number, number }, needed)
                    })+
                }
            }

            /// Appends the body.
            pub(crate) fn encode_body(&self, bytes: Vec<u8>) -> Vec<u8> {
                match self {
                    $(Self::$variant(fact) => $crate::kernel::facts::Family::encode_body(fact, bytes),)+
                }
            }

            /// Reads the body of a kind.
            pub(crate) fn decode_body(
                kind: $crate::kernel::facts::Kind,
                body: &[u8],
            ) -> Result<Self, $crate::kernel::facts::DecodeError> {
                let decoded = match kind.family {
                    $($number => {
                        <$family as $crate::kernel::facts::Family>::decode_body(kind.number, body).map(|fact| fact.map(Self::$variant))
                    })+
                    _ => None,
                };
                decoded.unwrap_or(Err($crate::kernel::facts::DecodeError::Unknown(kind)))
            }
        }
    };
}

pub(crate) use {facts, families};
