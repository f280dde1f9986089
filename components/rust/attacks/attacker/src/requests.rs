//! HTTP: every part of the address goes to the host as it was written.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, Method, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;

use crate::{at, Attack, Outcome};

pub const ATTACKS: &[Attack] = &[
    ("http", |arguments| get(at(arguments, 0)).map(|answer| answer.told())),
    ("http-method", |arguments| {
        request(at(arguments, 0), at(arguments, 1), None, None).map(|answer| answer.told())
    }),
    ("http-follow", |arguments| follow(at(arguments, 0))),
    ("http-path", |arguments| {
        request("GET", at(arguments, 0), Some(at(arguments, 1)), None).map(|answer| answer.told())
    }),
    ("http-host", |arguments| {
        request("GET", at(arguments, 0), None, Some(at(arguments, 1))).map(|answer| answer.told())
    }),
];

struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Answer {
    fn told(&self) -> String {
        format!("{} {}", self.status, self.body.trim())
    }
}

fn told(code: ErrorCode) -> String {
    let text = format!("{code:?}");
    // What is in brackets is the host's own wording.
    text.split(['(', ' ', '{']).next().unwrap_or_default().replace("ErrorCode::", "")
}

fn get(url: &str) -> Result<Answer, String> {
    request("GET", url, None, None)
}

/// By hand, as a client library does.
fn follow(url: &str) -> Outcome {
    let mut answer = get(url)?;
    for _ in 0..3 {
        match &answer.location {
            Some(location) => answer = get(location)?,
            None => break,
        }
    }
    Ok(answer.told())
}

fn request(
    method: &str,
    url: &str,
    other_path: Option<&str>,
    host: Option<&str>,
) -> Result<Answer, String> {
    let (scheme, rest) = url.split_once("://").ok_or("no address")?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let headers = Fields::new();
    if let Some(host) = host {
        headers
            .append("host", host.as_bytes())
            .map_err(|error| format!("header: {error:?}"))?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_string()),
    };
    outgoing.set_method(&method).map_err(|()| "method refused")?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| "scheme refused")?;
    if !authority.is_empty() {
        outgoing.set_authority(Some(authority)).map_err(|()| "authority refused")?;
    }
    outgoing
        .set_path_with_query(Some(other_path.unwrap_or(path)))
        .map_err(|()| "path refused")?;
    let future = handle(outgoing, None).map_err(told)?;
    let response = loop {
        match future.get() {
            Some(answer) => break answer.map_err(|()| "taken")?.map_err(told)?,
            None => future.subscribe().block(),
        }
    };
    let location = response.headers().get("location").first().map(|bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    });
    let status = response.status();
    let mut body = Vec::new();
    let incoming = response.consume().map_err(|()| "no body")?;
    let stream = incoming.stream().map_err(|()| "no stream")?;
    loop {
        match stream.blocking_read(4096) {
            Ok(piece) => body.extend(piece),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err("body".to_string()),
        }
    }
    drop(stream);
    Ok(Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() })
}
