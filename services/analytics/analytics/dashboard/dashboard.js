// What the page does beside being read: tables are sorted by their heads, and printed with everything open.
// A bookmark of a named period stays one: dates that nobody changed are not sent with it.
"use strict";

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = table.dataset.sortable;
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = column === 0 ? "ascending" : "descending";
      const other = column === 0 ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.order;
      const compare = column === 0
        ? (one, other) => value(one).localeCompare(value(other), document.documentElement.lang)
        : (one, other) => Number(value(one)) - Number(value(other));
      body.append(...[...body.rows].sort((one, other) => sign * compare(one, other)));
    });
  });
}

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    part.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-printed]")) {
    part.open = false;
    delete part.dataset.printed;
  }
});

const filters = document.getElementById("filters");
if (filters) {
  filters.addEventListener("formdata", ({ formData }) => {
    const dates = ["from", "until"];
    const changed = dates.some((name) => filters.elements[name].value !== filters.elements[name].defaultValue);
    if (formData.has("period")) {
      (changed ? ["period"] : dates).forEach((name) => formData.delete(name));
    }
    for (const name of ["source", "team", "owner"]) {
      if (!formData.get(name)) formData.delete(name);
    }
    if (formData.get("basis") === "cohort") formData.delete("basis");
  });
}
