// What makes sliders and rankings quicker to use on respondents' pages. Both work without it: a slider is a field for a
// number, a ranking a list in which each choice has its place. The script changes those fields and nothing else.
"use strict";

(() => {
  // A line beside the number. It has no name: the field is what is sent, so that no answer stays none.
  const slide = (track) => {
    const field = document.getElementById(track.dataset.slider);
    const line = document.createElement("input");
    line.type = "range";
    line.min = track.dataset.min;
    line.max = track.dataset.max;
    line.step = track.dataset.step;
    line.setAttribute("aria-label", field.labels[0].textContent.trim());
    const follow = () => {
      const typed = field.value.trim().replace(",", ".");
      const known = typed !== "" && !Number.isNaN(Number(typed));
      line.value = known ? typed : (Number(line.min) + Number(line.max)) / 2;
      line.classList.toggle("unset", !known);
    };
    const take = () => {
      field.value = line.value;
      line.classList.remove("unset");
      field.dispatchEvent(new Event("change", { bubbles: true }));
    };
    line.addEventListener("input", take);
    line.addEventListener("click", take); // also on the place where it stands before anybody answered
    field.addEventListener("input", follow);
    track.append(line);
    track.hidden = false;
    follow();
  };

  // A list that buttons and dragging sort: the ranked choices come first, in their order, then the others in the question's.
  // Who chooses places in the lists finds every choice where it was.
  const rank = (list) => {
    const all = [...list.children];
    const said = list.parentElement.querySelector("[data-ranking-said]");
    const field = (item) => item.querySelector("select");
    const name = (item) => item.querySelector("[data-ranking-name]").textContent.trim();
    const most = field(all[0]).options.length - 1;
    const ranked = () => all.filter((item) => field(item).value).sort((a, b) => field(a).value - field(b).value);

    const mark = () => {
      const order = ranked();
      all.forEach((item) => {
        const place = order.indexOf(item);
        item.classList.toggle("ranked", place >= 0);
        const [up, down] = item.querySelectorAll("button");
        up.disabled = place === 0 || (place < 0 && order.length === most);
        down.disabled = place < 0 || place === order.length - 1;
      });
    };
    const tell = (item) => {
      const place = field(item).value;
      said.textContent = (place ? list.dataset.said : list.dataset.unsaid).replace("%name%", name(item)).replace("%place%", place);
    };
    // put gives an item a place; from 0, beyond the ranked ones means the next. The item itself does not move in the page, the
    // others move around it: it keeps the focus, and the finger that drags it.
    const put = (item, place) => {
      const next = ranked().filter((other) => other !== item);
      next.splice(Math.min(place, next.length), 0, item);
      const order = next.slice(0, most);
      all.forEach((other) => { field(other).value = order.includes(other) ? String(order.indexOf(other) + 1) : ""; });
      const shown = [...order, ...all.filter((other) => !order.includes(other))];
      const at = shown.indexOf(item);
      shown.forEach((other, i) => {
        if (i < at) list.insertBefore(other, item);
        if (i > at) list.append(other);
      });
      field(item).dispatchEvent(new Event("change", { bubbles: true }));
    };

    const button = (item, sign, label, act) => {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "move";
      b.textContent = sign;
      b.setAttribute("aria-label", `${label}: ${name(item)}`);
      b.addEventListener("click", () => {
        act();
        if (b.disabled) item.querySelector("button:not(:disabled)")?.focus();
      });
      item.append(b);
    };
    const drag = (item) => {
      const grip = document.createElement("span");
      grip.className = "grip";
      grip.setAttribute("aria-hidden", "true");
      item.prepend(grip);
      const follow = (event) => {
        const to = [...list.children].findIndex((other) => {
          const box = other.getBoundingClientRect();
          return event.clientY >= box.top && event.clientY < box.bottom;
        });
        if (to >= 0 && list.children[to] !== item) put(item, to);
      };
      grip.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        grip.setPointerCapture(event.pointerId);
        item.classList.add("dragged");
        grip.addEventListener("pointermove", follow);
      });
      for (const end of ["pointerup", "pointercancel"]) {
        grip.addEventListener(end, () => {
          item.classList.remove("dragged");
          grip.removeEventListener("pointermove", follow);
        });
      }
    };

    all.forEach((item) => {
      drag(item);
      button(item, "↑", list.dataset.up, () => {
        const at = ranked().indexOf(item);
        put(item, at < 0 ? ranked().length : at - 1);
      });
      button(item, "↓", list.dataset.down, () => put(item, ranked().indexOf(item) + 1));
      field(item).addEventListener("change", () => {
        // A place is given once: who had it before gives it up.
        all.forEach((other) => { if (other !== item && field(other).value === field(item).value) field(other).value = ""; });
        mark();
        tell(item);
      });
    });
    list.classList.add("sortable");
    mark();
  };

  // A date on one side of today: the calendar offers no other, and the form says which day it is for the respondent.
  const date = (input) => {
    const now = new Date();
    const two = (n) => String(n).padStart(2, "0");
    const today = `${String(now.getFullYear()).padStart(4, "0")}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    if (input.dataset.day === "notFuture") input.max = input.max && input.max < today ? input.max : today;
    else input.min = input.min > today ? input.min : today;
    let field = input.form.querySelector("[name=today]");
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "today";
      input.form.append(field);
    }
    field.value = today;
  };

  const begin = (part) => {
    part.querySelectorAll("[data-slider]").forEach(slide);
    part.querySelectorAll("[data-ranking]").forEach(rank);
    part.querySelectorAll("[data-day]").forEach(date);
  };
  begin(document);
  document.addEventListener("appear", (event) => begin(event.target)); // see respond.js
})();
