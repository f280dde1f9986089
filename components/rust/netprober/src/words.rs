//! Words to values and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

pub fn family(word: &str) -> IpAddressFamily {
    if word == "6" { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 }
}

/// `10.0.0.1 80`, `::1 80` or, with a scope, `fe80::1%3 80`.
pub fn endpoint(address: &str, port: &str) -> Result<IpSocketAddress, String> {
    let (address, scope) = address.split_once('%').unwrap_or((address, "0"));
    let port = port.parse().map_err(|_| "port")?;
    Ok(match address.parse().map_err(|_| "address")? {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) })
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port,
                flow_info: 0,
                address: (a, b, c, d, e, f, g, h),
                scope_id: scope.parse().map_err(|_| "scope")?,
            })
        }
    })
}

pub fn shown(address: IpSocketAddress) -> String {
    match address {
        IpSocketAddress::Ipv4(it) => format!("{} {}", plain(IpAddress::Ipv4(it.address)), it.port),
        IpSocketAddress::Ipv6(it) => format!("{} {}", plain(IpAddress::Ipv6(it.address)), it.port),
    }
}

pub fn plain(address: IpAddress) -> String {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).to_string(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).to_string(),
    }
}

/// An error by its name in WIT.
pub fn named(error: ErrorCode) -> String {
    error.name().to_owned()
}
