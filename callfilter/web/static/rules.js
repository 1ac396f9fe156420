// Rules dragged to another place, moved by Alt and arrow keys, and fields marked as wrong. The page works without it.
"use strict";

(() => {
  let dragged = null;

  const lines = (line) => [...line.parentElement.querySelectorAll(":scope > .line[draggable]")];

  const move = (line, other) => {
    const form = line.querySelector("form");
    const start = Number(line.parentElement.getAttribute("start")) - 1;
    const values = Object.fromEntries(new FormData(form));
    values.do = "place";
    values.place = String(start + lines(line).indexOf(other));
    htmx.ajax("POST", "/rules/change", { source: form, values, target: "#rules", swap: "outerHTML" });
  };

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".line[draggable]");
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.(".line[draggable]");
    document.querySelectorAll(".line.over").forEach((line) => line.classList.remove("over"));
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    if (over !== dragged) over.classList.add("over");
  });
  document.addEventListener("drop", (event) => {
    const over = event.target.closest?.(".line[draggable]");
    if (!dragged || !over || over === dragged || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    move(dragged, over);
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    document.querySelectorAll(".line.over").forEach((line) => line.classList.remove("over"));
  });

  document.addEventListener("keydown", (event) => {
    const name = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const line = event.altKey && name && event.target.closest(".line[draggable]");
    if (!line) return;
    event.preventDefault();
    const button = document.getElementById(`${line.id}-${name}`);
    button.focus();
    // A line that has come just now may not be htmx's yet: its form would be sent by the browser itself.
    htmx.process(line);
    button.click();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
    const drop = event.target.closest(".drop");
    if (!drop) return;
    const row = drop.closest(".condition");
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (next?.querySelector("select") || document.getElementById("name")).focus();
    document.getElementById("name").dispatchEvent(new Event("change", { bubbles: true }));
  });

  const mark = () => {
    document.querySelectorAll(".condition .drop").forEach((drop) => { drop.hidden = false; });
    document.querySelectorAll("[aria-describedby*=fault-]").forEach((field) => {
      const slot = document.getElementById(field.getAttribute("aria-describedby").split(" ").find((id) => id.startsWith("fault-")));
      if (slot && slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    });
  };
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("DOMContentLoaded", mark);
})();
