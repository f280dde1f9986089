use alloc::string::String;
use core::net::IpAddr;
use std::cell::RefCell;

use super::*;

std::thread_local! {
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn keep(event: &str) {
    EVENTS.with(|events| events.borrow_mut().push(event.into()));
}

fn kept() -> Vec<String> {
    EVENTS.with(|events| events.borrow_mut().split_off(0))
}

fn policy(text: &str) -> Policy {
    Policy::parse(text, keep)
}

fn host(text: &str) -> Host {
    Host::parse(text).unwrap()
}

fn allows(pattern: &str, used: &str) -> bool {
    host(pattern).allows(&Target::parse(used).unwrap())
}

#[test]
fn lines_are_found_by_their_word_in_order() {
    let policy = policy("node a%20b\nvariable A 1\nargument x\nvariable B %20%25\n");
    assert_eq!(policy.node(), "a b");
    let lines: Vec<&[String]> = policy.lines("variable").collect();
    assert_eq!(lines, [["A", "1"], ["B", " %"]]);
    assert_eq!(policy.line("argument"), Some(&[String::from("x")][..]));
    assert_eq!(policy.line("random"), None);
    assert_eq!(policy.line("node"), None);
    assert_eq!(text_at(lines[0], 1), "1");
    assert_eq!(text_at(lines[0], 2), "");
}

#[test]
fn malformed_lines_are_left_out_alone() {
    for bad in ["x %", "x %4", "x %4g", "x %g4", "x %ff", "x %c3%28", "%zz 1", "x %%41", "x %+1"] {
        let policy = policy(&[bad, "\nok 1"].concat());
        assert_eq!(policy.line("x"), None, "{bad}");
        assert_eq!(policy.line("ok").map(<[String]>::len), Some(1), "{bad}");
    }
}

#[test]
fn what_is_encoded_does_not_become_a_line_or_a_field() {
    let policy = policy("variable A x%0Alearn%0Arandom%20real\nargument %20learn");
    assert!(!policy.learns());
    assert_eq!(policy.line("random"), None);
    assert_eq!(policy.line("variable").unwrap()[1], "x\nlearn\nrandom real");
}

#[test]
fn words_are_exact() {
    let policy = policy("Learn\n learn\nlearned\naudit ALL\naudit all2\nrandom\treal");
    assert!(!policy.learns());
    assert!(!policy.audits(true) && !policy.audits(false));
    assert_eq!(policy.line("random"), None);
    assert_eq!(super::Policy::parse("", keep).node(), "");
}

#[test]
fn decisions_are_written_down_as_asked() {
    let tell = |text: &str| {
        let policy = policy(text);
        let answers = (
            policy.decide("wasi:a/b", "f", true, "/x y"),
            policy.decide("wasi:a/b", "[method]g.h", false, ""),
        );
        (answers, kept())
    };
    let allowed = "n wasi:a/b f allowed /x%20y".to_owned();
    let denied = "n wasi:a/b [method]g.h denied".to_owned();
    assert_eq!(tell("node n"), ((true, false), vec![]));
    assert_eq!(tell("node n\naudit denied"), ((true, false), vec![denied.clone()]));
    assert_eq!(tell("node n\naudit all"), ((true, false), vec![allowed.clone(), denied]));
    let learnt = "n wasi:a/b [method]g.h allowed".to_owned();
    assert_eq!(tell("node n\nlearn"), ((true, true), vec![allowed, learnt]));
}

#[test]
fn a_node_cannot_forge_an_event() {
    let policy = policy("node n\naudit all");
    policy.record("wasi:a/b", "f", false, "x\nn wasi:a/b f allowed \u{e9}%20");
    assert_eq!(kept(), ["n wasi:a/b f denied x%0An%20wasi:a/b%20f%20allowed%20%C3%A9%2520"]);
}

#[test]
fn names_match_without_case_and_final_dot() {
    assert!(allows("api.example.com", "API.Example.COM."));
    assert!(allows("API.EXAMPLE.COM.", "api.example.com"));
    assert!(!allows("api.example.com", "api.example.com.evil.test"));
    assert!(!allows("api.example.com", "xapi.example.com"));
    assert!(!allows("example.com", "api.example.com"));
    assert!(allows("localhost", "LOCALHOST"));
    assert!(allows("xn--bcher-kva.example", "XN--BCHER-KVA.example"));
}

#[test]
fn a_pattern_needs_labels_in_front() {
    assert!(allows("*.example.com", "a.example.com"));
    assert!(allows("*.example.com", "a.B.example.com."));
    assert!(!allows("*.example.com", "example.com"));
    assert!(!allows("*.example.com", "evilexample.com"));
    assert!(!allows("*.example.com", "a.example.com.evil.test"));
    assert!(!allows("*.example.com", "a.example.comx"));
    assert!(!host("*.example.com").allows_name(".example.com"));
}

#[test]
fn malformed_patterns_grant_nothing() {
    for bad in [
        "", "*.", "*x", "**", "*.*", "a.*", "a.*.com", "*.1", "..", "a..b", ".a", "a b", "10.0.0.0/33",
        "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8", "/8",
        "10.0.0/8", "10.0.0.0.0", "[10.0.0.1]", "[::1", "::1]", "[::1]/128", "::ffff:10.0.0.0/95",
        "fe80::1%eth0", "10.0.0.1:80", "http://a", "a/b", "*/0", "10.0.0.0/99999999999999999999",
    ] {
        assert_eq!(Host::parse(bad), None, "{bad}");
    }
}

#[test]
fn hosts_in_disguise_are_no_hosts() {
    let long = ["a".repeat(64), [&"a.".repeat(127), "a"].concat(), "a".repeat(300)];
    for bad in [
        "", ".", "a..", "a..b", "127.1", "0177.0.0.1", "127.0.0.01", "0x7f.0.0.1", "0x7f000001", "2130706433",
        "1.2.3.4.5", "256.0.0.1", "127.0.0.1.", "a.1", "a.0x1f", "a.0x", "user@a", "a@b", "a:80", "a%2eb", "a/b",
        "a b", " a", "a\n", "a\0", "b\u{fc}cher.example", "\u{ff11}27.0.0.1", "a\u{3002}b", "[a]", "[127.0.0.1]",
        "[::1", "::1]", "[]", "[::1]x", "[::1%25lo]", "::1%lo", "[[::1]]", "*", "*.a", "a\\b", "a?b", "a#b",
    ]
    .into_iter()
    .chain(long.iter().map(String::as_str))
    {
        assert_eq!(Target::parse(bad), None, "{bad}");
    }
    let longest = [&"a.".repeat(126), "a"].concat();
    assert_eq!(Target::parse(&longest), Some(Target::Name(longest.clone())));
    assert_eq!(Target::parse("1.2.3.4a"), Some(Target::Name("1.2.3.4a".into())));
}

#[test]
fn addresses_match_addresses_and_networks() {
    assert!(allows("10.0.0.1", "10.0.0.1"));
    assert!(!allows("10.0.0.1", "10.0.0.2"));
    assert!(allows("10.0.0.0/8", "10.255.255.255"));
    assert!(allows("10.9.9.9/8", "10.0.0.1"));
    assert!(!allows("10.0.0.0/8", "11.0.0.0"));
    assert!(allows("0.0.0.0/0", "203.0.113.7"));
    assert!(!allows("0.0.0.0/0", "2001:db8::1"));
    assert!(!allows("::/0", "10.0.0.1"));
    assert!(allows("::/0", "2001:db8::1"));
    assert!(allows("fd00::/8", "[FDFF::1]"));
    assert!(!allows("fd00::/8", "fe00::1"));
    assert!(allows("[::1]", "0:0:0:0:0:0:0:1"));
    assert!(allows("10.0.0.1/32", "10.0.0.1") && !allows("10.0.0.1/32", "10.0.0.0"));
    assert!(allows("fd00::1/128", "fd00::1") && !allows("fd00::1/128", "fd00::"));
    assert!(allows("10.0.0.0/31", "10.0.0.1") && !allows("10.0.0.0/31", "10.0.0.2"));
}

#[test]
fn an_ipv4_address_in_ipv6_is_the_ipv4_address() {
    assert!(allows("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert!(allows("10.0.0.0/8", "[::ffff:a01:203]"));
    assert!(allows("::ffff:10.0.0.0/104", "10.1.2.3"));
    assert!(!allows("::ffff:10.0.0.0/104", "11.1.2.3"));
    assert!(allows("::ffff:10.0.0.1", "10.0.0.1"));
    assert!(!allows("::/0", "::ffff:10.0.0.1"));
    // Not the same: an address that is only compatible (RFC 4291, section 2.5.5.1).
    assert!(!allows("10.0.0.1", "::10.0.0.1"));
    assert!(host("10.0.0.0/8").allows_address("::ffff:10.0.0.1".parse().unwrap()));
}

#[test]
fn names_and_addresses_do_not_grant_each_other() {
    assert!(!allows("a.example", "10.0.0.1"));
    assert!(!allows("*.example", "10.0.0.1"));
    assert!(!allows("0.0.0.0/0", "a.example"));
    assert!(allows("*", "a.example") && allows("*", "10.0.0.1") && allows("*", "::1"));
}

#[test]
fn ports_are_lists_of_numbers_and_ranges() {
    assert!(ports_allow("443,8000-8080", 443, 0));
    assert!(ports_allow("443,8000-8080", 8000, 0) && ports_allow("443,8000-8080", 8080, 0));
    assert!(!ports_allow("443,8000-8080", 8081, 0) && !ports_allow("443,8000-8080", 7999, 0));
    assert!(ports_allow("*", 0, 0) && ports_allow("1,*", 65535, 0));
    assert!(ports_allow("default", 443, 443) && !ports_allow("default", 80, 443));
    assert!(!ports_allow("default", 0, 0));
    for bad in ["", ",", "80-", "-80", "-", "+80", " 80", "080", "80 ", "79-81-90", "0x50", "90-70", "65616"] {
        assert!(!ports_allow(bad, 80, 443), "{bad}");
    }
    assert!(ports_allow("nonsense,80", 80, 443));
}

#[test]
fn a_port_is_written_in_one_way() {
    assert_eq!(port("0"), Some(0));
    assert_eq!(port("65535"), Some(65535));
    for bad in ["", "65536", "00", "080", "+1", "-1", " 1", "1 ", "1e1", "\u{661}", "18446744073709551617"] {
        assert_eq!(port(bad), None, "{bad}");
    }
    assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
    assert_eq!(unsigned("18446744073709551616"), None);
}

#[test]
fn texts_are_cut_as_the_standard_library_cuts_them() {
    for text in ["", ",", "a", "a,", ",a", "a,b", ",,", "a,,b", "\u{e9},\u{20ac},", "ab,c,\u{1f600}"] {
        assert_eq!(cut(text, b','), text.split_once(','), "{text}");
        let expected: Vec<&str> = text.split(',').collect();
        assert_eq!(parts(text, b',').collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn lists_are_exact() {
    assert!(listed("GET,POST", "POST") && listed("*", "PATCH"));
    assert!(!listed("GET,POST", "GET,POST") && !listed("GET", "get") && !listed("GET,", ""));
    assert!(!listed("GET,*", "PATCH") && !listed("", "GET") && !listed("GETS", "GET"));
}

#[test]
fn addresses_are_written_as_rust_writes_them() {
    for text in [
        "0.0.0.0", "10.20.0.255", "255.255.255.255", "::", "::1", "1::", "fd00::1", "1:2:3:4:5:6:7:8",
        "1:0:0:2::3", "0:1::", "1::2:0:0:3", "2001:db8:0:1:1:1:1:1", "0:0:1::", "::2:3:4:5:6:7:8", "abcd:ef01:203::",
        "1:0:2:0:3:0:4:0",
    ] {
        let address: IpAddr = text.parse().unwrap();
        let mut written = String::new();
        push_address(&mut written, address);
        assert_eq!(written, address.to_string());
        assert_eq!(written.parse::<IpAddr>().unwrap(), address);
    }
    let mut written = String::new();
    push_endpoint(&mut written, "fd00::1".parse().unwrap(), 5432);
    written.push(' ');
    push_endpoint(&mut written, "10.0.0.1".parse().unwrap(), 0);
    assert_eq!(written, "[fd00::1]:5432 10.0.0.1:0");
}

#[test]
fn every_text_is_read_without_a_panic() {
    // All short texts over what means something, and single bytes of everything else.
    let letters = ["*", ".", "-", "%", "4", "0x", ":", "[", "]", "/", ",", "a", " ", "\n", "\u{e9}"];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        texts = texts
            .iter()
            .flat_map(|text| letters.iter().map(move |letter| [text, *letter].concat()))
            .collect();
        for text in &texts {
            let _ = (Host::parse(text), Target::parse(text), ports_allow(text, 4, 4), port(text));
            let policy = Policy::parse(text, keep);
            policy.record(text, text, true, text);
            // What is read as a host is read the same when it is written again.
            if let Some(Target::Name(name)) = Target::parse(text) {
                assert_eq!(Target::parse(&name), Some(Target::Name(name.clone())));
            }
        }
    }
}
