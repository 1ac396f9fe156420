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
