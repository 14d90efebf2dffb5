// Matching by hand: what is chosen grows beside the search, and what is left runs along. The server has the last word.
(() => {
  "use strict";
  const form = document.querySelector("form[data-desk]");
  if (!form) return;
  const places = Number(form.dataset.places);
  const mark = form.dataset.decimal;
  const picked = form.querySelector("[data-picked]");
  const bar = form.querySelector("[data-total-bar]");
  const search = form.querySelector("[data-desk-search]");
  const rest = form.querySelector("[data-rest]");
  const apply = form.querySelector("[data-apply]");
  const word = form.querySelector("[data-left-word]");

  // minor units of what was typed, null when it is not an amount
  function read(text) {
    const typed = text.replace(/[\s$€]/g, "");
    if (!typed) return 0n;
    const other = mark === "." ? "," : ".";
    const parts = typed.split(other).join("").split(mark);
    const [whole, cents = ""] = parts;
    if (parts.length > 2 || !/^[0-9]*$/.test(whole) || !/^[0-9]*$/.test(cents) || cents.length > places || whole.length > 15) return null;
    return BigInt((whole || "0") + cents.padEnd(places, "0"));
  }
  function write(minor, grouped) {
    const digits = String(minor < 0n ? -minor : minor).padStart(places + 1, "0");
    const whole = places ? digits.slice(0, -places) : digits;
    const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, mark === "." ? "," : ".") : whole;
    const bare = shown + (places ? mark + digits.slice(-places) : "");
    return (minor < 0n ? "−" : "") + (grouped ? form.dataset.before + bare + form.dataset.after : bare);
  }
  const sum = (selector) => [...form.querySelectorAll(selector)].reduce((all, field) => all + (read(field.value) ?? 0n), 0n);
  const total = () => [...form.querySelectorAll("[data-also]:checked")].reduce((all, box) => all + BigInt(box.dataset.also), BigInt(form.dataset.left));
  const given = () => sum("[data-amount]") - sum("[data-minus]");
  const lines = () => [...picked.querySelectorAll("[data-line]")];
  const field = (line, name) => line.querySelector(`[data-${name}]`);
  const typed = (line) => field(line, "pay") || field(line, "known");

  function judge(line) {
    const amount = read(typed(line).value);
    const difference = read(field(line, "difference")?.value || "");
    const said = field(line, "line-error");
    const bad = amount === null || difference === null;
    const over = !bad && line.dataset.limit !== "" && amount + difference > BigInt(line.dataset.limit);
    typed(line).classList.toggle("is-invalid", bad || over);
    said.classList.toggle("d-block", bad || over);
    said.textContent = bad ? said.dataset.bad : over ? said.dataset.over : "";
  }
  function refresh() {
    lines().forEach(judge);
    const left = total() - given();
    form.querySelector("[data-total]").textContent = write(total(), true);
    form.querySelector("[data-given]").textContent = write(given(), true);
    form.querySelector("[data-left-amount]").textContent = write(left < 0n ? -left : left, true);
    form.querySelector("[data-rest-amount]").textContent = left > 0n ? write(left, true) : "—";
    const open = rest.value ? word.dataset.kept : word.dataset.missing;
    word.textContent = left < 0n ? word.dataset.over : left === 0n ? word.dataset.even : open;
    bar.classList.toggle("is-even", left === 0n || (left > 0n && rest.value !== ""));
    bar.classList.toggle("is-over", left < 0n);
    const whole = left <= 0n || rest.value !== "";
    apply.querySelector("span").textContent = whole ? apply.dataset.whole : apply.dataset.part;
    const chosen = new Set(lines().map((line) => line.dataset.line));
    form.querySelectorAll("[data-add]").forEach((row) => row.classList.toggle("is-picked", chosen.has(row.dataset.add)));
  }
  function fits(line) {
    const own = read(typed(line).value) ?? 0n;
    if (line.dataset.limit === "") return total() - given() + own; // in another currency: its own limit is no limit here
    const difference = read(field(line, "difference")?.value || "") ?? 0n;
    const room = BigInt(line.dataset.limit) - difference;
    const left = total() - given() + own;
    const most = left < room ? left : room;
    return most > 0n ? most : 0n;
  }
  function add(button) {
    const known = lines().find((line) => line.dataset.line === button.dataset.add);
    if (known) { typed(known).focus(); typed(known).select(); return; }
    const mould = button.parentElement.querySelector("template");
    if (!mould) return;
    picked.append(mould.content.cloneNode(true));
    const line = lines().at(-1);
    const most = field(line, "known") ? BigInt(line.dataset.limit) : fits(line);
    typed(line).value = most ? write(most, false) : "";
    refresh();
  }
  function settle(line) { // the difference is what the document still owes once paid
    const owed = BigInt(line.dataset.limit) - (read(typed(line).value) ?? 0n);
    field(line, "difference").value = owed > 0n ? write(owed, false) : "";
    refresh();
    field(line, "why")?.focus();
  }

  form.addEventListener("input", refresh);
  form.addEventListener("change", refresh);
  form.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    const button = at?.closest("[data-add]");
    if (button) { event.preventDefault(); add(button); return; }
    const drop = at?.closest("[data-drop]");
    if (drop) { event.preventDefault(); drop.closest("[data-line]").remove(); refresh(); search.focus(); return; }
    if (at?.closest("[data-desk-clear]")) { lines().forEach((line) => line.remove()); rest.value = ""; refresh(); return; }
    const filler = at?.closest("[data-fill-difference]");
    if (filler) { settle(filler.closest("[data-line]")); return; }
    const to = at?.closest("[data-rest-to]");
    if (to) {
      if (![...rest.options].some((option) => option.value === to.dataset.restTo)) rest.add(new Option(to.dataset.restName, to.dataset.restTo));
      rest.value = to.dataset.restTo;
      refresh();
    }
  });
  const found = () => [...form.querySelectorAll("[data-add]")];
  let answered = search.value; // the words that the list answers
  let wish = ""; // the key of somebody who types faster than it
  function follow(key) {
    wish = search.value === answered ? "" : key;
    if (wish) return;
    if (key === "ArrowDown") found()[0]?.focus();
    const first = found().find((row) => !row.classList.contains("is-picked"));
    if (key === "Enter" && first) add(first);
  }
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); apply.click(); return; }
    const rows = found();
    const at = rows.indexOf(event.target);
    if (event.target === search) {
      if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); follow(event.key); }
      return;
    }
    if (at >= 0) {
      if (event.key === "ArrowDown") { event.preventDefault(); rows[at + 1]?.focus(); }
      if (event.key === "ArrowUp") { event.preventDefault(); (rows[at - 1] || search).focus(); }
      if (event.key === "Escape") { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    const line = event.target.closest?.("[data-line]");
    if (line && event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      if (event.target === typed(line) && !event.target.value) { const most = fits(line); event.target.value = most ? write(most, false) : ""; refresh(); }
      const all = lines();
      const next = all[all.indexOf(line) + 1];
      if (next) { typed(next).focus(); typed(next).select(); } else apply.focus();
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
    }
  });
  search.addEventListener("input", () => { wish = ""; });
  document.addEventListener("htmx:afterSettle", (event) => {
    refresh();
    if (event.detail.requestConfig?.elt !== search) return;
    answered = event.detail.requestConfig.parameters.q;
    if (wish) follow(wish);
  });
  refresh();
})();
