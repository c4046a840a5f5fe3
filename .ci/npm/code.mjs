// The editor for the source of code tasks: CodeMirror over the text area that is there without JavaScript. It stands in a
// shadow root, where its styles are constructed style sheets: the content policy allows no <style>.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.definitionKeyword, tags.controlKeyword], color: "var(--sf-code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--sf-code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--sf-code-number)" },
  { tag: [tags.comment], color: "var(--sf-code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--sf-code-function)" },
  { tag: [tags.invalid], textDecoration: "underline" },
]);

const look = EditorView.theme({
  "&": { fontSize: "13px", color: "inherit", backgroundColor: "transparent", minHeight: "14rem", maxHeight: "34rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.6", minHeight: "14rem" },
  ".cm-content": { caretColor: "currentColor", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "currentColor" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--sf-code-comment)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--sf-code-line)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--sf-code-selection)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--sf-code-selection)", outline: "none" },
  ".cm-tooltip": { backgroundColor: "var(--color-base-100)", color: "var(--color-base-content)", border: "1px solid var(--color-base-300)" },
});

function dress(area) {
  area.dataset.codeReady = "true";
  const host = document.createElement("div");
  host.className = "sf-code";
  area.before(host);
  const root = host.attachShadow({ mode: "open", delegatesFocus: true });
  const keys = document.getElementById("code-keys");
  const tell = (type) => area.dispatchEvent(new Event(type, { bubbles: true }));
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), indentUnit.of("  "),
        javascript(), syntaxHighlighting(colours), look, EditorView.lineWrapping,
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({
          "aria-label": area.dataset.codeLabel, "aria-description": keys?.textContent.trim() ?? "", autocapitalize: "off", autocorrect: "off", spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            area.value = update.state.doc.toString();
            tell("input");
          } else if (update.focusChanged && !update.view.hasFocus) {
            tell("change");
          }
        }),
      ],
    }),
  });
  area.hidden = true;
  if (keys) keys.hidden = false;
  document.querySelector(`label[for="${CSS.escape(area.id)}"]`)?.addEventListener("click", (event) => {
    event.preventDefault();
    view.focus();
  });
  area.addEventListener("focus", () => view.focus()); // links of the summary of errors lead to it
  host.codeView = view;
  mark(view);
}

// mark underlines what the server could not read.
function mark(view) {
  const problem = document.querySelector("#code-check [data-code-problem]");
  const diagnostics = [];
  const number = Number(problem?.dataset.line);
  if (number >= 1 && number <= view.state.doc.lines) {
    const line = view.state.doc.line(number);
    const from = Math.min(line.from + Math.max(Number(problem.dataset.column) - 1, 0), line.to);
    diagnostics.push({ from, to: Math.max(Math.min(from + 1, line.to), from), severity: "error", message: problem.textContent.trim() });
  }
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

const dressAll = () => document.querySelectorAll("textarea[data-code]:not([data-code-ready])").forEach(dress);
document.addEventListener("htmx:afterSettle", (event) => {
  dressAll();
  if (event.target.id === "code-check") document.querySelectorAll(".sf-code").forEach((host) => mark(host.codeView));
});
dressAll();
