//! `http METHOD SCHEME AUTHORITY PATH [NAME VALUE]…`: status and body of the response.

use crate::wait;
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{Fields, Method, OutgoingRequest, RequestOptions, Scheme};
use crate::wasi::io::streams::StreamError;

pub fn step(words: &[&str]) -> Result<String, String> {
    let [method, scheme, authority, path, headers @ ..] = words else {
        return Err("unknown step".to_owned());
    };
    let fields = Fields::new();
    for pair in headers.chunks(2) {
        let [name, value] = pair else { return Err("headers".to_owned()) };
        let value = value.as_bytes().to_vec();
        fields.append(name, &value).map_err(|_| format!("host refused header {name}"))?;
    }
    let request = OutgoingRequest::new(fields);
    request.set_method(&spoken(method)).map_err(|()| "host refused method")?;
    let scheme = match *scheme {
        "-" => None,
        "http" => Some(Scheme::Http),
        "https" => Some(Scheme::Https),
        other => Some(Scheme::Other(other.trim_start_matches("other:").to_owned())),
    };
    request.set_scheme(scheme.as_ref()).map_err(|()| "host refused scheme")?;
    request.set_authority(given(authority)).map_err(|()| "host refused authority")?;
    request.set_path_with_query(given(path)).map_err(|()| "host refused path")?;
    let options = RequestOptions::new();
    let future = handle(request, Some(options)).map_err(|error| format!("{error:?}"))?;
    if !wait(&future.subscribe()) {
        return Err("timeout".to_owned());
    }
    let response = future.get().ok_or("not ready")?.map_err(|()| "taken")?;
    let response = response.map_err(|error| format!("{error:?}"))?;
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    let mut bytes = Vec::new();
    while wait(&stream.subscribe()) {
        match stream.read(65536) {
            Ok(more) => bytes.extend(more),
            Err(StreamError::Closed) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(format!("{} {}", response.status(), String::from_utf8_lossy(&bytes)))
}

/// `other:get` is the method `other("get")`.
fn spoken(method: &str) -> Method {
    match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.trim_start_matches("other:").to_owned()),
    }
}

fn given(word: &str) -> Option<&str> {
    (word != "-").then_some(word)
}
