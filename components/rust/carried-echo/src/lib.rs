//! Gives back lists of numbers in every shape, and keeps bytes in resources.

wit_bindgen::generate!({ world: "carried", path: "../../../tests/carrying/wit" });

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use exports::wcompose::carrying::echo::{AllNumbers, Guest as Echo, Mixed, Words};
use exports::wcompose::carrying::plain::Guest as Plain;
use exports::wcompose::carrying::shapes::{Blob, BlobBorrow, Guest as Shapes, GuestBlob, Outer};

static LIVE: AtomicU32 = AtomicU32::new(0);

struct Carried;

struct Bytes(RefCell<Vec<u8>>);

impl GuestBlob for Bytes {
    fn new(bytes: Vec<u8>) -> Bytes {
        LIVE.fetch_add(1, Relaxed);
        Bytes(RefCell::new(bytes))
    }

    fn join(parts: Vec<BlobBorrow<'_>>, between: Vec<u8>) -> Blob {
        let parts: Vec<Vec<u8>> = parts.iter().map(content).collect();
        Blob::new(Bytes::new(parts.join(&between[..])))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }

    fn append(&self, more: Vec<u8>) -> u64 {
        self.0.borrow_mut().extend(more);
        self.size()
    }

    fn size(&self) -> u64 {
        self.0.borrow().len() as u64
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Relaxed);
    }
}

fn content(of: &BlobBorrow<'_>) -> Vec<u8> {
    of.get::<Bytes>().bytes()
}

impl Shapes for Carried {
    type Blob = Bytes;

    fn live() -> u32 {
        LIVE.load(Relaxed)
    }
}

impl Echo for Carried {
    fn pass_outer(it: Outer) -> Outer {
        it
    }

    fn pass_mixed(it: Mixed) -> Mixed {
        it
    }

    fn around_mixed(a: u8, it: Mixed, b: f32, c: Vec<f64>) -> (u8, Mixed, f32, Vec<f64>) {
        (a, it, b, c)
    }

    fn pass_numbers(it: AllNumbers) -> AllNumbers {
        it
    }

    fn many(
        a: Vec<u8>,
        b: Vec<i64>,
        c: BlobBorrow<'_>,
        d: Option<BlobBorrow<'_>>,
        e: Mixed,
        f: String,
        g: Vec<Outer>,
        h: u64,
    ) -> (Vec<Outer>, u64, Vec<i64>) {
        let in_mixed = match e {
            Mixed::Bytes(bytes) => bytes.len(),
            Mixed::Pair((_, numbers)) => numbers.len(),
            _ => 0,
        };
        let lent = d.map_or(0, |lent| content(&lent).len());
        let sum = a.len() + content(&c).len() + lent + in_mixed + f.len();
        (g, h + sum as u64, b)
    }

    fn pass_either(it: Result<Vec<u8>, Vec<f64>>) -> Result<Vec<u8>, Vec<f64>> {
        it
    }

    fn count(it: Vec<u8>) -> Result<u32, Vec<u8>> {
        if it.len() > 3 {
            Err(it)
        } else {
            Ok(it.len() as u32)
        }
    }

    fn sum(it: Vec<u32>) -> u64 {
        it.into_iter().map(u64::from).sum()
    }

    fn swallow(_: Words) {}

    fn pass_words(it: Words) -> Words {
        it
    }

    fn pass_deep(it: Vec<Option<Vec<(bool, Vec<i32>)>>>) -> Vec<Option<Vec<(bool, Vec<i32>)>>> {
        it
    }

    fn pass_flags(it: Vec<bool>, and: Vec<u8>) -> (Vec<bool>, Vec<u8>) {
        (it, and)
    }

    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn fail(it: Vec<u8>) -> Vec<u8> {
        panic!("{} bytes are too many", it.len());
    }

    fn pass_blob(it: Blob, more: Vec<u8>) -> Blob {
        it.get::<Bytes>().append(more);
        it
    }

    fn look(it: Option<BlobBorrow<'_>>, more: Vec<u8>) -> Vec<u8> {
        let mut bytes = it.map_or_else(Vec::new, |lent| content(&lent));
        bytes.extend(more);
        bytes
    }
}

impl Plain for Carried {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

impl Guest for Carried {
    fn reverse(mut it: Vec<u8>) -> Vec<u8> {
        it.reverse();
        it
    }
}

export!(Carried);
