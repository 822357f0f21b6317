// One event for all rows: a click on anything with data-act, or inside of it, arrives with that and the nearest data-key.
export function afterWebStarted(blazor) {
  blazor.registerCustomEventType("rowact", {
    browserEventName: "click",
    createEventArgs: event => {
      const source = event.target.closest("[data-act]");
      return { act: source?.dataset.act ?? "", key: source?.closest("[data-key]")?.dataset.key ?? "" };
    },
  });
}

// Called when a link names a process: brings its row into sight.
globalThis.orphanboard = {
  scrollTo(id, top) { document.getElementById(id)?.scrollTo({ top }); },
};
