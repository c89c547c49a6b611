// A customer with the AWS SDK for JavaScript, and `ws` for the socket. tests/test_real_clients.py says what to do, one
// line of JSON each on stdin, and reads on stdout what came of it and what the socket hears.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.CONNECT_CHAT_NODE_MODULES}/`); // `import` does not look in other folders
const { ConnectClient, StartChatContactCommand } = require("@aws-sdk/client-connect");
const participant = require("@aws-sdk/client-connectparticipant");
const WebSocket = require("ws");

const EVENT = "application/vnd.amazonaws.connect.event.";

// Where these lead, and for which region, is in the environment.
const connect = new ConnectClient();
const client = new participant.ConnectParticipantClient();

let participantToken;
let token;

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const call = (operation, members) =>
  client.send(new participant[`${operation}Command`]({ ConnectionToken: token, ...members }));

function subscribe(url) {
  const socket = new WebSocket(url);
  socket.on("open", () => socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'));
  socket.on("close", () => tell({ by: "close" }));
  return new Promise((subscribed, failed) => {
    socket.on("error", failed);
    socket.on("message", (data) => {
      const { topic, content } = JSON.parse(data);
      if (topic === "aws/subscribe") subscribed();
      if (topic === "aws/chat") tell({ by: "socket", item: JSON.parse(content) });
    });
  });
}

const customer = {
  async start(members) {
    const started = await connect.send(new StartChatContactCommand(members));
    participantToken = started.ParticipantToken;
    return started.ContactId;
  },
  async connect() {
    const command = new participant.CreateParticipantConnectionCommand({
      ParticipantToken: participantToken,
      Type: ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
    });
    const connection = await client.send(command);
    token = connection.ConnectionCredentials.ConnectionToken;
    await subscribe(connection.Websocket.Url);
  },
  async send({ content }) {
    return (await call("SendMessage", { ContentType: "text/plain", Content: content })).Id;
  },
  typing: () => call("SendEvent", { ContentType: `${EVENT}typing` }),
  receipt: ({ event, messageId }) =>
    call("SendEvent", { ContentType: `${EVENT}${event}`, Content: JSON.stringify({ messageId }) }),
  async upload({ name, text }) {
    const { AttachmentId, UploadMetadata } = await call("StartAttachmentUpload", {
      AttachmentName: name,
      AttachmentSizeInBytes: text.length,
      ContentType: "text/plain",
    });
    const file = { method: "PUT", headers: UploadMetadata.HeadersToInclude, body: text };
    const { ok, status } = await fetch(UploadMetadata.Url, file);
    if (!ok) throw new Error(`The file was refused: ${status}`);
    await call("CompleteAttachmentUpload", { AttachmentIds: [AttachmentId] });
  },
  async download({ attachmentId }) {
    return (await fetch((await call("GetAttachment", { AttachmentId: attachmentId })).Url)).text();
  },
  async transcript() {
    return (await call("GetTranscript", { SortOrder: "ASCENDING" })).Transcript;
  },
  leave: () => call("DisconnectParticipant"),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...members } = JSON.parse(line);
  const failed = (error) => ({ failed: error.constructor.name, message: error.message });
  tell(await customer[name](members).then((done = null) => ({ done }), failed));
}
process.exit(); // though the socket is open
