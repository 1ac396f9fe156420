// What every page needs beside htmx: the menu on small screens, and a word where something that htmx asked for failed.
// No page depends on it.
"use strict";

document.documentElement.classList.add("scripted");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.menu");
  if (!button) return;
  const open = document.getElementById("menu").classList.toggle("open");
  button.setAttribute("aria-expanded", String(open));
});

(() => {
  const box = document.getElementById("failed");
  let path = "";

  const tell = (event, words) => {
    path = event.detail.pathInfo.requestPath;
    box.textContent = words;
    box.hidden = false;
  };

  // Our own page of an error says why; that of a proxy says nothing to whoever works here.
  const why = (xhr) => {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const sentences = page.querySelectorAll("#refused > h1, #refused > .why");
    return [...sentences].map((sentence) => sentence.textContent.trim()).join(" ");
  };

  document.addEventListener("htmx:responseError", (event) => tell(event, why(event.detail.xhr) || box.dataset.failed));
  document.addEventListener("htmx:sendError", (event) => tell(event, box.dataset.offline));

  // What the page asks for by itself goes on meanwhile, and takes no word away before it was read.
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { pathInfo, requestConfig, successful } = event.detail;
    if (successful && (requestConfig.verb !== "get" || pathInfo.requestPath === path)) box.hidden = true;
  });
})();
