// Accepting many: tick them all, count what is ticked, and send them in small parts with a bar that says how far it is.
(() => {
  "use strict";
  const form = document.querySelector("form[data-bulk-accept]");
  if (!form) return;
  const PART = 20;
  const boxes = () => [...form.querySelectorAll("input[data-tick]")];
  const head = form.querySelector("input[data-tick-all]");
  const count = form.querySelector("[data-ticked]");
  const button = form.querySelector("button[type=submit]");

  function refresh() {
    const ticked = boxes().filter((box) => box.checked).length;
    head.checked = ticked > 0 && ticked === boxes().length;
    head.indeterminate = ticked > 0 && ticked < boxes().length;
    count.hidden = false;
    count.textContent = ticked;
    button.disabled = ticked === 0;
  }
  form.addEventListener("change", (event) => {
    if (event.target === head) boxes().forEach((box) => { box.checked = head.checked; });
    refresh();
  });

  form.addEventListener("submit", async (event) => {
    const ticked = boxes().filter((box) => box.checked);
    if (form.dataset.sent || ticked.length <= PART) return; // the browser sends it, all at once
    event.preventDefault();
    form.dataset.sent = "1";
    button.disabled = true;
    const bar = form.querySelector("progress[data-sent]");
    bar.max = ticked.length;
    form.querySelector("[data-sending]").hidden = false;
    for (let at = 0; at < ticked.length; at += PART) {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      ticked.slice(at, at + PART).forEach((box) => {
        body.append("id", box.value);
        body.append("seen", box.parentElement.querySelector("input[name=seen]").value);
      });
      try {
        const answer = await fetch(form.action, { method: "POST", headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", body });
        if (!answer.ok) throw new Error(String(answer.status));
        keep(await answer.json());
      } catch { break; } // what was accepted until now is told on the next page; the rest is still there
      bar.value = at + PART;
    }
    form.querySelectorAll("input[name=id], input[name=seen]").forEach((each) => { each.disabled = true; });
    form.submit();
  });

  // what came of a part, for the page that says how all of it ended
  function keep(said) {
    for (const [name, values] of Object.entries(said)) {
      for (const value of values) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = value;
        form.append(field);
      }
    }
  }
  refresh();
})();
