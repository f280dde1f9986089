"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const [root, canvas, graph, view] = [document.documentElement, find("canvas"), find("graph"), find("view")];
  const [panel, query, count] = [find("panel"), find("query"), find("count")];
  const narrow = matchMedia("(max-width: 720px)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const size = { width: graph.viewBox.baseVal.width, height: graph.viewBox.baseVal.height };

  // What is in the drawing, by id: n… nodes, o… exports of the whole, x… its imports, h its host, e… lines.

  const routes = data.routes.map(([kind, source, target, crossings, joins], index) => ({
    id: `e${index}`, kind, source, target, joins,
    crossings: crossings.map(([wanted, given, reason]) => ({ wanted, given, reason })),
  }));
  const nodes = data.nodes.map((node, index) => ({ ...node, id: `n${index}`, asked: [], used: [] }));
  const byId = new Map();
  for (const node of nodes) byId.set(node.id, node);
  for (const route of routes) byId.set(route.id, route);
  data.offers.forEach((name, index) => byId.set(`o${index}`, { id: `o${index}`, name }));
  data.outsides.forEach((name, index) => byId.set(`x${index}`, { id: `x${index}`, name }));
  if (data.host.length) byId.set("h", { id: "h", name: "the host" });
  const touching = new Map([...byId.keys()].map((id) => [id, []]));
  for (const route of routes) {
    touching.get(route.source)?.push(route);
    if (route.target !== route.source) touching.get(route.target)?.push(route);
  }
  const drawn = new Map();
  for (const element of view.querySelectorAll("[data-id]")) drawn.set(element.dataset.id, [element]);
  for (const element of view.querySelectorAll("[data-of]")) drawn.get(element.dataset.of)?.push(element);
  const elements = (id) => drawn.get(id) ?? [];
  const problemsOf = (index) => data.problems.filter((problem) => problem.node === index);
  const nameOf = (id) => byId.get(id)?.name ?? "";

  // Lines to one end share their last part, which one of them draws; this is the whole line of each.
  const own = (id) => elements(id)[0].querySelector(".line").getAttribute("d").match(/[MHC][^MHC]*/g) ?? [];
  const whole = (route) => {
    const commands = own(route.id);
    let [next, from] = route.joins;
    while (next !== undefined) {
      commands.push(...own(routes[next].id).slice(from));
      [next, from] = routes[next].joins;
    }
    return commands.join("");
  };
  const tipOf = (route) => {
    let last = route;
    while (last.joins.length) last = routes[last.joins[0]];
    return elements(last.id)[0].querySelector(".tip");
  };

  // A wider line under each line, so that it can be met with a finger.
  for (const element of view.querySelectorAll(".edge")) {
    const reach = element.querySelector(".line").cloneNode();
    reach.setAttribute("class", "reach");
    element.insertBefore(reach, element.querySelector(".line"));
  }
  for (const node of nodes) {
    const title = elements(node.id)[0]?.querySelector(".title");
    const card = elements(node.id)[0]?.querySelector(".card");
    if (!title || !card) continue;
    const room = (card.getAttribute("width") - 26) / Math.max(1, title.textContent.length * 0.66);
    title.style.setProperty("--far", `${Math.max(14.5, Math.min(28, room)).toFixed(1)}px`);
  }
  if (drawn.size < 400) graph.classList.add("calm");

  // Zoom and pan.

  const at = { x: 0, y: 0, scale: 1 };
  let flight = 0;
  graph.removeAttribute("viewBox");

  let printing = false;
  const show = () => {
    if (printing) return;
    view.setAttribute("transform", `translate(${at.x.toFixed(2)} ${at.y.toFixed(2)}) scale(${at.scale.toFixed(4)})`);
    graph.classList.toggle("far", at.scale < 0.5);
    graph.classList.toggle("tiny", at.scale < 0.16);
    find("scale").textContent = `${Math.round(at.scale * 100)} %`;
  };
  const move = (x, y, scale, smooth) => {
    cancelAnimationFrame(flight);
    if (!smooth || still.matches) {
      Object.assign(at, { x, y, scale });
      show();
      return;
    }
    const from = { ...at };
    const started = performance.now();
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - started) / 240));
      const eased = 1 - (1 - part) ** 3;
      at.x = from.x + (x - from.x) * eased;
      at.y = from.y + (y - from.y) * eased;
      at.scale = from.scale + (scale - from.scale) * eased;
      show();
      if (part < 1) flight = requestAnimationFrame(step);
    };
    flight = requestAnimationFrame(step);
  };
  const room = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const open = !panel.hidden;
    const top = find("bar").getBoundingClientRect().bottom + 8;
    const right = open && !narrow.matches ? panel.offsetLeft : width;
    const bottom = open && narrow.matches ? height - panel.offsetHeight : height - 8;
    return { left: 8, top, width: Math.max(80, right - 16), height: Math.max(80, bottom - top) };
  };
  const least = () => {
    const free = room();
    return Math.min(free.width / size.width, free.height / size.height, 1.15);
  };
  const fit = (smooth) => {
    const free = room();
    const scale = least();
    move(
      free.left + (free.width - size.width * scale) / 2,
      free.top + (free.height - size.height * scale) / 2,
      scale, smooth,
    );
  };
  const zoom = (factor, x, y, smooth) => {
    const scale = Math.min(4, Math.max(Math.min(0.05, least() / 2), at.scale * factor));
    const change = scale / at.scale;
    move(x - (x - at.x) * change, y - (y - at.y) * change, scale, smooth);
  };
  const zoomMiddle = (factor) => {
    const free = room();
    zoom(factor, free.left + free.width / 2, free.top + free.height / 2, true);
  };
  const reveal = (id, always) => {
    const element = elements(id)[0];
    if (!element) return;
    const box = element.getBBox();
    const free = room();
    const scale = always ? Math.max(at.scale, 0.7) : at.scale;
    const left = at.x + box.x * at.scale;
    const top = at.y + box.y * at.scale;
    const inside = left >= free.left && top >= free.top
      && left + box.width * at.scale <= free.left + free.width
      && top + box.height * at.scale <= free.top + free.height;
    if (inside && scale === at.scale) return;
    move(
      free.left + free.width / 2 - (box.x + box.width / 2) * scale,
      free.top + free.height / 2 - (box.y + box.height / 2) * scale,
      scale, true,
    );
  };

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const unit = [1, 18, 300][event.deltaMode] ?? 1;
    const turn = Math.max(-240, Math.min(240, event.deltaY * unit)) * (event.ctrlKey ? 4 : 1);
    zoom(Math.exp(-turn * 0.0016), event.clientX, event.clientY);
  }, { passive: false });

  const pointers = new Map();
  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
    if (pointers.size === 1) dragged = false;
  });
  addEventListener("pointermove", (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    const moved = { x: event.clientX - pointer.x, y: event.clientY - pointer.y };
    if (!dragged && Math.hypot(event.clientX - pointer.startX, event.clientY - pointer.startY) < 5) return;
    if (!dragged) {
      dragged = true;
      canvas.classList.add("dragging");
      hover(null);
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    if (others.length) {
      const [other] = others;
      const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      const middle = { x: (event.clientX + other.x) / 2, y: (event.clientY + other.y) / 2 };
      move(at.x + moved.x / 2, at.y + moved.y / 2, at.scale);
      if (before > 0) zoom(after / before, middle.x, middle.y);
    } else {
      move(at.x + moved.x, at.y + moved.y, at.scale);
    }
    pointer.x = event.clientX;
    pointer.y = event.clientY;
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) canvas.classList.remove("dragging");
  };
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);

  // Neighbours.

  const lit = document.createElementNS(graph.namespaceURI, "g");
  lit.id = "lit";
  view.append(lit);
  for (const layer of view.querySelectorAll(".edges, .items, .labels, .marks")) layer.classList.add("base");
  const marked = { near: [], selected: [], hit: [], beside: [] };
  const mark = (name, ids) => {
    for (const id of marked[name]) for (const element of elements(id)) element.classList.remove(name);
    marked[name] = [...ids];
    for (const id of marked[name]) for (const element of elements(id)) element.classList.add(name);
    light();
  };
  // One veil over everything and copies of what matters above it: cheaper than a veil on each.
  const light = () => {
    const ids = new Set([...marked.hit, ...marked.beside, ...marked.near, ...marked.selected]);
    const order = { e: 0, n: 1, o: 1, x: 1, h: 1 };
    lit.replaceChildren(...[...ids].filter((id) => drawn.has(id)).sort((a, b) => order[a[0]] - order[b[0]]).flatMap((id) => elements(id)
      .filter((element) => !element.classList.contains("frame")).map((element) => copy(id, element))));
  };
  const copy = (id, element) => {
    const twin = element.cloneNode(true);
    for (const name of ["data-id", "data-of", "tabindex", "role", "aria-label"]) twin.removeAttribute(name);
    twin.setAttribute("aria-hidden", "true");
    twin.querySelector(".reach")?.remove();
    const found = byId.get(id);
    if (found?.crossings && found.joins.length && twin.querySelector(".line")) {
      twin.querySelector(".line").setAttribute("d", whole(found));
      twin.append(tipOf(found).cloneNode());
    }
    return twin;
  };
  const around = (id) => {
    const found = byId.get(id);
    if (!found) return [id];
    if (found.crossings) return [id, found.source, found.target];
    return [id, ...touching.get(id).flatMap((route) => [route.id, route.source, route.target])];
  };
  let hovered = null;
  const hover = (id) => {
    if (id === hovered) return;
    hovered = id;
    graph.classList.toggle("focus", Boolean(id));
    mark("near", id ? new Set(around(id)) : []);
  };
  const idAt = (target) => {
    const id = target.closest?.("[data-id]")?.dataset.id ?? target.closest?.("[data-of]")?.dataset.of;
    return id && byId.has(id) ? id : null;
  };
  graph.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || pointers.size) return;
    const id = idAt(event.target);
    hover(id && byId.get(id).kind === "group" ? null : id);
  });
  graph.addEventListener("pointerleave", () => hover(null));

  // Elements of the panel. Text is only ever set as text.

  const make = (tag, name, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  const jump = (id, text) => {
    const button = make("button", "jump", text ?? nameOf(id));
    button.type = "button";
    button.dataset.to = id;
    return button;
  };
  const joined = (parts) => parts.flatMap((part, index) => (index ? [", ", part] : [part]));
  const interfaceName = (name) => {
    const cut = name.indexOf("@");
    if (cut < 1) return make("span", "interface", name);
    return make("span", "interface", name.slice(0, cut), make("span", "version", name.slice(cut)));
  };
  const section = (title, amount, ...children) => [
    make("h3", "", title, amount === null ? null : make("span", "amount", ` ${amount}`)), ...children.filter(Boolean),
  ];
  const sizeWords = (bytes) => {
    let value = bytes;
    for (const unit of ["B", "kB", "MB", "GB"]) {
      if (value < 999.5 || unit === "GB") return `${unit === "B" || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${unit}`;
      value /= 1000;
    }
    return "";
  };
  const shareWords = (part, whole) => {
    const share = (100 * part) / whole;
    return share > 0 && share < 1 ? "less than 1 %" : `${Math.round(share)} %`;
  };
  const quoted = (text) => text.split("`").map((part, index) => (index % 2 ? make("span", "interface", part) : part));
  const problem = (entry) => make(
    "div", "problem",
    make("strong", "", "Problem"), " ",
    entry.node >= 0 ? make("span", "", "at ", jump(`n${entry.node}`)) : null,
    make("p", "", ...quoted(entry.message)),
    entry.hint ? make("p", "quiet", ...quoted(entry.hint)) : null,
  );

  const WORDS = new Set(("interface world package use as include with import export func async static constructor type record"
    + " resource enum flags variant").split(" "));
  const TYPES = new Set(("bool s8 s16 s32 s64 u8 u16 u32 u64 f32 f64 char string list option result tuple own borrow future"
    + " stream error-context map").split(" "));
  const TOKENS = /(\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(@[a-z-]+\([^)]*\))|(%?[A-Za-z][A-Za-z0-9-]*)/g;
  const tokens = function* (text) {
    let end = 0;
    for (const token of text.matchAll(TOKENS)) {
      const [whole, remark, gate, word] = token;
      const after = token.index + whole.length;
      let name = "";
      if (remark || gate) name = "r";
      else if (/^\s*:(?!:)/.test(text.slice(after, after + 40))) name = "n";
      else if (WORDS.has(word)) name = "w";
      else if (TYPES.has(word)) name = "t";
      if (!name) continue;
      yield ["", text.slice(end, token.index)];
      yield [name, whole];
      end = after;
    }
    yield ["", text.slice(end)];
  };
  // A line that is too long goes on below itself, two steps further in.
  const highlighted = (text) => {
    const code = document.createElement("code");
    const begin = () => code.appendChild(make("span", "line"));
    let row = begin();
    for (const [name, whole] of tokens(text)) {
      whole.split("\n").forEach((piece, index) => {
        if (index) {
          row.append("\n");
          row = begin();
        }
        if (piece) row.append(name ? make("span", name, piece) : piece);
      });
    }
    for (const each of code.children) {
      const indent = /^ */.exec(each.textContent)[0].length + 4;
      each.style.paddingLeft = `${indent}ch`;
      each.style.textIndent = `-${indent}ch`;
    }
    return code;
  };
  const wit = (text) => {
    const block = make("pre", "wit", highlighted(text));
    block.tabIndex = 0;
    block.setAttribute("aria-label", "WIT");
    return block;
  };
  const folded = (summary, text) => {
    const details = make("details", "", make("summary", "", summary));
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(wit(text));
    });
    return details;
  };
  const textOf = (index) => (index < 0 ? "" : data.texts[index]);
  const portOf = (id, side, name) => byId.get(id)?.[side]?.find((port) => port.name === name);

  // What the panel shows of each.

  const fillers = (node, name) => {
    for (const route of touching.get(node.id)) {
      const crossing = route.source === node.id && route.crossings.find((each) => each.wanted === name);
      if (crossing) return { route, crossing };
    }
    return null;
  };
  const REFUSED = "nothing: it is not granted";
  const importRow = (node, port) => {
    const found = fillers(node, port.name);
    const missing = data.problems.some((each) => each.node === Number(node.id.slice(1)) && each.wanted === port.name);
    let filler;
    if (!found) filler = port.filled || (missing ? "filled by nothing" : "what fills it is not known");
    else if (found.route.kind === "edge") {
      filler = make("span", "", "filled by ", jump(found.route.target),
        found.crossing.given === port.name ? "" : " with ",
        found.crossing.given === port.name ? "" : interfaceName(found.crossing.given), " · ", jump(found.route.id, "details"));
    } else if (found.route.kind === "host") {
      const part = port.filled.startsWith("the host,") ? port.filled.slice("the host".length) : "";
      filler = make("span", "", "filled by ", jump("h"), part);
    }
    else filler = make("span", "", "left to the outside", found.crossing.given === port.name ? "" : " as ",
      found.crossing.given === port.name ? "" : jump(found.route.target));
    return make("li", "", port.wit < 0 ? interfaceName(port.name) : folded(interfaceName(port.name), textOf(port.wit)),
      make("div", "filler", filler));
  };
  const exportRow = (node, port) => {
    const users = [];
    for (const route of touching.get(node.id)) {
      if (route.target !== node.id) continue;
      if (!route.crossings.some((each) => each.given === port.name)) continue;
      users.push(route.kind === "offer" ? jump(route.source, "the whole exports it") : jump(route.source));
    }
    return make("li", "", port.wit < 0 ? interfaceName(port.name) : folded(interfaceName(port.name), textOf(port.wit)),
      make("div", "filler", ...(users.length ? ["used by ", ...joined(users)] : ["used by nothing here"])));
  };
  const KINDS = { group: "Composition in the composition", types: "Only value types, no code", missing: "Not included: it is imported", component: "Component", gate: "Gate between a node and its host" };
  const tags = (words) => make("div", "tags", ...words.map((word) => make("span", "tag", word)));
  const bar = (parts, whole) => {
    const strip = make("div", "bar");
    for (const part of parts) {
      const piece = make("i", part.style);
      piece.style.width = `${(100 * part.size) / whole}%`;
      piece.title = `${part.name}: ${sizeWords(part.size)}`;
      strip.append(piece);
    }
    return strip;
  };
  // Of many nodes each would be a hair's breadth: then the languages share the bar.
  const shares = (leaves) => {
    if (leaves.length <= 24) return leaves;
    const parts = new Map();
    for (const { language, style, size: part } of leaves) {
      const name = language || "language not known";
      parts.set(name, { name, style, size: (parts.get(name)?.size ?? 0) + part });
    }
    return [...parts.values()].sort((a, b) => b.size - a.size);
  };
  const list = (name, rows) => make("ul", name, ...rows);

  const ports = (title, node, all, row) => {
    if (node.kind === "group" && !all.length) return [];
    if (!all.length) return section(title, 0, make("p", "quiet", "nothing"));
    // What its host fills is of a usual kind and much: folded away, after all else.
    const usual = (words, is) => {
      const found = row === importRow ? all.filter(is) : [];
      return found.length > 3 ? [words, found] : [words, []];
    };
    const common = [
      usual("filled by the host", (port) => fillers(node, port.name)?.route.kind === "host"),
      usual("not granted", (port) => port.filled === REFUSED),
    ];
    const apart = new Set(common.flatMap(([, found]) => found));
    const rows = all.filter((port) => !apart.has(port)).map((port) => row(node, port));
    const rest = common.filter(([, found]) => found.length).map(([words, found]) => {
      const details = make("details", "more", make("summary", "", `${found.length} ${words}`));
      details.addEventListener("toggle", () => {
        if (details.open && details.childElementCount === 1) details.append(list("rows", found.map((port) => row(node, port))));
      });
      return details;
    });
    return section(title, all.length, rows.length ? list("rows", rows) : null, ...rest);
  };
  const nodePanel = (node) => {
    const index = Number(node.id.slice(1));
    const members = nodes.filter((other) => other.parent === index);
    const facts = [];
    const fact = (name, value, style) => facts.push(make("dt", "", name), make("dd", style ?? "", value));
    if (node.size) fact("size", data.size > 0 && node.size <= data.size
      ? `${sizeWords(node.size)}, ${shareWords(node.size, data.size)} of the whole` : sizeWords(node.size));
    if (node.parent >= 0) fact("in", jump(`n${node.parent}`));
    if (node.component && node.component !== node.name) fact("component", node.component);
    for (const [name, value] of node.details) {
      if (name !== "size") fact(name, value, /^(digest|revision|sha256)/.test(name) ? "code" : "");
    }
    return [
      make("p", "kind", KINDS[node.kind] ?? node.kind),
      make("h2", "", node.name),
      node.language ? make("div", "tags", make("span", `tag language ${node.style}`, node.language)) : null,
      ...problemsOf(index).map(problem),
      data.size > 0 && node.size && node.size <= data.size ? bar([node], data.size) : null,
      make("dl", "", ...facts),
      ...(members.length ? section("Holds", members.length, list("rows tight", members.map(nodeRow))) : []),
      ...(node.kind === "types" || node.kind === "missing" || (node.kind === "group" && !node.gated) ? [] : [
        ...node.kind === "group" ? [] : section("Asks its host for", null, node.capabilities.length ? tags(node.capabilities) : make("p", "quiet", "nothing")),
        ...(node.kind === "gate" ? [] : grants(node)),
      ]),
      ...ports("Imports", node, node.imports, importRow),
      ...ports("Exports", node, node.exports, exportRow),
    ];
  };
  const grants = (node) => [
    ...(node.says.length && !node.grants.length ? [] : section("Granted", null, node.grants.length ? tags(node.grants)
      : make("p", "quiet", node.gated ? "nothing" : data.digest ? "not stated in this binary" : "not stated"))),
    ...(node.says.length ? section("Its gates let through, the binary says", null, tags(node.says)) : []),
    ...(node.denied.length ? section("Asks for and is denied", null, tags(node.denied)) : []),
    ...(node.gates.length ? section("Gates", node.gates.length, list("rows tight", node.gates.map(([name, kind, bytes]) => make(
      "li", "", make("span", "", name.endsWith(`-${kind}`) ? name : `${name}: ${kind}`), make("span", "amount", sizeWords(bytes)))))) : []),
  ];
  const nodeRow = (node) => make("li", "", make("i", `dotted ${node.style}`), jump(node.id, node.label),
    make("span", "amount", node.size ? sizeWords(node.size) : ""));

  const crossingBlock = (route, crossing) => {
    const asked = portOf(route.source, "imports", crossing.wanted);
    const given = portOf(route.target, "exports", crossing.given);
    const offered = route.kind === "offer" ? portOf(route.target, "exports", crossing.given) : null;
    const text = textOf((offered ?? asked)?.wit ?? -1) || textOf(given?.wit ?? -1);
    const other = textOf(given?.wit ?? -1);
    return [
      crossing.given !== crossing.wanted
        ? make("p", "quiet", route.kind === "edge" ? "filled with " : "inside: ", interfaceName(crossing.given)) : null,
      crossing.reason ? make("div", "why", make("span", "quiet", "Why: "), ...quoted(crossing.reason)) : null,
      text ? wit(text) : make("p", "quiet", "Its WIT is not known."),
      !offered && other && text !== other ? folded(`As ${nameOf(route.target)} exports it`, other) : null,
    ];
  };
  const HEADS = { edge: "Import", host: "Asked of the host", outside: "Left to the outside", offer: "Export of the whole" };
  const edgePanel = (route) => {
    const blocks = route.crossings.map((crossing, index) => {
      if (route.crossings.length === 1) {
        return make("div", "", make("p", "", interfaceName(crossing.wanted)), ...crossingBlock(route, crossing).filter(Boolean));
      }
      const details = make("details", "", make("summary", "", interfaceName(crossing.wanted)));
      details.addEventListener("toggle", () => {
        if (details.open && details.childElementCount === 1) details.append(...crossingBlock(route, crossing).filter(Boolean));
      });
      details.open = index === 0 && route.kind !== "host";
      return details;
    });
    return [
      make("p", "kind", HEADS[route.kind]),
      make("h2", "", jump(route.source), make("span", "arrow", " → "), jump(route.target)),
      ...section(route.crossings.length === 1 ? "Interface" : "Interfaces", route.crossings.length === 1 ? null : route.crossings.length, ...blocks),
    ];
  };
  const outerPanel = (item) => {
    const rows = touching.get(item.id);
    if (item.id === "h") {
      const users = new Map();
      for (const route of rows) for (const { wanted } of route.crossings) users.set(wanted, [...(users.get(wanted) ?? []), route.source]);
      return [
        make("p", "kind", "Outside"), make("h2", "", "The host"),
        make("p", "quiet", "What runs the composition gives it these."),
        tags(data.host),
        ...section("Interfaces", users.size, list("rows", [...users].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, ids]) => make(
          "li", "", interfaceName(name), make("div", "filler", "for ", ...joined([...new Set(ids)].map((id) => jump(id)))),
        )))),
      ];
    }
    const offered = item.id.startsWith("o");
    const first = rows[0];
    const end = first && (offered ? first.target : first.source);
    const inner = first && (offered ? first.crossings[0].given : first.crossings[0].wanted);
    const text = first ? textOf(portOf(end, offered ? "exports" : "imports", inner)?.wit ?? -1) : "";
    return [
      make("p", "kind", offered ? "Export of the whole" : "Import of the whole"),
      make("h2", "", item.name),
      make("p", "", ...(first ? [offered ? "given by " : "for ", ...joined(rows.map((route) => jump(offered ? route.target : route.source)))] : ["joined to nothing"])),
      text ? wit(text) : make("p", "quiet", "Its WIT is not known."),
    ];
  };
  const overview = () => {
    const leaves = nodes.filter((node) => node.kind !== "group").sort((a, b) => b.size - a.size);
    const total = leaves.reduce((sum, node) => sum + node.size, 0);
    const facts = [];
    if (data.subject) facts.push(make("dt", "", "read from"), make("dd", "", data.subject));
    if (data.size) facts.push(make("dt", "", "size"), make("dd", "", sizeWords(data.size)));
    if (data.digest) facts.push(make("dt", "", "digest"), make("dd", "code", data.digest));
    const shown = leaves.slice(0, 40);
    return [
      make("p", "kind", "Composition"), make("h2", "", data.title),
      ...data.problems.map(problem),
      total ? bar(shares(leaves), total) : null,
      make("dl", "", ...facts),
      ...section("Components", leaves.length, leaves.length ? list("rows tight", shown.map(nodeRow)) : make("p", "quiet", "none"),
        leaves.length > shown.length ? make("p", "quiet", `and ${leaves.length - shown.length} more: search for them`) : null),
      ...section("Exports", data.offers.length, data.offers.length
        ? list("rows tight", data.offers.map((name, index) => make("li", "", jump(`o${index}`)))) : make("p", "quiet", "nothing")),
      ...section("Imports", null, data.host.length || data.outsides.length
        ? list("rows tight", [
          ...data.outsides.map((name, index) => make("li", "", jump(`x${index}`))),
          ...(data.host.length ? [make("li", "", jump("h"), make("span", "amount", `${data.host.length} package${data.host.length > 1 ? "s" : ""}`))] : []),
        ]) : make("p", "quiet", "nothing")),
    ];
  };

  // Selection lives in the address, so that a link leads to it and Back undoes it.

  const keyOf = (id) => {
    const found = byId.get(id);
    if (!found) return "";
    if (found.crossings) return `edge=${end(found.source)},${end(found.target)}`;
    if (id === "h") return "host";
    return `${{ n: "node", o: "export", x: "import" }[id[0]]}=${encodeURIComponent(found.name)}`;
  };
  const end = (id) => {
    if (id === "h") return "host:";
    return { n: "", o: "export:", x: "import:" }[id[0]] + encodeURIComponent(nameOf(id));
  };
  const addresses = new Map();
  for (const id of byId.keys()) if (!addresses.has(keyOf(id))) addresses.set(keyOf(id), id);
  // An address as it is typed by hand, with less escaped than there could be.
  const clean = (text) => {
    const again = (mark, inner) => (part) => part.split(mark).map(inner).join(mark);
    try {
      return again("=", again(",", again(":", (word) => encodeURIComponent(decodeURIComponent(word)))))(text);
    } catch {
      return "";
    }
  };

  let opener = null;
  let address = null;
  const open = (parts, id) => {
    const close = make("button", "close");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.title = "Close (Esc)";
    const cross = document.createElementNS(graph.namespaceURI, "svg");
    cross.setAttribute("viewBox", "0 0 20 20");
    const strokes = document.createElementNS(graph.namespaceURI, "path");
    strokes.setAttribute("d", "M5 5l10 10M15 5L5 15");
    cross.append(strokes);
    close.append(cross);
    close.addEventListener("click", shut);
    panel.replaceChildren(close, ...parts.filter(Boolean));
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.dataset.shows = id;
    mark("selected", byId.has(id) ? [id] : []);
  };
  const shut = () => {
    panel.hidden = true;
    panel.replaceChildren();
    delete panel.dataset.shows;
    mark("selected", []);
    if (location.hash) {
      try {
        history.pushState(null, "", location.pathname + location.search);
      } catch {
        location.hash = "";
      }
    }
    address = location.hash;
    opener?.focus?.({ preventScroll: true });
    opener = null;
  };
  const route = (first) => {
    address = location.hash;
    const hash = location.hash.slice(1);
    const id = addresses.get(hash) ?? addresses.get(clean(hash));
    if (id) {
      const found = byId.get(id);
      open(found.crossings ? edgePanel(found) : found.imports ? nodePanel(found) : outerPanel(found), id);
      if (first) fit(false);
      reveal(id, first && drawn.size > 60);
    } else if (hash === "overview") {
      open(overview(), "overview");
      if (first) fit(false);
    }
    else if (!first && !panel.hidden) shut();
  };
  const select = (id) => {
    const key = id === "overview" ? id : keyOf(id);
    location.hash = key;
    route(false);
  };
  addEventListener("hashchange", () => {
    if (location.hash !== address) route(false);
  });

  graph.addEventListener("click", (event) => {
    if (dragged) return;
    const id = idAt(event.target);
    if (id) {
      opener = event.target.closest("[tabindex]");
      select(id);
    } else if (panel.dataset.shows !== "overview") shut();
  });
  panel.addEventListener("click", (event) => {
    const id = event.target.closest?.("[data-to]")?.dataset.to;
    if (!id) return;
    select(id);
    reveal(id, drawn.size > 60);
    panel.focus({ preventScroll: true });
  });
  panel.addEventListener("pointerover", (event) => {
    const id = event.target.closest?.("[data-to]")?.dataset.to;
    if (event.pointerType !== "touch") hover(id ?? null);
  });
  panel.addEventListener("pointerleave", () => hover(null));
  graph.addEventListener("focusin", (event) => {
    const id = event.target.matches(":focus-visible") ? idAt(event.target) : null;
    if (id) reveal(id, false);
  });

  // Search.

  let hits = [];
  let current = -1;
  const joinedNames = new Map(nodes.map((node) => [node.id, new Set()]));
  for (const each of routes) for (const { wanted } of each.crossings) joinedNames.get(each.source)?.add(wanted);
  const words = (found) => (found.crossings
    ? found.crossings.map(({ wanted, given }) => `${wanted}\n${given}`)
    : [found.name, found.component ?? "", found.language ?? "", ...(found.exports ?? []).map((port) => port.name),
      ...(found.imports ?? []).map((port) => port.name).filter((name) => !joinedNames.get(found.id)?.has(name))]);
  const texts = new Map([...byId].map(([id, found]) => [id, words(found).join("\n").toLowerCase()]));
  const search = () => {
    const wanted = query.value.trim().toLowerCase();
    current = -1;
    hits = wanted ? [...texts].filter(([id, text]) => text.includes(wanted) && drawn.has(id)).map(([id]) => id) : [];
    graph.classList.toggle("searching", Boolean(wanted));
    mark("hit", hits);
    mark("beside", new Set(hits.filter((id) => id[0] === "e").flatMap(around)));
    count.textContent = wanted ? (hits.length ? `${hits.length} found` : "nothing found") : "";
  };
  query.addEventListener("input", search);
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !hits.length) return;
    event.preventDefault();
    current = (current + (event.shiftKey ? hits.length - 1 + (current < 0) : 1)) % hits.length;
    count.textContent = `${current + 1} of ${hits.length}`;
    select(hits[current]);
    reveal(hits[current], true);
  });

  // Keyboard and buttons.

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.activeElement === query && query.value) {
        query.value = "";
        search();
      } else if (!panel.hidden) shut();
      else query.blur();
      return;
    }
    if (document.activeElement === query) return;
    const inPanel = panel.contains(document.activeElement);
    const step = event.shiftKey ? 240 : 80;
    const pan = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (pan && !inPanel) move(at.x + pan[0], at.y + pan[1], at.scale);
    else if (event.key === "+" || event.key === "=") zoomMiddle(1.3);
    else if (event.key === "-" || event.key === "_") zoomMiddle(1 / 1.3);
    else if (event.key === "0") fit(true);
    else if (event.key === "/") query.focus();
    else if ((event.key === "Enter" || event.key === " ") && idAt(document.activeElement) && graph.contains(document.activeElement)) {
      opener = document.activeElement;
      select(idAt(opener));
      panel.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
  });
  find("closer").addEventListener("click", () => zoomMiddle(1.3));
  find("farther").addEventListener("click", () => zoomMiddle(1 / 1.3));
  find("fit").addEventListener("click", () => fit(true));
  find("about").addEventListener("click", () => (panel.dataset.shows === "overview" ? shut() : select("overview")));
  if (data.problems.length) {
    const button = find("problems");
    button.hidden = false;
    button.textContent = data.problems.length === 1 ? "1 problem" : `${data.problems.length} problems`;
    button.addEventListener("click", () => select("overview"));
  }

  // Light and dark.

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = (value) => {
    try {
      if (value) localStorage.setItem("wcompose-theme", value);
      return localStorage.getItem("wcompose-theme");
    } catch {
      return null;
    }
  };
  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  find("theme").addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    remembered(root.dataset.theme);
  });

  // The legend.

  const sign = (style, text, amount) => make("div", style ? `${style}` : "", make("i", "swatch"), make("span", "", text), make("span", "amount", amount));
  const line = (style, text) => {
    const picture = document.createElementNS(graph.namespaceURI, "svg");
    picture.setAttribute("viewBox", "0 0 26 12");
    const group = document.createElementNS(graph.namespaceURI, "g");
    group.setAttribute("class", `edge ${style}`);
    for (const [name, path] of [["line", "M0 6H20"], ["tip", "M26 6L18 2V10Z"]]) {
      const shape = document.createElementNS(graph.namespaceURI, "path");
      shape.setAttribute("class", name);
      shape.setAttribute("d", path);
      group.append(shape);
    }
    picture.append(group);
    return make("div", "", picture, make("span", "", text));
  };
  const languages = new Map();
  for (const node of nodes) {
    if (node.kind !== "component") continue;
    const name = node.language || "language not known";
    languages.set(name, { style: node.style, amount: (languages.get(name)?.amount ?? 0) + 1 });
  }
  for (const [name, { style, amount }] of [...languages].sort((a, b) => b[1].amount - a[1].amount || (a[0] < b[0] ? -1 : 1))) {
    const row = sign("", name, String(amount));
    row.firstChild.classList.add(style);
    find("signs").append(row);
  }
  const kinds = new Set(routes.map((each) => each.kind));
  if (kinds.has("edge")) find("signs").append(line("", "imports from"));
  if (graph.querySelector(".edge.quiet")) find("signs").append(line("quiet", "imports only types"));
  if (kinds.has("host")) find("signs").append(line("host", "asks the host"));
  if (kinds.has("outside")) find("signs").append(line("outside", "left to the outside"));
  if (kinds.has("offer")) find("signs").append(line("offer", "exported by the whole"));
  if (graph.querySelector(".edge.closing")) find("signs").append(line("closing", "closes a circle"));

  // Printing shows everything, whatever part is in view.

  let theme;
  addEventListener("beforeprint", () => {
    printing = true;
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    graph.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    graph.classList.remove("far", "tiny");
    view.removeAttribute("transform");
  });
  addEventListener("afterprint", () => {
    printing = false;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    graph.removeAttribute("viewBox");
    show();
  });

  fit(false);
  route(true);
  if (panel.hidden && innerWidth >= 1100 && innerHeight >= 560) {
    open(overview(), "overview");
    fit(false);
  }
  // Open from the start where it hides nothing.
  const legend = find("legend");
  legend.open = !narrow.matches;
  const [shown, all] = [legend.getBoundingClientRect(), view.getBoundingClientRect()];
  if (shown.top < Math.max(all.bottom, find("bar").getBoundingClientRect().bottom) && shown.right > all.left) legend.open = false;
  let before = { width: innerWidth, height: innerHeight };
  addEventListener("resize", () => {
    move(at.x + (innerWidth - before.width) / 2, at.y + (innerHeight - before.height) / 2, at.scale);
    before = { width: innerWidth, height: innerHeight };
  });
})();
