// Guided reconciliation by keyboard: the next movement is read ahead, each act is one request, and what the server
// answers is always what stays on the screen. Everything works without this, one page at a time.
(() => {
  "use strict";
  const HEADERS = { "X-Requested-With": "fetch" };
  const stage = () => document.getElementById("stage");
  if (!stage()) return;

  let ahead = null; // { url, html } of the movement that follows
  let sending = null; // the act on its way
  let wanted = null; // what was pressed meanwhile: it runs if the movement is still the one that was seen

  const stamp = () => stage().dataset.stamp;
  const chosen = () => stage().querySelector("#primary input[type=radio]:checked")?.value;

  function put(html, said) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const next = box.content.querySelector("#stage");
    if (!next) return false;
    next.querySelectorAll("[autofocus]").forEach((each) => { each.removeAttribute("autofocus"); each.dataset.first = ""; });
    stage().replaceWith(next);
    const title = document.getElementById("stage-title");
    title?.focus({ preventScroll: true });
    if (next.dataset.here) history.replaceState(null, "", next.dataset.here);
    const live = document.getElementById("stage-said");
    if (live) live.textContent = said || [...next.querySelectorAll(".stage-count span:first-child, #stage-title, .choice:has(:checked) b")].map((each) => each.textContent.trim()).join(". ");
    return true;
  }

  async function read(url) {
    const answer = await fetch(url, { headers: HEADERS, credentials: "same-origin" });
    if (!answer.ok || answer.redirected && !answer.url.includes("/guiada/")) throw new Error(String(answer.status));
    return answer.text();
  }

  function readAhead() {
    const url = stage().dataset.next;
    if (!url || ahead?.url === url) return;
    const mine = { url, html: "" };
    ahead = mine;
    read(url).then((html) => { mine.html = html; }).catch(() => { if (ahead === mine) ahead = null; });
  }

  async function walk(url) {
    if (sending) { wanted = { stamp: stamp(), run: () => walk(url) }; return; }
    try {
      const html = ahead?.url === url && ahead.html ? ahead.html : await read(url);
      if (!put(html)) throw new Error("no stage");
      scrollTo({ top: 0 });
      readAhead();
    } catch { location.assign(url); }
  }

  async function act(form, button) {
    if (sending) { wanted = { stamp: stamp(), run: () => again(form) }; return; }
    if (!form.reportValidity()) return;
    const before = stage();
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    const goes = form.dataset.act === "go";
    sending = fetch(form.action, { method: "POST", headers: HEADERS, credentials: "same-origin", body });
    let shown = "";
    document.querySelectorAll("dialog:popover-open").forEach((dialog) => dialog.hidePopover());
    if (goes && ahead?.html && ahead.url === before.dataset.next && put(ahead.html)) shown = stamp();
    stage().classList.add("is-sending");
    let answer;
    let html;
    try {
      answer = await sending;
      html = await answer.text();
    } catch {
      stage().replaceWith(before);
      fail(document.documentElement.dataset.offlineText);
      return;
    }
    sending = null;
    const mark = shown && shown === stamp() ? chosen() : null;
    if (!(answer.ok || answer.status === 409) || !put(html)) {
      location.reload();
      return;
    }
    ahead = null;
    settle(shown, mark, answer.ok);
  }

  // the person may already have chosen, or pressed, on the movement that was read ahead
  function settle(shown, mark, done) {
    const waiting = wanted;
    wanted = null;
    if (!done) { stage().querySelector(".alert")?.scrollIntoView({ block: "nearest" }); readAhead(); return; }
    if (shown && shown !== stamp() && waiting) { tell(stage().dataset.changed); readAhead(); return; }
    if (mark && shown === stamp()) tick(mark);
    readAhead();
    if (waiting && waiting.stamp === stamp()) waiting.run();
  }

  // a form of the stage that was replaced: its like in the one that is there now
  function again(form) {
    const same = form.id ? document.getElementById(form.id) : [...stage().querySelectorAll("form")].find((each) => each.getAttribute("action") === form.getAttribute("action"));
    if (same) act(same);
  }

  function fail(text) {
    sending = null;
    wanted = null;
    stage().classList.remove("is-sending");
    tell(text, "warning");
  }
  function tell(text, level) {
    document.dispatchEvent(new CustomEvent("aldia:messages", { detail: { value: [{ text, level: level || "warning" }] } }));
  }
  function tick(value) {
    const box = [...stage().querySelectorAll("#primary input[type=radio]")].find((each) => each.value === value);
    if (box && !box.disabled) { box.checked = true; return box; }
    return null;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("#stage form[data-act]");
    if (!form) return;
    event.preventDefault();
    act(form, event.submitter);
  });
  // on a phone the bar says what would be accepted
  document.addEventListener("change", (event) => {
    const choice = event.target instanceof Element && event.target.name === "choice" ? event.target.closest(".choice") : null;
    const pick = document.querySelector("[data-pick]");
    if (choice && pick) pick.textContent = [...choice.querySelectorAll(".choice-head b, .line-doc b")].slice(0, 4).map((each) => each.textContent).join(" ");
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#stage a[data-walk]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    walk(link.href);
  });

  // what a dialog focuses first, where the attribute that does it would pull the focus when the stage is put in
  document.addEventListener("toggle", (event) => {
    if (event.newState === "open") event.target.querySelector?.("[data-first]")?.focus();
  }, true);

  let lead = 0; // "g" and a letter goes to a section of the house: not ours
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (event.key === "?" && !at.closest("input:not([type=radio]), textarea, select")) {
      event.stopImmediatePropagation();
      document.getElementById("guided-help")?.togglePopover();
      return;
    }
    if (event.key === "Enter" && at.matches("#primary select")) { event.preventDefault(); press("a", event.repeat); return; }
    if (document.querySelector("dialog:popover-open") || at.closest("input:not([type=radio]), textarea, select, [contenteditable]")) return;
    if (event.key === "g") { lead = Date.now(); return; }
    if (Date.now() - lead < 1200) { lead = 0; return; }
    if (event.key === "Enter") {
      if (at.closest("a, button, summary")) return;
      event.preventDefault();
      press("a", event.repeat);
      return;
    }
    if (/^[1-5]$/.test(event.key)) {
      const boxes = [...stage().querySelectorAll("#primary input[type=radio]")];
      const box = boxes[Number(event.key) - 1];
      if (box && !box.disabled) { event.preventDefault(); box.click(); box.focus(); box.closest(".choice").scrollIntoView({ block: "nearest" }); }
      return;
    }
    if (event.key === "q") {
      event.preventDefault();
      stage().querySelector(".choice:has(:checked) [data-ask]")?.focus();
      return;
    }
    const radio = at.matches?.("input[type=radio]");
    const name = { ArrowRight: "s", ArrowLeft: "r" }[radio ? "" : event.key] || event.key.toLowerCase();
    if (!/^[asrdjxcz]$/.test(name)) return;
    event.preventDefault();
    press(name, event.repeat);
  }, true);

  function press(name, repeated) {
    if (repeated && name !== "s" && name !== "r") return; // a key held down accepts nothing by itself
    const button = name === "z" ? stage().querySelector("form[data-act=undo] button") : stage().querySelector(`[data-key="${name}"]`);
    if (button && !button.disabled) button.click();
  }

  readAhead();
})();
