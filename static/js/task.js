// What the forms of tasks do in the browser beside flow.js: outputs are taken from the answer with one click, and the editor of
// code is loaded where it is needed. Both forms work without it.
"use strict";

(() => {
  // A value of the answer becomes an output: a row like those that "Add custom path" makes, filled in.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-take]");
    const rows = button && document.getElementById("outputs");
    if (!rows) return;
    event.preventDefault();
    const names = [...rows.querySelectorAll("[data-output-name]")].map((field) => field.value);
    const wanted = button.dataset.name || "value";
    let name = wanted;
    for (let n = 2; names.includes(name); n++) name = wanted + n;
    document.querySelector('[data-add-row="outputs"]').click();
    const row = [...rows.querySelectorAll("[data-row]")].at(-1);
    row.querySelector("[data-output-name]").value = name;
    const path = row.querySelector("[data-output-path]");
    path.value = button.dataset.take;
    window.htmx?.trigger(path, "found");
    rows.dispatchEvent(new Event("change", { bubbles: true }));
    toggle(button, true);
    const entry = button.closest("li");
    const next = [entry.nextElementSibling, entry.previousElementSibling].map((li) => li?.querySelector("span:not([hidden]) > [data-take]")).find(Boolean);
    (next ?? row.querySelector("[data-output-name]")).focus();
    const said = document.querySelector("[data-found-said]");
    if (said) said.textContent = `${button.dataset.take}: ${said.dataset.text}`;
  });
  const toggle = (button, added) => {
    const part = button.closest("span");
    part.hidden = added;
    part.previousElementSibling.hidden = !added;
  };
  // What was removed can be taken again.
  document.addEventListener("change", (event) => {
    if (event.target.id !== "outputs") return;
    const taken = [...event.target.querySelectorAll("[data-output-path]")].map((field) => field.value.trim());
    document.querySelectorAll("[data-take]").forEach((button) => toggle(button, taken.includes(button.dataset.take)));
  });

  let loading = false;
  const load = () => {
    const wanted = document.querySelector("[data-code-script]");
    if (!wanted || loading) return;
    loading = true;
    const script = document.createElement("script");
    script.src = wanted.dataset.codeScript;
    document.head.append(script);
  };
  document.addEventListener("htmx:afterSettle", load);
  load();
})();
