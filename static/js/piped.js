// Piped text: the picker of what can be piped, and how tokens look in the fields that hold them. The fields work without
// it: their text is the plain token. It listens on the document, and uses neither eval nor inline styles.
"use strict";
(() => {
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });
  // The button beside a field says where to, the entry of the picker what. A field that nobody was in yet has no cursor:
  // what is inserted goes to its end.
  let target = null;
  const visited = new WeakSet();
  document.addEventListener("focusin", (event) => visited.add(event.target));
  on("click", "[data-pipe]", (button) => {
    target = document.getElementById(button.dataset.pipe);
    const search = document.querySelector("[data-piped-search]");
    if (!search) return;
    search.value = "";
    filter(search);
    requestAnimationFrame(() => search.focus());
  });
  on("click", "[data-insert]", (button) => {
    if (!target?.isConnected) return;
    document.getElementById("piped")?.hidePopover();
    // An editor in front of the field puts it in by itself (richtext.js).
    if (!target.dispatchEvent(new CustomEvent("piped:insert", { detail: button.dataset.insert, cancelable: true }))) return;
    const start = visited.has(target) ? target.selectionStart : target.value.length;
    const end = visited.has(target) ? target.selectionEnd : start;
    target.setRangeText(button.dataset.insert, start, end, "end");
    target.focus();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  });
  const filter = (search) => {
    const picker = search.closest("[popover]");
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    picker.querySelectorAll("[data-piped-group]").forEach((group) => {
      let some = false;
      const heading = group.querySelector("h3").textContent.toLowerCase();
      group.querySelectorAll("[data-piped-item]").forEach((item) => {
        const text = heading + " " + item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        if (!item.hidden) shown++;
        some ||= !item.hidden;
      });
      group.hidden = !some;
    });
    picker.querySelector("[data-piped-none]").hidden = shown > 0;
    const count = picker.querySelector("[data-piped-count]");
    if (words.length) count.textContent = (shown === 1 ? count.dataset.one : count.dataset.many).replace("__N__", shown);
    else count.textContent = "";
  };
  on("input", "[data-piped-search]", filter);
  on("keydown", "#piped", (picker, event) => {
    const entries = [...picker.querySelectorAll("[data-piped-item]:not([hidden]) button")].filter((b) => b.offsetParent);
    const at = entries.indexOf(document.activeElement);
    if (event.key === "Enter" && event.target.matches("[data-piped-search]")) {
      event.preventDefault();
      entries[0]?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      entries[Math.min(at + 1, entries.length - 1)]?.focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      if (at > 0) entries[at - 1].focus();
      else picker.querySelector("[data-piped-search]").focus();
    }
  });
  // A text cut at its tokens: [text, token, text, token …, text].
  const pieces = (text) => text.split(/([$~]\{[a-z]+:\/\/[^{}]*\})/);
  const names = () => {
    const all = new Map();
    document.querySelectorAll("[data-insert]").forEach((entry) => all.set(entry.dataset.insert, entry.dataset));
    return all;
  };
  // Below a field stands in words what it pipes, with example values.
  const tell = (field) => {
    const words = field.id && document.querySelector(`[data-piped-words="${CSS.escape(field.id)}"]`);
    if (!words) return;
    const known = names();
    const tokens = [...new Set(pieces(field.value).filter((_, i) => i % 2))].filter((t) => known.has(t)).slice(0, 8);
    words.replaceChildren(...tokens.map((text) => {
      const { label, example } = known.get(text);
      const chip = document.createElement("span");
      chip.className = "sf-token";
      const name = document.createElement("span");
      name.textContent = label;
      chip.append(name);
      if (example) {
        const value = document.createElement("span");
        value.className = "sf-token-example";
        value.textContent = example;
        chip.append(" ", value);
      }
      return chip;
    }));
  };
  // Behind the text of a field lies the same text, unseen, whose tokens are coloured.
  const mirrors = new WeakMap();
  const paint = (field) => {
    if (field.matches("[data-rich-source]")) return mirrors.get(field)?.replaceChildren();
    let mirror = mirrors.get(field);
    if (!field.value.includes("://")) {
      mirror?.replaceChildren();
      return;
    }
    if (!mirror) {
      mirror = document.createElement("span");
      mirror.className = field.className + " sf-piped-mirror";
      mirror.ariaHidden = "true";
      field.parentElement.classList.add("sf-piped-box");
      field.before(mirror);
      mirrors.set(field, mirror);
    }
    const inside = document.createElement("span");
    pieces(field.value).forEach((piece, i) => {
      if (i % 2 === 0) return inside.append(piece);
      const mark = document.createElement("mark");
      mark.textContent = piece;
      inside.append(mark);
    });
    inside.append(field.value.endsWith("\n") ? " " : "");
    mirror.replaceChildren(inside);
    follow(field);
  };
  const follow = (field) => {
    const mirror = mirrors.get(field);
    if (!mirror) return;
    mirror.scrollLeft = field.scrollLeft;
    mirror.scrollTop = field.scrollTop;
  };
  const paintAll = (root) => root.querySelectorAll("[data-piped]").forEach(paint);
  on("input", "[data-piped]", (field) => { tell(field); paint(field); });
  document.addEventListener("scroll", (event) => { if (event.target instanceof Element && event.target.matches("[data-piped]")) follow(event.target); }, true);
  for (const type of ["keyup", "click", "focusout"]) on(type, "[data-piped]", (field) => requestAnimationFrame(() => follow(field)));
  document.addEventListener("htmx:afterSettle", (event) => paintAll(event.target));
  paintAll(document);
})();
