//! Steps with one UDP socket and its streams.

use crate::wait;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::{ErrorCode, IpSocketAddress};
use crate::wasi::sockets::udp::{
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::words::{endpoint, family, named, shown};

/// In the order in which they are dropped: streams before their socket.
#[derive(Default)]
pub struct Opened {
    incoming: Option<IncomingDatagramStream>,
    outgoing: Option<OutgoingDatagramStream>,
    socket: Option<UdpSocket>,
}

pub fn step(opened: &mut Opened, words: &[&str]) -> Result<String, String> {
    if let ["create", word] = words {
        *opened = Opened::default();
        opened.socket = Some(create_udp_socket(family(word)).map_err(named)?);
        return done();
    }
    let socket = opened.socket.as_ref().ok_or("no socket")?;
    match words {
        ["bind", address, port] => {
            socket.start_bind(&instance_network(), endpoint(address, port)?).map_err(named)?;
            socket.finish_bind().map_err(named)?;
            done()
        }
        ["stream", rest @ ..] => {
            (opened.incoming, opened.outgoing) = (None, None);
            let (incoming, outgoing) = socket.stream(remote(rest)?).map_err(named)?;
            (opened.incoming, opened.outgoing) = (Some(incoming), Some(outgoing));
            done()
        }
        // Several datagrams in one call: `send TEXT ADDRESS PORT TEXT ADDRESS PORT …`, `- -` for none.
        ["send", rest @ ..] => {
            let outgoing = opened.outgoing.as_ref().ok_or("no stream")?;
            let mut datagrams = Vec::new();
            for each in rest.chunks(3) {
                let (text, to) = each.split_first().ok_or("datagram")?;
                datagrams.push(OutgoingDatagram {
                    data: text.as_bytes().to_vec(),
                    remote_address: remote(to)?,
                });
            }
            while outgoing.check_send().map_err(named)? == 0 {
                if !wait(&outgoing.subscribe()) {
                    return Err("timeout".to_owned());
                }
            }
            Ok(outgoing.send(&datagrams).map_err(named)?.to_string())
        }
        // Waits for one datagram at least.
        ["receive"] => {
            let incoming = opened.incoming.as_ref().ok_or("no stream")?;
            loop {
                let datagrams = incoming.receive(16).map_err(named)?;
                if !datagrams.is_empty() {
                    let texts = datagrams.into_iter().map(|each| {
                        let text = String::from_utf8_lossy(&each.data).into_owned();
                        format!("{text} from {}", shown(each.remote_address))
                    });
                    return Ok(texts.collect::<Vec<_>>().join(", "));
                }
                if !wait(&incoming.subscribe()) {
                    return Err("timeout".to_owned());
                }
            }
        }
        ["local"] => socket.local_address().map(shown).map_err(named),
        ["remote"] => socket.remote_address().map(shown).map_err(named),
        ["options"] => options(socket).map_err(named),
        ["close"] => {
            *opened = Opened::default();
            done()
        }
        _ => Err("unknown step".to_owned()),
    }
}

/// Sets each option, and reads it back.
fn options(socket: &UdpSocket) -> Result<String, ErrorCode> {
    socket.set_unicast_hop_limit(9)?;
    socket.set_receive_buffer_size(65536)?;
    socket.set_send_buffer_size(65536)?;
    Ok(format!(
        "{:?} {} {} {}",
        socket.address_family(),
        socket.unicast_hop_limit()?,
        socket.receive_buffer_size()? >= 65536,
        socket.send_buffer_size()? >= 65536,
    ))
}

fn remote(words: &[&str]) -> Result<Option<IpSocketAddress>, String> {
    match words {
        [] | ["-", "-"] => Ok(None),
        [address, port] => endpoint(address, port).map(Some),
        _ => Err("remote".to_owned()),
    }
}

fn done() -> Result<String, String> {
    Ok("done".to_owned())
}
