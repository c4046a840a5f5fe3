// The order of a workflow's tasks: by dragging their cards, and with the arrow keys on their grips. Their menus do the
// same without it. It uses neither eval nor inline styles.
"use strict";
(() => {
  const items = () => [...document.querySelectorAll("#flow [data-task]")];
  const say = (text) => {
    const live = document.getElementById("live");
    if (live) setTimeout(() => { live.textContent = text; }, 60);
  };
  // move sends where a task goes. What is being typed is saved by its own form before (see flow.js).
  let moved = null;
  const move = (item, to) => {
    const form = item.querySelector("form[data-order]");
    form.elements.to.value = to;
    moved = item.dataset.task;
    form.requestSubmit();
  };
  document.addEventListener("keydown", (event) => {
    const grip = event.target instanceof Element && event.target.closest("[data-grip]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!grip || !step) return;
    event.preventDefault();
    const item = grip.closest("[data-task]");
    const all = items();
    const to = all.indexOf(item) + step;
    if (to < 0 || to >= all.length || grip.form.getAttribute("aria-busy") === "true") return;
    move(item, to);
  });
  document.addEventListener("htmx:afterSettle", () => {
    const grip = moved && document.getElementById("grip-" + moved);
    const id = moved;
    moved = null;
    if (!grip) return;
    grip.focus();
    const all = items();
    say(grip.dataset.moved.replace("__N__", all.findIndex((i) => i.dataset.task === id) + 1).replace("__M__", all.length));
  });
  const start = () => {
    const flow = document.getElementById("flow");
    if (!flow || flow.sortable || !window.Sortable || items().length < 2) return;
    flow.sortable = new window.Sortable(flow, {
      draggable: "[data-task]", handle: "[data-grip]", animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
      ghostClass: "sf-dragged", onMove: (event) => event.related.matches("[data-task]"),
      // It marks the chosen card with a style, which the content policy would not let it copy.
      onChoose: (event) => event.item.removeAttribute("style"),
      onEnd: (event) => { if (event.oldIndex !== event.newIndex) move(event.item, items().indexOf(event.item)); },
    });
  };
  document.addEventListener("htmx:afterSettle", start);
  start();
})();
