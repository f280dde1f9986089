//! The price list of `examples/shop`.

wit_bindgen::generate!({ world: "price-list", path: "../../../examples/shop/wit" });

use exports::acme::shop::prices::Guest;

struct Prices;

impl Guest for Prices {
    fn price_of(article: String) -> Option<u32> {
        match article.as_str() {
            "bread" => Some(280),
            "butter" => Some(249),
            "milk" => Some(119),
            "saffron" => Some(1099),
            _ => None,
        }
    }
}

export!(Prices);
