//! What a service of this shape costs when it screens nothing: bare axum with
//! serde_json, one JSON body in, one small JSON body out. The floor beneath
//! `lockgate serve`.
//!
//! ```text
//! cargo run --release -p benches --example echo 127.0.0.1:8480
//! ```
//!
//! It has none of a service's limits, counts nothing and logs nothing.

use std::error::Error;

use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Sent {
    text: String,
}

#[derive(Serialize)]
struct Echo {
    bytes: usize,
    starts: String,
}

/// Reads all of the body, and proves it by what it says.
async fn echo(Json(sent): Json<Sent>) -> Json<Echo> {
    Json(Echo {
        bytes: sent.text.len(),
        starts: sent.text.chars().take(16).collect(),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: echo ADDRESS")?;
    let router = Router::new().route("/v1/screen", post(echo));
    axum::serve(TcpListener::bind(&address).await?, router).await?;
    Ok(())
}
