// The collector's day by keyboard. A letter says how the call ended, Enter keeps it and goes on; everything works
// without this too: the letters are radio buttons and Enter sends the form.
(() => {
  "use strict";
  const form = document.getElementById("desk-log");
  const list = document.querySelector("[data-desk-list]");
  let lead = 0; // "g" and a letter goes to a section of the house: not ours

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog:popover-open")) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && form && form.contains(at)) { at.blur(); return; }
    if (at.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.key === "g") { lead = Date.now(); return; }
    if (Date.now() - lead < 1200) { lead = 0; return; }
    const key = event.key.toLowerCase();
    if (form ? call(key, event, at) : walk(key, event)) { event.preventDefault(); return; }
    const button = /^[a-z]$/.test(key) ? document.querySelector(`[data-key="${key}"]`) : null;
    if (button && !event.repeat) { event.preventDefault(); button.click(); }
  });

  // on the page of a call
  function call(key, event, at) {
    const ending = /^[a-z]$/.test(key) ? form.querySelector(`[data-ending="${key}"]`) : null;
    if (ending) { choose(ending); return true; }
    if (/^[0-9]$/.test(key)) return inDays(Number(key));
    if (key === "a") { form.elements.note.focus(); return true; }
    if (key === "enter" && !event.repeat && !at.closest("a, button, summary") && form.querySelector("[data-ending]:checked")) {
      form.requestSubmit(form.querySelector("button[type=submit]:not([name])"));
      return true;
    }
    return false;
  }
  function choose(ending) {
    ending.checked = true;
    ending.dispatchEvent(new Event("change", { bubbles: true }));
    const field = ending.value === "promised" ? form.elements.promise_on : ending;
    field.focus();
    form.closest(".card").scrollIntoView({ block: "nearest" });
  }
  let touched = false; // a day that the person chose stays whatever the ending
  function inDays(days) {
    const chip = form.querySelector(`[data-digit="${days}"]`);
    if (chip) { chip.click(); return true; }
    const first = form.querySelector('[data-digit="1"]')?.dataset.day;
    if (!first) return false;
    setDay(later(first, days - 1));
    return true;
  }
  function later(text, count) { // bank holidays aside: the chips have those
    const day = new Date(`${text}T12:00:00Z`);
    while (count > 0) {
      day.setUTCDate(day.getUTCDate() + 1);
      if (day.getUTCDay() % 6) count -= 1;
    }
    return day.toISOString().slice(0, 10);
  }
  function setDay(text) {
    form.elements.next_on.value = text;
    touched = true;
    mark();
  }
  function mark() {
    const day = form.elements.next_on.value;
    form.querySelectorAll("[data-day]").forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.day === day)));
  }

  if (form) {
    form.addEventListener("change", (event) => {
      const ending = event.target.closest("[data-ending]");
      if (ending && !touched) { form.elements.next_on.value = ending.dataset.next; mark(); }
      if (event.target === form.elements.next_on) { touched = true; mark(); }
    });
    form.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-day]");
      if (chip) setDay(chip.dataset.day);
    });
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; } // Enter pressed twice
      form.dataset.sent = "1";
    });
    addEventListener("pageshow", () => { delete form.dataset.sent; });
    document.addEventListener("change", (event) => { if (event.target.matches("[data-debt]")) promised(); });
    promised();
    mark();
  }
  // what is marked adds up in the field of the promise
  function promised() {
    const marked = [...document.querySelectorAll("[data-debt]:checked")];
    const codes = new Set(marked.map((box) => box.dataset.currency));
    const amount = form.elements.promise_amount;
    const sum = marked.reduce((total, box) => total + Number(box.dataset.minor), 0);
    amount.placeholder = codes.size === 1 ? text(sum, [...codes][0]) : "";
  }
  function text(minor, currency) {
    const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
    return (minor / 10 ** digits).toLocaleString("es-MX", { minimumFractionDigits: digits });
  }

  // on the list: j and k walk through the rows, Enter opens the one in focus
  function walk(key, event) {
    if (!list || (key !== "j" && key !== "k")) return false;
    const rows = [...list.querySelectorAll("[data-row]")];
    if (!rows.length) return false;
    const here = rows.indexOf(document.activeElement);
    const next = rows[here < 0 ? (key === "j" ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + (key === "j" ? 1 : -1)))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
})();
