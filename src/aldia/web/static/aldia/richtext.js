// A small editor of formatted words: what it holds goes along as `body_html`, which the server cleans.
(() => {
  "use strict";
  const root = document.querySelector("[data-rich]");
  if (!root) return;
  const rich = root.querySelector(".rich");
  const words = root.querySelector(".rich-words");
  const plain = root.querySelector(".rich-plain");
  const kept = root.querySelector('input[name="body_html"]');
  const form = words.closest("form");
  rich.hidden = false;
  plain.hidden = true;
  plain.querySelector("textarea").disabled = true;
  document.execCommand("defaultParagraphSeparator", false, "p");
  const keep = () => { kept.value = words.innerHTML; };
  words.innerHTML = kept.dataset.words; // cleaned by the server
  words.addEventListener("input", keep);
  form.addEventListener("formdata", (event) => event.formData.set("body_html", words.innerHTML));

  // pasted words keep no formatting of where they come from
  words.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  words.addEventListener("drop", (event) => event.preventDefault());

  let range = null; // where one was writing, for a button that was pressed by keyboard
  document.addEventListener("selectionchange", () => {
    const chosen = document.getSelection();
    if (chosen.rangeCount && words.contains(chosen.anchorNode)) {
      range = chosen.getRangeAt(0).cloneRange();
      for (const button of root.querySelectorAll("[aria-pressed]")) {
        button.setAttribute("aria-pressed", String(document.queryCommandState(button.dataset.format)));
      }
    }
  });
  function back() {
    words.focus();
    if (!range) return;
    const chosen = document.getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
  }
  root.addEventListener("mousedown", (event) => { if (event.target.closest("[data-format]")) event.preventDefault(); });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-format]");
    if (!button) return;
    back();
    if (button.dataset.format === "link") {
      const url = window.prompt(button.dataset.ask, "https://");
      if (!url || !/^(https?:\/\/|mailto:)\S+$/.test(url)) return;
      if (document.getSelection().isCollapsed) document.execCommand("insertText", false, url);
      else document.execCommand("createLink", false, url);
    } else {
      document.execCommand(button.dataset.format, false);
    }
    words.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // data are inserted here, not in the field that is put away
  form.addEventListener("click", (event) => {
    const chip = event.target instanceof Element ? event.target.closest("[data-insert]") : null;
    if (!chip) return;
    event.stopImmediatePropagation();
    back();
    document.execCommand("insertText", false, `{{ ${chip.dataset.insert} }}`);
  }, true);
})();
