// Makes the lists of numbers nicer to use; everything works without.
"use strict";

const bulk = document.getElementById("bulk");
if (bulk) {
  const what = bulk.elements.what;
  const show = () => {
    for (const part of bulk.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(what.value);
    }
  };
  what.addEventListener("change", show);
  show();
  const all = document.getElementById("tick-all");
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=row]")) box.checked = all.checked;
  });
}

const sending = document.getElementById("import");
if (sending) {
  sending.addEventListener("submit", (event) => {
    const large = sending.elements.file.files[0]?.size > 32 * 1000 * 1000;
    document.getElementById("too-large").hidden = !large;
    document.getElementById("reading").hidden = large;
    if (large) event.preventDefault();
  });
}
