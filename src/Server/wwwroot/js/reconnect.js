// A server that was restarted knows nothing of this page: it rejects it, and what is shown is of yesterday. The address says all that the page is
// about, so it is loaded anew by itself.

const pollEveryMs = 3000;

document.getElementById("components-reconnect-modal").addEventListener("components-reconnect-state-changed", event => {
  if (event.detail.state === "rejected" || event.detail.state === "resume-failed")
    location.reload();
  else if (event.detail.state === "failed")
    reloadWhenBack();
});

// Blazor has given up. The server answers before the page is asked for: a reload that fails would leave the browser's own error page, which never comes back.
async function reloadWhenBack() {
  try {
    if ((await fetch("readyz", { cache: "no-store" })).ok)
      return location.reload();
  } catch {
    // Still away.
  }
  setTimeout(reloadWhenBack, pollEveryMs);
}
