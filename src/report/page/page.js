
"use strict";
// The page is whole without this: it sorts samples and enlarges pictures.
for (const grid of document.querySelectorAll(".samples")) {
  const label = document.createElement("label");
  label.className = "order";
  label.append("Order: ");
  const select = document.createElement("select");
  for (const key of ["index", "activation", "step"]) {
    select.append(new Option(key, key));
  }
  select.addEventListener("change", () => {
    const value = (figure) => Number(figure.dataset[select.value]);
    const sorted = [...grid.children].sort((a, b) => value(a) - value(b));
    grid.append(...sorted);
  });
  label.append(select);
  grid.before(label);
}
const dialog = document.createElement("dialog");
dialog.addEventListener("click", () => dialog.close());
document.body.append(dialog);
for (const picture of document.querySelectorAll(".grid img")) {
  picture.style.cursor = "zoom-in";
  picture.addEventListener("click", () => {
    const caption = document.createElement("p");
    caption.textContent = picture.title;
    dialog.replaceChildren(picture.cloneNode(), caption);
    dialog.showModal();
  });
}
