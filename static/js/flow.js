// What the workflow editor and the pages of runs do in the browser. Both work without it. It listens on the document,
// as app.js does, and uses neither eval nor inline styles.
"use strict";

(() => {
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target instanceof Element && event.target.closest(selector);
      if (found) act(found, event);
    });

  // A comparison offers what fits its left side: the operators that make sense, and on the right the choices of the
  // question, or a field to type in.
  const chooses = ["equalTo", "notEqualTo", "selected", "notSelected"];
  const fit = (left) => {
    const stem = left.name.replace(/field$/, "");
    const form = left.form;
    const part = (name) => form.elements.namedItem(stem + name);
    const operator = part("operator");
    const { operators, choices } = left.selectedOptions[0]?.dataset ?? {};
    const wanted = operators ? operators.split(" ") : null;
    const all = document.getElementById("all-operators");
    if (!operator || !all) return;
    const before = operator.value;
    operator.replaceChildren(...[...all.options].filter((o) => !wanted || wanted.includes(o.value)).map((o) => new Option(o.text, o.value)));
    operator.value = !wanted || wanted.includes(before) ? before : wanted[0];
    fitRight(left, operator, part("right"), choices && document.getElementById(choices));
    if (before !== operator.value) operator.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const fitRight = (left, operator, right, choices) => {
    if (!right) return;
    const list = choices && chooses.includes(operator.value) ? choices : null;
    const control = document.createElement(list ? "select" : "input");
    control.id = right.id;
    control.name = right.name;
    control.className = (list ? "select select-sm" : "input input-sm") + " sf-control w-full";
    const known = list && [...list.options].some((o) => o.value === right.value);
    if (list) {
      control.append(new Option(list.dataset.choose, ""));
      [...list.options].forEach((o) => control.append(new Option(o.label && o.label !== o.value ? o.value + " · " + o.label : o.value, o.value)));
      control.value = known ? right.value : "";
    } else {
      control.type = "text";
      control.autocomplete = "off";
      control.placeholder = left.dataset.right;
      const fromList = right.tagName === "SELECT" && left !== operator.fitFor;
      control.value = fromList ? "" : right.value;
    }
    operator.fitFor = left;
    right.replaceWith(control);
  };
  on("change", "select[data-choices-for]", fit);
  on("change", "select[name$='.operator']", (operator) => {
    const left = operator.form?.elements.namedItem(operator.name.replace(/operator$/, "field"));
    const right = operator.form?.elements.namedItem(operator.name.replace(/operator$/, "right"));
    const choices = left?.selectedOptions?.[0]?.dataset.choices;
    const list = choices && document.getElementById(choices);
    if (!list || !right) return;
    if (chooses.includes(operator.value) !== (right.tagName === "SELECT")) { operator.fitFor = left; fitRight(left, operator, right, list); }
  });
  // Adding and removing parts of a condition leaves the focus where the hand was: on what was added, or on the button
  // that adds again.
  let added = "";
  on("click", "button[name=do]", (button) => { added = button.value; });
  document.addEventListener("htmx:afterSettle", () => {
    const [verb, at] = added.split(":");
    added = "";
    if (verb === "add" || verb === "group") [...document.querySelectorAll(`select[name^="${CSS.escape(at)}."][name$=".field"]`)].pop()?.focus();
    if (verb === "remove") {
      const above = at.replace(/\.\d+$/, "");
      document.querySelector(`button[name=do][value="add:${CSS.escape(above)}"]`)?.focus();
    }
  });
  // What the preview says of pairs stands beside them, where they are still there.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "preview") return;
    event.target.querySelectorAll("[data-preview-error]").forEach((said) => {
      const place = document.getElementById(said.dataset.previewError);
      if (place) place.textContent = said.textContent;
    });
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

  // What somebody unfolded stays so when the page refreshes itself, but for a box that is done when its form was taken.
  let unfolded = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target.closest?.("[data-keep-open]")) return;
    const done = event.detail.requestConfig?.elt.closest?.("details[data-done-folds]");
    unfolded = new Map([...document.querySelectorAll("[data-keep-open] details[id]")].filter((d) => d !== done).map((d) => [d.id, d.open]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    unfolded.forEach((open, id) => {
      const details = document.getElementById(id);
      if (details) details.open = open;
    });
    unfolded = new Map();
  });
})();
