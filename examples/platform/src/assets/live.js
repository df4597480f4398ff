// Refreshes the parts of a page marked with `data-live` when the server announces a change.
"use strict";
(() => {
  const parts = (root) => [...root.querySelectorAll("[data-live]")];
  if (!parts(document).length || !window.EventSource) return;
  let is_fetching = false;
  let is_stale = false;
  // The fresh part takes over what the reader has done in the old one: focus, and how far tables are scrolled.
  const named = (one) => one.getAttribute("href") || one.getAttribute("aria-label");
  const replace = (old, fresh) => {
    const focused = old.contains(document.activeElement) && named(document.activeElement);
    const scrolled = [...old.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    old.replaceWith(document.adoptNode(fresh));
    fresh.querySelectorAll(".scroll").forEach((one, place) => { one.scrollLeft = scrolled[place] || 0; });
    const same = focused && [...fresh.querySelectorAll("a[href], [tabindex]")].find((one) => named(one) === focused);
    if (same) same.focus({ preventScroll: true });
  };
  const refresh = async () => {
    if (is_fetching) { is_stale = true; return; }
    is_fetching = true;
    try {
      do {
        is_stale = false;
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) { location.reload(); return; }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = parts(page);
        parts(document).forEach((old, place) => { if (fresh[place]) replace(old, fresh[place]); });
      } while (is_stale);
    } catch (error) {
      // The connection is lost: the event source connects again by itself.
    } finally {
      is_fetching = false;
    }
  };
  const state = document.getElementById("live");
  const say = (key) => { if (state) state.textContent = state.dataset[key]; };
  let source = null;
  let was_lost = false;
  // Other scripts of the page hear of changes here, so that a page has one connection for events.
  const pass_on = (topic) => document.dispatchEvent(new CustomEvent("live", { detail: topic }));
  // Changes between the page and the first event are on neither.
  const is_behind = (event) => Number(event.lastEventId) > Number(document.querySelector("main").dataset.change);
  const connect = () => {
    source = new EventSource("/events");
    source.addEventListener("ready", (event) => {
      say("ready");
      if (was_lost || is_behind(event)) { refresh(); pass_on("stations"); }
      was_lost = false;
    });
    source.addEventListener("error", () => { was_lost = true; say("lost"); });
    for (const topic of ["alarms", "stations"]) {
      source.addEventListener(topic, () => {
        if (parts(document).some((part) => part.dataset.live === topic)) refresh();
        pass_on(topic);
      });
    }
  };
  connect();
  // A browser has few connections to a server. Tabs behind others, and pages that were left and are kept, must not use them up.
  const leave = () => source.close();
  const come_back = () => {
    if (source.readyState !== EventSource.CLOSED) return;
    was_lost = true;
    connect();
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else come_back(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) come_back(); });
})();
