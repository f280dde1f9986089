//! Which server a request goes to, read as strictly as can be.

use gate_policy::{port, Target};

/// The host and the port of an authority, or nothing if it is not plainly `HOST` or `HOST:PORT`.
///
/// Hosts read authorities in ways of their own: as a URL, with everything before an `@` dropped; split
/// at each colon; through a resolver that takes `0x7f.1` for an address. So there is one accepted way
/// to write each server, which all of them read alike: no user, no percent-escapes, IPv6 in brackets
/// without a zone, IPv4 as four decimal numbers, a port from 1 to 65535 without leading zeros, and no
/// dot at the end. Capital letters are letters (RFC 3986, section 3.2.2).
pub fn read(text: &str) -> Option<(Target, Option<u16>)> {
    let (host, rest) = if text.starts_with('[') {
        let (_, rest) = text.split_once(']')?;
        (text.get(..text.len() - rest.len())?, rest)
    } else {
        match text.find(':') {
            Some(colon) => (text.get(..colon)?, text.get(colon..)?),
            None => (text, ""),
        }
    };
    let port = match rest.strip_prefix(':') {
        Some(digits) => Some(port(digits).filter(|port| *port != 0)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    if host.ends_with('.') {
        return None;
    }
    Some((Target::parse(host)?, port))
}

/// Whether a path can only be a path, wherever it is pasted: RFC 3986, section 3.3. A host that joins
/// texts would read `.example.org/` or `@example.org/` as more of the authority, and a line break as
/// the end of the request's first line.
pub fn is_path(text: &str) -> bool {
    matches!(text.bytes().next(), None | Some(b'/' | b'?'))
        && text.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

/// Whether a method is a token (RFC 9110, section 5.6.2) in capitals. Methods differ by case, but some
/// hosts send `get` as `GET`: what is judged has to be what is sent.
pub fn is_method(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Option<String> {
        read(text).map(|(target, _)| match target {
            Target::Name(name) => name,
            Target::Address(address) => address.to_string(),
        })
    }

    #[test]
    fn plain_authorities_are_read() {
        for (text, expected, port) in [
            ("api.example.com", "api.example.com", None),
            ("API.Example.com:8080", "api.example.com", Some(8080)),
            ("localhost:65535", "localhost", Some(65535)),
            ("10.0.0.1:1", "10.0.0.1", Some(1)),
            ("[::1]", "::1", None),
            ("[2001:DB8:0::1]:443", "2001:db8::1", Some(443)),
            ("[::ffff:10.0.0.1]:80", "10.0.0.1", Some(80)),
            ("[::ffff:a00:1]", "10.0.0.1", None),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
            ("my_host", "my_host", None),
        ] {
            assert_eq!(host(text).as_deref(), Some(expected), "{text}");
            assert_eq!(read(text).unwrap().1, port, "{text}");
        }
    }

    #[test]
    fn odd_authorities_are_refused() {
        for text in [
            "", ":", ":80", "@", "user@example.com", "user:password@example.com", "a:80@b", "example.com:",
            "example.com:0", "example.com:080", "example.com:+80", "example.com: 80", "example.com:80 ",
            "example.com:65536", "example.com:4294967376", "example.com:80:80", "example.com:8o",
            "example.com:\u{661}", " example.com", "example.com ", "exam ple.com", "example.com\t",
            "example.com\r\nHost:x", "example.com\0", "example.com/", "example.com?x", "example.com#x",
            "example.com\\x", "exam%70le.com", "%31", "b\u{fc}cher.example", "\u{ff45}xample.com",
            "example\u{3002}com", "example.com.", "10.0.0.1.", ".", "..", ".example.com", "a..b",
            "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "127.0.0.01",
            "127.0.0.256", "1.2.3.4.5", "example.1", "example.0x1", "[", "]", "[]", "[::1", "::1", "::1]",
            "1:2:3:4:5:6:7:8", "[::1]x", "[::1]80", "[::1]:", "[::1]:0", "[::1]]", "[[::1]]", "[::1%lo]",
            "[::1%25lo]", "[fe80::1%1]", "[127.0.0.1]", "[example.com]", "[v1.x]", "[::ffff:127.1]",
            "[::ffff:127.0.0.01]", "[1::2::3]", "[12345::]", "[::1].example.com", "*", "*.example.com",
            "example.com,example.org", "a;b", "a&b", "a=b", "a$b", "a!b", "~a", "(a)", "a'b",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read(&"a".repeat(64)), None);
        assert_eq!(read(&"a.".repeat(127)), None);
    }

    #[test]
    fn paths_stay_paths() {
        for text in ["", "/", "/a/b?c=d#e", "?a", "//example.org/", "/\\@", "/\u{fc}"] {
            assert!(is_path(text), "{text:?}");
        }
        for text in ["a", "@example.org/", ".example.org/", ":80/", "*", "http://a/", "#", "\\\\a", "/ ", "/\r\n", "/\x7f"] {
            assert!(!is_path(text), "{text:?}");
        }
    }

    #[test]
    fn methods_are_capital_tokens() {
        assert!(["GET", "PROPFIND", "M-SEARCH", "X.1"].into_iter().all(is_method));
        assert!(!["", "get", "Get", "GET ", "GET,POST", "GET\r", "G\u{c9}T"].into_iter().any(is_method));
        assert!(!is_method(&"A".repeat(65)));
    }
}
