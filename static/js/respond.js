// Questions of a respondent's page that depend on an answer of the same page come and go at once. Which ones are shown is the
// server's to say, so that it is the same with and without this script: it is asked when such an answer changes, and stores
// nothing. A question that is not shown waits in a template, or was taken out; what was typed into it stays.
(() => {
  const form = document.querySelector("form[data-followed]");
  if (!form || !window.fetch) return;
  const followed = form.dataset.followed.split(" ");
  const questions = new Map(); // id → its element, and the node before which it stands
  const begun = new Set(); // ids of questions that have come out of their template

  for (const template of form.querySelectorAll("template")) {
    const element = document.importNode(template.content.firstElementChild, true);
    questions.set(element.dataset.question, { element, place: template });
  }
  for (const element of form.querySelectorAll("[data-question]")) {
    const place = document.createComment("");
    element.after(place);
    questions.set(element.dataset.question, { element, place });
  }

  // arrange shows those questions alone, and tells whether one came back, which brings what was answered in it before.
  const arrange = (shown) => {
    let back = false;
    for (const [id, { element, place }] of questions) {
      if (!shown.includes(id)) element.remove();
      else if (!element.isConnected) {
        const first = place.nodeName === "TEMPLATE" && !begun.has(id);
        place.before(element);
        if (first) element.dispatchEvent(new Event("appear", { bubbles: true })); // its controls begin: respond_controls.js
        begun.add(id);
        back = true;
      }
    }
    return back;
  };

  let asking;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("go", "look");
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal: asking.signal });
      const { shown } = answer.ok ? await answer.json() : {};
      if (Array.isArray(shown) && arrange(shown)) ask();
    } catch {
      // Without an answer the page stays as it is; the next page the server sends puts it right.
    }
  };

  let timer;
  const changed = ({ target }) => {
    const name = target.name ?? "";
    if (!followed.some((id) => name === id || name.startsWith(id + "_"))) return;
    clearTimeout(timer);
    timer = setTimeout(ask, target.matches("[type=radio], [type=checkbox], select") ? 0 : 200);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed); // what scripts change: sliders, rankings
  // A browser that comes back to the page may have put other answers into it than the server did.
  const [visit] = performance.getEntriesByType("navigation");
  window.addEventListener("pageshow", (event) => {
    if (event.persisted || (visit && visit.type !== "navigate")) ask();
  });
})();
