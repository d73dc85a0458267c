// The search of the book: its sections, and the box that asks for them.

const SECTIONS = []; // [where, page, section, text] each, written here by website.py
const MOST = 12;

const words = (text) => text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const wanted = (text) => words(text).map((word) => word.replace(/(?<=.{4})(?:ing|e?s)$/, ""));
const spaced = (text) => ` ${words(text).join(" ")}`; // a word begins after a space

// Return the sections that have every word that is asked for, if only as the beginning of one and
// in another form (checking, checks); a word in a title weighs more than one in the text.
function find(query, sections) {
  const asked = wanted(query).map((word) => ` ${word}`);
  const rate = ([, page, title, text]) => {
    const [inPage, inTitle, inText] = [page, title, text].map(spaced);
    const rates = asked.map(
      (word) =>
        (inPage.includes(word) ? (title ? 6 : 16) : 0) +
        (inTitle.includes(word) ? 12 : 0) +
        Math.min(inText.split(word).length - 1, 5),
    );
    return rates.includes(0) ? 0 : rates.reduce((sum, each) => sum + each, 0);
  };
  const rated = sections.map((section) => [rate(section), section]).filter(([r]) => r > 0);
  return rated.sort(([a], [b]) => b - a).map(([, section]) => section);
}

// Return what stands around the first word that is found.
function excerpt(query, text) {
  const begins = (word) => text.toLowerCase().search(new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "u"));
  const places = wanted(query).map(begins).filter((at) => at >= 0);
  const from = places.length ? text.lastIndexOf(" ", Math.max(0, Math.min(...places) - 40)) + 1 : 0;
  const to = text.length > from + 150 ? text.lastIndexOf(" ", from + 150) : text.length;
  return `${from ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
}

function element(name, text, ...inside) {
  const made = document.createElement(name);
  made.append(text, ...inside);
  return made;
}

function show(query, list) {
  const found = query.trim() ? find(query, SECTIONS) : [];
  const lines = found.slice(0, MOST).map(([where, page, title, text]) => {
    const link = element("a", title ? `${page} › ${title}` : page);
    link.href = where;
    return element("li", link, element("p", excerpt(query, text)));
  });
  if (found.length > MOST) lines.push(element("li", `and ${found.length - MOST} more`));
  if (words(query).length && !found.length) lines.push(element("li", "Nothing is found."));
  list.replaceChildren(...lines);
}

if (typeof document === "undefined") {
  module.exports = { find, excerpt, SECTIONS };
} else {
  const search = document.querySelector("search");
  const [box, list] = search.children;
  search.hidden = false;
  document.querySelector("[aria-current]").scrollIntoView({ block: "nearest" }); // in the menu
  box.addEventListener("input", () => show(box.value, list));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("a")?.click();
  });
  list.addEventListener("click", (event) => {
    if (event.target.closest("a")) list.replaceChildren(); // it may lead to this very page
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box) {
      event.preventDefault();
      box.focus();
    }
    if (event.key === "Escape") {
      box.value = "";
      list.replaceChildren();
    }
  });
}
