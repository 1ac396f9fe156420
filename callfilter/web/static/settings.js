// One more empty line for an own number or a trunk; without this, saving gives the next one.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-adds]");
  if (!button) return;
  const lines = document.getElementById(button.dataset.adds);
  const line = lines.lastElementChild.cloneNode(true);
  for (const input of line.querySelectorAll("input")) input.value = "";
  lines.append(line);
  line.querySelector("input").focus();
});
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button[data-adds]")) button.hidden = false;
});
