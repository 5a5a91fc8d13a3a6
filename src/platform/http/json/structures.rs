//! A deserializer that takes a structure from a JSON object only. serde's own also takes it from an array, its fields in their order: what a
//! client meant would then depend on an order that nobody promised, and a field that is added later would change it.
//!
//! At every depth, whatever lies between: lists, maps, options, newtypes, variants. Not covered is what serde buffers before it knows what to
//! make of it (`#[serde(flatten)]`, `untagged` and internally tagged enums), which no body of ours uses.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor};

/// Wraps deserializers, accesses and seeds alike, so that whatever lies inside is wrapped too.
pub struct Structures<T>(pub T);

/// A visitor whose value has parts. Values without parts go to their visitor directly.
struct Parts<V> {
    visitor: V,
    is_structure: bool,
}

impl<V> Parts<V> {
    const fn of(visitor: V) -> Self {
        Self { visitor, is_structure: false }
    }
}

macro_rules! without_parts {
    ($($name:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$name(visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Structures<D> {
    type Error = D::Error;

    without_parts! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Parts::of(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Parts::of(visitor))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(Parts::of(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(length, Parts::of(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, length, Parts::of(visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Parts::of(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Parts { visitor, is_structure: true })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Parts::of(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Parts<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Structures(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Structures(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.is_structure {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        self.visitor.visit_seq(Structures(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Structures(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Structures(access))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Structures<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Structures(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Structures<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Structures(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Structures<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Structures(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Structures<A> {
    type Error = A::Error;
    type Variant = Structures<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        self.0.variant_seed(seed).map(|(value, variant)| (value, Structures(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Structures<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Structures(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Parts::of(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Parts { visitor, is_structure: true })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pieces {
        sku: u64,
        quantity: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Pieces);

    #[derive(Debug, PartialEq, Deserialize)]
    enum Choice {
        Line(Pieces),
        Range { from: u32, to: u32 },
        Pair(u32, u32),
        Nothing,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct All {
        one: Option<Pieces>,
        wrapped: Option<Wrapped>,
        many: Vec<Pieces>,
        by_name: HashMap<String, Pieces>,
        choices: Vec<Choice>,
        pair: (u32, Option<Pieces>),
        text: String,
    }

    impl Default for All {
        fn default() -> Self {
            let (many, by_name, choices) = (Vec::new(), HashMap::new(), Vec::new());
            Self { one: None, wrapped: None, many, by_name, choices, pair: (0, None), text: String::new() }
        }
    }

    fn read(text: &str) -> Result<All, serde_json::Error> {
        All::deserialize(Structures(&mut serde_json::Deserializer::from_str(text)))
    }

    #[test]
    fn objects_are_read_as_serde_reads_them() {
        for text in [
            "{}",
            r#"{"one": null, "many": [{"sku": 1, "quantity": 2}], "text": "青花"}"#,
            r#"{"one": {"sku": 1, "quantity": 2}, "wrapped": {"quantity": 4, "sku": 3}, "by_name": {"a": {"sku": 5, "quantity": 6}}}"#,
            r#"{"choices": ["Nothing", {"Line": {"sku": 1, "quantity": 2}}, {"Range": {"from": 1, "to": 2}}, {"Pair": [1, 2]}]}"#,
            r#"{"pair": [1, {"sku": 1, "quantity": 2}]}"#,
        ] {
            assert_eq!(read(text).unwrap(), serde_json::from_str(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn an_array_is_no_structure_at_any_depth() {
        for text in [
            "[]",
            r#"{"one": [1, 2]}"#,
            r#"{"wrapped": [1, 2]}"#,
            r#"{"many": [{"sku": 1, "quantity": 2}, [1, 2]]}"#,
            r#"{"by_name": {"a": [1, 2]}}"#,
            r#"{"choices": [{"Line": [1, 2]}]}"#,
            r#"{"choices": [{"Range": [1, 2]}]}"#,
            r#"{"pair": [1, [1, 2]]}"#,
        ] {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.starts_with("invalid type: sequence"), "{text}: {refused}");
        }
    }
}
