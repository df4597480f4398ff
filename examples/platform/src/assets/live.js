// Refreshes the parts of a page marked with `data-live` when the server announces a change.
"use strict";
(() => {
  const part = () => document.querySelector("[data-live]");
  if (!part() || !window.EventSource) return;
  let is_fetching = false;
  let is_stale = false;
  const refresh = async () => {
    if (is_fetching) { is_stale = true; return; }
    is_fetching = true;
    try {
      do {
        is_stale = false;
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) { location.reload(); return; }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-live]");
        if (fresh && part()) part().replaceWith(document.adoptNode(fresh));
      } while (is_stale);
    } catch (error) {
      // The connection is lost: the event source connects again by itself.
    } finally {
      is_fetching = false;
    }
  };
  const state = document.getElementById("live");
  const say = (key) => { if (state) state.textContent = state.dataset[key]; };
  const source = new EventSource("/events");
  let was_lost = false;
  source.addEventListener("ready", () => {
    say("ready");
    if (was_lost) refresh();
    was_lost = false;
  });
  source.addEventListener("error", () => { was_lost = true; say("lost"); });
  for (const topic of ["alarms", "stations"]) {
    source.addEventListener(topic, () => { if (part() && part().dataset.live === topic) refresh(); });
  }
})();
