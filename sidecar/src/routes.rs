//! What the two ports answer: a path, a method, a handler.
//!
//! Handlers take the request as it is and read its body themselves: how long it
//! may be, how long it may take and how much of all bodies may be held at once
//! is ours to say, and a body that came in one piece is screened where it lies.
//! A screening is so short that it runs where the request was read; only long
//! bodies go to a thread of their own.
//!
//! There is no layer around the handlers: a layer boxes each request once more,
//! and what one would do is a line in [`finish`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use http_body_util::BodyExt;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, StatusCode};
use tokio::time::timeout;

use crate::api::problem::Problem;
use crate::api::screen::Judged;
use crate::api::{moderations, screen};
use crate::callers::Caller;
use crate::limits::Hold;
use crate::metrics::Route;
use crate::service::Service;

type Shared = Arc<Service>;

/// The methods of what only tells.
const READS: &str = "GET, HEAD";

/// The data port.
pub(crate) fn data(service: Shared) -> Router {
    Router::new()
        .route("/v1/screen", posted(Route::Screen))
        .route("/v1/moderations", posted(Route::Moderations))
        .route("/v1/rules", or_refuse(get(rules), Route::Rules, READS))
        .fallback(nowhere)
        .with_state(service)
}

/// The admin port.
pub(crate) fn admin(service: Shared) -> Router {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .method_not_allowed_fallback(async || refusal(&Problem::wrong_method("GET"), READS))
        .fallback(async || refusal(&Problem::no_such_path(), READS))
        .with_state(service)
}

/// A path to which bodies are sent.
fn posted(route: Route) -> MethodRouter<Shared> {
    let methods = post(
        move |State(service): State<Shared>, request: Request| async move {
            let arrived = Instant::now();
            let reply = respond(&service, route, request, arrived).await;
            finish(&service, route, arrived, reply)
        },
    );
    or_refuse(methods, route, "POST")
}

/// The same, and a problem for all other methods. Strangers learn nothing, not
/// even that.
fn or_refuse(
    methods: MethodRouter<Shared>,
    route: Route,
    allowed: &'static str,
) -> MethodRouter<Shared> {
    methods.fallback(
        move |State(service): State<Shared>, request: Request| async move {
            let arrived = Instant::now();
            let reply = admit(&service, request.headers()).and_then(|_| {
                let first = allowed.split(',').next().unwrap_or(allowed);
                Err(Problem::wrong_method(first))
            });
            finish(&service, route, arrived, reply)
        },
    )
}

async fn rules(State(service): State<Shared>, request: Request) -> Response {
    let arrived = Instant::now();
    let reply = admit(&service, request.headers()).map(|_| {
        service.metrics.answer(Route::Rules);
        service.active().listing.clone()
    });
    finish(&service, Route::Rules, arrived, reply)
}

async fn nowhere(State(service): State<Shared>) -> Response {
    let refused = Err(Problem::no_such_path());
    finish(&service, Route::Other, Instant::now(), refused)
}

async fn alive() -> Response {
    json(StatusCode::OK, Bytes::from_static(b"{\"alive\":true}\n"))
}

async fn ready(State(service): State<Shared>) -> Response {
    told(&service, || {
        let (ready, reply) = service.readiness();
        let status = match ready {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        Ok(json(status, format!("{reply}\n").into()))
    })
}

async fn metrics(State(service): State<Shared>, request: Request) -> Response {
    told(&service, || {
        // Beyond loopback, probes answer everybody, numbers only callers.
        if !service.config.admin.ip().is_loopback() {
            service.callers.identify(request.headers())?;
        }
        let mut answer = json(StatusCode::OK, service.metrics_page().into());
        answer.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
        );
        Ok(answer)
    })
}

/// What the admin port says of itself.
fn told(service: &Service, tell: impl FnOnce() -> Result<Response, Problem>) -> Response {
    guarded(service, tell).unwrap_or_else(|problem| refusal(&problem, READS))
}

/// Takes a request in hand and finds out whose it is, or says why not.
fn admit<'s>(
    service: &'s Service,
    headers: &HeaderMap,
) -> Result<(Hold, Option<&'s Caller>), Problem> {
    let hold = service
        .load
        .take(&service.config.limits, &service.metrics)?;
    let caller = service.callers.identify(headers)?;
    Ok((hold, caller))
}

/// Makes an answer of the data port, and counts it.
fn finish(
    service: &Service,
    route: Route,
    arrived: Instant,
    reply: Result<Bytes, Problem>,
) -> Response {
    let mut answer = match reply {
        Ok(body) => json(StatusCode::OK, body),
        Err(problem) => {
            service.metrics.problem(route, problem.slug);
            tracing::debug!(
                route = ?route,
                problem = problem.slug,
                detail = %problem.detail,
                "a request was refused"
            );
            let allowed = match route {
                Route::Rules => READS,
                _ => "POST",
            };
            refusal(&problem, allowed)
        }
    };
    if service.is_draining() {
        // A client that keeps its connection would meet it closed.
        answer
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    service.metrics.duration(route, arrived.elapsed());
    answer
}

/// The reply to a body, whichever route it came by.
async fn respond(
    service: &Shared,
    route: Route,
    request: Request,
    arrived: Instant,
) -> Result<Bytes, Problem> {
    let (mut hold, caller) = admit(service, request.headers())?;
    if is_encoded(request.headers()) {
        return Err(Problem::encoded());
    }
    let body = whole(service, request.into_body(), &mut hold).await?;
    if body.len() <= service.config.limits.inline_bytes {
        return judge(service, route, caller, &body, arrived);
    }
    let service = Arc::clone(service);
    let caller = caller.cloned();
    // The hold goes along: the work goes on even if the client hangs up.
    let judged = tokio::task::spawn_blocking(move || {
        let _hold = hold;
        judge(&service, route, caller.as_ref(), &body, arrived)
    });
    judged.await.unwrap_or_else(|_| Err(Problem::broken()))
}

fn judge(
    service: &Service,
    route: Route,
    caller: Option<&Caller>,
    body: &[u8],
    arrived: Instant,
) -> Result<Bytes, Problem> {
    let judged = guarded(service, || match route {
        Route::Moderations => moderations::moderate(service, caller, body, arrived),
        _ => screen::screen(service, caller, body, arrived),
    });
    judged.map(|judged: Judged| judged.reply.into())
}

/// Turns a defect into a problem: the request is lost, the process lives.
fn guarded<T>(service: &Service, work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    // What the work shares is atomics and locks that forgive poison.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        service.metrics.panics.one();
        Err(Problem::broken())
    })
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The whole body. One that came in one piece, as short ones do, is not copied.
async fn whole(service: &Service, body: Body, hold: &mut Hold) -> Result<Bytes, Problem> {
    let limits = &service.config.limits;
    let announced = body.size_hint().exact();
    if announced.is_some_and(|bytes| bytes > limits.body_bytes as u64) {
        return Err(Problem::too_large(limits.body_bytes));
    }
    let announced = announced.map_or(0, |bytes| bytes as usize);
    hold.grow(announced, limits, &service.metrics)?;
    let patience = Duration::from_millis(limits.body_ms);
    timeout(patience, gather(service, body, announced, hold))
        .await
        .unwrap_or_else(|_| Err(Problem::too_slow(limits.body_ms)))
}

async fn gather(
    service: &Service,
    mut body: Body,
    announced: usize,
    hold: &mut Hold,
) -> Result<Bytes, Problem> {
    let limits = &service.config.limits;
    let mut first: Option<Bytes> = None;
    let mut all: Vec<u8> = Vec::new();
    let mut held = announced;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Problem::cut_short())?.into_data() else {
            continue;
        };
        let length = first.as_ref().map_or(all.len(), Bytes::len) + piece.len();
        if length > limits.body_bytes {
            return Err(Problem::too_large(limits.body_bytes));
        }
        if length > held {
            hold.grow(length - held, limits, &service.metrics)?;
            held = length;
        }
        if first.is_none() && all.is_empty() {
            first = Some(piece);
            continue;
        }
        if let Some(first) = first.take() {
            // What is announced need not come: room grows with what does.
            all.reserve(announced.min(2 * length));
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&piece);
    }
    Ok(first.unwrap_or_else(|| all.into()))
}

fn json(status: StatusCode, body: Bytes) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn refusal(problem: &Problem, allowed: &'static str) -> Response {
    let mut answer = json(problem.status, problem.body().into());
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    match problem.status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            // Overload passes within a second or needs a person.
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    answer
}
