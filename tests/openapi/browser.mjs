// Opens the page of operations in a real browser and uses it: by keyboard alone, and with a finger on a phone.
// `node browser.mjs FILE` keeps a picture of it.

import assert from "node:assert/strict";

import { chromium, devices } from "playwright-core";

import { register, serving } from "./service.mjs";

/** As a person would press it; the page has some hundred places to stop at. */
const MOST_TABS = 400;

/** How many milliseconds something that must happen may take, on a machine however busy. */
const PATIENCE = 600_000;

/** Every complaint of a page is a fault of it, but for a status that the test asked for. */
async function open(browser, origin, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) {
      complaints.push(`${request.url()} is elsewhere`);
    }
  });
  await page.goto(`${origin}/docs`);
  await page.locator(".opblock").first().waitFor();
  return { page, complaints };
}

/** Presses Tab until something is reached. */
async function tabTo(page, selector) {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
      return;
    }
  }
  assert.fail(`${selector} cannot be reached by keyboard`);
}

/** What the service answered to the operation that was tried. */
async function answer(block) {
  const row = block.locator(".live-responses-table .response").first();
  await row.waitFor();
  const status = await row.locator(".response-col_status").innerText();
  return { status: Number.parseInt(status, 10), body: await row.locator(".response-col_description").innerText() };
}

async function byKeyboard(browser, origin, picture) {
  const { page, complaints } = await open(browser, origin, { viewport: { width: 1120, height: 860 } });
  const document = await (await fetch(`${origin}/openapi.json`)).json();
  const operations = Object.values(document.paths).flatMap((item) =>
    Object.keys(item).filter((method) => method !== "head" && method !== "options"),
  );
  assert.equal(await page.locator(".opblock").count(), operations.length);

  // Register.
  const creating = page.locator("[id$='-CreateUser']");
  await tabTo(page, "[id$='-CreateUser'] .opblock-summary-control");
  await page.keyboard.press("Enter");
  await tabTo(page, "[id$='-CreateUser'] textarea.body-param__text");
  await page.keyboard.press("ControlOrMeta+A");
  const user = { username: "ada", email: "ada@example.com", password: "correct horse" };
  await page.keyboard.type(JSON.stringify({ user }));
  await tabTo(page, "[id$='-CreateUser'] .btn.execute");
  await page.keyboard.press("Enter");
  const created = await answer(creating);
  assert.equal(created.status, 201, created.body);
  const token = /"token":\s*"([^"]+)"/.exec(created.body)?.[1];
  assert.ok(token, created.body);

  // Authorise. Tab goes round, from the end of the page to its beginning.
  await tabTo(page, ".auth-wrapper > .btn.authorize");
  await page.keyboard.press("Enter");
  await tabTo(page, ".auth-container input#auth-bearer-value");
  await page.keyboard.type(token);
  await page.keyboard.press("Enter");
  await page.locator(".auth-container", { hasText: "Logout" }).first().waitFor();
  await tabTo(page, ".btn.btn-done");
  await page.keyboard.press("Enter");
  await page.locator(".dialog-ux").waitFor({ state: "detached" });

  // Ask who one is.
  await tabTo(page, "[id$='-GetCurrentUser'] .opblock-summary-control");
  await page.keyboard.press("Enter");
  await tabTo(page, "[id$='-GetCurrentUser'] .btn.execute");
  await page.keyboard.press("Enter");
  const block = page.locator("[id$='-GetCurrentUser']");
  const current = await answer(block);
  assert.equal(current.status, 200, current.body);
  assert.match(current.body, /ada@example\.com/);
  assert.deepEqual(complaints, []);

  if (picture) {
    const answered = block.locator(".live-responses-table .response").first();
    await answered.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await page.screenshot({ path: picture });
  }
  await page.context().close();
}

async function onAPhone(browser, origin) {
  const { defaultBrowserType, ...phone } = devices["Pixel 7"];
  const { page, complaints } = await open(browser, origin, phone);
  const tags = page.locator("[id$='-GetTags']");
  await tags.locator(".opblock-summary-control").tap();
  await tags.locator(".btn.execute").tap();
  const { status, body } = await answer(tags);
  assert.equal(status, 200, body);
  const [width, visible] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(width <= visible, `the page is ${width} pixels wide, of which ${visible} are seen`);
  assert.deepEqual(complaints, []);
  await page.context().close();
}

async function withoutScripts(browser, origin) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.goto(`${origin}/docs`);
  assert.ok(await page.locator("dt", { hasText: "POST /api/users/login" }).isVisible());
  await page.locator("a[href='openapi.json']").first().click();
  await page.waitForURL(/\/openapi\.json$/);
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Nothing of its own over the network, and no graphics processor, which machines without a screen lack.
  args: ["--disable-gpu", "--disable-quic", "--disable-sync", "--disable-background-networking"],
  timeout: PATIENCE,
});
try {
  await serving(async (origin) => {
    await register(origin, "somebody");
    await byKeyboard(browser, origin, process.argv[2]);
    await onAPhone(browser, origin);
    await withoutScripts(browser, origin);
  });
  console.log("The page works by keyboard, on a phone, and without scripts");
} finally {
  await browser.close();
}
