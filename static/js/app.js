// The app's own script. Everything works without it; it makes some things immediate. It listens on the document, so
// that what htmx brings later is served too, and uses neither eval nor inline styles.
"use strict";

(() => {
  const on = (type, selector, act, options) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    }, options);

  // say puts a sentence where screen readers hear it, and emptied first, so that the same one is heard again.
  const say = (text) => {
    const live = document.getElementById("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 50);
  };

  const toast = (text) => {
    document.querySelector(".sf-toast")?.remove();
    const box = document.createElement("div");
    box.className = "sf-toast";
    box.textContent = text;
    document.body.append(box);
    say(text);
    setTimeout(() => box.remove(), 8000);
  };

  // Copying: the value of a field or the text of any other element.
  on("click", "[data-copy]", async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const text = source && ("value" in source ? source.value : source.textContent);
    if (text == null) return;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure origin there is no clipboard: select it, so that the keyboard can copy.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      return;
    }
    const label = button.querySelector("span");
    const before = label.dataset.before ?? label.textContent;
    label.dataset.before = before;
    label.textContent = button.dataset.copied;
    say(button.dataset.copied);
    clearTimeout(button.copiedTimer);
    button.copiedTimer = setTimeout(() => { label.textContent = before; }, 2000);
  });
  // Parts of pages refresh and save themselves. A browser gives no click for what was replaced between pressing and releasing
  // the button of the mouse: what has come in its place gets it, when it is the same.
  const controls = "a, button, summary, label, input, select, textarea";
  const sameness = (e) => [e.localName, e.id, e.getAttribute("href"), e.name, e.value, e.form?.getAttribute("action"), e.getAttribute("formaction"), e.textContent.trim()].join("\n");
  let down = null;
  document.addEventListener("pointerdown", (event) => {
    const control = event.button === 0 && event.target instanceof Element && event.target.closest(controls);
    down = control ? { at: event.target, control, is: sameness(control) } : null;
  }, true);
  document.addEventListener("click", () => { down = null; }, true);
  document.addEventListener("pointerup", (event) => {
    const pressed = down;
    const control = event.target instanceof Element && event.target.closest(controls);
    if (!pressed || pressed.at.isConnected || !control) return;
    if (control === pressed.control || sameness(control) === pressed.is) setTimeout(() => { if (down === pressed && control.isConnected) control.click(); });
  }, true);

  on("focusin", "[data-select]", (field) => field.select());

  // Dialogs, where the browser does not know invoker commands yet.
  if (!("commandForElement" in HTMLButtonElement.prototype)) {
    on("click", "button[commandfor]", (button) => {
      const target = document.getElementById(button.getAttribute("commandfor"));
      if (!(target instanceof HTMLDialogElement)) return;
      if (button.getAttribute("command") === "show-modal") target.showModal();
      if (button.getAttribute("command") === "close") target.close();
    });
  }
  // A click beside a dialog closes it.
  on("click", "dialog", (dialog, event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });

  // Menus close when something else is used, when one of their actions opens a dialog, and on Escape.
  const closeMenus = (except) =>
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => {
    const inside = event.target instanceof Element && event.target.closest("details[data-menu]");
    closeMenus(event.target instanceof Element && event.target.closest("[commandfor]") ? null : inside);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target instanceof Element && event.target.closest("details[data-menu][open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  });

  on("click", "[data-dismiss]", (button) => button.closest("[data-flash]").remove());

  // The theme changes at once; the server keeps it for the next page.
  on("submit", "form[data-themes]", (form, event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    if (button.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = button.value;
    form.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
    fetch(form.action, { method: "POST", body: new URLSearchParams({ theme: button.value }), redirect: "manual", keepalive: true }).catch(() => {});
  });

  // Repeated groups of fields: [data-rows] holds [data-row]s and a <template>; __N__ in it becomes a number of its own.
  // Buttons outside of any row named data-add-row add one, data-remove-row in a row removes it. An added row has the text
  // data-row-text and the mark data-row-check of its button, where that has them. Without JavaScript the
  // same buttons are submit buttons and the server does it.
  const fieldOf = (row) => row?.querySelector("input:not([type=hidden]), select, textarea");
  const addRow = (rows) => {
    const template = rows.querySelector("template");
    const taken = [...rows.querySelectorAll("[data-row]")].map((row) => Number(row.dataset.row) || 0);
    const next = String(Math.max(-1, ...taken) + 1);
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__N__", next);
    const row = holder.firstElementChild;
    row.dataset.row = next;
    template.before(row);
    window.htmx?.process(row);
    return row;
  };
  const rowsChanged = (rows) => rows.dispatchEvent(new Event("change", { bubbles: true }));
  on("click", "[data-add-row]", (button, event) => {
    const rows = document.getElementById(button.dataset.addRow);
    if (!rows?.querySelector("template")) return;
    event.preventDefault();
    const row = addRow(rows);
    const field = fieldOf(row);
    if (button.dataset.rowText) field.value = button.dataset.rowText;
    const mark = button.dataset.rowCheck && row.querySelector(`input[type=checkbox][name$="${CSS.escape("." + button.dataset.rowCheck)}"]`);
    if (mark) mark.checked = true;
    field?.focus();
    if (button.dataset.rowText) field.select();
    rowsChanged(rows);
  });
  on("click", "[data-remove-row]", (button, event) => {
    const row = button.closest("[data-row]");
    const rows = row?.closest("[data-rows]");
    if (!rows) return;
    event.preventDefault();
    const next = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
    row.remove();
    (fieldOf(next) ?? document.querySelector(`[data-add-row="${rows.id}"]`))?.focus();
    rowsChanged(rows);
  });
  // Lists whose rows are one line of text each ([data-row-lines]) are written like lines: Enter goes to the next one, and
  // makes it after the last; several lines that are pasted become as many rows.
  const lineOf = (event) => {
    const field = event.target instanceof Element && event.target.closest("[data-row-lines] > [data-row] input[type=text]");
    return field && field === fieldOf(field.closest("[data-row]")) ? field : null;
  };
  const nextLine = (field) => {
    const row = field.closest("[data-row]");
    return fieldOf(row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : addRow(row.parentElement));
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = lineOf(event);
    if (!field) return;
    event.preventDefault();
    const last = !field.closest("[data-row]").nextElementSibling?.matches("[data-row]");
    if (last && field.value.trim() === "") return;
    const next = nextLine(field);
    next.focus();
    if (last) rowsChanged(next.closest("[data-rows]"));
  });
  // Some software keyboards and drivers send the character by itself: it must not send the form from the next line.
  document.addEventListener("keypress", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && lineOf(event)) event.preventDefault();
  });
  document.addEventListener("paste", (event) => {
    let field = lineOf(event);
    const lines = (event.clipboardData?.getData("text/plain") ?? "").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
    if (!field || lines.length < 2) return;
    event.preventDefault();
    field.setRangeText(lines[0], field.selectionStart, field.selectionEnd, "end");
    for (const line of lines.slice(1)) {
      // What stands there already stays: pasted lines take empty rows, and else come at the end.
      do field = nextLine(field); while (field.value !== "");
      field.value = line;
    }
    field.focus();
    rowsChanged(field.closest("[data-rows]"));
  });

  // [data-shows="name=value other"] is visible while the field "name" of its form has one of the values.
  const applyShows = (root) =>
    root.querySelectorAll("[data-shows]").forEach((part) => {
      const [name, values] = part.dataset.shows.split("=");
      const form = part.closest("form") ?? document;
      const field = form.querySelector(`[name="${CSS.escape(name)}"]:checked, select[name="${CSS.escape(name)}"], input[name="${CSS.escape(name)}"]:not([type="radio"], [type="checkbox"])`);
      part.hidden = !values.split(" ").includes(field ? field.value : "");
    });
  on("change", "form", (form) => applyShows(form));

  // A form is sent once: a second click while it is under way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy"));
  });

  // Relative times stay true. The words come from the browser, in the page's language.
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const refreshTimes = () => {
    const now = Date.now();
    document.querySelectorAll("time[data-relative]").forEach((element) => {
      const seconds = Math.trunc((Date.parse(element.dateTime) - now) / 1000);
      if (Number.isNaN(seconds) || Math.abs(seconds) > 30 * 86400 || (seconds > -10 && seconds <= 0)) return;
      const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3];
      element.textContent = words.format(Math.trunc(seconds / size), unit);
    });
  };
  setInterval(() => { if (!document.hidden) refreshTimes(); }, 15000);

  // [data-check-all="name"] checks every box of that name in its list.
  on("change", "[data-check-all]", (all) =>
    all.closest(".sf-bulk-list").querySelectorAll(`.sf-cell-check [name="${CSS.escape(all.dataset.checkAll)}"]`).forEach((box) => { box.checked = all.checked; }));

  // htmx: no polling in a hidden tab, a sentence when the server cannot be reached or refuses, focus on errors.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const source = event.detail.elt;
    const polls = /\bevery\b/.test(source.getAttribute("hx-trigger") ?? "");
    // A list stands still while somebody chooses from it or has a menu of it open.
    const held = source.matches("[data-keep-chosen]") && source.querySelector(".sf-cell-check :checked, [data-check-all]:checked, details[data-menu][open]");
    if (polls && (document.hidden || held)) event.preventDefault();
    const saved = document.getElementById("saved");
    if (saved && source.matches("[data-autosave], [data-autosave] *:not([data-quiet])")) saved.textContent = saved.dataset.saving;
  });
  // What asks by itself ([data-quiet]) complains to nobody: the next time is soon.
  const lost = (event) => { if (!event.detail.elt?.matches("[data-quiet]")) toast(document.body.dataset.lost); };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", (event) => {
    const sentence = event.detail.xhr.getResponseHeader("X-Error");
    if (sentence && !event.detail.elt?.matches("[data-quiet]")) toast(decodeURIComponent(sentence));
    else lost(event);
  });
  const focusErrors = (root) => root.querySelector("[data-focus]")?.focus();
  document.addEventListener("htmx:afterSettle", (event) => {
    applyShows(event.target);
    focusErrors(event.target);
  });

  // A time zone that nobody chose yet is the browser's.
  document.querySelectorAll("select[data-zone]").forEach((select) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (select.querySelector("option[selected]") || !zone) return;
    if (![...select.options].some((option) => option.value === zone)) select.add(new Option(zone, zone));
    select.value = zone;
  });

  // Tabs that do not fit on a phone show the one that is open.
  document.querySelectorAll(".sf-tabs").forEach((tabs) => {
    const tab = tabs.querySelector("[aria-current]")?.getBoundingClientRect();
    const box = tabs.getBoundingClientRect();
    if (tab) tabs.scrollLeft += tab.left - box.left - (box.width - tab.width) / 2;
  });

  applyShows(document);
  focusErrors(document);
})();
