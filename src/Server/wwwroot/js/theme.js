// The colour scheme follows the system until somebody chooses; the choice is a cookie, so the server writes it into the next page
// and nothing flashes.
document.addEventListener("click", e => {
  if (!e.target.closest(".theme-toggle")) return;
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
});
