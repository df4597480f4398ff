//! The description of the JSON interface (OpenAPI 3.1).

use axum::Json;
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// All routes under `/api`.
#[derive(OpenApi)]
#[openapi(
    info(title = "vocdb platform", description = "Readings, stations and alarms of a district."),
    paths(
        super::readings::append,
        super::lists::stations,
        super::lists::alarms,
        super::series::series,
        super::annotations::annotations,
        describe,
    ),
    modifiers(&Token)
)]
struct Interface;

/// The token for programs.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut Description) {
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Returns this description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub(crate) async fn describe() -> Json<Description> {
    Json(Interface::openapi())
}
