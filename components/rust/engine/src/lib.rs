wit_bindgen::generate!({ world: "engine", path: "wit" });
struct Engine;
impl Guest for Engine {
    fn ping(text: String) -> String {
        let d = wasip2::filesystem::preopens::get_directories();
        if text.is_empty() { panic!("empty"); }
        format!("pong {text} {}", d.len())
    }
}
export!(Engine);
