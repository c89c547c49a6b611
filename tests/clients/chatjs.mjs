// A customer with amazon-connect-chatjs. The page of browser.mjs takes it from here, and node runs it as a script: that
// lacks some of the globals of a page. tests/test_real_clients.py says what to do, and reads what came of it.

const EVENT = "application/vnd.amazonaws.connect.event.";
const WITH_ITEMS = ["onMessage", "onTyping", "onReadReceipt", "onDeliveredReceipt"];
const WITHOUT = ["onConnectionEstablished", "onConnectionLost", "onConnectionBroken", "onEnded", "onDeepHeartbeatSuccess"];

export function newCustomer({ endpoint, region }, tell) {
  const { ChatSession } = globalThis.connect;
  ChatSession.setGlobalConfig({ endpoint, region, throttleTime: 1 }); // receipts wait 5,000 ms without it
  let session;
  return {
    async connect(chatDetails) {
      session = ChatSession.create({ chatDetails, type: "CUSTOMER", disableCSM: true }); // its telemetry is on the internet
      for (const by of WITH_ITEMS) session[by](({ data }) => tell({ by, item: data }));
      for (const by of WITHOUT) session[by](() => tell({ by }));
      await session.connect();
    },
    async send({ content }) {
      return (await session.sendMessage({ contentType: "text/plain", message: content })).data.Id;
    },
    async typing() {
      await session.sendEvent({ contentType: `${EVENT}typing` });
    },
    async receipt({ event, messageId }) {
      await session.sendEvent({ contentType: `${EVENT}${event}`, content: JSON.stringify({ messageId }) });
    },
    async upload({ name, text }) {
      await session.sendAttachment({ attachment: new File([text], name, { type: "text/plain" }) });
    },
    async download({ attachmentId }) {
      return (await session.downloadAttachment({ attachmentId })).text();
    },
    async transcript() {
      return (await session.getTranscript({})).data.Transcript;
    },
    async leave() {
      await session.disconnectParticipant();
    },
  };
}

// Does what a command says, and returns what came of it; chatjs rejects with plain objects, or with texts.
export async function answer(customer, { do: name, ...members }) {
  const failed = (error) => ({ failed: error.type ?? String(error), message: error.message ?? "" });
  return customer[name](members).then((done = null) => ({ done }), failed);
}

async function underNode() {
  const { createRequire } = await import("node:module");
  const { createInterface } = await import("node:readline");
  const require = createRequire(`${process.env.CONNECT_CHAT_NODE_MODULES}/`); // `import` does not look in other folders
  const page = { window: globalThis, self: globalThis, WebSocket: require("ws"), connect: {} };
  const navigator = { onLine: true, userAgent: "node" };
  for (const [name, value] of Object.entries({ ...page, navigator })) {
    Object.defineProperty(globalThis, name, { value, writable: true }); // newer nodes have some of them, read-only
  }
  require("amazon-connect-chatjs");
  const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const { AWS_ENDPOINT_URL_CONNECTPARTICIPANT: endpoint, AWS_REGION: region } = process.env;
  const customer = newCustomer({ endpoint, region }, tell);
  for await (const line of createInterface({ input: process.stdin })) tell(await answer(customer, JSON.parse(line)));
  process.exit(); // though its heartbeats go on
}

if (typeof window === "undefined") await underNode();
