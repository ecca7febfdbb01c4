// Two comforts for forms; without this script there is a button to press and boxes to tick.
"use strict";

(() => {
  // A long action that goes on step by step: its form submits itself.
  const form = document.querySelector("form[data-goon]");
  if (form) setTimeout(() => form.requestSubmit(), Number(form.dataset.goon) || 0);

  // A button that ticks all boxes of a name, or unticks them if all are ticked.
  for (const button of document.querySelectorAll("button[data-tick]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const boxes = [...document.querySelectorAll('input[type="checkbox"]')].filter(
        (box) => box.name === button.dataset.tick,
      );
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
    });
  }
})();
