// Before anything is painted: the theme that was chosen here, if any.
try { document.documentElement.dataset.theme = localStorage.getItem("theme") || ""; } catch { /* no storage, no choice */ }
