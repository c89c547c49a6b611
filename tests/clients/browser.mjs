// Opens page.html in a headless Chromium, and hands on what tests/test_real_clients.py says and what the page answers.
// The page has an origin of its own, as that of any website: what it asks of the endpoint goes through CORS.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.CONNECT_CHAT_NODE_MODULES}/`);
const { chromium } = require("playwright-core");

const FILES = {
  "/": ["text/html", new URL("page.html", import.meta.url)],
  "/chatjs.mjs": ["text/javascript", new URL("chatjs.mjs", import.meta.url)],
  "/amazon-connect-chat.js": ["text/javascript", require.resolve("amazon-connect-chatjs")],
};
// Without these it asks the internet for updates and the like.
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-quic", "--disable-sync"];

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const website = createServer((request, response) => {
  const [type, file] = FILES[request.url.split("?")[0]] ?? [];
  response.writeHead(file ? 200 : 404, { "content-type": type ?? "text/plain" }).end(file && readFileSync(file));
});
await new Promise((listening) => website.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: process.env.CONNECT_CHAT_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...QUIET],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error("page:", error.message));
  page.on("console", (message) => console.error("page:", message.text()));
  await page.exposeFunction("tell", tell);
  const { AWS_ENDPOINT_URL_CONNECTPARTICIPANT: endpoint, AWS_REGION: region } = process.env;
  await page.goto(`http://127.0.0.1:${website.address().port}/?${new URLSearchParams({ endpoint, region })}`);
  for await (const line of createInterface({ input: process.stdin })) {
    tell(await page.evaluate((command) => window.perform(command), JSON.parse(line)));
  }
} finally {
  await browser.close();
}
process.exit();
