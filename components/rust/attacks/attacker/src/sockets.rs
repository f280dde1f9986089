//! Sockets: names, connections, datagrams, listening.

use std::net::{IpAddr, SocketAddr};

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::{OutgoingDatagram, OutgoingDatagramStream};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::{at, Attack, Outcome};

pub const ATTACKS: &[Attack] = &[
    ("lookup", |arguments| lookup(at(arguments, 0))),
    ("tcp-connect", |arguments| connect(at(arguments, 0))),
    ("tcp-listen", |arguments| listen(at(arguments, 0))),
    ("tcp-listen-unbound", |_| listen_unbound()),
    ("udp-send", |arguments| send(at(arguments, 0), false)),
    ("udp-stream", |arguments| send(at(arguments, 0), true)),
    ("udp-stream-again", |arguments| stream_again(at(arguments, 0), at(arguments, 1))),
    ("udp-other-remote", |arguments| other_remote(at(arguments, 0), at(arguments, 1))),
    ("udp-bind", |arguments| bind(at(arguments, 0))),
];

fn told(code: ErrorCode) -> String {
    code.name().to_string()
}

fn address(text: &str) -> Result<(IpSocketAddress, IpAddressFamily), String> {
    let parsed: SocketAddr = text.parse().map_err(|_| "no address".to_string())?;
    let port = parsed.port();
    Ok(match parsed.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            (
                IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) }),
                IpAddressFamily::Ipv4,
            )
        }
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h] = ip.segments();
            (
                IpSocketAddress::Ipv6(Ipv6SocketAddress {
                    port,
                    flow_info: 0,
                    address: (a, b, c, d, e, f, g, h),
                    scope_id: 0,
                }),
                IpAddressFamily::Ipv6,
            )
        }
    })
}

fn any_address(family: IpAddressFamily) -> IpSocketAddress {
    let text = if family == IpAddressFamily::Ipv4 { "0.0.0.0:0" } else { "[::]:0" };
    address(text).expect("it is written correctly").0
}

fn lookup(name: &str) -> Outcome {
    let network = instance_network();
    let stream = resolve_addresses(&network, name).map_err(told)?;
    let mut found = Vec::new();
    loop {
        match stream.resolve_next_address() {
            Ok(Some(IpAddress::Ipv4((a, b, c, d)))) => found.push(format!("{a}.{b}.{c}.{d}")),
            Ok(Some(IpAddress::Ipv6(_))) => found.push("v6".to_string()),
            Ok(None) => break,
            Err(ErrorCode::WouldBlock) => stream.subscribe().block(),
            Err(code) => return Err(told(code)),
        }
    }
    found.sort();
    found.dedup();
    Ok(found.join(" "))
}

fn connect(text: &str) -> Outcome {
    let (remote, family) = address(text)?;
    let network = instance_network();
    let socket = create_tcp_socket(family).map_err(told)?;
    socket.start_connect(&network, remote).map_err(told)?;
    let (input, output) = loop {
        match socket.finish_connect() {
            Ok(streams) => break streams,
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            Err(code) => return Err(told(code)),
        }
    };
    output.blocking_write_and_flush(b"attack\n").map_err(|_| "writing".to_string())?;
    let answer = input.blocking_read(64).map_err(|_| "reading".to_string())?;
    Ok(String::from_utf8_lossy(&answer).trim().to_string())
}

fn listen(text: &str) -> Outcome {
    let (local, family) = address(text)?;
    let network = instance_network();
    let socket = create_tcp_socket(family).map_err(told)?;
    socket.start_bind(&network, local).map_err(told)?;
    while let Err(code) = socket.finish_bind() {
        match code {
            ErrorCode::WouldBlock => socket.subscribe().block(),
            code => return Err(told(code)),
        }
    }
    socket.start_listen().map_err(told)?;
    while let Err(code) = socket.finish_listen() {
        match code {
            ErrorCode::WouldBlock => socket.subscribe().block(),
            code => return Err(told(code)),
        }
    }
    Ok("listening".to_string())
}

fn bound(
    family: IpAddressFamily,
    local: IpSocketAddress,
) -> Result<wasip2::sockets::udp::UdpSocket, String> {
    let network = instance_network();
    let socket = create_udp_socket(family).map_err(told)?;
    socket.start_bind(&network, local).map_err(told)?;
    while let Err(code) = socket.finish_bind() {
        match code {
            ErrorCode::WouldBlock => socket.subscribe().block(),
            code => return Err(told(code)),
        }
    }
    Ok(socket)
}

fn bind(text: &str) -> Outcome {
    let (local, family) = address(text)?;
    bound(family, local)?;
    Ok("bound".to_string())
}

fn send(text: &str, connected: bool) -> Outcome {
    let (remote, family) = address(text)?;
    let socket = bound(family, any_address(family))?;
    let (_incoming, outgoing) = socket.stream(connected.then_some(remote)).map_err(told)?;
    send_to(&outgoing, (!connected).then_some(remote))
}

fn send_to(outgoing: &OutgoingDatagramStream, remote: Option<IpSocketAddress>) -> Outcome {
    while outgoing.check_send().map_err(told)? == 0 {
        outgoing.subscribe().block();
    }
    let datagram = OutgoingDatagram { data: b"attack".to_vec(), remote_address: remote };
    match outgoing.send(&[datagram]).map_err(told)? {
        1 => Ok("sent".to_string()),
        _ => Err("not sent".to_string()),
    }
}

/// A stream to where it is allowed, and then another one of the same socket.
fn stream_again(allowed: &str, text: &str) -> Outcome {
    let (first, family) = address(allowed)?;
    let (second, _) = address(text)?;
    let socket = bound(family, any_address(family))?;
    drop(socket.stream(Some(first)).map_err(told)?);
    let (_incoming, outgoing) = socket.stream(Some(second)).map_err(told)?;
    send_to(&outgoing, None)
}

/// A stream to where it is allowed, and a datagram that names another address.
fn other_remote(allowed: &str, text: &str) -> Outcome {
    let (first, family) = address(allowed)?;
    let (second, _) = address(text)?;
    let socket = bound(family, any_address(family))?;
    let (_incoming, outgoing) = socket.stream(Some(first)).map_err(told)?;
    send_to(&outgoing, Some(second))
}

/// Listening binds by itself.
fn listen_unbound() -> Outcome {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(told)?;
    socket.start_listen().map_err(told)?;
    while let Err(code) = socket.finish_listen() {
        match code {
            ErrorCode::WouldBlock => socket.subscribe().block(),
            code => return Err(told(code)),
        }
    }
    Ok("listening".to_string())
}
