// The list of the statement: how much the chosen documents come to, and choosing a whole page. Works after htmx swaps.
(() => {
  "use strict";
  const boxes = (form) => [...form.querySelectorAll("input[name=id]")];
  const say = (form) => {
    const bar = form.querySelector("[data-sum]");
    if (!bar) return;
    const chosen = boxes(form).filter((box) => box.checked);
    const sums = {};
    chosen.forEach((box) => { sums[box.dataset.currency] = (sums[box.dataset.currency] || 0) + Number(box.dataset.minor); });
    const amounts = Object.entries(sums).map(([currency, minor]) => {
      const places = new Intl.NumberFormat("es-MX", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
      return `${new Intl.NumberFormat("es-MX", { minimumFractionDigits: places }).format(minor / 10 ** places)} ${currency}`;
    });
    const words = chosen.length === 1 ? bar.dataset.one : `${chosen.length} ${bar.dataset.many}`;
    bar.textContent = chosen.length ? `${words}: ${amounts.join(" + ")}` : bar.dataset.none;
    const all = form.querySelector("[data-all]");
    if (all) { all.hidden = false; all.checked = chosen.length > 0 && chosen.length === boxes(form).length; }
  };
  const every = () => document.querySelectorAll("form[data-choice]").forEach(say);
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-choice]");
    if (!form) return;
    if (event.target.matches("[data-all]")) boxes(form).forEach((box) => { box.checked = event.target.checked; });
    say(form);
  });
  document.addEventListener("htmx:afterSwap", every);
  window.addEventListener("pageshow", every);
  every();
})();
