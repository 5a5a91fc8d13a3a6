//! Routes without query parameters: whatever stands behind their `?` is refused by name, like an unknown field of a body, because a misspelt
//! parameter would otherwise be dropped in silence. Routes that have parameters check them themselves (`query`).

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use super::problem::Problem;
use super::query::Query;
use super::table::{Part, Table};

/// The shop's routes without query parameters, by their places in the table of routes. Cheap to clone.
#[derive(Clone)]
pub struct Parameterless(Arc<HashSet<(usize, Method)>>);

impl Parameterless {
    /// Those of this document.
    pub fn new(table: &Table, prefix: &str, document: &OpenApi) -> Self {
        let mut routes = HashSet::new();
        for (path, item) in &document.paths.paths {
            let place = table.place(path, prefix);
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                if table[place].part == Part::Shop && operation.as_ref().is_some_and(|operation| !has_query(operation)) {
                    routes.insert((place, method));
                }
            }
        }
        Self(Arc::new(routes))
    }

    /// Whether a request may have this query.
    ///
    /// # Errors
    /// 400 that names each parameter, where the route has none.
    pub fn check(&self, place: usize, method: &Method, query: Option<&str>) -> Result<(), Problem> {
        let Some(query) = query.filter(|query| !query.is_empty()) else { return Ok(()) };
        if self.0.contains(&(place, method.clone())) { Query::new(query, &[]).finish() } else { Ok(()) }
    }
}

/// Whether an operation has query parameters.
pub(super) fn has_query(operation: &Operation) -> bool {
    let is_of_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => matches!(parameter.parameter_in, ParameterIn::Query),
        RefOr::Ref(_) => false,
    };
    operation.parameters.iter().flatten().any(is_of_query)
}
