// Dividing an amount over documents: what is left runs along, Enter fills a row with what fits, arrows move between rows.
(() => {
  "use strict";
  document.querySelectorAll("form[data-split]").forEach((form) => {
    const places = Number(form.dataset.places);
    const mark = form.dataset.decimal;
    const parts = [...form.querySelectorAll("input[data-part]")];
    const total = form.querySelector("[data-total]");
    const out = form.querySelector("[data-left]");
    const said = form.querySelector("[data-given]");

    // minor units of what was typed, null when it is not an amount; the server has the last word
    function read(text) {
      const typed = text.replace(/[\s$€]/g, "");
      if (!typed) return 0n;
      const other = mark === "." ? "," : ".";
      const [whole, cents = ""] = typed.split(other).join("").split(mark);
      if (!/^[0-9]*$/.test(whole) || !/^[0-9]*$/.test(cents) || cents.length > places || whole.length > 15) return null;
      return BigInt((whole || "0") + cents.padEnd(places, "0"));
    }
    function write(minor, grouped) {
      const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, "0");
      const whole = places ? digits.slice(0, -places) : digits;
      const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, mark === "." ? "," : ".") : whole;
      return (minor < 0n ? "−" : "") + shown + (places ? mark + digits.slice(-places) : "");
    }
    const amount = () => (total.dataset.minor ? BigInt(total.dataset.minor) : read(total.value)) ?? 0n;
    const given = () => parts.reduce((sum, part) => sum + (read(part.value) ?? 0n), 0n);

    function refresh() {
      const left = amount() - given();
      out.textContent = write(left, true);
      out.classList.toggle("text-bad", left < 0n);
      out.classList.toggle("text-ok", left === 0n && given() > 0n);
      if (said) said.textContent = write(given(), true);
      parts.forEach((part) => {
        const minor = read(part.value);
        part.classList.toggle("is-invalid", minor === null || minor > BigInt(part.dataset.limit));
      });
    }
    function fill(part) {
      const others = given() - (read(part.value) ?? 0n);
      const limit = BigInt(part.dataset.limit);
      const left = amount() - others;
      const fits = left < limit ? left : limit;
      part.value = fits > 0n ? write(fits, false) : "";
      refresh();
    }
    form.addEventListener("input", refresh);
    form.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-fill]") : null;
      if (button) fill(form.querySelector(`input[name="${CSS.escape(button.dataset.fill)}"]`));
      if (event.target instanceof Element && event.target.closest("[data-clear]")) {
        parts.forEach((part) => { part.value = ""; });
        refresh();
      }
    });
    form.addEventListener("keydown", (event) => {
      const at = parts.indexOf(event.target);
      if (at < 0) return;
      const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
      if (!step || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      if (event.key === "Enter" && !event.target.value) fill(event.target);
      const next = parts[at + step];
      if (next) { next.focus(); next.select(); } else if (step > 0) form.querySelector("[data-send]")?.focus();
    });
    refresh();
  });
})();
