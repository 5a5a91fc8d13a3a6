//! `/products/search` and `/search`: for everybody, and one's own history.

use actix_web::{HttpRequest, HttpResponse, delete, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::handle::{FindError, Search};
use super::query::{SearchQuery, Typed, parse_typed};
use super::question::Question;
use super::repository;
use super::views::{FoundView, HotWord, SearchedWord, Suggestion};
use crate::features::catalog::Items;
use crate::platform::auth::Shopper;
use crate::platform::http::problem::{Problem, ProblemDocument};
use crate::platform::http::provided::Provided;
use crate::platform::http::query::Query;
use crate::platform::reads::{ANSWER_WITHIN, StoreError};

/// Adds the routes.
pub fn configure(routes: &mut ServiceConfig) {
    routes.service(find).service(suggest).service(hot).service(history).service(forget);
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unavailable(cause) => cause.into(),
            FindError::Failed(_) => Self::internal(&error.to_string()),
        }
    }
}

/// Search for products
///
/// In names, brands, categories and descriptions of what is on the shelf; Chinese words also by pinyin (`shouji`) or its initials (`sj`). A
/// product has to have every word. Where nothing has them, Latin words of four letters and more may have one typo. With a good token the first
/// page leaves a word in the shopper's history.
#[utoipa::path(
    tag = "search",
    operation_id = "products_search",
    params(SearchQuery),
    responses(
        (status = 200, description = "A page", body = FoundView),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 422, description = "validation_failed (q): empty, without a letter or digit, or too long", body = ProblemDocument),
        (status = 500, description = "internal", body = ProblemDocument),
        (status = 503, description = "warming, busy", body = ProblemDocument),
    ),
)]
#[get("/products/search")]
pub async fn find(request: HttpRequest, shopper: Option<Shopper>, search: Provided<Search>) -> Result<HttpResponse, Problem> {
    let SearchQuery { typed, page, wanted } = SearchQuery::parse(request.query_string())?;
    if !search.is_ready() {
        return Err(mallcore_actors::refusal::Unavailable::Warming.into());
    }
    let question = Question::parse(&typed).ok_or_else(|| Problem::field("q", "invalid"))?;
    let text = question.text.clone();
    let found = search.find(question, wanted).await?;
    if page == 1 {
        search.note(shopper.map(|shopper| shopper.0), &text, found.total > 0);
    }
    let next_from = wanted.from + wanted.size;
    Ok(HttpResponse::Ok().json(FoundView::new(&found, &*search.catalog().current()?, (page, next_from))))
}

/// What one may be typing
///
/// Hot words, categories, brands and products with a word that begins so, in Chinese, pinyin or initials; at most ten.
#[utoipa::path(
    tag = "search",
    operation_id = "search_suggest",
    params(Typed),
    responses(
        (status = 200, description = "Suggestions, the likeliest first", body = Items<Suggestion>),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
        (status = 422, description = "validation_failed (q): empty, without a letter or digit, or too long", body = ProblemDocument),
        (status = 503, description = "warming", body = ProblemDocument),
    ),
)]
#[get("/search/suggest")]
pub async fn suggest(request: HttpRequest, search: Provided<Search>) -> Result<HttpResponse, Problem> {
    let typed = parse_typed(request.query_string())?;
    let items: Vec<Suggestion> = search.suggest(&typed)?.into_iter().map(Suggestion::from).collect();
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// What many search for
///
/// Of searches that found something; what was searched for yesterday counts half.
#[utoipa::path(
    tag = "search",
    operation_id = "search_hot",
    responses(
        (status = 200, description = "At most ten words, the hottest first", body = Items<HotWord>),
        (status = 400, description = "validation_failed: each wrong parameter is named", body = ProblemDocument),
    ),
)]
#[get("/search/hot")]
pub async fn hot(request: HttpRequest, search: Provided<Search>) -> Result<HttpResponse, Problem> {
    Query::new(request.query_string(), &[]).finish()?;
    let items: Vec<HotWord> = search.shown().words.iter().map(|word| HotWord { word: word.to_string() }).collect();
    Ok(HttpResponse::Ok().json(Items { items }))
}

/// What the shopper searched for
///
/// The last 20 words, newest first, each once.
#[utoipa::path(
    tag = "search",
    operation_id = "search_history",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The words", body = Items<SearchedWord>),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[get("/search/history")]
pub async fn history(shopper: Shopper, search: Provided<Search>) -> Result<HttpResponse, Problem> {
    let stored = async || search.reads().ask(ANSWER_WITHIN, async |database| repository::of_user(database, shopper.0).await).await;
    let searches = search.history().of_user(shopper.0, stored).await.map_err(StoreError::from)?;
    let items = searches.into_iter().map(|searched| SearchedWord { word: searched.word, searched_at: searched.searched_at.into() });
    Ok(HttpResponse::Ok().json(Items { items: items.collect() }))
}

/// Forget what the shopper searched for
#[utoipa::path(
    tag = "search",
    operation_id = "search_history_forget",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "There is no history"),
        (status = 400, description = "header_repeated", body = ProblemDocument),
        (status = 503, description = "database_unavailable", body = ProblemDocument),
    ),
)]
#[delete("/search/history")]
pub async fn forget(shopper: Shopper, search: Provided<Search>) -> Result<HttpResponse, Problem> {
    search.history().forget(shopper.0).await.map_err(StoreError::from)?;
    Ok(HttpResponse::NoContent().finish())
}
