// Before the first paint: "auto" becomes what the system says. Everything else lives in aldia.js.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const wish = root.dataset.theme || "auto";
    root.dataset.bsTheme = wish === "auto" ? (system.matches ? "dark" : "light") : wish;
  };
  system.addEventListener("change", apply);
  window.aldiaTheme = (wish) => { root.dataset.theme = wish; apply(); };
  apply();
})();
