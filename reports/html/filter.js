"use strict";
// Adds a filter to each long list. Without scripts the page is complete;
// nothing here fetches or stores anything.
for (const list of document.querySelectorAll("[data-filter]")) {
  const items = [...list.querySelectorAll("[data-item]")];
  if (items.length < 8) continue;
  const label = document.createElement("label");
  label.className = "filter";
  label.append(list.dataset.filter + " ");
  const input = document.createElement("input");
  input.type = "search";
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  label.append(input, " ", count);
  (list.closest(".scroll") ?? list).before(label);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((w) => text.includes(w));
      if (!item.hidden) shown++;
    }
    for (const group of list.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-item]:not([hidden])");
      if (words.length && group.tagName === "DETAILS") group.open = !group.hidden;
    }
    count.textContent = words.length ? shown + " " + document.body.dataset.of + " " + items.length : "";
  });
}
// A link into a closed fold opens it.
function reveal() {
  let target = null;
  try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
  if (!target) return;
  for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
