// What the survey builder does in the browser: dragging, the choice of question types, the way back. All of it has a
// button that works without. It listens on the document, as app.js does, and uses neither eval nor inline styles.
"use strict";

(() => {
  const builder = () => document.getElementById("builder");
  const revision = () => builder().querySelector(".js-revision")?.value ?? "";
  const post = (path, values) =>
    window.htmx.ajax("POST", path, { source: builder(), target: "#builder", swap: "outerHTML", values: { ...values, revision: revision() } });

  // Dragging. The list is drawn anew by the answer, also when it is refused.
  const questionsOf = (list) => [...list.children].filter((item) => item.matches(".sf-question"));
  const makeSortable = () => {
    if (!window.Sortable || !builder()) return;
    const quick = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const common = {
      animation: quick ? 0 : 150, delay: 120, delayOnTouchOnly: true,
      // It marks what is dragged with a style, which the content policy would not let it copy.
      onChoose: ({ item }) => item.removeAttribute("style"),
    };
    builder().querySelectorAll("[data-questions]").forEach((list) => {
      window.Sortable.create(list, {
        ...common, group: "questions", handle: "[data-grip=question]", draggable: ".sf-question",
        onEnd: ({ item, from, to, oldDraggableIndex, newDraggableIndex }) => {
          if (from === to && oldDraggableIndex === newDraggableIndex) return;
          post(`${builder().dataset.move}/questions/${item.id}/move`, { page: to.dataset.questions, at: questionsOf(to).indexOf(item) });
        },
      });
    });
    const blocks = builder().querySelector("[data-blocks]");
    if (!blocks) return;
    window.Sortable.create(blocks, {
      ...common, handle: "[data-grip=page]", draggable: ".sf-block",
      onEnd: ({ item, oldIndex, newIndex }) => {
        if (oldIndex !== newIndex) post(`${builder().dataset.move}/pages/${item.id}/move`, { to: newIndex });
      },
    });
  };

  // By keyboard: Alt and an arrow move the question or page that has the focus, as its buttons do.
  const moved = (event) => {
    const down = event.key === "ArrowDown";
    if (!event.altKey || (!down && event.key !== "ArrowUp")) return;
    const part = event.target.closest?.(".sf-question, .sf-block");
    if (!part || event.target.matches("input, textarea, select, [contenteditable]")) return;
    const button = document.getElementById(`${part.matches(".sf-block") ? "page-" : ""}${down ? "down" : "up"}-${part.id}`);
    if (!button) return;
    event.preventDefault();
    button.focus();
    button.click();
  };

  // The choice of types: typing filters, arrows move, Enter takes the first, Escape closes.
  const typesOf = (form) => [...form.querySelectorAll("[data-type]:not([hidden]) button")];
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-types-search]")) return;
    const form = event.target.form;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    const items = [...form.querySelectorAll("[data-type]")];
    const rank = new Map();
    items.forEach((item, i) => {
      const name = item.querySelector("[data-type-name]").textContent.toLowerCase();
      const text = `${item.textContent} ${item.dataset.type}`.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      item.dataset.at ??= i;
      // What is called so comes before what is only described so, which Enter would take otherwise.
      rank.set(item, Number(item.dataset.at) + (words.every((word) => name.includes(word)) ? 0 : 1000));
    });
    items.sort((a, b) => rank.get(a) - rank.get(b)).forEach((item) => item.parentElement.append(item));
    form.querySelector("[data-types-none]").hidden = typesOf(form).length > 0;
  });
  const chosen = (event) => {
    const form = event.target.closest?.("[data-types]");
    if (!form) return;
    const types = typesOf(form);
    const at = types.indexOf(document.activeElement);
    const search = event.target.matches("[data-types-search]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      form.querySelector("[data-types-close]").click();
    } else if (event.key === "Enter" && search) {
      event.preventDefault();
      types[0]?.click();
    } else if (step) {
      event.preventDefault();
      if (at + step < 0) form.querySelector("[data-types-search]").focus();
      else types[Math.min(at + step, types.length - 1)]?.focus();
    }
  };

  // The way back, without loading the page anew: the button of the message, or Ctrl and Z where nothing is typed in.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-flash-action]") || !builder()) return;
    event.preventDefault();
    post(event.target.getAttribute("action"), {});
  }, true);
  // The message goes after a while, but not from under somebody's hand.
  const fade = (message) => setTimeout(() => {
    if (message.matches(":hover, :focus-within")) fade(message);
    else message.remove();
  }, 30000);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "flashes") document.querySelectorAll("#flashes .sf-flash-action").forEach(fade);
  });
  const undone = (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const button = document.querySelector("[data-flash-action] button");
    if (!button) return;
    event.preventDefault();
    button.click();
  };

  document.addEventListener("keydown", (event) => { moved(event); chosen(event); undone(event); });
  // Moving leaves styles on the parts, which htmx would copy to the new ones and the content policy would refuse.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "builder") builder()?.querySelectorAll("[style]").forEach((part) => part.removeAttribute("style"));
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target?.id === "builder") makeSortable(); });
  makeSortable();
})();
