"""Pictures made by hand."""

from __future__ import annotations

from itertools import pairwise

from wcompose.picture.model import (
    NodeGate,
    NodeKind,
    Picture,
    PictureEdge,
    PictureNode,
    PictureOffer,
    PictureOutside,
    PictureProblem,
    Port,
)

TYPES = """interface types {
  /// A picture of a digit: 8 rows of 8 pixels.
  record image {
    width: u32,
    height: u32,
    pixels: list<u8>,
  }

  /// How sure a guess is.
  record guess {
    digit: u8,
    confidence: f32,
  }
}"""
INFERENCE = """/// A network that recognises digits.
interface inference {
  use types.{image, guess};

  /// Why a model could not be used.
  variant failure {
    no-model(string),
    wrong-shape(tuple<u32, u32>),
    busy,
  }

  /// A network, loaded once.
  resource model {
    constructor(weights: list<u8>);
    static load: func(name: string) -> result<own<model>, failure>;
    classify: func(picture: borrow<image>) -> result<list<guess>, failure>;
  }

  /* The network that is built in. */
  classify: func(picture: image) -> result<guess, failure>; // the usual way
}"""
ANALYSIS = """interface statistics {
  use types.{image};

  summary: func(pictures: list<image>) -> option<string>;
}"""
HANDLER = """interface handler {
  use types.{image, guess};

  recognise: func(picture: image) -> result<guess, string>;
}"""
VISION = "digits:vision/{}@0.1.0"
MANY = tuple(f"wasi:filesystem/part-{index}@0.2.6" for index in range(5))
HOST = ("wasi:io/streams@0.2.6", "wasi:cli/environment@0.2.6", "wasi:clocks/wall-clock@0.2.6")


def flagship() -> Picture:
    """Three languages, a diamond."""
    inference, statistics = VISION.format("inference"), VISION.format("statistics")
    handler = VISION.format("handler")
    return Picture(
        title="digits",
        subject="wcompose.toml",
        size=21_412_345,
        digest="sha256:" + "3f9a1c77" * 8,
        nodes=(
            PictureNode(
                "inference",
                language="Rust",
                size=182_340,
                capabilities=("random",),
                grants=(),
                imports=(Port(HOST[2], "", "the host"),),
                exports=(Port(inference, INFERENCE), Port(VISION.format("types"), TYPES)),
                details={"version": "0.1.0", "licenses": "Apache-2.0", "source": "in this project"},
            ),
            PictureNode(
                "analysis",
                language="Python",
                size=18_903_211,
                component="digits-analysis",
                capabilities=(
                    "arguments",
                    "clocks",
                    "environment",
                    "filesystem",
                    "random",
                    "stdio",
                ),
                is_gated=True,
                grants=("clocks", "environment (TZ)"),
                denied=("filesystem", "arguments", "random", "stdin"),
                says=("stdout (prefixed)", "no stderr"),
                gates=(
                    NodeGate("analysis-gate", "refusals", 4_123),
                    NodeGate("analysis-standard", "standard", 48_649),
                ),
                imports=(
                    Port(inference, INFERENCE, "inference"),
                    Port(HOST[0], "", "the host"),
                    Port(HOST[1], "", "the host"),
                ),
                exports=(Port(statistics, ANALYSIS),),
                details={"version": "0.3.1", "licenses": "MIT"},
            ),
            PictureNode(
                "gateway",
                language="Go",
                size=2_326_794,
                capabilities=("arguments", "stdio"),
                imports=(
                    Port(inference, INFERENCE, "inference"),
                    Port(VISION.format("types"), TYPES, "inference"),
                    Port(statistics, ANALYSIS, "analysis"),
                    Port(HOST[0], "", "the host"),
                ),
                exports=(Port(handler, HANDLER), Port("wasi:cli/run@0.2.6")),
                details={"version": "0.2.0", "digest": "sha256:" + "ab12" * 16},
            ),
        ),
        edges=(
            PictureEdge(
                "analysis",
                inference,
                "inference",
                inference,
                f"`inference` is the only node that exports `{inference}`, and its types are equal",
            ),
            PictureEdge("gateway", inference, "inference", inference, "stated in wcompose.toml"),
            PictureEdge("gateway", VISION.format("types"), "inference", VISION.format("types")),
            PictureEdge("gateway", statistics, "analysis", statistics),
        ),
        outsides=(
            PictureOutside("analysis", HOST[0], HOST[0], is_host=True),
            PictureOutside("analysis", HOST[1], HOST[1], is_host=True),
            PictureOutside("gateway", HOST[0], HOST[0], is_host=True),
            PictureOutside("inference", HOST[2], HOST[2], is_host=True),
        ),
        offers=(
            PictureOffer("gateway", handler, handler),
            PictureOffer("gateway", "wasi:cli/run@0.2.6", "wasi:cli/run@0.2.6"),
        ),
    )


def nested() -> Picture:
    """A group in a group, a node that only has types, one that is missing, and problems."""
    return Picture(
        title="shop.wasm",
        subject="build/shop.wasm",
        size=4_500_000,
        digest="sha256:" + "00ff" * 16,
        nodes=(
            PictureNode(
                "money", NodeKind.TYPES, size=412, exports=(Port("shop:money/types@1.0.0"),)
            ),
            PictureNode("mail", NodeKind.MISSING, exports=(Port("shop:mail/send"),)),
            PictureNode("store", NodeKind.GROUP, language="Rust", size=2_000_000),
            PictureNode(
                "store/cache",
                language="Rust",
                size=400_000,
                parent="store",
                imports=(Port("shop:store/rows", filled_by="store/tables"),),
                exports=(
                    Port("shop:store/keys", "interface keys { get: func(key: string) -> u32; }"),
                ),
            ),
            PictureNode("store/disk", NodeKind.GROUP, size=900_000, parent="store"),
            PictureNode(
                "store/disk/pages",
                language="Zig",
                size=300_000,
                parent="store/disk",
                capabilities=("filesystem",),
                exports=(Port("shop:store/pages"),),
            ),
            PictureNode(
                "store/disk/log",
                language="C",
                size=600_000,
                parent="store/disk",
                capabilities=("clocks", "filesystem"),
                imports=(Port("shop:store/pages"),),
                exports=(Port("shop:store/log"),),
            ),
            PictureNode(
                "store/tables",
                language="Rust",
                size=700_000,
                parent="store",
                imports=(Port("shop:store/log"), Port("shop:store/pages")),
                exports=(Port("shop:store/rows"),),
            ),
            PictureNode(
                "orders",
                language="JavaScript",
                size=1_900_000,
                capabilities=("http out",),
                imports=(
                    Port("shop:store/keys"),
                    Port("shop:money/types@1.0.0"),
                    Port("shop:mail/send"),
                    Port("shop:tax/rates@0.3.0"),
                    Port("vendor:pay/charge@2.1.0"),
                ),
                exports=(Port("shop:orders/api"),),
            ),
            PictureNode(
                "front",
                language="Go",
                size=600_000,
                imports=(Port("shop:orders/api"), Port("shop:store/rows")),
                exports=(Port("wasi:http/incoming-handler@0.2.6"),),
            ),
        ),
        edges=(
            PictureEdge("front", "shop:orders/api", "orders", "shop:orders/api"),
            PictureEdge("front", "shop:store/rows", "store/tables", "shop:store/rows"),
            PictureEdge("orders", "shop:mail/send", "mail", "shop:mail/send"),
            PictureEdge("orders", "shop:money/types@1.0.0", "money", "shop:money/types@1.0.0"),
            PictureEdge("orders", "shop:store/keys", "store/cache", "shop:store/keys"),
            PictureEdge("store/cache", "shop:store/rows", "store/tables", "shop:store/rows"),
            PictureEdge(
                "store/disk/log", "shop:store/pages", "store/disk/pages", "shop:store/pages"
            ),
            PictureEdge("store/tables", "shop:store/log", "store/disk/log", "shop:store/log"),
            PictureEdge("store/tables", "shop:store/pages", "store/disk/pages", "shop:store/pages"),
        ),
        outsides=(
            PictureOutside("front", "wasi:http/types@0.2.6", "wasi:http/types@0.2.6", is_host=True),
            PictureOutside("orders", "vendor:pay/charge@2.1.0", "vendor:pay/charge@2.1.0"),
            PictureOutside(
                "store/disk/pages",
                "wasi:filesystem/types@0.2.6",
                "wasi:filesystem/types@0.2.6",
                is_host=True,
            ),
        ),
        offers=(
            PictureOffer(
                "front", "wasi:http/incoming-handler@0.2.6", "wasi:http/incoming-handler@0.2.6"
            ),
        ),
        problems=(
            PictureProblem(
                "orders",
                "shop:tax/rates@0.3.0",
                "no node exports `shop:tax/rates@0.3.0`",
                "add a component that does, or leave the import to the outside",
            ),
            PictureProblem("", "", "`wcompose.toml` names the export `shop:admin/api` twice"),
        ),
    )


def large(count: int = 500) -> Picture:
    """Services in rows, each importing from a few of the next rows; all use one logger."""
    languages = ("Rust", "Go", "Python", "JavaScript", "C", "")
    nodes = [PictureNode("logger", language="Rust", size=90_000, exports=(Port("app:log/log"),))]
    edges: list[PictureEdge] = []
    outsides: list[PictureOutside] = []
    state = 12345
    for index in range(1, count):
        name = f"service-{index}"
        imports = [Port("app:log/log", filled_by="logger")]
        edges.append(PictureEdge(name, "app:log/log", "logger", "app:log/log"))
        for _ in range(index % 4):
            state = (state * 1103515245 + 12345) % 2**31
            back = 1 + state % 60
            if back < index:
                other = index - back
                interface = f"app:service-{other}/api@1.{other % 5}.0"
                if all(port.name != interface for port in imports):
                    imports.append(Port(interface, filled_by=f"service-{other}"))
                    edges.append(PictureEdge(name, interface, f"service-{other}", interface))
        if index % 7 == 0:
            outsides.append(PictureOutside(name, HOST[0], HOST[0], is_host=True))
        own = f"app:service-{index}/api@1.{index % 5}.0"
        wit = f"interface api {{\n  /// Service {index}.\n  call: func(of: u32) -> string;\n}}"
        nodes.append(
            PictureNode(
                name,
                language=languages[index % len(languages)],
                size=1000 * (index * 37 % 900 + 40),
                capabilities=("stdio",) if index % 7 == 0 else (),
                imports=tuple(imports),
                exports=(Port(own, wit),),
            )
        )
    edges.sort(key=lambda edge: (edge.importer, edge.import_name))
    last = f"service-{count - 1}"
    return Picture(
        title="large",
        subject="large.wasm",
        size=sum(node.size for node in nodes),
        nodes=tuple(nodes),
        edges=tuple(edges),
        outsides=tuple(outsides),
        offers=(PictureOffer(last, nodes[-1].exports[0].name, nodes[-1].exports[0].name),),
    )


ATTACKS = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    "\"'><svg onload=window.hacked=3>",
    "<!--<script>",
    "]]>&amp;&lt;",
    "right\u202eleft\u2066",
    "line\nbreak\x1b[31m\x00\u2028",
    "\ud800 half",
    "javascript:window.hacked=4",
    "__proto__",
)


def hostile() -> Picture:
    """Names that try to be something else."""
    nodes = tuple(
        PictureNode(
            attack,
            language=attack,
            size=index,
            component=attack,
            capabilities=(attack,),
            is_gated=True,
            grants=(attack,),
            denied=(attack,),
            says=(attack,),
            gates=(NodeGate(attack, "refusals", 1),),
            imports=(Port(attack, attack, attack),),
            exports=(Port(attack, attack),),
            details={attack: attack},
        )
        for index, attack in enumerate(ATTACKS)
    )
    return Picture(
        title=ATTACKS[0],
        subject=ATTACKS[1],
        size=1,
        digest=ATTACKS[2],
        nodes=nodes,
        edges=tuple(
            PictureEdge(before, before, after, after, before) for before, after in pairwise(ATTACKS)
        ),
        outsides=tuple(
            PictureOutside(attack, attack, attack, is_host=index % 2 == 0)
            for index, attack in enumerate(ATTACKS)
        ),
        offers=tuple(PictureOffer(attack, attack, attack) for attack in ATTACKS),
        problems=tuple(PictureProblem(attack, attack, attack, attack) for attack in ATTACKS),
    )


def single() -> Picture:
    """One node and nothing else."""
    return Picture(title="alone", nodes=(PictureNode("alone", language="Rust", size=1234),))


def cyclic() -> Picture:
    """A project that cannot be composed: two nodes import from each other, one from itself."""
    names = ("first", "second", "third")
    pairs = (("first", "second"), ("second", "third"), ("third", "first"), ("second", "second"))
    return Picture(
        title="cycle",
        nodes=tuple(PictureNode(name, language="Go", size=5) for name in names),
        edges=tuple(
            PictureEdge(one, f"demo:{other}/api", other, f"demo:{other}/api")
            for one, other in pairs
        ),
        problems=(PictureProblem("first", "", "nodes import from each other in a circle"),),
    )


def refused() -> Picture:
    """A node that is granted nothing of what it imports from its host."""
    ports = tuple(Port(name, "", "nothing: it is not granted") for name in MANY)
    node = PictureNode("busy", language="C", size=9, is_gated=True, imports=ports)
    return Picture(title="refused", nodes=(node,))


def asking() -> Picture:
    """A node that imports much from its host, and one thing more."""
    names = ("demo:odd/one", *MANY)
    return Picture(
        title="asking",
        nodes=(PictureNode("busy", language="C", size=9, imports=tuple(map(Port, names))),),
        outsides=tuple(
            PictureOutside("busy", name, name, is_host=name.startswith("wasi:")) for name in names
        ),
    )
