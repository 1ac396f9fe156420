// Calls that come while the page is open. Without it the page shows those that had come before.
"use strict";

(() => {
  const list = document.getElementById("live");
  const state = document.getElementById("live-state");
  const MOST = 30;
  let source = null;
  let after = list.dataset.after;
  let counting = 0;

  const say = (word) => { if (state.textContent !== word) state.textContent = word; };

  const count = () => {
    clearTimeout(counting);
    counting = setTimeout(() => htmx.ajax("GET", "/today", { target: "#counts", swap: "outerHTML" }), 2000);
  };

  const show = (event) => {
    after = event.lastEventId > after ? event.lastEventId : after;
    const old = document.getElementById(`call-${event.lastEventId}`);
    if (old) {
      old.outerHTML = event.data;
      return;
    }
    document.getElementById("no-calls")?.remove();
    list.insertAdjacentHTML("afterbegin", event.data);
    list.firstElementChild.classList.add("fresh");
    while (list.children.length > MOST) list.lastElementChild.remove();
    count();
  };

  const open = () => {
    source = new EventSource(`/live?after=${encodeURIComponent(after)}`);
    source.addEventListener("open", () => say(state.dataset.on));
    source.addEventListener("call", show);
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) say(state.dataset.off); });
  };

  // A browser has only six connections to one place: a page that nobody sees keeps none.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (!source) {
      open();
    }
  });
  window.addEventListener("pagehide", () => source?.close());
  if (!document.hidden) open();
})();
