//! Much data, one way at a time.

use crate::exports::wcompose::echo::bulk::{Guest, Person};
use crate::Echo;

impl Guest for Echo {
    fn take_u8(it: Vec<u8>) -> u64 {
        match (it.first(), it.last()) {
            (Some(&first), Some(&last)) => it.len() as u64 + u64::from(first) + u64::from(last),
            _ => 0,
        }
    }

    fn give_u8(size: u32) -> Vec<u8> {
        (0..size).map(|index| (index % 251) as u8).collect()
    }

    fn take_f64(it: Vec<f64>) -> f64 {
        match (it.first(), it.last()) {
            (Some(first), Some(last)) => it.len() as f64 + first + last + it.iter().sum::<f64>(),
            _ => 0.0,
        }
    }

    fn give_f64(size: u32) -> Vec<f64> {
        (0..size).map(f64::from).collect()
    }

    fn take_string(it: String) -> u64 {
        it.len() as u64
    }

    fn give_string(size: u32) -> String {
        (b'a'..=b'z').cycle().map(char::from).take(size as usize).collect()
    }

    fn take_people(it: Vec<Person>) -> u64 {
        it.iter().map(|person| u64::from(person.age)).sum()
    }

    fn give_people(size: u32) -> Vec<Person> {
        (0..size)
            .map(|age| Person {
                name: format!("Person {age}"),
                email: format!("person-{age}@example.org"),
                age,
                admin: age % 7 == 0,
                score: f64::from(age) / 4.0,
            })
            .collect()
    }
}
