"use strict";

// Shows the prompts of the page's own JSON. Whatever was written by others gets into the page as
// text, never as HTML; the page's policy forbids anything else.

const data = JSON.parse(document.getElementById("data").textContent);
const control = Object.fromEntries(
  ["browser", "words", "kind", "finding", "votes", "order", "systems", "clear", "count", "prompts"]
    .map((id) => [id, document.getElementById(id)]),
);
const pagers = document.querySelectorAll(".pager button");

/** Prompts on a page: few enough that any browser shows them at once. */
const PAGE = 20;

/** What the filters leave, in order, and the page of it that is seen. */
let found = data.prompts;
let page = 0;

/** The filters as they are set; words, finding and order are null where they are not. */
function filters() {
  const words = control.words.value.trim();
  const [end, score] = control.order.value.split(" ");
  return {
    words: words ? new RegExp(words.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "giu") : null,
    kind: control.kind.value === "" ? null : Number(control.kind.value),
    finding: control.finding.value || null,
    voters: JSON.parse(control.votes.value || "[]"),
    order: end ? { sign: end === "low" ? 1 : -1, score: Number(score) } : null,
    systems: new Set(
      [...control.systems.querySelectorAll("input:checked")].map((box) => Number(box.value)),
    ),
  };
}

function matches(prompt, filter) {
  if (filter.kind !== null && prompt.kind !== filter.kind) return false;
  const jokes = prompt.jokes.filter((joke) => filter.systems.has(joke.by));
  if (!jokes.length) return false;
  if (filter.finding && !jokes.some((joke) => hasFinding(joke, filter.finding))) return false;
  if (filter.words) {
    const texts = [prompt.id, prompt.asked, ...jokes.map((joke) => joke.text ?? "")];
    if (!texts.some((text) => text.search(filter.words) >= 0)) return false;
  }
  const [one, other] = filter.voters;
  if (other !== undefined) return disagreements(prompt, one, other, filter.systems).length > 0;
  return one === undefined || duels(prompt, one, filter.systems).length > 0;
}

/** Whether a joke has a finding: any error, or a certain code. */
function hasFinding(joke, finding) {
  return joke.findings.some(([code]) =>
    finding === "error" ? data.codes[code].level === "error" : code === Number(finding));
}

/** Votes of one voter on pairs of systems that are shown. */
function duels(prompt, voter, systems) {
  return prompt.votes.filter(([by, a, b]) => by === voter && systems.has(a) && systems.has(b));
}

/** Pairs of systems on which two voters take opposite sides. */
function disagreements(prompt, one, other, systems) {
  const theirs = duels(prompt, other, systems);
  return duels(prompt, one, systems).filter(([, a, b, won, , lost]) =>
    theirs.some(([, c, d, wins, , losses]) =>
      a === c && b === d && (won - lost) * (wins - losses) < 0));
}

/** Prompts by their lowest or highest score among the jokes that are shown; without one, last. */
function ordered(prompts, { order, systems }) {
  if (!order) return prompts;
  const extreme = (prompt) => {
    const values = prompt.jokes
      .filter((joke) => systems.has(joke.by) && joke.scores[order.score] !== null)
      .map((joke) => joke.scores[order.score] * order.sign);
    return Math.min(Infinity, ...values);
  };
  return prompts
    .map((prompt) => [extreme(prompt), prompt])
    .sort(([a], [b]) => (a === b ? 0 : a - b))
    .map(([, prompt]) => prompt);
}

/** An element with a class, and with texts and elements in it. */
function element(name, kind, ...inside) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...inside.filter((each) => each !== null));
  return made;
}

/** A text by somebody else: isolated from what stands around it, with the searched words marked. */
function quoted(text, lang, words) {
  const made = element("bdi");
  made.lang = lang;
  let end = 0;
  for (const hit of words ? text.matchAll(words) : []) {
    made.append(text.slice(end, hit.index), element("mark", "", hit[0]));
    end = hit.index + hit[0].length;
  }
  made.append(text.slice(end));
  return made;
}

function promptElement(prompt, filter) {
  const { lang, name } = data.kinds[prompt.kind];
  const head = element("h3", "", element("code", "", prompt.id), " ");
  if (prompt.asked) head.append(quoted(prompt.asked, lang, filter.words));
  const about = element("p", "quiet", `${name} · ${prompt.what}`);
  if (prompt.link) {
    const link = element("a", "", "open the GIF");
    link.href = prompt.link;
    link.rel = "noreferrer";
    about.append(" · ", link);
  }
  const jokes = prompt.jokes.filter((joke) => filter.systems.has(joke.by));
  return element(
    "li",
    "prompt",
    head,
    about,
    element("ul", "jokes", ...jokes.map((joke) => jokeElement(joke, prompt, lang, filter))),
    votesElement(prompt, filter),
  );
}

function jokeElement(joke, prompt, lang, filter) {
  const who = element("p", "who", element("b", "", quoted(data.systems[joke.by], "")));
  if (joke.by === data.baseline) who.append(element("span", "quiet", " baseline"));
  return element(
    "li",
    filter.finding && hasFinding(joke, filter.finding) ? "hit" : "",
    who,
    joke.text === null
      ? element("p", "quiet", "no text")
      : element("p", "joke", quoted(joke.text, lang, filter.words)),
    findingsElement(joke),
    wonElement(joke, prompt),
    scoresElement(joke),
  );
}

function findingsElement(joke) {
  if (!joke.findings.length) return null;
  return element("ul", "findings", ...joke.findings.map(([code, message]) => {
    const { name, level } = data.codes[code];
    return element("li", level, element("b", "", name), " ", quoted(message, ""));
  }));
}

/** How often a joke won, tied and lost, by voter, against all systems. */
function wonElement(joke, prompt) {
  const sums = data.voters.map(() => [0, 0, 0]);
  for (const [voter, a, b, won, tied, lost] of prompt.votes) {
    if (a !== joke.by && b !== joke.by) continue;
    const results = a === joke.by ? [won, tied, lost] : [lost, tied, won];
    results.forEach((count, place) => { sums[voter][place] += count; });
  }
  const said = sums.flatMap((counts, voter) => {
    const results = ["won", "tied", "lost"]
      .map((result, place) => `${counts[place]} ${result}`)
      .filter((result, place) => counts[place]);
    return results.length ? [`${data.voters[voter]}: ${results.join(", ")}`] : [];
  });
  return said.length ? element("p", "won", said.join(" · ")) : null;
}

function scoresElement(joke) {
  const said = data.scores.flatMap(({ name }, place) =>
    joke.scores[place] === null
      ? []
      : [`${name} ${Math.round(joke.scores[place] * 1000) / 1000}`]);
  return said.length ? element("p", "quiet scores", said.join(" · ")) : null;
}

/** All votes on a prompt, pair by pair; folded. */
function votesElement(prompt, filter) {
  const pairs = new Map();
  for (const [voter, a, b, ...counts] of prompt.votes) {
    if (!filter.systems.has(a) || !filter.systems.has(b)) continue;
    const key = `${a} ${b}`;
    if (!pairs.has(key)) pairs.set(key, { a, b, counts: new Map() });
    pairs.get(key).counts.set(voter, counts);
  }
  if (!pairs.size) return null;
  const voters = data.voters.map((_, voter) => voter)
    .filter((voter) => prompt.votes.some(([by]) => by === voter));
  const heads = ["pair", ...voters.map((voter) => data.voters[voter]), ""];
  const rows = [...pairs.values()].map(({ a, b, counts }) => {
    const signs = new Set([...counts.values()].map(([won, , lost]) => Math.sign(won - lost)));
    return element(
      "tr",
      "",
      element("th", "", quoted(data.systems[a], ""), " – ", quoted(data.systems[b], "")),
      ...voters.map((voter) => element("td", "", counts.get(voter)?.join(" – ") ?? "")),
      element("td", "failed", signs.has(1) && signs.has(-1) ? "disagree" : ""),
    );
  });
  return element(
    "details",
    "",
    element("summary", "", `Votes on ${pairs.size} ${pairs.size === 1 ? "pair" : "pairs"}`),
    element("p", "quiet", "first funnier – tied – second funnier"),
    element("div", "wide", element(
      "table",
      "",
      element("thead", "", element("tr", "", ...heads.map((head) => element("th", "", head)))),
      element("tbody", "", ...rows),
    )),
  );
}

/** Show one page of what was found. */
function show(filter) {
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  page = Math.min(Math.max(page, 0), pages - 1);
  const start = page * PAGE;
  const seen = found.slice(start, start + PAGE);
  control.prompts.replaceChildren(...seen.map((prompt) => promptElement(prompt, filter)));
  control.prompts.start = start + 1;
  const all = data.prompts.length.toLocaleString("en");
  control.count.textContent = found.length
    ? `${start + 1}–${start + seen.length} of ${found.length.toLocaleString("en")} prompts`
      + (found.length < data.prompts.length ? `, out of ${all}` : "")
    : `None of ${all} prompts`;
  for (const button of pagers) {
    // Not disabled: a button that the keyboard stands on must not vanish under it.
    const ends = Number(button.dataset.step) < 0 ? page === 0 : page === pages - 1;
    button.setAttribute("aria-disabled", String(ends));
  }
}

function update() {
  const filter = filters();
  found = ordered(data.prompts.filter((prompt) => matches(prompt, filter)), filter);
  page = 0;
  show(filter);
}

control.browser.addEventListener("input", update);
control.clear.addEventListener("click", () => {
  control.words.value = "";
  for (const name of ["kind", "finding", "votes", "order"]) control[name].selectedIndex = 0;
  for (const box of control.systems.querySelectorAll("input")) box.checked = true;
  update();
  control.words.focus();
});
for (const button of pagers) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    page += Number(button.dataset.step);
    show(filters());
    control.prompts.focus({ preventScroll: true });
    control.prompts.scrollIntoView();
  });
}
control.browser.hidden = false;
update();
