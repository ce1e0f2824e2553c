// Checks one report in headless Chromium: node check.mjs REPORT.html FINDINGS.txt [CHROMIUM]
// On a phone, on a laptop, and as print, light and dark, and in every state a reader can bring it to:
// axe-core's violations, requests to the outside, errors, pages wider than the screen, and use without a mouse.
// Exit code 0: nothing found; 1: findings, one a line; 2: the check itself could not run.
import {readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {chromium} from "playwright-core";

const [report, list, program = "/usr/bin/chromium"] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(report).href;
const phone = {viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true};
const laptop = {viewport: {width: 1280, height: 800}};
const paper = {viewport: {width: 673, height: 986}};  // A4 less the margins of the print style, in CSS pixels
const runs = [
  {name: "phone, light", device: phone, colorScheme: "light"},
  {name: "phone, dark", device: phone, colorScheme: "dark"},
  {name: "laptop, light", device: laptop, colorScheme: "light"},
  {name: "laptop, dark", device: laptop, colorScheme: "dark"},
  {name: "print", device: paper, colorScheme: "light", media: "print"},
];
const rows = 8;  // of each table's body; the ones after these repeat their markup, and axe-core would take minutes for them
const findings = [];
const note = (place, text) => findings.push(`${place}: ${text}`);

async function audit(page, place, part = "html") {
  const {violations} = await page.evaluate((part) => axe.run(part, {resultTypes: ["violations"]}), part);
  for (const {id, impact, help, nodes} of violations) {
    const where = nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ");
    note(place, `axe ${id} (${impact}): ${help}; ${nodes.length} element(s): ${where}`);
  }
}

async function expect(place, text, holds) {
  if (!(await holds)) note(place, `not so: ${text}`);
}

async function measure(page, place) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) note(place, `the page is ${wide} px wider than the screen`);
}

async function cut(page, place) {
  const ids = await page.evaluate(() => Array.from(document.querySelectorAll("figure.table table, .drawing svg"))
    .filter((box) => box.checkVisibility() && box.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((box) => box.closest("figure").id));
  if (ids.length) note(place, `cut off at the right edge of the paper: ${ids.join(", ")}`);
}

async function weigh(page, place, device) {
  const found = await page.evaluate(() => ({
    height: document.documentElement.scrollHeight,
    elements: document.querySelectorAll("*").length,
    lost: Array.from(document.querySelectorAll("a[href^='#']")).map((link) => link.hash.slice(1))
      .filter((id) => id && !document.getElementById(id)),
    boxless: Array.from(document.querySelectorAll("table"))
      .filter((table) => table.scrollWidth > document.documentElement.clientWidth && !table.closest(".scroll")).length,
  }));
  const screens = found.height / device.viewport.height;
  if (readFileSync(report).length > 2e6) note(place, "the file is larger than 2 MB");
  if (found.elements > 15000) note(place, `${found.elements} elements, more than 15,000`);
  if (device.isMobile && report.endsWith("report.html") && screens > 15) note(place, `${screens.toFixed(1)} screens long, more than 15`);
  if (found.lost.length) note(place, `links that lead nowhere: ${found.lost.join(", ")}`);
  if (found.boxless) note(place, `${found.boxless} wide table(s) without a box to scroll in`);
}

async function shorten(page) {
  await page.evaluate((rows) => document.querySelectorAll("tbody").forEach((body) => {
    Array.from(body.rows).slice(rows).forEach((row) => row.remove());
  }), rows);
}

async function unfold(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
}

async function useKeyboard(page, place) {
  const focused = (text) => page.evaluate(text);
  await page.keyboard.press("Tab");
  await audit(page, `${place}, link to the content`, ".skip");
  await expect(place, "the first Tab reaches the link to the content", focused("document.activeElement.className === 'skip'"));
  await page.keyboard.press("Enter");
  await expect(place, "the link to the content leads there", focused("location.hash === '#content'"));

  const head = page.locator("table.sortable thead tr:last-child th").filter({has: page.locator("button")}).nth(1);
  await head.locator("button").focus();
  const column = await head.evaluate((cell) => cell.cellIndex);
  const cells = () => head.evaluate((cell, index) => Array.from(cell.closest("table").tBodies[0].rows)
    .map((row) => row.cells[index]?.textContent.trim()), column);
  const first = JSON.stringify(await cells());
  for (const order of ["ascending", "descending", null]) {
    await page.keyboard.press("Enter");
    await expect(place, `Enter on a heading sorts: ${order}`, (await head.getAttribute("aria-sort")) === order);
    if (order === "descending") await audit(page, `${place}, sorted`, "table:has([aria-sort])");
  }
  await expect(place, "the third Enter restores the first order", JSON.stringify(await cells()) === first);

  const button = page.locator("button.zoom").first();
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(place, "Enter on Enlarge opens the figure", page.locator("#viewer").evaluate((box) => box.open));
  const width = () => page.locator("#viewer svg").first().evaluate((box) => box.getBoundingClientRect().width);
  const before = await width();
  await page.keyboard.press("+");
  await expect(place, "plus enlarges the figure", (await width()) > before);
  await audit(page, `${place}, figure enlarged`, "#viewer");
  await page.keyboard.press("Escape");
  await expect(place, "Escape closes the figure", page.locator("#viewer").evaluate((box) => !box.open));
  await expect(place, "the focus returns to Enlarge", button.evaluate((box) => box === document.activeElement));
  await expect(place, "the figure is back in its place", page.locator("figure.picture svg").first().isVisible());
}

async function dressOtherwise(page, place, scheme) {
  const other = scheme === "dark" ? "light" : "dark";
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await colour();
  await page.locator(`#appearance button[value=${other}]`).press("Enter");
  await expect(place, `the switch turns the page ${other}`, (await colour()) !== before);
  await audit(page, `${place}, switched to ${other}, everything unfolded`);
}

async function check(browser, {name, device, colorScheme, media}) {
  const context = await browser.newContext({...device, colorScheme, offline: true, reducedMotion: "reduce"});
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && url.split("#")[0] !== address) note(name, `asks for ${url}`);
  });
  page.on("pageerror", (error) => note(name, `script error: ${error.message}`));
  page.on("console", (message) => { if (message.type() === "error") note(name, `console: ${message.text()}`); });
  await page.goto(address);
  await page.evaluate(axe);
  if (media) {
    await page.emulateMedia({media, colorScheme});
    await unfold(page);
    await cut(page, name);
    await shorten(page);
    await audit(page, name);
  } else {
    await measure(page, name);
    await weigh(page, name, device);
    if (!(await page.locator("#viewer").count())) {
      await audit(page, name);
      note(name, "not a report of this project: no viewer of figures, nothing further is tried");
      await context.close();
      return;
    }
    await useKeyboard(page, name);  // before rows are removed, which sorting would bring back
    await shorten(page);
    if (device.isMobile) await audit(page, name);
    await unfold(page);
    await measure(page, `${name}, everything unfolded`);
    if (device.isMobile) await dressOtherwise(page, name, colorScheme);
    else await audit(page, `${name}, everything unfolded`);  // a wider page; the rest is as on the phone
  }
  await context.close();
}

try {
  const browser = await chromium.launch({executablePath: program, args: ["--no-sandbox", "--disable-gpu"]});
  for (const run of runs) await check(browser, run);
  await browser.close();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
writeFileSync(list, findings.length ? findings.join("\n") + "\n" : "No violation and no finding.\n");
process.exit(findings.length ? 1 : 0);
