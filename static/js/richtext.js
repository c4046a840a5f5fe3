// Formatted text: an editor in front of the text areas that hold it. The text area stays the field of the form, works without
// this script, and gets whatever is typed here in the form in which package richtext stores it: plain text as it is, HTML
// only when something is formatted. The server cleans it again. It uses neither eval nor inline styles.
"use strict";
(() => {
  // What package richtext takes for HTML; "<name>" and "3 < 5" are plain text.
  const markup = new RegExp("</?(?:a|abbr|b|big|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strike|strong|" +
    "sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\\s[^<>]*)?/?>", "i");
  const safeAddress = /^(?:https?:\/\/|mailto:)(?:[^\s"'<>\\]|[$~]\{[^{}"'<>\\]*\})+$/i;
  const inlines = { B: "strong", STRONG: "strong", I: "em", EM: "em", U: "u" };
  const blocks = { P: "p", DIV: "p", H1: "h3", H2: "h3", H3: "h3", H4: "h3", H5: "h3", H6: "h3", BLOCKQUOTE: "blockquote", UL: "ul", OL: "ol",
    LI: "p", TABLE: "p", TBODY: "p", THEAD: "p", TR: "p", PRE: "p", SECTION: "p", ARTICLE: "p" };
  const dropped = "script, style, title, meta, link, template, noscript, iframe, object, svg, math, select, textarea";
  const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&#34;");
  const isBlock = (node) => node.nodeName in blocks;

  // The cleaned HTML of what stands in a line.
  const inside = (nodes) => [...nodes].map((node) => {
    if (node.nodeType === Node.TEXT_NODE) return escape(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.nodeName === "BR") return "<br>";
    const text = inside(node.childNodes);
    if (!text) return "";
    if (node.nodeName === "A") {
      const to = node.getAttribute("href") ?? "";
      return safeAddress.test(to) ? `<a href="${escape(to)}">${text}</a>` : text;
    }
    // Some programs say with styles what is bold, and wrap all they copy in a <b> that is not.
    const style = node.dataset.style ?? "";
    if (node.nodeName === "B" && /font-weight:\s*(?:normal|400)/.test(style)) return text;
    const tag = inlines[node.nodeName] ?? (node.nodeName === "SPAN" && /font-weight:\s*(?:bold|[6-9]00)/.test(style) ? "strong" : "");
    return tag ? `<${tag}>${text}</${tag}>` : text;
  }).join("");
  const items = (list) => [...list.children].map((item) => {
    let text = "";
    for (const node of item.nodeName === "LI" ? item.childNodes : [item]) {
      if (node.nodeName === "UL" || node.nodeName === "OL") text += within(node);
      else text += (isBlock(node) && text && !text.endsWith(">") ? "<br>" : "") + inside([node]);
    }
    return `<li>${trimmed(text)}</li>`;
  }).join("");
  const within = (list) => `<${blocks[list.nodeName]}>${items(list)}</${blocks[list.nodeName]}>`;
  const trimmed = (text) => text.replace(/(?:<br>)+$/, "");

  // The cleaned blocks of an element; a run of words between blocks is a paragraph.
  const blocksOf = (parent) => {
    const out = [];
    let run = [];
    const flush = () => {
      const text = trimmed(inside(run));
      if (text.trim()) out.push(`<p>${text}</p>`);
      run = [];
    };
    for (const node of parent.childNodes) {
      const holdsBlocks = node.nodeType === Node.ELEMENT_NODE && [...node.querySelectorAll("*")].some(isBlock);
      if (!isBlock(node) && !holdsBlocks) {
        run.push(node);
        continue;
      }
      flush();
      const tag = blocks[node.nodeName];
      if (tag === "ul" || tag === "ol") out.push(within(node));
      else if (tag === "blockquote") out.push(`<blockquote>${blocksOf(node).join("")}</blockquote>`);
      else if (holdsBlocks) out.push(...blocksOf(node));
      else {
        const text = trimmed(inside(node.childNodes));
        if (text.trim()) out.push(`<${tag}>${text}</${tag}>`);
      }
    }
    flush();
    return out;
  };
  const paragraph = (found) => (found.length === 1 && found[0].startsWith("<p>") ? found[0].slice(3, -4) : null);
  const lines = (text) => escape(text).replace(/\r?\n/g, "<br>");

  // HTML of elsewhere, cleaned, as blocks; the document that it is read into loads and runs nothing. Handlers and styles get
  // other names only because browsers complain of them.
  const quiet = (html) => html.replace(/<style[\s\S]*?<\/style>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'/])(?=(?:on\w+|style)\s*=)/gi, "$1data-"));
  const read = (html) => {
    const body = new DOMParser().parseFromString(quiet(html), "text/html").body;
    body.querySelectorAll(dropped).forEach((element) => element.remove());
    const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/[ \t\r\n\f]+/g, " ");
    return blocksOf(body);
  };
  const show = (editor, text) => {
    const found = markup.test(text) ? read(text).join("") : text && `<p>${lines(text)}</p>`;
    editor.innerHTML = found || "<p><br></p>";
  };
  // What is stored of an editor.
  const written = (editor) => {
    const found = blocksOf(editor);
    if (!found.length) return "";
    const only = paragraph(found);
    if (only === null || /<(?!br>)/.test(only)) return found.join("");
    const plain = new DOMParser().parseFromString(only.replace(/<br>/g, "\n"), "text/html").body.textContent;
    return markup.test(plain) ? found[0] : plain;
  };

  // Where the cursor was in each editor, for what is done from outside of it.
  const ranges = new WeakMap();
  const editorAt = (node) => (node instanceof Element ? node : node?.parentElement)?.closest(".sf-rich-text") ?? null;
  const restore = (editor) => {
    let range = ranges.get(editor);
    if (!range || !editor.contains(range.commonAncestorContainer)) {
      range = document.createRange();
      range.selectNodeContents(editor.lastElementChild ?? editor);
      range.collapse(false);
    }
    editor.focus();
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  const run = (editor, command, value) => {
    if (document.activeElement !== editor) restore(editor);
    document.execCommand("styleWithCSS", false, false);
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand(command, false, value);
  };
  const linkAt = (editor) => {
    const range = ranges.get(editor);
    const node = range?.commonAncestorContainer;
    const link = (node instanceof Element ? node : node?.parentElement)?.closest("a");
    return link && editor.contains(link) ? link : null;
  };
  const states = { bold: "bold", italic: "italic", underline: "underline", bullets: "insertUnorderedList", numbers: "insertOrderedList" };
  const press = (editor) => {
    editor.closest("[data-rich]").querySelectorAll("[data-format][aria-pressed]").forEach((button) => {
      const command = states[button.dataset.format];
      button.ariaPressed = String(command ? document.queryCommandState(command) : Boolean(linkAt(editor)));
    });
  };
  const remember = () => {
    const selection = getSelection();
    const editor = editorAt(selection.anchorNode);
    if (editor && selection.rangeCount) ranges.set(editor, selection.getRangeAt(0).cloneRange());
    return editor;
  };
  document.addEventListener("selectionchange", () => {
    const editor = remember();
    if (editor?.isContentEditable && document.activeElement === editor) press(editor);
  });

  const clear = (editor) => {
    run(editor, "removeFormat");
    run(editor, "unlink");
    for (const list of ["insertUnorderedList", "insertOrderedList"]) if (document.queryCommandState(list)) run(editor, list);
    run(editor, "formatBlock", "p");
  };

  const enhance = (box) => {
    const field = document.getElementById(box.dataset.rich);
    const editor = box.querySelector(".sf-rich-text");
    if (!field || editor.isContentEditable || field.readOnly || field.disabled) return;
    const label = field.labels[0];
    label.id ||= `${field.id}-label`;
    editor.contentEditable = "true";
    editor.setAttribute("role", "textbox");
    editor.setAttribute("aria-multiline", "true");
    editor.setAttribute("aria-labelledby", label.id);
    for (const name of ["aria-describedby", "aria-invalid"]) if (field.hasAttribute(name)) editor.setAttribute(name, field.getAttribute(name));
    if (field.required) editor.setAttribute("aria-required", "true");
    const focused = document.activeElement === field;
    box.hidden = false;
    field.dataset.richSource = ""; // no class: htmx gives fields that it replaces the classes that the server named
    field.tabIndex = -1;
    field.ariaHidden = "true";
    show(editor, field.value);

    // Whoever leads to the field (its label, an error, the page) comes to the editor.
    field.addEventListener("focus", () => restore(editor));
    if (focused) restore(editor);

    let dirty = false;
    editor.addEventListener("input", (event) => {
      event.stopPropagation();
      editor.querySelectorAll("[style]").forEach((element) => element.removeAttribute("style"));
      field.value = written(editor);
      if (event.inputType === "insertFromDrop") show(editor, field.value);
      if (!editor.firstElementChild) show(editor, field.value);
      dirty = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    editor.addEventListener("blur", () => {
      remember();
      if (!dirty) return;
      dirty = false;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    editor.addEventListener("paste", (event) => {
      event.preventDefault();
      const html = event.clipboardData.getData("text/html");
      const text = event.clipboardData.getData("text/plain");
      const found = html ? read(html) : [];
      if (found.length) run(editor, "insertHTML", paragraph(found) ?? found.join(""));
      else if (text) run(editor, "insertHTML", lines(text));
    });
    // Piped text, see piped.js.
    field.addEventListener("piped:insert", (event) => {
      event.preventDefault();
      restore(editor);
      run(editor, "insertText", event.detail);
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });

    const bar = box.querySelector("[role=toolbar]");
    const row = box.querySelector("[data-rich-link]");
    const address = row.querySelector("input");
    const wrong = row.querySelector("[data-rich-wrong]");
    const refuse = (refused) => {
      wrong.hidden = !refused;
      if (refused) address.setAttribute("aria-describedby", wrong.id);
      else address.removeAttribute("aria-describedby");
      address.ariaInvalid = String(refused);
    };
    const open = (shown) => {
      if (shown) remember();
      row.hidden = !shown;
      bar.querySelector("[data-format=link]").ariaExpanded = String(shown);
      refuse(false);
      if (!shown) return restore(editor);
      address.value = linkAt(editor)?.getAttribute("href") ?? "";
      row.querySelector("[data-rich-unlink]").hidden = !linkAt(editor);
      address.focus();
      address.select();
    };
    const whole = () => {
      const link = linkAt(editor);
      if (link) getSelection().selectAllChildren(link);
      return link;
    };
    const apply = () => {
      let to = address.value.trim();
      if (/^[^\s@:/]+@[^\s@/]+$/.test(to)) to = `mailto:${to}`;
      else if (/^[^\s:/]+\.[^\s]+$/.test(to)) to = `https://${to}`;
      if (!safeAddress.test(to)) {
        refuse(true);
        address.focus();
        return;
      }
      open(false);
      if (whole() || !getSelection().isCollapsed) run(editor, "createLink", to);
      else run(editor, "insertHTML", `<a href="${escape(to)}">${escape(to.replace(/^mailto:/i, ""))}</a>`);
    };
    const act = {
      bold: () => run(editor, "bold"), italic: () => run(editor, "italic"), underline: () => run(editor, "underline"),
      bullets: () => run(editor, "insertUnorderedList"), numbers: () => run(editor, "insertOrderedList"),
      link: () => open(row.hidden), clear: () => clear(editor),
    };
    editor.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      const format = { b: "bold", i: "italic", u: "underline", k: "link" }[event.key.toLowerCase()];
      if (!format) return;
      event.preventDefault();
      act[format]();
      press(editor);
    });

    // The toolbar is one stop of Tab; arrows lead through it. A click leaves the selection where it is.
    const buttons = [...bar.querySelectorAll("button")];
    const stop = (at) => buttons.forEach((button, i) => { button.tabIndex = i === at ? 0 : -1; });
    stop(0);
    bar.addEventListener("mousedown", (event) => event.preventDefault());
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-format]");
      if (!button) return;
      act[button.dataset.format]();
      if (row.hidden) press(editor);
    });
    bar.addEventListener("keydown", (event) => {
      const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      const back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
      const at = buttons.indexOf(document.activeElement);
      const to = { [forward]: (at + 1) % buttons.length, [back]: (at + buttons.length - 1) % buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      stop(to);
      buttons[to].focus();
    });
    for (const type of ["input", "change"]) row.addEventListener(type, (event) => event.stopPropagation()); // no field of the form
    row.addEventListener("keydown", (event) => {
      if (event.key === "Escape") open(false);
      else if (event.key === "Enter" && event.target === address) apply();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    row.addEventListener("click", (event) => {
      if (event.target.closest("[data-rich-apply]")) apply();
      if (!event.target.closest("[data-rich-unlink]")) return;
      open(false);
      if (whole()) run(editor, "unlink");
    });
  };
  const enhanceAll = () => document.querySelectorAll("[data-rich]").forEach(enhance);
  document.addEventListener("htmx:afterSwap", enhanceAll);
  enhanceAll();
})();
