// What the pages of the house do beyond links and forms. Everything here only makes quicker what works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const on = (type, selector, run) => document.addEventListener(type, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target) run(event, target);
  });
  const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content || "";

  // htmx: the token of the session, the thin bar, and where a failed request says so
  let waiting = 0;
  const busy = (step) => { waiting = Math.max(0, waiting + step); root.classList.toggle("is-loading", waiting > 0); };
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrf();
    if (event.detail.verb !== "get") return;
    for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
  });
  document.addEventListener("htmx:beforeRequest", () => busy(1));
  document.addEventListener("htmx:afterRequest", () => busy(-1));
  document.addEventListener("htmx:responseError", (event) => {
    const said = root.dataset.errorText;
    toast(event.detail.xhr.status === 409 ? root.dataset.conflictText || said : said, "danger");
  });
  document.addEventListener("htmx:sendError", () => toast(root.dataset.offlineText, "warning"));
  document.addEventListener("aldia:messages", (event) => {
    (event.detail.value || []).forEach((item) => toast(item.text, item.level));
  });
  // a list swapped in place keeps the keyboard where it was: on the link of the same address
  let held = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const focused = document.activeElement;
    held = event.detail.target?.contains(focused) ? focused.getAttribute("href") || "" : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    refreshSelections();
    if (held) document.querySelector(`main a[href="${CSS.escape(held)}"]`)?.focus();
    held = "";
  });

  // toasts
  function toast(text, level) {
    const home = document.getElementById("toasts");
    const mould = document.getElementById("toast-mould");
    if (!home || !mould || !text) return;
    const node = mould.content.firstElementChild.cloneNode(true);
    node.classList.add(`alert-${level || "info"}`);
    node.dataset.level = level || "info";
    node.querySelector("[data-text]").textContent = text;
    home.append(node);
    settle(node);
  }
  function settle(node) {
    if (node.dataset.level === "danger" || node.dataset.level === "warning") return;
    let timer = setTimeout(() => node.remove(), 7000);
    node.addEventListener("mouseenter", () => clearTimeout(timer));
    node.addEventListener("mouseleave", () => { timer = setTimeout(() => node.remove(), 3000); });
  }
  document.querySelectorAll("#toasts > [data-level]").forEach(settle);
  on("click", "[data-dismiss]", (event, button) => button.closest(".alert")?.remove());

  // theme: applied at once, kept in the person's account
  on("click", "[data-theme-choice]", (event, button) => {
    event.preventDefault();
    const wish = button.dataset.themeChoice;
    window.aldiaTheme?.(wish);
    document.querySelectorAll("[data-theme-choice]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.themeChoice === wish)));
    const form = button.closest("form");
    if (form) fetch(form.action, { method: "POST", headers: { "X-CSRFToken": csrf(), "X-Requested-With": "fetch" }, body: new URLSearchParams({ theme: wish }) });
  });
  on("change", "input[name=theme][data-live]", (event, input) => window.aldiaTheme?.(input.value));

  // keyboard: "/" searches, "?" shows the shortcuts, "g" and a letter goes to a section
  let lead = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (writing) return;
    if (event.key === "/") {
      const box = document.querySelector("[data-search]");
      const link = document.querySelector("[data-search-link]");
      if (box || link) event.preventDefault();
      if (box) { box.focus(); box.select(); } else link?.click();
    } else if (event.key === "?") {
      document.getElementById("shortcuts")?.togglePopover();
    } else if (event.key === "g") {
      lead = Date.now();
    } else if (Date.now() - lead < 1200) {
      lead = 0;
      document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    }
  });

  // filters send themselves; links of the tools stay usable without this
  on("click", "[data-filters]", (event, button) => button.setAttribute("aria-expanded", String(button.form.classList.toggle("is-open"))));
  on("change", "[data-autosubmit]", (event, field) => field.form?.requestSubmit());
  on("change", "[data-columns]", (event, field) => field.form?.requestSubmit());

  // many rows at once
  function refreshSelections() {
    document.querySelectorAll("[data-bulk]").forEach((bar) => {
      const id = bar.getAttribute("id"); // not bar.id: rows are inputs named "id", and a form gives its inputs by name
      const boxes = [...document.querySelectorAll(`input.row-check[form="${id}"]`)];
      const chosen = boxes.filter((box) => box.checked);
      const head = document.querySelector(`input[data-check-all="${id}"]`);
      const everything = bar.querySelector('input[name="all"]');
      if (everything && chosen.length < boxes.length) everything.checked = false;
      bar.hidden = chosen.length === 0;
      const count = bar.querySelector("[data-count]");
      if (count) count.textContent = everything?.checked ? everything.dataset.total : chosen.length;
      const offer = bar.querySelector("[data-offer-all]");
      if (offer) offer.hidden = chosen.length < boxes.length;
      if (head) { head.checked = boxes.length > 0 && chosen.length === boxes.length; head.indeterminate = chosen.length > 0 && chosen.length < boxes.length; }
    });
  }
  on("change", "input.row-check", refreshSelections);
  on("change", 'input[name="all"]', refreshSelections);
  let last = null;
  on("click", "input.row-check", (event, box) => {
    const boxes = [...document.querySelectorAll(`input.row-check[form="${box.getAttribute("form")}"]`)];
    if (event.shiftKey && last && boxes.includes(last)) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
    refreshSelections();
  });
  on("change", "input[data-check-all]", (event, head) => {
    document.querySelectorAll(`input.row-check[form="${head.dataset.checkAll}"]`).forEach((box) => { box.checked = head.checked; });
    refreshSelections();
  });
  on("click", "[data-clear-selection]", (event, button) => {
    document.querySelectorAll(`input.row-check[form="${button.dataset.clearSelection}"]`).forEach((box) => { box.checked = false; });
    refreshSelections();
  });

  // a dialog opened by a mistake in its form stays open
  document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showPopover?.());
  on("click", "[data-print]", () => window.print());
  on("click", "[data-copy]", async (event, button) => {
    await navigator.clipboard?.writeText(button.dataset.copy);
    toast(button.dataset.copied, "success");
  });

  // files: drop many, see them go up
  on("dragover", "[data-dropzone]", (event, zone) => { event.preventDefault(); zone.classList.add("is-over"); });
  on("dragleave", "[data-dropzone]", (event, zone) => zone.classList.remove("is-over"));
  on("drop", "[data-dropzone]", (event, zone) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    const input = zone.querySelector('input[type="file"]');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  const chosen = (event, input) => {
    const form = input.form;
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    const said = form.querySelector("[data-chosen]");
    if (said) said.textContent = input.files.length ? `${input.files.length} · ${(size / 1048576).toFixed(1)} MB` : "";
    if (input.files.length && form.hasAttribute("data-send-at-once")) form.requestSubmit();
  };
  on("change", "[data-dropzone] input[type=file]", chosen);
  on("submit", "form[data-upload]", (event, form) => {
    event.preventDefault();
    const bar = form.querySelector("progress[data-sent]");
    const zone = form.querySelector("[data-upload-state]");
    if (zone) zone.hidden = false;
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", csrf());
    request.setRequestHeader("X-Requested-With", "upload");
    request.upload.onprogress = (progress) => { if (bar && progress.lengthComputable) { bar.max = progress.total; bar.value = progress.loaded; } };
    const over = (text) => { form.querySelectorAll("button").forEach((button) => { button.disabled = false; }); if (zone) zone.hidden = true; toast(text, "danger"); };
    request.onload = () => {
      if (request.status < 400) {
        window.location.assign(request.getResponseHeader("X-Location") || request.responseURL || form.action);
      } else {
        let text = root.dataset.errorText;
        try { text = JSON.parse(request.responseText).message || text; } catch { /* the page's own sentence */ }
        over(text);
      }
    };
    request.onerror = () => over(root.dataset.offlineText);
    request.send(new FormData(form));
  });

  refreshSelections();
  // files chosen before this script was there; a page that is loaded again keeps its old ones and does not send them
  const first = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  document.querySelectorAll("[data-dropzone] input[type=file]").forEach((input) => {
    if (first && input.files.length) chosen(null, input);
  });
})();
