// What every page needs beside htmx: the menu on small screens. No page depends on it.
"use strict";

document.documentElement.classList.add("scripted");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.menu");
  if (!button) return;
  const open = document.getElementById("menu").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
});
