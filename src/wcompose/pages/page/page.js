"use strict";
(() => {
  const root = document.documentElement;
  const query = document.getElementById("query");
  const count = document.getElementById("count");
  const menu = document.getElementById("menu");
  const nav = document.getElementById("contents");
  const nothing = document.getElementById("nothing");
  const entries = [...document.querySelectorAll("article.entry")];
  const groups = [...document.querySelectorAll("section.interface, section.world, section.package")];
  const headings = [...document.querySelectorAll("h3.group")];
  const lines = [...nav.querySelectorAll("li")];
  const folds = [...nav.querySelectorAll("details")];
  const unfolded = folds.map((fold) => fold.open);

  const has = (element, words) => {
    const text = `${element.dataset.names ?? ""} ${element.dataset.docs ?? ""}`;
    return words.every((word) => text.includes(word));
  };

  const search = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const searching = words.length > 0;
    root.classList.toggle("searching", searching);
    const shown = new Set();
    let hits = 0;
    if (searching) {
      for (const element of [...entries, ...groups]) {
        if (!element.dataset.names || !has(element, words)) continue;
        hits += 1;
        for (let each = element; each && each.id !== "page"; each = each.parentElement) shown.add(each);
        if (element.matches("section")) continue;
        for (const each of element.querySelectorAll("article.entry")) shown.add(each);
      }
    }
    for (const element of [...entries, ...groups]) element.hidden = searching && !shown.has(element);
    for (const heading of headings) {
      let next = heading.nextElementSibling;
      let any = false;
      while (next && next.matches("article")) {
        any ||= !next.hidden;
        next = next.nextElementSibling;
      }
      heading.hidden = !any;
    }
    for (const line of lines) {
      const target = document.getElementById(line.firstElementChild.hash.slice(1));
      line.hidden = searching && !!target && target.hidden;
    }
    folds.forEach((fold, index) => {
      fold.open = searching ? true : unfolded[index];
      fold.hidden = searching && ![...fold.querySelectorAll("li")].some((line) => !line.hidden);
    });
    if (searching) scrollTo(0, 0);
    count.textContent = searching ? `${hits} found` : "";
    nothing.hidden = !searching || hits > 0;
  };

  const close = () => {
    nav.classList.remove("open");
    menu.setAttribute("aria-expanded", "false");
  };

  query.addEventListener("input", search);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      query.focus();
      query.select();
    } else if (event.key === "Escape") {
      if (query.value) {
        query.value = "";
        search();
      }
      query.blur();
      close();
    }
  });
  menu.addEventListener("click", () => {
    const open = nav.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(open));
  });
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a")) close();
  });
  document.addEventListener("click", (event) => {
    // A link to what the search hides shows everything again.
    const link = event.target.closest("a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (target && target.closest("[hidden]")) {
      query.value = "";
      search();
    }
  });
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const observer = new IntersectionObserver(
    (changes) => {
      for (const change of changes) {
        if (change.isIntersecting) seen.add(change.target);
        else seen.delete(change.target);
      }
      const first = [...seen].sort((a, b) => a.offsetTop - b.offsetTop)[0];
      for (const link of links.values()) link.classList.remove("current");
      links.get(first?.id)?.classList.add("current");
    },
    { rootMargin: "-70px 0px -60% 0px" },
  );
  for (const element of [...document.querySelectorAll("main section[id]")]) {
    if (element.matches(".interface, .world")) observer.observe(element);
  }
})();
