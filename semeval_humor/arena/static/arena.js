// Everything works without this file. With it, keys vote, and nothing is sent twice.
"use strict";
(() => {
  const SETTING = "arena-keys";
  const keys = document.getElementById("keys");
  let busy = false;

  document.addEventListener("submit", (event) => {
    if (busy) event.preventDefault();
    busy = true;
  });

  // A page that comes back from the browser's memory shows a pair that was voted on.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  if (!keys) return;
  const remember = () => {
    document.documentElement.classList.toggle("by-keys", keys.checked);
    for (const button of document.querySelectorAll("[data-key]")) {
      if (keys.checked) button.setAttribute("aria-keyshortcuts", button.dataset.key);
      else button.removeAttribute("aria-keyshortcuts");
    }
  };
  keys.checked = localStorage.getItem(SETTING) !== "off";
  keys.closest("[hidden]").hidden = false;
  keys.addEventListener("change", () => {
    localStorage.setItem(SETTING, keys.checked ? "on" : "off");
    remember();
  });
  remember();

  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    for (const button of document.querySelectorAll("[data-key]")) {
      if (button.dataset.key === key && !button.disabled) {
        event.preventDefault();
        button.click();
      }
    }
  });
})();
