// What the public pages do beyond links and forms. Everything works without it.
(() => {
  "use strict";
  const on = (type, selector, run) => document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) run(target, event);
  });

  // copy what a bank's page will ask for
  document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = !navigator.clipboard; });
  on("click", "[data-copy]", async (button) => {
    const label = button.querySelector("[data-label]") || button;
    const before = button.dataset.before || label.textContent;
    button.dataset.before = before;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = button.dataset.done;
      button.classList.add("is-done");
      setTimeout(() => { label.textContent = before; button.classList.remove("is-done"); }, 2500);
    } catch { /* the words are there to be selected */ }
  });

  // choosing documents opens their list, choosing an amount asks for it
  // (whoever goes through the choices by keyboard is not carried away from them)
  let pointed = 0;
  document.addEventListener("pointerdown", () => { pointed = Date.now(); });
  on("change", 'input[name="mode"]', (input) => {
    const list = document.getElementById(input.form?.dataset.unfold || "");
    if (input.value === "some" && list) list.open = true;
    if (input.value === "amount" && Date.now() - pointed < 1000) document.getElementById("importe")?.focus();
  });

  // the ways to pay are drawn anew for another amount: what was chosen meanwhile stays chosen
  let way = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "formas") way = document.querySelector('input[name="way"]:checked')?.value || "";
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "formas" || !way) return;
    const same = document.querySelector(`input[name="way"][value="${CSS.escape(way)}"]:enabled`);
    if (same) same.checked = true;
  });

  on("click", "[data-print]", () => window.print());
  document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });

  // a form is sent once; whoever comes back with «atrás» finds it open again
  on("submit", "form[data-once]", (form, event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.setAttribute("aria-busy", "true"); }), 0);
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-once]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    });
  });
})();
