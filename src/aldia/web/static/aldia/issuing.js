// Writing a document: rows come and go, codes are searched while they are typed, and every pause saves the draft and
// brings its totals from the server. Without this the same buttons post and the page is drawn again.
(() => {
  "use strict";
  const form = document.getElementById("doc");
  if (!form) return;
  const HEADERS = { "X-Requested-With": "fetch" };
  let timer = 0;
  let sending = null; // the request on its way
  let again = false; // something changed meanwhile
  let stopped = false; // somebody else saved: nothing is sent until the page is loaded anew

  // totals and saving
  function soon(wait = 600) {
    clearTimeout(timer);
    if (!stopped && form.dataset.calculate) timer = setTimeout(send, wait);
  }
  async function send() {
    clearTimeout(timer);
    if (sending) { again = true; return sending; }
    const body = new FormData(form);
    body.set("save", "1");
    form.classList.add("is-saving");
    sending = fetch(form.dataset.calculate, { method: "POST", headers: HEADERS, body, credentials: "same-origin" })
      .then(async (answer) => {
        if (answer.status === 409) { stopped = true; say(document.documentElement.dataset.conflictText); return; }
        if (!answer.ok || answer.redirected) { say(document.documentElement.dataset.errorText); return; }
        put(await answer.text());
      })
      .catch(() => say(document.documentElement.dataset.offlineText))
      .finally(() => {
        sending = null;
        form.classList.remove("is-saving");
        if (again) { again = false; soon(100); }
      });
    return sending;
  }
  function put(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const panel = box.content.querySelector("#panel");
    if (!panel) return;
    document.getElementById("panel").replaceWith(panel);
    if (panel.dataset.here && panel.dataset.here !== location.pathname) history.replaceState(null, "", panel.dataset.here);
    amounts();
  }
  function amounts() {
    const found = new Map([...document.querySelectorAll("#panel data")].map((each) => [each.value, each.textContent]));
    form.querySelectorAll("[data-amount-of]").forEach((out) => { out.textContent = found.get(out.dataset.amountOf) || "—"; });
  }
  function say(text) {
    const saved = document.querySelector("#panel .doc-saved");
    if (saved && text) saved.textContent = text;
  }
  form.addEventListener("input", (event) => { if (!event.target.closest("[data-quiet]")) soon(); });
  form.addEventListener("change", (event) => {
    if (event.target.name === "method") terms(event.target.value);
    soon(200);
  });
  form.addEventListener("click", (event) => { // the preview opens beside, so that writing goes on here
    const button = event.target.closest('button[value="preview"]');
    if (!button || !form.dataset.calculate) return;
    event.preventDefault();
    const tab = window.open("", "_blank");
    send().then(() => {
      const url = document.getElementById("panel").dataset.preview;
      if (tab && url) tab.location = url;
      else tab?.close();
    });
  });
  let sure = false;
  form.addEventListener("submit", (event) => { // a save on its way ends first: its version is the one to send
    const button = event.submitter;
    if (button?.dataset.add || button?.hasAttribute("data-remove")) return;
    clearTimeout(timer);
    if (!sending || sure) return;
    event.preventDefault();
    again = false;
    sending.finally(() => { clearTimeout(timer); sure = true; form.requestSubmit(button); });
  });
  function terms(method) {
    const how = form.elements.form;
    if (!how) return;
    if (method === "PPD") how.value = "99";
    else if (how.value === "99") how.value = [...how.options].some((each) => each.value === "03") ? "03" : "";
  }

  // rows
  const fresh = (letter) => letter + crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");
  function add(name) {
    const token = fresh(name[0]);
    const box = document.createElement("template");
    box.innerHTML = document.getElementById(`mould-${name}`).innerHTML.replaceAll("mould", token);
    const row = box.content.firstElementChild;
    form.querySelector(`[data-rows="${name}"]`).append(row);
    row.querySelectorAll("[data-catalogue], [data-concepts], [data-documents]").forEach(arm);
    row.querySelector("textarea, input:not([type=hidden])")?.focus();
    return row;
  }
  form.addEventListener("click", (event) => {
    const adding = event.target.closest("[data-add]");
    const removing = event.target.closest("[data-remove]");
    const going = event.target.closest("[data-goto]");
    if (adding) { event.preventDefault(); add(adding.dataset.add); }
    if (removing) {
      event.preventDefault();
      const row = removing.closest("[data-row]");
      const home = row.parentElement;
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      if (home.dataset.rows === "line" && !home.children.length) add("line");
      else (next?.querySelector("textarea, input:not([type=hidden])") || form.querySelector(`[data-add="${home.dataset.rows}"]`))?.focus();
      soon(100);
    }
    if (going) {
      const field = document.getElementById(going.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.closest("details")?.setAttribute("open", "");
      field.scrollIntoView({ block: "center" });
      field.focus();
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const button = form.querySelector('button[value="stamp"]');
      if (button && !button.disabled) form.requestSubmit(button);
      return;
    }
    const field = event.target;
    if (field.matches("button, a, summary") || field.tagName === "TEXTAREA" && event.shiftKey) return;
    event.preventDefault();
    const row = field.closest('[data-rows="line"] > [data-row]');
    if (!row || event.defaultPrevented && field.getAttribute("aria-expanded") === "true") return;
    if (/-(unit_price|discount|iva)$/.test(field.name) && !row.nextElementSibling) add("line");
    else onTo(field);
  });
  function onTo(field) { // as Tab does: what is there is ready to be typed over
    const next = following(field);
    next?.focus();
    if (next?.tagName === "INPUT") next.select();
  }
  function following(field) {
    const all = [...form.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((each) => each.offsetParent);
    return all[all.indexOf(field) + 1];
  }

  // codes, concepts and documents found while they are typed
  let numbers = 0;
  function arm(input) {
    const home = input.closest(".combo");
    if (!home) return;
    const list = document.createElement("ul");
    list.className = "combo-list";
    list.id = `combo-${++numbers}`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels?.[0]?.textContent || "");
    list.hidden = true;
    home.append(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");
    let wait = 0;
    let asked = 0;
    const options = () => [...list.querySelectorAll("li[data-value]")];
    const chosen = () => list.querySelector('[aria-selected="true"]');
    const show = (on) => { list.hidden = !on; input.setAttribute("aria-expanded", String(on)); if (!on) input.removeAttribute("aria-activedescendant"); };
    function mark(option) {
      chosen()?.removeAttribute("aria-selected");
      if (!option) return;
      option.setAttribute("aria-selected", "true");
      option.id ||= `${list.id}-${options().indexOf(option)}`;
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
    async function ask() {
      const mine = ++asked;
      const text = input.value.trim();
      if (!text && input.hasAttribute("data-concepts")) { show(false); return; }
      const base = input.dataset.catalogue ? `${form.dataset.codes}?catalogue=${input.dataset.catalogue}` : input.hasAttribute("data-concepts") ? `${form.dataset.concepts}?` : form.dataset.documents;
      const answer = await fetch(`${base}&q=${encodeURIComponent(text.slice(0, 100))}`, { headers: HEADERS, credentials: "same-origin" }).catch(() => null);
      if (mine !== asked || !answer?.ok || document.activeElement !== input) return;
      list.innerHTML = await answer.text();
      show(list.children.length > 0);
    }
    function take(option) {
      input.value = option.dataset.value;
      const script = option.querySelector("script");
      if (script) fill(input, JSON.parse(script.textContent));
      named(input, option.querySelector("span")?.textContent || "");
      show(false);
      asked += 1;
      soon(100);
    }
    input.addEventListener("input", () => { clearTimeout(wait); named(input, ""); wait = setTimeout(ask, 180); });
    input.addEventListener("focus", () => { if (input.hasAttribute("data-documents") && !input.value) ask(); });
    input.addEventListener("blur", () => { clearTimeout(wait); asked += 1; setTimeout(() => show(false), 150); });
    input.addEventListener("keydown", (event) => {
      const all = options();
      if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); event.preventDefault(); show(false); return; }
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!list.hidden || !input.hasAttribute("data-concepts"))) {
        event.preventDefault();
        if (list.hidden) { ask(); return; }
        const at = all.indexOf(chosen());
        mark(all[(at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + all.length) % all.length]);
      } else if (event.key === "Enter" && !list.hidden && (chosen() || !input.hasAttribute("data-concepts") && all.length)) {
        event.preventDefault();
        event.stopPropagation();
        take(chosen() || all[0]);
        onTo(input);
      }
    });
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("li[data-value]");
      if (option) take(option);
    });
  }
  function fill(input, values) {
    const row = input.closest("[data-row]");
    for (const [name, value] of Object.entries(values)) {
      const field = form.elements[`${row.dataset.row}-${name}`];
      if (!field) continue;
      if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === value)) field.add(new Option(value, value));
      field.value = value;
    }
  }
  function named(input, text) {
    if (!input.dataset.catalogue) return;
    let said = input.parentElement.querySelector(".combo-said");
    if (!said) {
      said = document.createElement("span");
      said.className = "combo-said";
      input.after(said);
    }
    said.textContent = text;
    said.title = text;
  }
  form.querySelectorAll("[data-catalogue], [data-concepts], [data-documents]").forEach((input) => {
    arm(input);
    if (input.dataset.name) named(input, input.dataset.name);
  });
  amounts();
})();
