/* The desk by keyboard: keys press the buttons that the page offers, so that a key, a mouse and a finger do the same.
   htmx's own trigger filters need eval, which the content security policy forbids. */
(() => {
  "use strict";
  document.documentElement.classList.add("js");

  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const workspace = () => find("#workspace");
  const busy = new Set(); // ids of cards whose decision is on its way
  const skipped = new Set();
  let ahead = null; // the next article, loaded before it is wanted
  let current = null; // id of the card that keys act on

  const waiting = () =>
    all("#cards > .candidate[data-state=waiting]").filter((card) => !busy.has(card.id) && !skipped.has(card.id));
  const card = () => current && document.getElementById(current);
  const say = (words, failed = false) => {
    const line = find("#said");
    if (!line) return;
    line.textContent = words;
    line.classList.toggle("failed", failed);
  };

  // -- The card that keys act on

  function go(to, { focus = true } = {}) {
    all("#cards > [aria-current]").forEach((other) => other.removeAttribute("aria-current"));
    all("#text mark.now").forEach((mark) => mark.classList.remove("now"));
    current = to ? to.id : null;
    if (!to) return;
    to.setAttribute("aria-current", "true");
    if (focus) to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
    const marks = all(`#text mark[data-for~="${to.dataset.statement}"]`);
    marks.forEach((mark) => mark.classList.add("now"));
    const pane = find(".text-pane");
    if (marks.length && pane.scrollHeight > pane.clientHeight) {
      const box = marks[0].getBoundingClientRect();
      const frame = pane.getBoundingClientRect();
      if (box.top < frame.top + 40 || box.bottom > frame.bottom - 40) {
        pane.scrollTop += box.top - frame.top - frame.height / 3;
      }
    }
  }

  function step(by) {
    const cards = all("#cards > .candidate");
    const at = cards.indexOf(card());
    go(cards[Math.max(0, Math.min(cards.length - 1, at + by))]);
  }

  /** The next card that waits, after the current one; then the next article, once nothing is on its way. */
  function onward() {
    const left = waiting();
    const here = card();
    const after = left.filter(
      (other) => !here || here.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    if (left.length) go(after[0] || left[0]);
    else if (!busy.size) nextArticle();
  }

  // -- The text follows the cards

  function paint() {
    for (const mark of all("#text mark")) {
      const states = mark.dataset.for.split(" ").map((pk) => find(`#statement-${pk}`)?.dataset.state);
      mark.dataset.state = states.includes("waiting") ? "waiting" : states[0] || "";
    }
  }

  /** How much is left of the open article, in the list as well. */
  function count() {
    const left = find(".open-article .left");
    const entry = left && find(`.entry[data-open="${workspace().dataset.article}"] .left`);
    if (entry) entry.textContent = left.textContent;
  }

  // -- Articles

  function nextArticle() {
    const address = workspace().dataset.next;
    if (!address) {
      say(`${find("#said")?.textContent || ""} Nothing else waits.`.trim());
      return;
    }
    const ready = ahead && ahead.address === address ? ahead.page : fetchArticle(address);
    ready.then((html) => show(html, address)).catch(() => say("The next article could not be loaded. Try again.", true));
  }

  const fetchArticle = (address) =>
    fetch(address, { headers: { "HX-Request": "true" } }).then((answer) => {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    });

  function show(html, address) {
    history.pushState({ desk: true }, "", address);
    htmx.swap("#workspace", html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
    opened();
  }

  /** A workspace has come: mark it in the list, stand on its first card, and load the next one. */
  function opened() {
    const space = workspace();
    if (!space) return;
    skipped.clear();
    for (const link of all(".entry")) {
      if (link.dataset.open === space.dataset.article) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    paint();
    const wanted = space.dataset.current ? find(`#statement-${space.dataset.current}`) : find(`#cards > ${location.hash || "_"}`);
    go(wanted || waiting()[0] || find("#cards > .candidate"), { focus: document.activeElement === document.body });
    const address = space.dataset.next;
    ahead = address ? { address, page: fetchArticle(address) } : null;
    ahead?.page.catch(() => (ahead = null));
  }
  window.addEventListener("popstate", () => location.reload());

  // -- Decisions on their way

  // A card that was swapped out has no list around it any more, but still its number.
  const cardOf = (element) => element?.closest?.(".candidate[id^=statement-]");
  // What comes in can be pressed at once: until htmx has settled it, its forms would reload the page.
  htmx.config.defaultSettleDelay = 0;

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const here = cardOf(detail.elt);
    if (!here || !/\/(accept|record|reject)\/$/.test(detail.pathInfo.requestPath)) return;
    busy.add(here.id);
    here.classList.add("busy");
    if (here.id === current) onward();
  });
  // A card whose own answer is on its way is not replaced by what another answer says of it.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (busy.has(event.detail.target.id)) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target?.id === "presence") return;
    const here = cardOf(detail.elt) || cardOf(detail.target);
    const now = here && document.getElementById(here.id);
    if (here) busy.delete(here.id);
    now?.classList.remove("busy");
    if (detail.successful) return answered(detail, now);
    say(detail.xhr?.status === 403 ? "You may not do that." : "It did not reach the server: nothing was changed. Try again.", true);
    if (now) go(now);
  });

  /** An answer has come and been swapped in. */
  function answered({ target }, now) {
    const form = target?.matches?.(".correct") && find("form input:not([type=hidden])", target);
    if (form) return form.focus();
    if (!find("#cards") || target?.id === "workspace") return opened();
    paint();
    count();
    const refused = now && find(".problem", now);
    if (refused) say(refused.textContent, true);
    if (refused && now.dataset.state === "waiting") return go(now);
    if (card()?.dataset.state === "waiting" && !busy.has(current)) return go(card());
    return onward();
  }

  // -- Selected words

  const text = () => find("#text");
  /** How many characters of the text stand before a point: code points, as the server counts, not UTF-16 units. */
  function offset(node, at) {
    const range = document.createRange();
    range.selectNodeContents(text());
    range.setEnd(node, at);
    return [...range.toString()].length;
  }
  function selected() {
    const selection = window.getSelection();
    if (!text() || !selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!text().contains(range.commonAncestorContainer)) return null;
    return { quote: range.toString(), start: offset(range.startContainer, range.startOffset) };
  }
  document.addEventListener("selectionchange", () => {
    const bar = find("#selection-bar");
    if (bar) bar.hidden = !selected();
  });

  const commands = {
    skip() {
      if (current) skipped.add(current);
      onward();
    },
    next: nextArticle,
    help: () => find("#keys").showModal(),
    undo() {
      const form = find("#undo-last");
      form.elements.article.value = workspace().dataset.article || "";
      form.requestSubmit();
    },
    span() {
      const chosen = selected();
      const here = card();
      if (!chosen || !here) return say("Select words in the text first.", true);
      const values = { ...chosen, version: here.dataset.version, query: find("#undo-last").elements.query.value };
      htmx.ajax("POST", here.dataset.correct, { source: here, target: here, swap: "outerHTML", values });
    },
    new() {
      const chosen = selected() || {};
      htmx.ajax("GET", workspace().dataset.add, { source: workspace(), target: "#new-statement", swap: "innerHTML", values: chosen });
    },
    cancel(button) {
      const form = button?.closest(".correct");
      if (!form) return location.assign(button.href);
      form.replaceChildren();
      go(card());
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-do]");
    if (button && commands[button.dataset.do] && find("#workspace, .correct-form")) {
      event.preventDefault();
      event.stopPropagation();
      commands[button.dataset.do](button);
      return;
    }
    const mark = event.target.closest?.("#text mark");
    if (mark && window.getSelection().isCollapsed) {
      const cards = mark.dataset.for.split(" ").map((pk) => find(`#statement-${pk}`)).filter(Boolean);
      go(cards.find((one) => one.dataset.state === "waiting") || cards[0]);
      return;
    }
    const here = cardOf(event.target);
    if (here && here.id !== current) go(here, { focus: false });
  }, true);

  // -- Keys

  const keysAreOn = () => localStorage.getItem("desk-keys") !== "off";
  const typing = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const plain = { j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1), n: commands.next,
    s: commands.skip, u: commands.undo, w: commands.span, m: commands.new, "?": commands.help };

  function press(key, event) {
    const reject = find("details.reject[open]", card() || document.createElement("i"));
    const digit = /^Digit([1-6])$/.exec(event.code)?.[1];
    if (reject && digit && !event.shiftKey) return find(`[data-reason="${digit}"]`, reject)?.click() ?? true;
    if (reject && key === "o") return find("input[name=reason]:not([type=hidden])", reject).focus() ?? true;
    if (digit) return offered(event.shiftKey ? `shift+${digit}` : digit);
    if (event.shiftKey && /^[A-F]$/.test(key)) return find(`#workspace [data-grade="${key}"]`)?.click() ?? true;
    if (plain[key]) return plain[key]() ?? true;
    if (key === "x" && card()) {
      const box = find("details.reject", card());
      if (box) box.open = !box.open;
      if (box?.open) find("button", box).focus();
      return Boolean(box);
    }
    return /^[aerv]$/.test(key) && offered(key);
  }
  /** Press what the current card offers under a key. */
  function offered(key) {
    const button = card() && find(`[data-key="${key}"]`, card());
    if (!button || busy.has(current)) return Boolean(card());
    button.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const form = event.target.closest?.(".correct");
      const list = find(".combo [role=listbox]:not([hidden])");
      const box = find("details.reject[open]");
      if (list) list.hidden = true;
      else if (form) commands.cancel(find("[data-do=cancel]", form));
      else if (box) box.open = false;
      return;
    }
    if (!workspace() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (find("dialog[open]") || (!keysAreOn() && event.key !== "?")) return;
    if (press(event.key, event)) event.preventDefault();
  });

  // -- Names as one types

  let asked = 0;
  function suggest(combo) {
    const input = find("input[type=text]", combo);
    const list = find("[role=listbox]", combo) || listFor(combo, input);
    combo.closest("form").elements[`${input.name}_id`].value = "";
    const turn = ++asked;
    setTimeout(() => {
      if (turn !== asked) return;
      fetch(`${combo.dataset.suggest}?q=${encodeURIComponent(input.value)}`, { headers: { "HX-Request": "true" } })
        .then((answer) => (answer.ok ? answer.text() : ""))
        .then((html) => {
          if (turn !== asked) return;
          list.innerHTML = html; // made by our own server, escaped there
          list.hidden = !html;
          input.setAttribute("aria-expanded", String(Boolean(html)));
        });
    }, 120);
  }
  function listFor(combo, input) {
    const list = document.createElement("ul");
    list.setAttribute("role", "listbox");
    list.id = `${input.id}_options`;
    list.setAttribute("aria-label", input.name);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    combo.append(list);
    return list;
  }
  function pick(option) {
    const combo = option.closest(".combo");
    const input = find("input[type=text]", combo);
    if (!option.dataset.key) return;
    input.value = option.dataset.name;
    combo.closest("form").elements[`${input.name}_id`].value = option.dataset.key;
    option.parentElement.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.focus();
  }
  document.addEventListener("input", (event) => {
    const combo = event.target.closest?.(".combo");
    if (combo && event.target.matches("input[type=text]")) suggest(combo);
  });
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.(".combo [role=option]");
    if (!option) return;
    event.preventDefault();
    pick(option);
  });
  document.addEventListener("focusout", (event) => {
    const list = find("[role=listbox]", event.target.closest?.(".combo") || document.createElement("i"));
    if (list) list.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const combo = event.target.closest?.(".combo");
    const list = combo && find("[role=listbox]", combo);
    if (!list || list.hidden || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    const options = all("[data-key]", list);
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Enter") {
      if (at < 0) return;
      event.preventDefault();
      return pick(options[at]);
    }
    event.preventDefault();
    const to = options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length];
    options.forEach((option) => option.setAttribute("aria-selected", String(option === to)));
    if (to) event.target.setAttribute("aria-activedescendant", to.id);
  });

  // -- Start

  const start = () => {
    const box = find("#keys-on");
    if (box) {
      box.checked = keysAreOn();
      box.addEventListener("change", () => localStorage.setItem("desk-keys", box.checked ? "on" : "off"));
    }
    if (workspace()) opened();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
