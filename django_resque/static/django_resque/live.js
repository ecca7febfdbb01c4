// Keeps the live part of a page fresh. Without this script the page is a page: reload it.
"use strict";

(() => {
  const EVERY = 3000; // milliseconds between two looks
  const QUIET = 15000; // milliseconds at least between two announcements

  const live = document.getElementById("live");
  if (!live || !live.dataset.live) return;

  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  live.after(status);

  let etag = "";
  let timer = 0;
  let paused = false;
  let announced = announcement(live);
  let announcedAt = 0;

  function announcement(root) {
    const told = root.querySelector("[data-announce]");
    return told ? told.dataset.announce : "";
  }

  // Make one node like another, touching only what differs: so focus, selection, scrolling, open
  // details and what the reader has typed or ticked stay as they are.
  function liken(node, model) {
    if (node.nodeType !== Node.ELEMENT_NODE) {
      if (node.nodeValue !== model.nodeValue) node.nodeValue = model.nodeValue;
      return;
    }
    for (const { name, value } of model.attributes) {
      if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
    for (const { name } of [...node.attributes]) {
      const readers = node.localName === "details" && name === "open";
      if (!readers && !model.hasAttribute(name)) node.removeAttribute(name);
    }
    likenChildren(node, model);
  }

  function alike(one, other) {
    if (one.nodeType !== other.nodeType) return false;
    if (one.nodeType !== Node.ELEMENT_NODE) return true;
    return one.localName === other.localName && one.id === other.id;
  }

  function likenChildren(node, model) {
    const wantedIds = new Set([...model.children].map((child) => child.id));
    const known = new Map();
    for (const child of [...node.children]) {
      if (!child.id) continue;
      // Those that are gone go first: then the others need not be moved, which would cost the focus.
      if (wantedIds.has(child.id)) known.set(child.id, child);
      else child.remove();
    }
    let here = node.firstChild;
    for (const wanted of [...model.childNodes]) {
      const keyed = wanted.id && known.get(wanted.id);
      if (keyed && keyed.localName === wanted.localName) {
        if (keyed === here) here = here.nextSibling;
        else node.insertBefore(keyed, here);
        liken(keyed, wanted);
      } else if (here && alike(here, wanted)) {
        const next = here.nextSibling;
        liken(here, wanted);
        here = next;
      } else {
        node.insertBefore(document.importNode(wanted, true), here);
      }
    }
    while (here) {
      const next = here.nextSibling;
      here.remove();
      here = next;
    }
  }

  function announce() {
    const now = announcement(live);
    if (now === announced || Date.now() - announcedAt < QUIET) return;
    announced = status.textContent = now;
    announcedAt = Date.now();
  }

  async function look() {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(live.dataset.live, { headers, credentials: "same-origin" });
    if (response.redirected) {
      location.reload(); // logged out meanwhile
      return;
    }
    // What is gone is told as well, by a page of ours: it bears a tag.
    const gone = response.status === 404 && response.headers.has("ETag");
    if (response.status === 304 || !(response.ok || response.status === 503 || gone)) return;
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    etag = response.headers.get("ETag") || "";
    likenChildren(live, template.content);
    announce();
  }

  async function turn() {
    try {
      await look();
    } catch {
      // The server is away; the next look may find it again.
    }
    schedule();
  }

  function schedule() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(turn, EVERY);
  }

  const toggle = document.getElementById("live-switch");
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      paused = !paused;
      toggle.textContent = paused ? toggle.dataset.resume : toggle.dataset.pause;
      schedule();
    });
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? schedule() : turn()));
  schedule();
})();
