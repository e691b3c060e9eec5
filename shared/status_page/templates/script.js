"use strict";
// Optional: adds the choice of theme, search, filters, sorting, copying, and the age of the page.
(() => {
  const all = (selector, at = document) => [...at.querySelectorAll(selector)];
  const root = document.documentElement;

  // Theme
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* no storage: the choice ends with this page */ }
    label();
  });
  system.addEventListener("change", label);
  label();

  // The link to the JSON keeps the function key of the address.
  const json = document.getElementById("json");
  if (json) {
    const query = new URLSearchParams(location.search);
    query.set("format", "json");
    json.search = query;
  }

  // Search and filters: a row stays visible if it contains all words and has every chosen value.
  const words = new WeakMap();
  const text = (row) => {
    if (!words.has(row)) {
      const titles = all("[title]", row).map((one) => one.title);
      words.set(row, [row.textContent, ...titles].join(" ").toLowerCase());
    }
    return words.get(row);
  };
  // A subscription is matched in the text of the row; the other choices in its data attributes.
  const matches = (row, choice) => choice.dataset.match ? text(row).includes(choice.value.toLowerCase()) : row.dataset[choice.name] === choice.value;
  const filter = (form) => {
    const section = document.getElementById(form.dataset.for);
    const wanted = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = all("select", form).filter((one) => one.value);
    const active = wanted.length + chosen.length > 0;
    const rows = all("tbody tr", section);
    let shown = 0;
    for (const row of rows) {
      const stays = chosen.every((one) => matches(row, one)) && wanted.every((word) => text(row).includes(word));
      row.hidden = !stays;
      shown += stays;
    }
    for (const group of all("details.group", section)) {
      const some = group.querySelector("tbody tr:not([hidden])");
      group.hidden = active && !some;
      // Opens the groups of few matches, and closes them again. Groups that the reader opened stay open.
      if (active && some && shown <= 50 && !group.open) { group.open = true; group.dataset.by = "filter"; }
      if (!active && group.dataset.by) { group.open = false; delete group.dataset.by; }
    }
    form.querySelector("output").textContent = active ? `${shown} of ${rows.length} shown` : "";
  };
  for (const form of all("form.tools")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => filter(form));
  }
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    const search = document.querySelector("form.tools input");
    if (event.key === "/" && !typing && search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });

  // Sorting: column headings become buttons. All tables of a section share one order.
  const value = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const order = (section, column, kind, up) => {
    const compare = kind === "number" ? (a, b) => a - b : (a, b) => a.localeCompare(b, undefined, { numeric: true });
    for (const table of all(`table:has(th[data-sort])`, section)) {
      all("thead th", table).forEach((head, place) => {
        if (place === column) head.setAttribute("aria-sort", up ? "ascending" : "descending");
        else head.removeAttribute("aria-sort");
      });
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => [value(row, column), row]);
      rows.sort(([a], [b]) => (up ? 1 : -1) * compare(a, b));
      body.append(...rows.map(([, row]) => row));
    }
  };
  const sortable = (table) => {
    for (const head of all("thead th[data-sort]", table)) {
      if (head.querySelector("button")) continue;
      const name = document.createElement("button");
      name.type = "button";
      name.append(...head.childNodes);
      head.append(name);
      name.addEventListener("click", () => {
        order(head.closest("section"), head.cellIndex, head.dataset.sort, head.getAttribute("aria-sort") !== "ascending");
      });
    }
  };
  const ready = (at) => {
    all("table", at).filter((table) => !table.closest("details:not([open])")).forEach(sortable);
  };
  ready(document);

  // Copying: each full id gets a button once it is visible.
  const toast = document.getElementById("toast");
  const notify = (words) => {
    toast.textContent = words;
    clearTimeout(notify.timer);
    notify.timer = setTimeout(() => { toast.textContent = ""; }, 2500);
  };
  const copy = async (what) => {
    try { await navigator.clipboard.writeText(what); notify("Copied"); }
    catch { notify("The browser denied access to the clipboard. Select the text instead."); }
  };
  const copyable = (at) => {
    for (const code of all("code.full", at)) {
      if (code.nextElementSibling?.matches("button.copy") || code.closest("details:not([open])")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${code.textContent}`);
      button.addEventListener("click", () => copy(code.textContent));
      code.after(button);
    }
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.open) { ready(event.target); copyable(event.target); }
  }, true);
  all("details[open]").forEach(copyable);

  // A link to a row opens the groups around it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target.hidden) { all("form.tools").forEach((form) => { form.reset(); filter(form); }); }
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Age: counts on, and warns once the audit is overdue.
  const banner = document.getElementById("banner");
  const duration = (minutes) => {
    const unit = (n, noun) => (n ? `${n} ${noun}${n === 1 ? "" : "s"}` : "");
    if (minutes < 1) return "less than a minute";
    if (minutes < 60) return unit(minutes, "minute");
    if (minutes < 1440) return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`.trim();
    return `${unit(Math.floor(minutes / 1440), "day")} ${unit(Math.floor(minutes / 60) % 24, "hour")}`.trim();
  };
  const opened = Date.now();
  const age = document.getElementById("age");
  const finished = banner && Date.parse(banner.dataset.finished);
  // Counts from the server's clock, which may differ from the browser's.
  const served = banner ? Date.parse(banner.dataset.now) : 0;
  const tick = () => {
    const now = served + (Date.now() - opened);
    if (age) age.textContent = duration(Math.max(0, Math.floor((now - finished) / 60000)));
    const late = document.getElementById("late");
    if (late && !banner.classList.contains("overdue") && now > Date.parse(banner.dataset.overdue)) {
      banner.classList.add("overdue");
      late.textContent = "The audit is overdue. This page may be outdated.";
      late.hidden = false;
    }
  };
  if (banner) setInterval(tick, 15000);

  // Reloads every minute, unless the page was used in the last five.
  let touched = 0;
  const touch = () => { touched = Date.now(); };
  ["pointerdown", "keydown", "wheel", "touchstart", "input"].forEach((kind) => addEventListener(kind, touch, { passive: true }));
  if (location.protocol.startsWith("http")) {
    setInterval(() => {
      if (!document.hidden && Date.now() - touched > 300000 && navigator.onLine) location.reload();
    }, 60000);
  }
})();
