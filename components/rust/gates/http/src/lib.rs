//! Requests to servers that were granted, and no others.
//!
//! A line `http SCHEME HOST PORTS METHODS` of the policy grants requests; what no line grants is answered
//! with `HTTP-request-denied`, before anything leaves the component. Requests, responses and bodies
//! stay the host's own, so data passes at full speed. The gate owns the request while it decides and
//! hands the same request on: nothing can change in between.
//!
//! A request that cannot be read in one way only (see `authority`) is refused whatever is granted, also
//! while learning: no grant could ever allow it. So are schemes other than HTTP and HTTPS, a `Host` header,
//! which the host sets, and headers that turn a connection into something else. A request without a
//! scheme is made one with `HTTPS`, which is what hosts take it for.
//!
//! - The method `CONNECT` asks a server to pass bytes on to wherever: `*` does not grant it, only its name.
//! - Hosts of WASI follow no redirects; a node that follows one comes through here again.
//! - A granted name is as good as its resolution: whoever runs the name, or the resolver of the host, may
//!   point it to any address, also to one inside the network (DNS rebinding). The certificate holds
//!   against that for HTTPS; for HTTP grant an address, or a name that you trust.
//! - A network (`10.0.0.0/8`) grants addresses that are written as addresses, never names.
#![cfg_attr(target_arch = "wasm32", no_std)]
// Natively only `authority` is tested.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

wit_bindgen::generate!({ world: "http", path: "../wit", generate_all });

mod authority;
#[cfg(target_arch = "wasm32")]
mod passing;

use alloc::string::String;

use gate_policy::{listed, ports_allow, push_address, push_number, text_at, Host, Policy, Target};
use wasi::http::types::{Method, OutgoingRequest, Scheme};

/// Headers that name another server, or after which a connection carries something other than the
/// request that was judged. Wasmtime and jco set the first one themselves and forbid it.
const REFUSED: [&str; 3] = ["host", "transfer-encoding", "upgrade"];
/// Bytes of an authority that could not be read, in an audit.
const SHOWN: usize = 256;

/// What a request is judged by.
struct Aim {
    method: Method,
    scheme: &'static str,
    default: u16,
    host: Target,
    port: u16,
}

impl Aim {
    fn method(&self) -> &str {
        spelled(&self.method)
    }

    fn granted_by(&self, line: &[String]) -> bool {
        let methods = text_at(line, 3);
        matches!(text_at(line, 0), scheme if scheme == "*" || scheme == self.scheme)
            && Host::parse(text_at(line, 1)).is_some_and(|host| host.allows(&self.host))
            && ports_allow(text_at(line, 2), self.port, self.default)
            && listed(methods, self.method())
            && !(methods == "*" && self.method() == "CONNECT")
    }

    fn text(&self) -> String {
        let mut text = String::from(self.method());
        text.push(' ');
        text.push_str(self.scheme);
        text.push_str("://");
        match &self.host {
            Target::Name(name) => text.push_str(name),
            Target::Address(address) => {
                let brackets = address.is_ipv6();
                if brackets {
                    text.push('[');
                }
                push_address(&mut text, *address);
                if brackets {
                    text.push(']');
                }
            }
        }
        text.push(':');
        push_number(&mut text, u64::from(self.port));
        text
    }
}

/// Whether the node may send a request; written down if that is wanted.
fn allowed(request: &OutgoingRequest) -> bool {
    const INTERFACE: &str = "wasi:http/outgoing-handler";
    const FUNCTION: &str = "handle";
    let policy = Policy::load(wcompose::gates::policy::text, wcompose::gates::audit::record);
    let authority = request.authority().unwrap_or_default();
    let Some(aim) = aim(request, &authority) else {
        if policy.audits(false) {
            let mut text = String::from(spelled(&request.method()));
            text.push(' ');
            text.push_str(&authority);
            while text.len() > SHOWN {
                text.pop();
            }
            policy.record(INTERFACE, FUNCTION, false, &text);
        }
        return false;
    };
    let granted = policy.learns() || policy.lines("http").any(|line| aim.granted_by(line));
    if policy.audits(granted) {
        policy.record(INTERFACE, FUNCTION, granted, &aim.text());
    }
    granted
}

/// Nothing if the request could be read in more than one way.
fn aim(request: &OutgoingRequest, authority: &str) -> Option<Aim> {
    let (host, port) = authority::read(authority)?;
    let (scheme, default) = match request.scheme() {
        Some(Scheme::Http) => ("http", 80),
        Some(Scheme::Https) => ("https", 443),
        Some(Scheme::Other(_)) => return None,
        None => {
            request.set_scheme(Some(&Scheme::Https)).ok()?;
            ("https", 443)
        }
    };
    let method = request.method();
    let plain = authority::is_method(spelled(&method))
        && request.path_with_query().is_none_or(|path| authority::is_path(&path));
    if !plain {
        return None;
    }
    let headers = request.headers();
    if REFUSED.iter().any(|name| headers.has(name)) {
        return None;
    }
    Some(Aim { method, scheme, default, host, port: port.unwrap_or(default) })
}

fn spelled(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}
