"""Rebuild every prebuilt part from source: the engine, and the flagship's Rust and Go components.

    python scripts/rebuild.py                 rebuild all parts in place
    python scripts/rebuild.py engine gateway  rebuild some
    python scripts/rebuild.py --output DIR    write them elsewhere, under the same relative paths
    python scripts/rebuild.py --check         rebuild elsewhere and compare digests with `prebuilt.toml`

Needs cargo and rustc that can make `wasm32-unknown-unknown` (a target installed by rustup, or Debian's
`rustc-web cargo-web rust-web-src lld-22`, whose standard library is built from its source), and Go.
"""
