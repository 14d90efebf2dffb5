// The editor of a template: data inserted where one was writing, and a preview that follows what is typed.
(() => {
  "use strict";
  const form = document.querySelector("form[data-template]");
  if (!form) return;
  const fields = [...form.querySelectorAll("[data-insert-here]")].filter((field) => field.type !== "hidden");
  const panel = document.getElementById("preview");
  const redraw = { channel: ["channel", "preview"], purpose: ["preview"], template: ["template"] };
  let last = form.elements.body;
  fields.forEach((field) => field.addEventListener("focus", () => { last = field; }));

  // what one writes by hand is put in its place; undo (Ctrl+Z) takes it back out
  function insert(text) {
    last.focus();
    if (!document.execCommand("insertText", false, text)) {
      last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
      last.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  form.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const chip = target?.closest("[data-insert]");
    if (chip) insert(`{{ ${chip.dataset.insert} }}`);
    const jump = target?.closest("[data-line]");
    if (jump) select(form.elements[jump.dataset.field] || form.elements.body, Number(jump.dataset.line));
  });
  function select(field, line) {
    const rows = field.value.split("\n");
    const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
    field.focus();
    field.setSelectionRange(start, start + (rows[line - 1] || "").length);
  }

  // the preview is asked for when the hands rest; what is asked anew, or left, takes the question back
  let timer = 0;
  let asked = null;
  async function draw() {
    asked?.abort();
    const mine = new AbortController();
    asked = mine;
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.preview, { method: "POST", body: new FormData(form), signal: mine.signal });
      if (answer.ok && !answer.redirected) panel.innerHTML = await answer.text();
    } catch { /* the preview that is there stays */ }
    if (asked === mine) panel.setAttribute("aria-busy", "false");
  }
  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(draw, wait);
  }
  function leave() {
    clearTimeout(timer);
    asked?.abort();
  }
  if (panel?.dataset.preview) {
    form.addEventListener("input", () => later(500));
    form.addEventListener("change", (event) => { if (!(event.target.name in redraw)) later(50); });
    form.addEventListener("submit", leave);
    window.addEventListener("pagehide", leave);
  }

  // another channel, purpose or template has other fields and words: the page is drawn again with what is written
  form.addEventListener("change", (event) => {
    for (const value of redraw[event.target.name] || []) {
      const button = form.querySelector(`button[name="do"][value="${value}"]`);
      if (button) { form.requestSubmit(button); return; }
    }
  });

  // what is not saved is not lost by a slip
  let dirty = false;
  form.addEventListener("input", (event) => { if (event.target.name !== "customer") dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
