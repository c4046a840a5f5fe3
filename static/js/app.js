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
  // Buttons outside of any row named data-add-row add one, data-remove-row in a row removes it. Without JavaScript the
  // same buttons are submit buttons and the server does it.
  on("click", "[data-add-row]", (button, event) => {
    const rows = document.getElementById(button.dataset.addRow);
    const template = rows?.querySelector("template");
    if (!template) return;
    event.preventDefault();
    const taken = [...rows.querySelectorAll("[data-row]")].map((row) => Number(row.dataset.row) || 0);
    const next = String(Math.max(-1, ...taken) + 1);
    const holder = document.createElement("div");
    holder.innerHTML = template.innerHTML.replaceAll("__N__", next);
    const row = holder.firstElementChild;
    row.dataset.row = next;
    template.before(row);
    window.htmx?.process(row);
    row.querySelector("input, select, textarea")?.focus();
    rows.dispatchEvent(new Event("change", { bubbles: true }));
  });
  on("click", "[data-remove-row]", (button, event) => {
    const row = button.closest("[data-row]");
    const rows = row?.closest("[data-rows]");
    if (!rows) return;
    event.preventDefault();
    const next = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
    row.remove();
    (next?.querySelector("input, select, textarea") ?? document.querySelector(`[data-add-row="${rows.id}"]`))?.focus();
    rows.dispatchEvent(new Event("change", { bubbles: true }));
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

  // htmx: no polling in a hidden tab, a sentence when the server cannot be reached or refuses, focus on errors.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const source = event.detail.elt;
    if (document.hidden && /\bevery\b/.test(source.getAttribute("hx-trigger") ?? "")) event.preventDefault();
    const saved = document.getElementById("saved");
    if (saved && source.matches("[data-autosave], [data-autosave] *")) saved.textContent = saved.dataset.saving;
  });
  const lost = () => toast(document.body.dataset.lost);
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", (event) => {
    const sentence = event.detail.xhr.getResponseHeader("X-Error");
    if (sentence) toast(decodeURIComponent(sentence));
    else lost();
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
