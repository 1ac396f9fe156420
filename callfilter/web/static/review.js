// Messages in the inbox: one plays at a time, and where there is nothing to play the page says why.
"use strict";

document.addEventListener("play", (event) => {
  for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
}, true);

document.addEventListener("error", async (event) => {
  const audio = event.target;
  if (audio.tagName !== "AUDIO") return;
  const answer = await fetch(audio.src, { headers: { Accept: "text/plain" } });
  if (answer.ok) return;
  const told = audio.parentElement.querySelector(".fault");
  told.textContent = await answer.text();
  told.hidden = false;
  audio.hidden = true;
}, true);

// The numbers beside the menu's entry count along; the server counts again on the next page. Reported callers who
// called again are not counted.
document.addEventListener("htmx:afterSwap", (event) => {
  const { target, requestConfig } = event.detail;
  if (target.id === "rest") return;
  if (target.closest("[data-again]")) return;
  const back = requestConfig.path.startsWith("/review/undo/") ? 1 : 0;
  const step = target.querySelector(".notice.done") ? -1 : back;
  for (const badge of document.querySelectorAll(".badge")) {
    const count = Number(badge.textContent) + step;
    if (Number.isNaN(count)) continue;
    badge.textContent = String(count);
    badge.hidden = count < 1;
  }
});

// The cards behind the first ones come a moment later, when a link to one of them may have been followed already.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (`#${target.id}` === location.hash) target.scrollIntoView();
});
