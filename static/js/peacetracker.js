/* Conveniences over pages that work without them: the evidence drawer, and quotes on hover and focus. Nothing here
   makes content. */
(() => {
  "use strict";

  // -- The drawer: a link to a position within [data-drawer] opens beside the page, under its own address.
  const drawer = document.getElementById("drawer");
  const drawerBody = document.getElementById("drawer-body");
  let pushed = false; // an entry of the history is the drawer's
  let shown = location.href; // the address of the page itself

  const opensDrawer = (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
    const link = event.target.closest("[data-drawer] a[href^='/positions/']");
    return link && !drawer.contains(link) ? link : null;
  };

  document.addEventListener("click", (event) => {
    const link = opensDrawer(event);
    if (!link || !window.htmx || !drawer) return;
    event.preventDefault();
    hideTip();
    window.htmx.ajax("GET", link.getAttribute("href"), { target: "#drawer-body", swap: "innerHTML" }).then(() => {
      if (!drawer.open) drawer.showModal();
      drawer.scrollTop = 0;
      history.pushState({ drawer: true }, "", link.getAttribute("href"));
      pushed = true;
    });
  });
  // Where the evidence cannot be had this way, go to its page.
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target === drawerBody) location.assign(event.detail.pathInfo.requestPath);
  });
  if (drawer) {
    drawer.addEventListener("click", (event) => {
      if (event.target === drawer) drawer.close();
    });
    drawer.addEventListener("close", () => {
      drawerBody.replaceChildren();
      if (pushed) {
        pushed = false;
        history.back();
      }
    });
    // A step back or forward: close the drawer, or load the page that the address names. Capturing, so that it runs
    // before htmx's own listener.
    window.addEventListener(
      "popstate",
      () => {
        pushed = false;
        if (location.href !== shown) location.reload();
        else if (drawer.open) drawer.close();
      },
      true,
    );
    document.addEventListener("htmx:pushedIntoHistory", () => {
      shown = location.href;
    });
  }

  // -- The matrix: arrow keys go from cell to cell, over those without a position.
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const cell = step && event.target.closest(".matrix td, .matrix th");
    if (!cell || event.metaKey || event.ctrlKey || event.altKey) return;
    const rows = cell.closest("table").rows;
    let row = cell.parentElement.rowIndex + step[0];
    let column = cell.cellIndex + step[1];
    for (; rows[row]?.cells[column]; row += step[0], column += step[1]) {
      const link = rows[row].cells[column].querySelector("a");
      if (!link) continue;
      event.preventDefault();
      link.focus();
      return;
    }
  });

  // -- Days of change: a link of the strip swaps the map, and the button goes through them one by one.
  let playing = 0;
  const showDay = (link) => {
    window.htmx.ajax("GET", link.getAttribute("href"), { source: link.closest(".strip-row"), target: "#world", swap: "outerHTML" });
    history.replaceState(history.state, "", link.getAttribute("href"));
  };
  const offerPlay = () => {
    for (const button of document.querySelectorAll("[data-play][hidden]")) {
      button.hidden = !window.htmx;
      if (playing) button.textContent = button.dataset.play;
    }
  };
  const nextDay = () => {
    const days = [...document.querySelectorAll(".strip a")];
    const next = days[days.findIndex((day) => day.hasAttribute("aria-current")) + 1];
    if (next) showDay(next);
    else stopPlaying();
  };
  const stopPlaying = () => {
    clearInterval(playing);
    playing = 0;
    for (const button of document.querySelectorAll("[data-play]")) button.textContent = button.dataset.label;
  };
  document.addEventListener("click", (event) => {
    const day = event.button === 0 && !event.metaKey && !event.ctrlKey && event.target.closest(".strip a");
    if (day && window.htmx) {
      event.preventDefault();
      if (playing) stopPlaying();
      showDay(day);
      return;
    }
    const button = event.target.closest("[data-play]");
    if (!button) return;
    if (playing) {
      stopPlaying();
      return;
    }
    const days = document.querySelectorAll(".strip a");
    if (days[days.length - 1].hasAttribute("aria-current")) showDay(days[0]);
    button.textContent = button.dataset.play;
    playing = setInterval(nextDay, 1200);
  });
  document.addEventListener("htmx:load", offerPlay);
  document.addEventListener("DOMContentLoaded", offerPlay);

  // -- Filters: parameters without a value say nothing.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb !== "get") return;
    for (const [name, value] of [...detail.formData.entries()]) if (value === "") detail.formData.delete(name);
  });

  // -- Quotes: what a title says, on hover and on focus, where the eye is.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.className = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let tipped = null;

  function hideTip() {
    if (!tipped) return;
    tipped.title = tip.textContent;
    tipped.removeAttribute("aria-describedby");
    tipped = null;
    tip.hidden = true;
  }

  function showTip(element) {
    if (element === tipped) return;
    hideTip();
    tipped = element;
    tip.textContent = element.title;
    element.removeAttribute("title");
    element.setAttribute("aria-describedby", "tip");
    tip.hidden = false;
    const box = element.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left), document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = box.bottom + 6 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - 6 - tip.offsetHeight)}px`;
  }

  for (const kind of ["mouseover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const element = event.target.closest?.("[data-drawer] a[title], [data-drawer] a[aria-describedby]");
      if (element) showTip(element);
      else hideTip();
    });
  }
  document.addEventListener("focusout", hideTip);
  document.addEventListener("scroll", hideTip, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
  });
})();
