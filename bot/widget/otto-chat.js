/* <otto-chat>: Otto on a clinic's page; see docs/widget.md. No HTML is made from text. */

/* ---- Words. The attribute or property `strings` overrides them. */

export const WORDS = {
  launcher: "Ask Otto",
  unread: "Ask Otto: new answer",
  title: "Otto",
  titleOf: "Otto at {name}",
  close: "Close",
  settings: "Settings",
  hello:
    "Hello, I'm Otto, a computer program. I answer questions about occupational therapy (OT) with general information, not medical advice. Please leave out private details. In an emergency, call 911.",
  log: "Conversation",
  input: "Your question",
  send: "Send",
  left: "Characters left: {n}",
  over: "Too long by {n}. Please make it shorter.",
  you: "You: ",
  otto: "Otto: ",
  typing: "Otto is writing…",
  choices: "You can choose: {list}.",
  sending: "Sending…",
  waiting: "Waiting to be sent",
  sent: "Sent",
  failed: "Not sent yet.",
  refused: "Not sent.",
  retry: "Try again",
  sources: "Where this comes from",
  reviewed: "reviewed {date}",
  notReviewed: "no review date given",
  newTab: " (opens in a new tab)",
  copy: "Copy",
  copied: "Copied.",
  notCopied: "I could not copy. Please select the text instead.",
  up: "This helped",
  down: "This did not help",
  thanks: "Thank you. Press again to take it back.",
  undone: "Taken back.",
  reason: "What was wrong with it?",
  reasons: {
    unclear: "I don't understand it",
    not_what_i_asked: "Not what I asked",
    wrong: "It is not true",
    unsafe: "It could do harm",
    other: "Something else",
  },
  notSaved: "I could not save that.",
  read: "Read aloud",
  stopReading: "Stop reading",
  noVoice: "This device has no voice that I could use.",
  locate: "Use my location",
  locateNote: "It is rounded to about a mile, shown in the chat and sent to Otto.",
  noLocation: "I could not get your location. Please type a city or a ZIP code.",
  map: "Map, north at the top. {list}.",
  offline: "You are offline. I send your message when you are back.",
  busy: "Otto is busy. Your message goes out by itself; seconds left: {n}.",
  trouble: "I can't reach the clinic's computer just now. Your messages are kept here.",
  call: "You can also call {name}: ",
  clinic: "the clinic",
  fresh: "It has been a while: Otto does not remember what came before.",
  restarted: "You started over: Otto does not remember what came before.",
  restart: "Start over",
  clear: "Delete this chat",
  clearSure: "Yes, delete it for good",
  cleared: "The chat is deleted.",
  clearedHere: "The chat is deleted on this device. The clinic's computer can't be reached: I'll delete its copy when it can.",
  size: "Text size",
  sizes: ["Normal", "Large", "Very large"],
  spacing: "Spacing",
  spacings: ["Normal", "Wide"],
  reading: "Show a button that reads answers aloud",
  cardTitle: "Get help now",
  danger:
    "If this is happening now, **[call 911](tel:911)**. I'm an automated assistant and can't call for you.",
  crisis:
    "Please **[call 988](tel:988)** or **[text 988](sms:988)** now: caring people, free, day and night. If someone may be hurt right away, **[call 911](tel:911)**. I'm an automated assistant and can't call for you. You matter.",
  answersLang: "en",
};

const TIMEOUT = 20000;
const TRIES = 4;
const KEPT_FOR = 24 * 3600 * 1000;
const LONGEST = 1000;
const LAST = Number.MAX_SAFE_INTEGER;
const SIZES = "otto-chat-comfort";

/* ---- Style. `!important` on :host beats even a page's `* { all: unset !important }`. */

/** Name, in the light, in the dark; a page sets its own as --otto-<name>. */
const COLOURS = [
  ["surface", "#fff", "#16212b"],
  ["text", "#17242d", "#eef3f7"],
  ["muted", "#4a5a66", "#b4c2cd"],
  ["line", "#72828e", "#7b8d9b"],
  ["soft", "#eef4f7", "#22313e"],
  ["accent", "#0b5c7a", "#8fd0ee"],
  ["on-accent", "#fff", "#06222f"],
  ["alarm", "#a3160c", "#ff9d94"],
];
const scheme = (name, column) => `color-scheme: ${name} !important; ` +
  COLOURS.map((row) => `--${row[0]}: var(--otto-${row[0]}, ${row[column]});`).join(" ");
const DARK = scheme("dark", 2);

const CSS = `
:host { all: initial !important; display: block !important; ${scheme("light", 1)} }
@media (prefers-color-scheme: dark) { :host(:not([theme=light])) { ${DARK} } }
:host([theme=dark]) { ${DARK} }
[hidden] { display: none !important }
* { box-sizing: border-box; overflow-wrap: anywhere }
.root { font: 1em/1.5 var(--otto-font, system-ui, sans-serif); color: var(--text) }
.size1 { font-size: 1.25em } .size2 { font-size: 1.5em }
.wide { line-height: 2; letter-spacing: .06em; word-spacing: .16em }
.gone { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap }
button, textarea, select, input { font: inherit; letter-spacing: inherit; word-spacing: inherit; color: inherit;
  margin: 0; min-block-size: 2.25em; padding: .25em .75em; background: var(--surface);
  border: 1px solid var(--line); border-radius: .5em }
button { min-inline-size: 2.25em; cursor: pointer; text-align: start }
button[aria-disabled=true] { cursor: default; color: var(--muted); border-style: dashed }
button[aria-pressed=true] { background: var(--accent); color: var(--on-accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.main, .launcher { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600 }
.launcher, .panel { position: fixed; z-index: var(--otto-z, 2147483000);
  inset-inline-end: var(--otto-gap, 1rem); box-shadow: 0 .2em 1em #0005 }
.launcher { inset-block-end: calc(var(--otto-gap, 1rem) + env(safe-area-inset-bottom)); max-inline-size: 90vw;
  min-block-size: 3em; padding-inline: 1.25em; border-radius: 2em }
.panel { inset-block-end: calc(var(--otto-gap, 1rem) * 2 + 3em); display: flex; flex-direction: column;
  inline-size: min(var(--otto-width, 26em), 100vw - 2rem); overflow: hidden;
  block-size: min(var(--otto-height, 40em), 100vh - 6em); background: var(--surface);
  border: 1px solid var(--line); border-radius: var(--otto-radius, .75em) }
.modal .panel { inset: 0; inline-size: 100%; block-size: 100dvh; border: 0; border-radius: 0 }
.modal .launcher { display: none }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: .5em; padding: .5em .75em;
  border-block-end: 1px solid var(--line) }
h2 { flex: 1 1 6em; font-size: 1.05em; margin: 0 }
.settings { padding: .75em; border-block-end: 1px solid var(--line); overflow: auto; max-block-size: 60% }
.settings label, .row { display: flex; gap: .5em; align-items: center; margin-block-end: .5em } .row { flex-wrap: wrap }
.settings input { flex: none; inline-size: 1.5em; min-block-size: 1.5em }
.log { position: relative; flex: 1 1 6em; overflow: auto; overscroll-behavior: contain; padding: .75em; min-block-size: 4em }
.log:focus-visible { outline-offset: -3px }
.item { margin-block-end: 1em }
.visitor { margin-inline-start: 2em }
.bubble { padding: .5em .75em; border-radius: .75em; background: var(--soft) }
.visitor .bubble { white-space: pre-wrap; border-inline-end: 4px solid var(--accent) }
p, ul, ol { margin: 0 0 .5em } ul, ol { padding-inline-start: 1.5em }
.bubble > :last-child, .visitor p { margin-block-end: 0 }
a { color: var(--accent) }
.state, .small, details { font-size: .9em; color: var(--muted) }
.item > .row, .item > details { margin-block-start: .4em }
summary { min-block-size: 1.75em; cursor: pointer }
.choices { flex-direction: column; align-items: stretch }
.choices button { border-color: var(--accent); border-width: 2px }
.card { border: 3px solid var(--alarm); border-radius: .75em; padding: .75em; margin-block-start: .5em }
.card h3 { font-size: 1.1em; margin: 0 0 .25em; color: var(--alarm) }
.card a { display: inline-block; min-block-size: 1.75em; font-weight: 700; color: var(--alarm) }
.notice { margin: 0; padding: .5em .75em; border-block-start: 1px solid var(--line); background: var(--soft) }
form { display: flex; flex-wrap: wrap; align-items: end; gap: .25em .5em; padding: .5em .75em; margin: 0;
  border-block-start: 1px solid var(--line); padding-block-end: calc(.5em + env(safe-area-inset-bottom)) }
form label, .count { flex: 1 0 100%; font-size: .9em }
textarea { flex: 1 1 8em; min-inline-size: 0; max-block-size: 8em; resize: vertical }
svg { display: block; inline-size: 100%; max-inline-size: 16em }
svg text { font: 9px sans-serif; fill: currentColor; text-anchor: middle }
circle { fill: none; stroke: currentColor } .here { fill: currentColor }
@media (prefers-reduced-motion: no-preference) {
  .dots { animation: dots 1.2s infinite alternate } @keyframes dots { from { opacity: .3 } } }
@media (forced-colors: active) { .bubble { border: 1px solid CanvasText }
  button[aria-pressed=true] { border: 3px solid Highlight } }
`;


function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const button = (label, onclick, props) => h("button", { type: "button", onclick, ...props }, label);
const hiddenText = (text) => h("span", { className: "gone" }, text);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A random id; crypto.randomUUID is only there with https. */
const uuid = () =>
  "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () =>
    (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16));

/* ---- Emergencies: the few explicit ones that need no server. */

const CRISIS =
  /\b(kill(ing)? my ?self|(end|take|ending|taking) my (own )?life|(want|wanna|going) (to )?die|(im|i am|feel|feeling) suicidal|commit(ting)? suicide|(planning my|thoughts of) suicide|better off dead|ending it all|(cutting|hurting|harm|harming) my ?self)\b/g;
// Up to the end of a sentence: "she can't breathe" does not wait, "can't breathe well" does.
const DANGER =
  /\b(((cant|cannot|can not|unable to|struggling to) breathe?|(not|isnt|stopped) breathing|having a (heart attack|stroke|seizure)|(i|just|has) overdosed|(took|taken) an overdose|collapsed|need an ambulance|no pulse|not waking up|(is|hes|shes|im|am) (unconscious|choking)|(wont|cant|cannot) wake (him|her|them|my \w+)( up)?|s?he wont wake up)( (right )?now| please| help)*(?= ?[.!?]|$)|chest pain (right )?now|bleeding (badly|heavily|to death)|wont stop bleeding)/g;
const DENIED = /\b(not|never|no|dont|isnt|arent|wasnt|doesnt|didnt|without|past|previous)( \w+){0,2} $/;

/** "crisis" (988), "danger" (911) or null. */
export function seesEmergency(text) {
  const plain = text.normalize("NFKC").toLowerCase().replace(/['’‘`]/g, "").replace(/[,;:]/g, ".").replace(/[^a-z0-9.!?]+/g, " ");
  const found = (cues) =>
    [...plain.matchAll(cues)].some((cue) => !DENIED.test(plain.slice(0, cue.index)));
  return found(CRISIS) ? "crisis" : found(DANGER) ? "danger" : null;
}

/* ---- Markdown: paragraphs, line breaks, "- " lists, **bold**, *stress*, [title](address). What it
   does not know or trust is shown as it was written; no character is dropped. */

const MARK = /\*\*(?=\S)([^]*?\S)\*\*(?!\w)|\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|\[([^\]\n]+)\]\(([^()\s]+)\)/g;
const SCHEMES = ["http:", "https:", "mailto:", "tel:", "sms:"];

function schemeOf(address) {
  try {
    return new URL(address).protocol;
  } catch {
    return "";
  }
}

function inline(text, words) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(MARK)) {
    const [all, bold, stress, title, address] = found;
    let node;
    if (address) {
      const scheme = schemeOf(address);
      if (!SCHEMES.includes(scheme)) continue;
      node = h("a", { href: address, rel: "noopener noreferrer" }, title);
      if (scheme.startsWith("http")) {
        node.target = "_blank";
        node.append(hiddenText(words.newTab));
      }
    } else {
      if (/\w/.test(text[found.index - 1] || "")) continue;
      node = h(bold ? "strong" : "em", {}, ...inline(bold || stress, words));
    }
    parts.push(text.slice(from, found.index), node);
    from = found.index + all.length;
  }
  parts.push(text.slice(from));
  return parts;
}

export function markdown(text, words = WORDS) {
  const blocks = [];
  let open = null;
  for (const line of text.split(/\r?\n/)) {
    const entry = /^\s{0,3}- +(.*)$/.exec(line);
    const tag = entry ? "UL" : "P";
    if (!line.trim()) open = null;
    else {
      if (!open || open.tagName !== tag) blocks.push((open = h(tag)));
      else if (!entry) open.append(h("br"));
      if (entry) open.append(h("li", {}, ...inline(entry[1], words)));
      else open.append(...inline(line, words));
    }
  }
  return blocks;
}

export function plainText(text) {
  return text
    .replace(MARK, (all, bold, stress, title, address, at, whole) =>
      address
        ? SCHEMES.includes(schemeOf(address)) ? title : all
        : /\w/.test(whole[at - 1] || "") ? all : plainText(bold || stress))
    .trim();
}

/* ---- The map of nearest cities, beside the list that says the same. */

function drawMap(nearest, label) {
  const points = nearest.map(({ miles, bearing }) => {
    const angle = (bearing * Math.PI) / 180;
    return [miles * Math.sin(angle), -miles * Math.cos(angle)];
  });
  const draw = (tag, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const map = draw("svg", { viewBox: "-75 -60 150 120", role: "img", "aria-label": label });
  const scale = 46 / Math.max(...points.flat().map(Math.abs), 1e-6);
  map.append(draw("text", { x: 66, y: -48 }, "N ↑"), draw("circle", { r: 4, class: "here" }));
  points.forEach(([x, y], i) => {
    const [cx, cy] = [x * scale, y * scale].map((value) => value.toFixed(1));
    map.append(draw("circle", { cx, cy, r: 7 }), draw("text", { x: cx, y: +cy + 3 }, i + 1));
  });
  return map;
}

/* ---- The element */

/** The server said no, or (status 0) nothing readable came back. */
const trouble = (status, detail, retryAfter) =>
  Object.assign(new Error(detail), { status, detail, retryAfter: Number(retryAfter) || 0 });

/** The one that this script has put on a page that had none. */
let added;

export class OttoChat extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.tab = uuid();
    this.nodes = new Map();
  }

  connectedCallback() {
    if (added && added !== this) added.remove();
    if (!this.root) this.build();
    this.arrange();
    this.life = new AbortController();
    const on = (target, type, listener) =>
      target.addEventListener(type, listener, { signal: this.life.signal });
    on(window, "online", () => {
      this.tell("");
      this.retry();
      this.erase();
    });
    on(window, "offline", () => this.pump());
    on(this.small, "change", () => this.arrange());
    this.channel = new BroadcastChannel(this.key);
    this.channel.onmessage = ({ data }) => this.hear(data);
    if (!this.state.token) this.channel.postMessage({ ask: true });
    if (this.state.open && !this.small.matches) this.open(false);
    if (this.state.items.some((item) => this.unsent(item))) this.pump();
  }

  disconnectedCallback() {
    this.life.abort();
    this.channel.close();
    this.channel = null;
    this.fence(false);
    window.speechSynthesis?.cancel();
  }

  /* -- What is kept, here and in other tabs: items {key, who: "visitor"|"otto"|"note", era, seq,...}.
        An era is a session of the server, named by its start; seq begins anew with each. */

  remembered() {
    try {
      this.store = this.getAttribute("keep") === "local" ? localStorage : sessionStorage;
      const kept = JSON.parse(this.store.getItem(this.key));
      if (kept && Date.now() - kept.saved < KEPT_FOR) return kept;
      this.store.removeItem(this.key);
    } catch {
      // No storage: the chat lives as long as the page.
    }
    return { items: [], draft: "", era: 1, tokens: [], owed: [] };
  }

  save(tell = true) {
    this.state.saved = Date.now();
    try {
      this.store.setItem(this.key, JSON.stringify(this.state));
    } catch {}
    if (tell) this.channel?.postMessage({ state: this.state });
  }

  hear({ ask, state, clear }) {
    if (ask && this.state.token) this.channel.postMessage({ state: this.state });
    if (clear) this.forget(clear);
    if (!state) return;
    if (state.era > this.state.era) {
      for (const name of ["era", "token", "tokens", "clinic"]) this.state[name] = state[name];
    }
    for (const item of state.items) {
      const mine = this.item(item.key);
      if (!(mine && mine.state === "sent" && item.state !== "sent")) this.keep(item);
    }
    this.save(false);
    this.paint();
  }

  item(key) {
    return this.state.items.find((item) => item.key === key);
  }

  /** Adds an item, or brings it up to date, in the order of the conversation. */
  keep(item) {
    const known = this.item(item.key);
    if (known) Object.assign(known, item);
    else this.state.items.push(item);
    const rank = (one, two) => (one || LAST) - (two || LAST);
    this.state.items.sort((one, two) => rank(one.era, two.era) || rank(one.seq, two.seq));
  }

  last(era = this.state.era) {
    return Math.max(0, ...this.state.items.map((item) => (item.era === era && item.seq) || 0));
  }

  next(era) {
    return this.last(era) + 0.001;
  }

  /** Whether the reply is new. One that the server could not keep has neither id nor number. */
  keepReply(reply, era = this.state.era) {
    if (this.item(reply.id)) return false;
    const { id, seq, feedback } = reply;
    const key = (reply.id = id || uuid());
    this.keep({ key, who: "otto", era, seq: seq || this.next(era), reply, lost: !id, vote: feedback });
    return true;
  }

  note(text) {
    this.keep({ key: uuid(), who: "note", era: this.state.era, seq: -1, text });
  }

  /** What the server is still to be told to forget is `owed`: tokens. */
  forget(owed) {
    const { open, clinic } = this.state;
    this.state = { items: [], draft: "", era: 1, tokens: [], owed, open, clinic };
    this.input.value = "";
    this.input.dispatchEvent(new Event("input"));
    this.tell("");
    this.paint();
  }


  /** One call: returns its JSON, or gives each line of a stream to `onLine`. */
  async call(method, path, body, onLine, token = this.state.token) {
    const stop = new AbortController();
    let timer;
    const wind = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), TIMEOUT);
    };
    wind();
    try {
      const headers = { Accept: onLine ? "application/x-ndjson" : "application/json" };
      if (body) headers["Content-Type"] = "application/json";
      if (token) headers.Authorization = `Bearer ${token}`;
      const response = await fetch(`${this.server}/webhooks/web/${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: stop.signal,
        credentials: "omit",
        cache: "no-store",
      });
      if (!response.ok) {
        const { detail } = await response.json().catch(() => ({}));
        throw trouble(response.status, detail, response.headers.get("Retry-After"));
      }
      if (response.status === 204) return {};
      if (!onLine || !/ndjson/.test(response.headers.get("Content-Type"))) return await response.json();
      await this.lines(response.body.pipeThrough(new TextDecoderStream()).getReader(), onLine, wind);
      return {};
    } catch (error) {
      throw "status" in error ? error : trouble(0);
    } finally {
      clearTimeout(timer);
    }
  }

  /** JSON lines; a stream that ends without {"done": true} was cut off. */
  async lines(reader, onLine, wind) {
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      wind();
      const whole = (rest + (value || "")).split("\n");
      rest = done ? "" : whole.pop();
      for (const line of whole.filter(Boolean)) {
        const read = JSON.parse(line);
        if (read.error) throw trouble(read.error.status, read.error.detail, read.error.retry_after);
        onLine(read);
        if (read.done) return;
      }
      if (done) throw trouble(0);
    }
  }

  /** A session, asked for once; `renew` starts over. */
  session(renew) {
    if (this.state.token && !renew) return Promise.resolve();
    this.asking =
      this.asking ||
      this.call("POST", "session", {}).then(({ token, config }) => {
        Object.assign(this.state, { token, clinic: config.clinic, era: Date.now() });
        this.state.tokens.push(token);
        if (this.lapsed) this.note(this.words.fresh);
        this.lapsed = false;
        this.save();
        this.paint();
      }).finally(() => (this.asking = null));
    return this.asking;
  }

  lapse() {
    this.state.token = null;
    this.lapsed = this.state.items.length > 0;
  }

  /** What was said elsewhere, or lost on the way; not announced. */
  async history() {
    const { era } = this.state;
    let page = { more: true, seq: Math.floor(this.last()) };
    try {
      while (page.more) {
        page = await this.call("GET", `history?after=${page.seq}`);
        if (this.state.era !== era) return;
        for (const entry of page.entries) {
          const { client_id: key, seq, text } = entry;
          if (key) this.keep({ key, who: "visitor", state: "sent", text, ...this.item(key), era, seq });
          else this.keepReply(entry);
        }
        this.save();
        this.paint();
      }
    } catch (error) {
      if (error.status !== 401) throw error;
      this.lapse();
      await this.session();
    }
  }

  /* -- The outbox: what this tab has not sent yet, one after the other. A message keeps its
        client_id however often it is tried, so the server answers it once. */

  unsent(item) {
    return item.who === "visitor" && item.tab === this.tab && item.state === "sending";
  }

  send(text, choice) {
    const card = seesEmergency(text);
    const item = { key: uuid(), who: "visitor", text, state: "sending", tab: this.tab, card };
    if (choice) Object.assign(item, { choice_id: choice.id, choiceEra: this.state.era });
    this.keep(item);
    if (card) this.announce(`${this.words.cardTitle}. ${plainText(this.words[card])}`, true);
    this.save();
    this.paint();
    this.log.scrollTop = this.log.scrollHeight;
    this.retry();
  }

  retry() {
    for (const item of this.state.items) {
      // Also what a tab that was closed had not sent: it is answered once, whoever sends it.
      if (/failed|sending/.test(item.state)) Object.assign(item, { state: "sending", tab: this.tab });
    }
    this.wake?.();
    this.pump();
  }

  async pump() {
    if (!navigator.onLine) this.tell(this.words.offline);
    if (this.pumping) return;
    this.pumping = true;
    try {
      for (let item; (item = this.state.items.find((each) => this.unsent(each))); ) {
        await this.deliver(item);
        this.save();
        this.paint();
      }
    } finally {
      this.pumping = false;
      this.paint();
    }
  }

  async sleep(ms) {
    await Promise.race([pause(ms), new Promise((resolve) => (this.wake = resolve))]);
    this.wake = null;
  }

  async deliver(item) {
    for (let tries = 1; this.item(item.key) === item; ) {
      if (!navigator.onLine) {
        this.tell(this.words.offline);
        this.paint();
        await this.sleep(2 ** 31 - 1);
        continue;
      }
      this.paint();
      // Without a session the server still answers emergencies.
      const refusal = await this.session().catch((error) => error);
      try {
        if (refusal && refusal.status < 429) throw refusal;
        await this.post(item);
        this.tell("");
        return;
      } catch (error) {
        const { status, retryAfter, detail } = refusal || error;
        if (status === 401) this.lapse();
        if (status === 409 || status === 429) {
          await this.countDown(retryAfter || 2, item);
        } else if (status >= 400 && status < 500 && status !== 401) {
          // A choice that the server forgot still says its words.
          if (item.choice_id && status !== 403 && status !== 413) delete item.choice_id;
          else {
            const { era } = this.state;
            return this.keep(Object.assign(item, { state: "refused", why: detail, era, seq: this.next() }));
          }
        } else if (tries === TRIES) {
          for (const each of this.state.items) if (this.unsent(each)) each.state = "failed";
          return this.tell(this.words.trouble, true);
        } else {
          await this.sleep(retryAfter * 1000 || 500 * 2 ** tries * (0.5 + Math.random()));
          tries += 1;
        }
      }
    }
  }

  async post(item) {
    const { era } = this.state;
    const byId = item.choice_id && item.choiceEra === era;
    const said = byId ? { choice_id: item.choice_id } : { text: item.text };
    const take = (reply) => {
      if (this.item(item.key) !== item) return;
      // The question stands before its answers.
      item.seq = item.seq ?? (reply.seq ? reply.seq - 0.5 : this.next(era));
      if (reply.safety === "interrupt") item.card = null;
      if (this.keepReply(reply, era)) this.arrived(reply);
    };
    const onLine = (line) => {
      if (line.reply) take(line.reply);
      line.replies?.forEach(take);
    };
    Object.assign(item, { era, seq: undefined });
    onLine(await this.call("POST", "messages", { client_id: item.key, ...said }, onLine));
    if (this.item(item.key)) this.keep(Object.assign(item, { state: "sent" }));
  }

  arrived(reply) {
    const { log } = this;
    const near = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
    this.save();
    this.paint();
    const titles = reply.choices.map(({ title }) => title).join("; ");
    const offer = titles ? ` ${fill(this.words.choices, { list: titles })}` : "";
    this.announce(`${this.words.otto}${plainText(reply.text)}${offer}`, reply.safety === "interrupt");
    const node = this.nodes.get(reply.id);
    // The start of a long answer stays in view.
    if (near) log.scrollTop = node.offsetTop - 8;
    if (this.panel.hidden) this.launcher.textContent = this.words.unread;
  }

  async countDown(seconds, item) {
    const text = (n) => fill(this.words.busy, { n });
    if (item.waited) this.told = text(seconds);
    item.waited = true;
    this.tell(text(seconds));
    const end = Date.now() + seconds * 1000;
    for (let left = seconds; left > 0 && this.item(item.key) === item; left = Math.ceil((end - Date.now()) / 1000)) {
      this.noticeText.textContent = text(left);
      await pause(Math.min(1000, end - Date.now()));
    }
    this.tell("");
  }


  build() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    this.shadowRoot.adoptedStyleSheets = [sheet];
    const w = (this.words = { ...WORDS, ...(this.strings || JSON.parse(this.getAttribute("strings"))) });
    this.server = (this.getAttribute("server") || new URL(import.meta.url).origin).replace(/\/+$/, "");
    this.key = `otto-chat ${this.server}`;
    this.small = matchMedia("(max-width: 30em), (max-height: 26em)");
    this.state = this.remembered();
    for (const item of this.state.items) if (item.state === "sending") item.tab = this.tab;

    this.launcher = button(w.launcher, () => (this.panel.hidden ? this.open(true) : this.shut()), {
      className: "launcher", "aria-expanded": "false",
    });
    this.heading = h("h2", { id: "title", tabIndex: -1 });
    this.hello = h("div", { className: "item bubble" }, ...markdown(w.hello, w));
    this.typing = h("p", { className: "state" }, h("span", { className: "dots", "aria-hidden": "true" }, "● ● ● "), w.typing);
    this.log = h("div", { className: "log", role: "log", "aria-live": "off", "aria-label": w.log, tabIndex: 0 }, this.hello, this.typing);
    this.noticeText = h("span");
    this.noticeCall = h("span");
    this.notice = h("p", { className: "notice", hidden: true }, this.noticeText, this.noticeCall);
    const settings = this.buildSettings();
    const toggle = button(w.settings, () => {
      settings.hidden = !settings.hidden;
      toggle.setAttribute("aria-expanded", !settings.hidden);
    }, { "aria-expanded": "false" });
    this.panel = h("div", { className: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
      h("div", { className: "head" }, this.heading, toggle, button(w.close, () => this.shut())),
      settings, this.log, this.notice, this.buildForm());
    this.polite = h("div", { className: "gone live", "aria-live": "polite" });
    this.urgent = h("div", { className: "gone live", "aria-live": "assertive" });
    const near = (name) => this.closest(`[${name}]`)?.getAttribute(name) || "";
    this.root = h("div", { className: "root", lang: near("lang"), dir: getComputedStyle(this).direction },
      this.panel, this.launcher, this.polite, this.urgent);
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      this.shut();
    });
    this.comfort();
    this.shadowRoot.append(this.root);
    this.paint();
  }

  buildForm() {
    const w = this.words;
    this.input = h("textarea", { id: "input", rows: 2, value: this.state.draft, enterKeyHint: "send", "aria-describedby": "count" });
    this.count = h("div", { className: "count", id: "count", hidden: true });
    const form = h("form", {}, h("label", { htmlFor: "input" }, w.input), this.input,
      h("button", { className: "main" }, w.send), this.count);
    let warned = 0;
    const measure = () => {
      const left = LONGEST - [...this.input.value.trim()].length;
      this.count.hidden = left > 100;
      this.count.textContent = left < 0 ? fill(w.over, { n: -left }) : fill(w.left, { n: left });
      // Not heard at every letter.
      const level = left < 0 ? 2 : left <= 100 ? 1 : 0;
      if (level > warned) this.announce(this.count.textContent);
      warned = level;
      return left >= 0;
    };
    this.input.addEventListener("input", () => {
      this.state.draft = this.input.value;
      this.save(false);
      measure();
    });
    this.input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word (229 is how older Safari says so).
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text) return this.input.focus();
      if (!measure() && !seesEmergency(text)) return this.announce(this.count.textContent);
      this.input.value = this.state.draft = "";
      measure();
      this.send(text);
    });
    return form;
  }

  buildSettings() {
    const w = this.words;
    const pick = (label, name, options) => {
      const select = h("select", { onchange: () => this.comfort({ [name]: select.selectedIndex }) },
        ...options.map((option) => h("option", {}, option)));
      this[name] = select;
      return h("label", {}, label, select);
    };
    this.reads = h("input", { type: "checkbox", onchange: () => this.comfort({ read: this.reads.checked }) });
    const clear = button(w.clear, () => {
      if (clear.textContent === w.clearSure) return this.clear();
      clear.textContent = w.clearSure;
      this.announce(w.clearSure);
    }, { onblur: () => (clear.textContent = w.clear) });
    return h("div", { className: "settings", role: "group", "aria-label": w.settings, hidden: true },
      pick(w.size, "size", w.sizes), pick(w.spacing, "space", w.spacings),
      ...(window.speechSynthesis ? [h("label", {}, this.reads, w.reading)] : []),
      h("div", { className: "row" }, button(w.restart, () => this.restart()), clear));
  }

  /** Kept on the device: eyes do not change by tab. */
  comfort(change) {
    let kept = {};
    try {
      kept = { ...JSON.parse(localStorage.getItem(SIZES)), ...change };
      if (change) localStorage.setItem(SIZES, JSON.stringify(kept));
    } catch {
      kept = { ...this.kept, ...change };
    }
    this.kept = kept;
    this.size.selectedIndex = kept.size || 0;
    this.space.selectedIndex = kept.space || 0;
    this.reads.checked = !!kept.read;
    this.panel.classList.toggle("size1", kept.size === 1);
    this.panel.classList.toggle("size2", kept.size === 2);
    this.panel.classList.toggle("wide", kept.space === 1);
    this.paint();
  }

  open(byVisitor) {
    this.panel.hidden = false;
    this.arrange();
    this.launcher.textContent = this.words.launcher;
    this.launcher.setAttribute("aria-expanded", "true");
    this.state.open = true;
    this.save(false);
    this.erase();
    this.log.scrollTop = this.log.scrollHeight;
    if (byVisitor) this.settle();
    (this.state.token ? this.history() : this.session()).catch(() => {
      if (!navigator.onLine) this.tell(this.words.offline);
      else this.tell(this.words.trouble, true);
    });
  }

  shut() {
    this.panel.hidden = true;
    this.arrange();
    this.launcher.setAttribute("aria-expanded", "false");
    this.state.open = false;
    this.save(false);
    window.speechSynthesis?.cancel();
    this.launcher.focus();
  }

  /** Puts the focus where one goes on, without raising a soft keyboard. */
  settle() {
    (matchMedia("(pointer: fine)").matches ? this.input : this.heading).focus();
  }

  arrange() {
    const modal = !this.panel.hidden && this.small.matches;
    this.root.classList.toggle("modal", modal);
    this.panel.setAttribute("aria-modal", modal);
    this.fence(modal);
  }

  fence(closed) {
    for (const node of this.fenced || []) node.inert = false;
    this.fenced = [];
    for (let at = this; closed && at.parentElement && at !== document.body; at = at.parentElement) {
      for (const node of at.parentElement.children) {
        if (node === at || node.inert) continue;
        node.inert = true;
        this.fenced.push(node);
      }
    }
  }

  /** One line above the input, announced once. */
  tell(text, call = false) {
    const clinic = this.state.clinic || {};
    const phone = clinic.phone || this.getAttribute("phone");
    this.noticeText.textContent = text;
    this.noticeCall.replaceChildren();
    if (call && phone) {
      const label = ` ${fill(this.words.call, { name: clinic.name || this.words.clinic })}`;
      this.noticeCall.append(label, h("a", { href: `tel:${phone.replace(/[^\d+]/g, "")}` }, phone));
    }
    const said = text && this.notice.textContent;
    if (said && said !== this.told && !this.panel.hidden) this.announce(said);
    this.told = said;
    this.notice.hidden = !text;
  }

  announce(text, urgent = false) {
    const line = h("p", {}, text);
    (urgent ? this.urgent : this.polite).append(line);
    setTimeout(() => line.remove(), 3000);
  }

  paint() {
    if (!this.root) return;
    const { items, clinic } = this.state;
    const { name } = clinic || {};
    this.heading.textContent = name ? fill(this.words.titleOf, { name }) : this.words.title;
    const keys = new Set(items.map((item) => item.key));
    for (const [key, node] of this.nodes) {
      if (keys.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    items.forEach((item, i) => {
      if (!this.nodes.has(item.key)) this.nodes.set(item.key, this[`${item.who}Node`](item));
      const node = this.nodes.get(item.key);
      if (this.log.children[i + 1] !== node) this.log.insertBefore(node, this.log.children[i + 1] || null);
      node.refresh?.(i === items.length - 1);
    });
    this.typing.hidden = !this.pumping || !navigator.onLine || !this.notice.hidden;
  }

  noteNode(item) {
    return h("p", { className: "item small" }, item.text);
  }

  visitorNode(item) {
    const w = this.words;
    const state = h("span");
    const again = button(w.retry, () => this.retry());
    const card = h("div");
    const node = h("div", { className: "item visitor" }, hiddenText(w.you),
      h("p", { className: "bubble", dir: "auto" }, item.text),
      h("p", { className: "state" }, state, " ", again), card);
    node.refresh = () => {
      const waits = item.state === "sending" && !navigator.onLine;
      state.textContent = waits ? w.waiting : w[item.state] + (item.why ? ` ${item.why}` : "");
      again.hidden = item.state !== "failed";
      if (!item.card) card.replaceChildren();
      else if (!card.firstChild) card.append(this.card(markdown(w[item.card], w)));
    };
    return node;
  }

  card(body) {
    return h("div", { className: "card", role: "group", "aria-label": this.words.cardTitle },
      h("h3", {}, this.words.cardTitle), ...body);
  }

  ottoNode(item) {
    const w = this.words;
    const { reply } = item;
    const { text, choices, sources, location, safety, outcome, topic } = reply;
    const nearest = location?.nearest || [];
    const body = markdown(text, w);
    const bubble = safety === "interrupt" ? this.card(body) : h("div", { className: "bubble" }, ...body);
    Object.assign(bubble, { lang: w.answersLang, dir: "auto" });
    const node = h("div", { className: "item otto" }, hiddenText(w.otto), bubble);
    if (nearest.length) bubble.append(...this.nearest(nearest));

    const picks = choices.map((choice) => button(choice.title, (event) => this.choose(item, choice, event)));
    if (picks.length) node.append(h("div", { className: "row choices" }, ...picks));

    const locate = button(w.locate, () => this.locate());
    const place = h("div", { className: "row" }, locate, h("span", { className: "small" }, w.locateNote));
    const asksPlace = outcome === "location" ? !location?.listed && !nearest.length : topic === "find_care";
    const locates = asksPlace && navigator.geolocation;
    if (locates) node.append(place);

    if (sources.length) {
      node.append(h("details", {}, h("summary", {}, w.sources),
        h("ul", { lang: w.answersLang }, ...sources.map((source) => h("li", {}, this.source(source))))));
    }
    const row = h("div", { className: "row" });
    const read = button(w.read, () => this.readAloud(plainText(text), read));
    const copy = button(w.copy, () => this.copy(reply));
    const vote = (value, label) => button(label, () => this.vote(item, value));
    const up = vote("up", w.up);
    const down = vote("down", w.down);
    const why = this.reason(item);
    row.append(copy, up, down, read);
    // A question of Otto's needs an answer, not a vote.
    if (safety !== "interrupt" && !picks.length) node.append(row, why);

    node.refresh = (last) => {
      picks.forEach((pick, i) => {
        pick.setAttribute("aria-disabled", !!item.used);
        pick.setAttribute("aria-pressed", item.used === choices[i].id);
      });
      place.hidden = !last;
      read.hidden = !this.kept?.read;
      up.setAttribute("aria-pressed", item.vote === "up");
      down.setAttribute("aria-pressed", item.vote === "down");
      up.hidden = down.hidden = item.lost || item.era !== this.state.era;
      why.hidden = item.vote !== "down" || !!item.told || up.hidden;
    };
    return node;
  }

  source({ title, publisher, section, review }) {
    const date = /^\d{4}-\d\d-\d\d$/.test(review || "")
      ? new Date(review).toLocaleDateString(this.root.lang || undefined, { dateStyle: "long", timeZone: "UTC" })
      : review;
    const named = [publisher, `“${title}”`].filter(Boolean).join(", ");
    const where = `: “${section}”`;
    return `${named}${where} (${date ? fill(this.words.reviewed, { date }) : this.words.notReviewed})`;
  }

  nearest(cities) {
    const lines = cities.map(({ city, state, way }) => `${city}, ${state}, ${way}`);
    const list = lines.map((line, i) => `${i + 1}. ${line}`).join("; ");
    return [h("ol", {}, ...lines.map((line) => h("li", {}, line))), drawMap(cities, fill(this.words.map, { list }))];
  }

  reason(item) {
    const { reason, reasons } = this.words;
    const picks = Object.entries(reasons).map(([name, label]) => button(label, () => {
      this.vote(item, "down", name);
      this.settle();
    }));
    return h("div", { className: "row", role: "group", "aria-label": reason }, h("span", { className: "small" }, reason), ...picks);
  }


  choose(item, choice, event) {
    if (item.used) return;
    item.used = choice.id;
    this.send(choice.title, item.era === this.state.era ? choice : null);
    // A finger stays where it is.
    if (!event.detail || matchMedia("(pointer: fine)").matches) this.input.focus();
  }

  async copy({ text, copy_text, sources }) {
    const said = [plainText(text), ...sources.map((source) => this.source(source))].join("\n");
    try {
      await navigator.clipboard.writeText(copy_text || said);
      this.flash(this.words.copied);
    } catch {
      this.flash(this.words.notCopied);
    }
  }

  /** A thumb; the same one again takes it back. */
  async vote(item, value, reason) {
    const [vote, told] = [item.vote, item.told];
    const back = reason === undefined && vote === value;
    Object.assign(item, { vote: back ? null : value, told: reason !== undefined });
    this.paint();
    try {
      await this.call("POST", "feedback", { reply_id: item.key, value: item.vote, reason });
      this.flash(back ? this.words.undone : this.words.thanks);
    } catch {
      Object.assign(item, { vote, told });
      this.flash(this.words.notSaved);
    }
    this.save();
    this.paint();
  }

  async flash(text) {
    if (this.noticeCall.firstChild) return this.announce(text);
    this.tell(text);
    await pause(5000);
    if (this.noticeText.textContent === text) this.tell("");
  }

  readAloud(text, control) {
    const speech = window.speechSynthesis;
    const spoke = speech.speaking && control.textContent === this.words.stopReading;
    speech.cancel();
    if (spoke) return;
    // Only the device's own voice: others send the text to a company.
    const voice = speech.getVoices().find((each) => each.localService && each.lang.startsWith(this.words.answersLang));
    if (!voice) return this.flash(this.words.noVoice);
    const says = new SpeechSynthesisUtterance(text);
    Object.assign(says, { voice, lang: voice.lang });
    control.textContent = this.words.stopReading;
    says.onend = says.onerror = () => (control.textContent = this.words.read);
    speech.speak(says);
  }

  locate() {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.send(`My location: ${coords.latitude.toFixed(2)}, ${coords.longitude.toFixed(2)}`),
      () => this.flash(this.words.noLocation),
      { timeout: 15000, maximumAge: 600000 },
    );
    this.settle();
  }

  async restart() {
    try {
      await this.session(true);
      this.note(this.words.restarted);
      this.save();
      this.announce(this.words.restarted);
    } catch (error) {
      if (error.status !== 401) return this.tell(this.words.trouble, true);
      this.lapse();
      return this.restart();
    }
    this.paint();
    this.settle();
  }

  async clear() {
    const owed = [...this.state.owed, ...this.state.tokens];
    this.forget(owed);
    this.channel.postMessage({ clear: owed });
    this.settle();
    this.flash((await this.erase()) ? this.words.cleared : this.words.clearedHere);
  }

  /** Makes the server forget what was deleted here; whether it has. */
  async erase() {
    for (const token of this.state.owed) {
      try {
        await this.call("DELETE", "session", null, null, token);
      } catch ({ status }) {
        if (status !== 401) return false;
      }
      this.state.owed = this.state.owed.filter((each) => each !== token);
      this.save(false);
    }
    return true;
  }
}

/* Without an element on the page, the script adds one; in too old a browser, nothing. */
if ("adoptedStyleSheets" in document && !customElements.get("otto-chat")) {
  customElements.define("otto-chat", OttoChat);
  if (!document.querySelector("otto-chat")) document.body.append((added = document.createElement("otto-chat")));
}
