// Sets the chosen theme before the first paint.
try { document.documentElement.dataset.theme = localStorage.getItem("theme") || ""; } catch { /* no storage: use the system's theme */ }
