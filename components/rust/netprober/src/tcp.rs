//! Steps with one TCP socket, and the connection of it that was made last.

use crate::wait;
use crate::wasi::io::streams::{InputStream, OutputStream};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::ErrorCode;
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::words::{endpoint, family, named, shown};

/// In the order in which they are dropped: streams before their socket.
#[derive(Default)]
pub struct Opened {
    input: Option<InputStream>,
    output: Option<OutputStream>,
    accepted: Option<TcpSocket>,
    socket: Option<TcpSocket>,
}

pub fn step(opened: &mut Opened, words: &[&str]) -> Result<String, String> {
    if let ["create", word] = words {
        *opened = Opened::default();
        opened.socket = Some(create_tcp_socket(family(word)).map_err(named)?);
        return done();
    }
    let socket = opened.socket.as_ref().ok_or("no socket")?;
    match words {
        ["start-bind", address, port] => {
            socket.start_bind(&instance_network(), endpoint(address, port)?).map_err(named)?;
            done()
        }
        ["bind", address, port] => {
            socket.start_bind(&instance_network(), endpoint(address, port)?).map_err(named)?;
            until_done(socket, || socket.finish_bind())?;
            done()
        }
        ["connect", address, port] => {
            socket.start_connect(&instance_network(), endpoint(address, port)?).map_err(named)?;
            let (input, output) = until_done(socket, || socket.finish_connect())?;
            (opened.input, opened.output) = (Some(input), Some(output));
            done()
        }
        ["listen"] => {
            socket.start_listen().map_err(named)?;
            until_done(socket, || socket.finish_listen())?;
            done()
        }
        ["accept"] => {
            let (accepted, input, output) = until_done(socket, || socket.accept())?;
            (opened.input, opened.output) = (Some(input), Some(output));
            let remote = accepted.remote_address().map(shown).map_err(named);
            opened.accepted = Some(accepted);
            remote
        }
        ["write", text] => {
            let output = opened.output.as_ref().ok_or("no stream")?;
            output.blocking_write_and_flush(text.as_bytes()).map_err(|error| error.to_string())?;
            done()
        }
        ["read"] => {
            let input = opened.input.as_ref().ok_or("no stream")?;
            if !wait(&input.subscribe()) {
                return Err("timeout".to_owned());
            }
            let bytes = input.read(4096).map_err(|error| error.to_string())?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        ["local"] => socket.local_address().map(shown).map_err(named),
        ["remote"] => socket.remote_address().map(shown).map_err(named),
        ["is-listening"] => Ok(socket.is_listening().to_string()),
        ["options"] => options(socket).map_err(named),
        ["shutdown"] => {
            socket.shutdown(ShutdownType::Both).map_err(named)?;
            done()
        }
        ["close"] => {
            *opened = Opened::default();
            done()
        }
        _ => Err("unknown step".to_owned()),
    }
}

/// Sets each option, and reads it back.
fn options(socket: &TcpSocket) -> Result<String, ErrorCode> {
    socket.set_keep_alive_enabled(true)?;
    socket.set_keep_alive_idle_time(7_000_000_000)?;
    socket.set_keep_alive_interval(3_000_000_000)?;
    socket.set_keep_alive_count(4)?;
    socket.set_hop_limit(9)?;
    socket.set_receive_buffer_size(65536)?;
    socket.set_send_buffer_size(65536)?;
    Ok(format!(
        "{:?} {} {} {} {} {} {} {}",
        socket.address_family(),
        socket.keep_alive_enabled()?,
        socket.keep_alive_idle_time()?,
        socket.keep_alive_interval()?,
        socket.keep_alive_count()?,
        socket.hop_limit()?,
        socket.receive_buffer_size()? >= 65536,
        socket.send_buffer_size()? >= 65536,
    ))
}

fn until_done<T>(
    socket: &TcpSocket,
    mut attempt: impl FnMut() -> Result<T, ErrorCode>,
) -> Result<T, String> {
    loop {
        match attempt() {
            Err(ErrorCode::WouldBlock) if wait(&socket.subscribe()) => {}
            done => return done.map_err(named),
        }
    }
}

fn done() -> Result<String, String> {
    Ok("done".to_owned())
}
