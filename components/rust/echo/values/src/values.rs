//! Every function gives back what it gets.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::exports::wcompose::echo::values::{
    Abilities, Color, Columns, Eight, Failure, Guest, Household, Joined, Many, Meters, Mixed,
    Person, Point, Primitives, ThirtyTwo, Twelve, Weather, Wide,
};
use crate::Echo;

static SWALLOWED: AtomicU32 = AtomicU32::new(0);

macro_rules! echo {
    ($($name:ident: $type:ty,)*) => {
        $(fn $name(it: $type) -> $type {
            it
        })*
    };
}

impl Guest for Echo {
    echo! {
        echo_bool: bool,
        echo_s8: i8,
        echo_u8: u8,
        echo_s16: i16,
        echo_u16: u16,
        echo_s32: i32,
        echo_u32: u32,
        echo_s64: i64,
        echo_u64: u64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
        echo_meters: Meters,
        echo_list_bool: Vec<bool>,
        echo_list_s8: Vec<i8>,
        echo_list_u8: Vec<u8>,
        echo_list_s16: Vec<i16>,
        echo_list_u16: Vec<u16>,
        echo_list_s32: Vec<i32>,
        echo_list_u32: Vec<u32>,
        echo_list_s64: Vec<i64>,
        echo_list_u64: Vec<u64>,
        echo_list_f32: Vec<f32>,
        echo_list_f64: Vec<f64>,
        echo_list_char: Vec<char>,
        echo_list_string: Vec<String>,
        echo_list_list_u8: Vec<Vec<u8>>,
        echo_list_list_string: Vec<Vec<String>>,
        echo_list_point: Vec<Point>,
        echo_list_person: Vec<Person>,
        echo_list_mixed: Vec<Mixed>,
        echo_list_color: Vec<Color>,
        echo_list_abilities: Vec<Abilities>,
        echo_list_option_string: Vec<Option<String>>,
        echo_list_result: Vec<Result<u32, String>>,
        echo_list_pair: Vec<(String, u32)>,
        echo_single: (u32,),
        echo_pair: (u8, String),
        echo_nested_tuple: ((u8, u64), (String, (f32, bool))),
        echo_point: Point,
        describe: Person,
        echo_household: Household,
        echo_primitives: Primitives,
        echo_wide: Wide,
        echo_columns: Columns,
        echo_color: Color,
        echo_many: Many,
        echo_abilities: Abilities,
        echo_eight: Eight,
        echo_twelve: Twelve,
        echo_thirty_two: ThirtyTwo,
        echo_weather: Weather,
        echo_mixed: Mixed,
        echo_joined: Joined,
        echo_option_u32: Option<u32>,
        echo_option_string: Option<String>,
        echo_option_option_u32: Option<Option<u32>>,
        echo_option_person: Option<Person>,
        echo_option_list_u8: Option<Vec<u8>>,
        echo_result: Result<u32, String>,
        echo_result_ok_only: Result<String, ()>,
        echo_result_error_only: Result<(), Failure>,
        echo_result_empty: Result<(), ()>,
        echo_result_nested: Result<Option<String>, Result<u8, String>>,
        echo_option_result: Option<Result<Point, Failure>>,
    }

    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn divide(a: u32, b: u32) -> Result<u32, Failure> {
        a.checked_div(b).ok_or_else(|| Failure {
            code: a,
            message: format!("{a} can't be divided by 0"),
            path: vec!["values".to_string(), "divide".to_string()],
        })
    }

    fn nothing() {}

    fn swallowed() -> u32 {
        SWALLOWED.load(Relaxed)
    }

    fn swallow(_: String) {
        SWALLOWED.fetch_add(1, Relaxed);
    }

    fn several(
        a: u8,
        b: String,
        c: Vec<u16>,
        d: Option<f64>,
        e: Color,
        f: Mixed,
    ) -> (u8, String, Vec<u16>, Option<f64>, Color, Mixed) {
        (a, b, c, d, e, f)
    }

    #[rustfmt::skip]
    fn seventeen(
        a: u8, b: u16, c: u32, d: u64, e: i8, f: i16, g: i32, h: i64, i: f32, j: f64, k: bool, l: char,
        m: u8, n: u16, o: u32, p: u64, q: String,
    ) -> String {
        format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p} {q}")
    }
}
