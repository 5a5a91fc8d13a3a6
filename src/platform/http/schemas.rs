//! Schemas and parameters of the OpenAPI document for what a Rust type alone does not say: ranges and patterns. Each is built from the same
//! constant that the check uses.

use mallcore_actors::ids::ID_MAX;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Required, Schema};

use super::wording;

/// A whole number from `least` to `most`.
pub fn whole_number(least: u64, most: u64) -> ObjectBuilder {
    let [least, most] = [least, most].map(|bound| usize::try_from(bound).unwrap_or(usize::MAX));
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
}

/// An identifier: from 1 to `ID_MAX`.
pub fn id() -> ObjectBuilder {
    whole_number(1, ID_MAX)
}

/// A text that the whole of this regular expression matches.
pub fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^{pattern}$")))
}

/// The same as a schema of this type, or null.
pub fn or_null(schema: ObjectBuilder, r#type: Type) -> ObjectBuilder {
    schema.schema_type(SchemaType::from_iter([r#type, Type::Null]))
}

/// One of these words.
pub fn word(words: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// The code of a problem, or of one wrong field. `docs::complete` adds those of features' rules.
pub fn problem_code() -> ObjectBuilder {
    word(wording::codes()).description(Some("What is wrong, for programs"))
}

/// An optional parameter of the query.
pub fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Query, Required::False, description, schema)
}

/// A segment of the path.
pub fn path(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Path, Required::True, description, schema)
}

/// A header that has to be there.
pub fn header(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    parameter(name, ParameterIn::Header, Required::True, description, schema)
}

fn parameter(name: &str, place: ParameterIn, required: Required, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new().name(name).parameter_in(place).required(required).description(Some(description)).schema(Some(schema)).build()
}
