"use strict";
(() => {
  const make = (tag, text, settings = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
    return element;
  };
  const say = (text) => { document.getElementById("said").textContent = text; };

  // Appearance: as the system has it, light, or dark; kept for the next time where the browser allows it.
  const kept = {
    get() { try { return localStorage.getItem("appearance"); } catch { return null; } },
    set(value) { try { localStorage.setItem("appearance", value); } catch { /* a file may have no storage */ } },
  };
  const switcher = document.getElementById("appearance");
  const dress = (name) => {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    for (const button of switcher.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === name));
    }
  };
  switcher.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) { dress(button.value); kept.set(button.value); }
  });
  dress(["light", "dark"].includes(kept.get()) ? kept.get() : "system");
  switcher.hidden = false;

  // Contents: folded on a narrow screen, open in print.
  const contents = document.querySelector("nav details");
  const narrow = matchMedia("(max-width: 64rem)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  addEventListener("beforeprint", () => { contents.open = true; });
  addEventListener("afterprint", fold);

  // Tables: each column's heading sorts the rows, within their groups where there are any; up, down, as it was.
  const value = (text) => parseFloat(text.replace(/[,\u202f]/g, "").replaceAll("·", ".").replaceAll("−", "-").replace(/^[^\d.+-]+/, ""));
  const compare = (column) => {
    const key = (row) => row.cells[column].textContent.trim();
    return (rows) => {
      const numeric = rows.some((row) => row.cells[column].classList.contains("number"));
      return (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (!numeric) return x.localeCompare(y, "en", {numeric: true});
        return value(x) - value(y);
      };
    };
  };
  const isEmpty = (row, column) => {
    const cell = row.cells[column];
    return cell.classList.contains("number") && isNaN(value(cell.textContent.trim()));
  };
  const arrange = (body, original, column, direction) => {
    let part = [];
    const parts = [part];
    for (const row of original) {
      if (row.cells.length < 2) { part = []; parts.push([row], part); } else part.push(row);
    }
    for (const rows of parts) {
      if (direction && rows.length > 1) {
        const order = compare(column)(rows);
        rows.sort((a, b) => isEmpty(a, column) - isEmpty(b, column) || (isEmpty(a, column) ? 0 : direction * order(a, b)));
      }
      body.append(...rows);
    }
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0], original = Array.from(body.rows);
    const heads = Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells);
    heads.forEach((head, column) => {
      if (head.tagName !== "TH" || head.colSpan > 1) return;
      const button = make("button", "", {type: "button"});
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = {ascending: "descending", descending: ""}[head.getAttribute("aria-sort")] ?? "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (next) head.setAttribute("aria-sort", next);
        arrange(body, original, column, {ascending: 1, descending: -1}[next] ?? 0);
        say(next ? `Sorted by ${button.textContent}, ${next}.` : "In the first order again.");
      });
    });
  }

  // Boxes that scroll can be reached with the keyboard, the others need not be.
  const watch = new ResizeObserver((entries) => {
    for (const {target} of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".scroll")) watch.observe(box);

  // Figures: enlarged in a dialog; + and − zoom, 0 fits, the arrows move, Esc closes.
  const viewer = document.getElementById("viewer");
  const stage = viewer.querySelector(".stage");
  let home = null, scale = 1;
  const zoom = (factor) => {
    scale = factor === 0 ? 1 : Math.min(8, Math.max(1, scale * factor));
    const drawing = stage.firstElementChild;
    if (!drawing) return;
    const box = drawing.viewBox.baseVal;
    const fit = Math.min(stage.clientWidth / box.width, stage.clientHeight / box.height);
    drawing.style.width = `${Math.floor(box.width * fit * scale)}px`;
    drawing.style.height = `${Math.floor(box.height * fit * scale)}px`;
    say(`${Math.round(100 * scale)} per cent`);
  };
  const show = (figure) => {
    home = figure.querySelector(".drawing");
    viewer.querySelector("h2").textContent = figure.querySelector("figcaption b").textContent.replace(/\.$/, "");
    stage.append(home.querySelector("svg"));
    viewer.showModal();
    zoom(0);
    stage.focus();
  };
  viewer.addEventListener("close", () => {
    const drawing = stage.firstElementChild;
    drawing.style.width = drawing.style.height = "";
    home.append(drawing);
  });
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer) viewer.close();
    const button = event.target.closest("button");
    if (button?.name === "close") viewer.close();
    else if (button) zoom(Number(button.value));
  });
  viewer.addEventListener("keydown", (event) => {
    const factor = {"+": 1.25, "=": 1.25, "-": 0.8, "0": 0}[event.key];
    if (factor !== undefined && !event.ctrlKey && !event.metaKey) { zoom(factor); event.preventDefault(); }
  });
  addEventListener("resize", () => { if (viewer.open) zoom(1); });
  for (const figure of document.querySelectorAll("figure.picture")) {
    const label = figure.querySelector("figcaption b").textContent.replace(/\.$/, "");
    const button = make("button", "Enlarge", {type: "button", class: "zoom", "aria-label": `Enlarge ${label}`});
    button.addEventListener("click", () => show(figure));
    figure.querySelector(".drawing").addEventListener("click", () => { button.focus(); show(figure); });
    figure.querySelector(".card").after(button);
  }
})();
