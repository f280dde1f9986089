//! Fits the contract, and does what a tenant must not suffer from: the first word of a document's title
//! names the attack. Any other document passes, so that the host can be seen to go on.

wit_bindgen::generate!({ world: "plugin", path: "../../../../examples/plugins/wit" });

use std::hint::black_box;

use exports::paperflow::plugins::transformer::{Document, Guest, Problem};
use paperflow::plugins::documents::Attribute;
use paperflow::plugins::log::{self, Level};
use paperflow::plugins::store;
use wasip2::cli::{environment, exit, stdout};
use wasip2::clocks::monotonic_clock;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

/// In nanoseconds.
const A_MINUTE: u64 = 60_000_000_000;

/// What `blocking-write-and-flush` takes at most.
const MOST: usize = 4096;

struct Hostile;

impl Guest for Hostile {
    fn describe() -> String {
        "attacks when the title says so: loop, memory, recursion, trap, flood, log, store, huge, sleep, exit, spy".to_string()
    }

    fn transform(mut document: Document) -> Result<Document, Problem> {
        match document.title.split(' ').next().unwrap_or_default() {
            "loop" => spin(),
            "memory" => eat(),
            "recursion" => {
                black_box(dig(black_box(1)));
            }
            "trap" => trap(),
            "flood" => flood(),
            "log" => babble(),
            "store" => return fill(document),
            "huge" => document.body = "x".repeat(8 << 20),
            "sleep" => monotonic_clock::subscribe_duration(A_MINUTE).block(),
            "exit" => exit::exit(Ok(())),
            "spy" => document.attributes.extend(spy()),
            _ => {}
        }
        Ok(document)
    }
}

fn spin() -> ! {
    let mut turns = 0u64;
    loop {
        turns = black_box(turns + 1);
    }
}

/// Takes memory until there is no more, and uses all of it.
fn eat() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1u8; 1 << 20]));
    }
}

/// Nothing of it lies in memory, so that the stack of calls ends first.
#[inline(never)]
fn dig(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    dig(depth.wrapping_mul(3)).rotate_left(depth as u32) ^ depth
}

fn trap() -> ! {
    panic!("this plugin panics on purpose")
}

/// Writes to standard output, whether or not somebody takes it.
fn flood() -> ! {
    let stream = stdout::get_stdout();
    loop {
        let _ = stream.blocking_write_and_flush(&[b'x'; MOST]);
    }
}

/// Writes lines to the log and never ends.
fn babble() -> ! {
    let line = "\u{1b}[2J".repeat(2000);
    loop {
        log::write(Level::Error, &line);
    }
}

/// Fills the store with keys of its own until the host says no, which is a problem and no fault.
fn fill(document: Document) -> Result<Document, Problem> {
    let value = "x".repeat(1 << 16);
    for index in 0..1_000_000 {
        if let Err(store::StoreError::Full(limit)) = store::set(&format!("hoard/{index}"), &value) {
            return Err(Problem::Unavailable(format!("the store keeps {limit} bytes, and not one more")));
        }
    }
    Ok(document)
}

/// What can be learned about the host and its other tenants.
fn spy() -> Vec<Attribute> {
    let found = [
        ("environment", format!("{:?}", environment::get_environment())),
        ("arguments", format!("{:?}", environment::get_arguments())),
        ("directories", directories()),
        ("socket", socket()),
        ("store", format!("{:?}", store::get("numbering/invoices"))),
    ];
    found.into_iter().map(|(name, value)| Attribute { name: name.to_string(), value }).collect()
}

/// The names of the directories that are there, and whether a file above them opens.
fn directories() -> String {
    let mut text = Vec::new();
    for (directory, name) in get_directories() {
        let above = directory.open_at(
            PathFlags::SYMLINK_FOLLOW,
            "../../etc/passwd",
            OpenFlags::empty(),
            DescriptorFlags::READ,
        );
        let written = directory.create_directory_at("planted");
        text.push(format!(
            "{name} (above: {}, written: {})",
            above.map_or_else(|code| code.name().to_string(), |_| "opened".to_string()),
            written.map_or_else(|code| code.name().to_string(), |()| "yes".to_string()),
        ));
    }
    if text.is_empty() { "none".to_string() } else { text.join(", ") }
}

fn socket() -> String {
    use wasip2::sockets::network::{IpSocketAddress, Ipv4SocketAddress};
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 80, address: (127, 0, 0, 1) });
    let connected = create_tcp_socket(IpAddressFamily::Ipv4)
        .and_then(|socket| socket.start_connect(&instance_network(), address));
    connected.map_or_else(|code| code.name().to_string(), |()| "connected".to_string())
}

export!(Hostile);
