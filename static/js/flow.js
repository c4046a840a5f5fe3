// What the workflow editor and the pages of runs do in the browser. Both work without it. It listens on the document,
// as app.js does, and uses neither eval nor inline styles.
"use strict";

(() => {
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });

  // Piped text: the button beside a field says where to, the entry of the picker what.
  // A field that nobody was in yet has no cursor: what is inserted goes to its end.
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
    const picker = document.getElementById("piped");
    if (!target?.isConnected) return;
    const text = button.dataset.insert;
    const start = visited.has(target) ? target.selectionStart : target.value.length;
    const end = visited.has(target) ? target.selectionEnd : start;
    target.setRangeText(text, start, end, "end");
    picker?.hidePopover();
    target.focus();
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const filter = (search) => {
    const picker = search.closest("[popover]");
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let any = false;
    picker.querySelectorAll("[data-piped-group]").forEach((group) => {
      let some = false;
      const heading = group.querySelector("h3").textContent.toLowerCase();
      group.querySelectorAll("[data-piped-item]").forEach((item) => {
        const text = heading + " " + item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
        some ||= !item.hidden;
      });
      group.hidden = !some;
      any ||= some;
    });
    picker.querySelector("[data-piped-none]").hidden = any;
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

  // Below a field stands in words what it pipes.
  on("input", "input", (field) => {
    const words = field.id && document.querySelector(`[data-piped-words="${CSS.escape(field.id)}"]`);
    if (!words) return;
    const entry = [...document.querySelectorAll("[data-insert]")].find((e) => e.dataset.insert === field.value.trim());
    words.textContent = words.title = entry?.querySelector("span").textContent ?? "";
  });

  // A condition's right side offers the choices of the question that stands on its left.
  on("change", "select[data-choices-for]", (select) => {
    const right = document.getElementById(select.dataset.choicesFor);
    const choices = select.selectedOptions[0]?.dataset.choices;
    if (!right) return;
    if (choices) right.setAttribute("list", choices);
    else right.removeAttribute("list");
  });

  // [data-shows-any="a=1 2;b=3"] is visible while one of the fields has one of its values, inside of a part that is
  // visible itself.
  const applyAny = (root) =>
    root.querySelectorAll("[data-shows-any]").forEach((part) => {
      const form = part.closest("form") ?? document;
      const value = (name) => form.querySelector(`[name="${CSS.escape(name)}"]`)?.value ?? "";
      const format = value("config.body.format");
      part.hidden = format === "" || !part.dataset.showsAny.split(";").some((rule) => {
        const [name, values] = rule.split("=");
        return values.split(" ").includes(value(name));
      });
    });
  on("change", "form", applyAny);
  document.addEventListener("htmx:afterSettle", () => applyAny(document));
  applyAny(document);

  // Saving while somebody works: at the end of each field and in pauses of typing, but never between pressing and
  // releasing a button of the mouse: the answer replaces cards, and the click on one of them would be lost. It comes
  // before the click, so that where the click leads knows what was saved. What was typed is sent even when somebody
  // leaves before it was saved.
  let unsaved = null;
  let due = null;
  let pressed = false;
  let pause;
  const autosave = (event) => event.target instanceof Element && event.target.closest("[data-autosave]");
  const save = () => {
    clearTimeout(pause);
    const part = due;
    due = null;
    if (part?.isConnected) window.htmx?.trigger(part, "save");
  };
  document.addEventListener("input", (event) => {
    const part = autosave(event);
    if (!part) return;
    unsaved = due = part;
    clearTimeout(pause);
    pause = setTimeout(() => { if (!pressed) save(); }, 1500);
  });
  document.addEventListener("change", (event) => {
    const part = autosave(event);
    if (!part) return;
    unsaved = due = part;
    if (!pressed) save();
  });
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => { pressed = false; setTimeout(save); }, true);
  }
  document.addEventListener("click", save, true);
  document.addEventListener("htmx:beforeSend", (event) => { if (event.detail.elt === unsaved) event.detail.xhr.sent = unsaved; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && (event.detail.xhr.sent === unsaved || event.detail.boosted)) unsaved = null;
    const saved = document.getElementById("saved");
    if (saved && !event.detail.successful && saved.textContent === saved.dataset.saving) saved.textContent = "";
  });

  // A form beside the one that is typed in, such as Put live, waits until that is saved: it is about all of the draft.
  let waiting = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.querySelector("[data-autosave]")) unsaved = due = null; // it sends what was typed itself
    if (form.method !== "post" || !(due?.isConnected || unsaved?.isConnected && busy) || form.closest("dialog")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = form.getAttribute("action");
    save();
  }, true);
  let busy = false;
  document.addEventListener("htmx:beforeRequest", (event) => { busy ||= event.detail.elt.matches("[data-autosave]"); });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.elt.matches("[data-autosave]")) return;
    busy = false;
    const action = waiting;
    waiting = null;
    if (action && event.detail.successful) document.querySelector(`form[action="${CSS.escape(action)}"]`)?.requestSubmit();
  });
  window.addEventListener("pagehide", () => {
    const form = unsaved?.isConnected && unsaved.closest("form");
    if (!form) return;
    const body = new URLSearchParams(new FormData(form));
    body.set("autosave", "1");
    navigator.sendBeacon(unsaved.getAttribute("hx-post"), body);
    unsaved = null;
  });

  // The editor is replaced from whole pages. One without an editor (another place, the sign-in) is gone to; one that
  // tells of a conflict is shown like any other.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, serverResponse } = event.detail;
    if (target.id !== "workflow-editor" || !event.detail.boosted) return;
    const isEditor = serverResponse.includes('id="workflow-editor"');
    if (xhr.status === 409 && isEditor) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    } else if (!isEditor && xhr.status < 400) {
      event.detail.shouldSwap = false;
      location.assign(xhr.responseURL);
    }
  });

  // What somebody unfolded stays so when the page refreshes itself.
  let unfolded = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target.closest?.("[data-keep-open]")) return;
    unfolded = new Map([...document.querySelectorAll("[data-keep-open] details[id]")].map((d) => [d.id, d.open]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    unfolded.forEach((open, id) => {
      const details = document.getElementById(id);
      if (details) details.open = open;
    });
    unfolded = new Map();
  });
})();
