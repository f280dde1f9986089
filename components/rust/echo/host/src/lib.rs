//! Calls each function of its host's, and gives back what that gave.

wit_bindgen::generate!({ world: "echo-host", path: "../../../../tests/runtime/wit" });

use std::cell::RefCell;

use exports::wcompose::echo::through::Guest as Calls;
use wcompose::echo::host::{self, File, Problem, Rights, Shape, Summary};

thread_local! {
    static KEPT: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
}

struct Through;

impl Guest for Through {
    fn shout_through(text: String) -> String {
        shout(&text)
    }
}

impl Calls for Through {
    fn log(text: String) {
        host::log(&text);
    }

    fn add(a: u32, b: u32) -> u32 {
        host::add(a, b)
    }

    fn add_often(times: u32) -> u32 {
        (0..times).fold(0, |sum, _| host::add(sum, 1))
    }

    fn lookup(key: String) -> Option<String> {
        host::lookup(&key)
    }

    fn transform(values: Vec<f64>) -> Vec<f64> {
        host::transform(&values)
    }

    fn scramble(data: Vec<u8>) -> Vec<u8> {
        host::scramble(&data)
    }

    fn shapes(all: Vec<Shape>) -> Result<Summary, Problem> {
        host::shapes(&all)
    }

    fn write_and_read(name: String, first: Vec<u8>, second: Vec<u8>) -> (String, Vec<u8>) {
        let file = File::new(&name);
        file.write(&first);
        file.write(&second);
        (file.name(), file.read())
    }

    fn open(name: String, how: Rights) -> Result<File, Problem> {
        File::open(&name, how)
    }

    fn name_of(it: &File) -> String {
        it.name()
    }

    fn same(left: &File, right: &File) -> bool {
        host::same(left, right)
    }

    fn archive(it: File) -> String {
        host::archive(it)
    }

    fn latest() -> Option<File> {
        host::latest()
    }

    fn pass(it: File) -> File {
        it
    }

    fn keep(it: File) -> u32 {
        KEPT.with_borrow_mut(|kept| {
            kept.push(it);
            kept.len() as u32
        })
    }

    fn let_go() -> u32 {
        KEPT.take().len() as u32
    }

    fn log_then_trap(text: String) {
        let _never_dropped = File::new(&text);
        host::log(&text);
        std::process::abort();
    }

    fn log_then_spin(text: String) {
        host::log(&text);
        loop {
            std::hint::spin_loop();
        }
    }
}

export!(Through);
