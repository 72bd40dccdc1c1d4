// Calls actions with the official Node SDK: one JSON object a line comes in, {product, action, params, method, sign}, and one goes out,
// {answer} or {error}. Without method and sign the SDK chooses. ENDPOINT (host:port), SECRET_ID and SECRET_KEY name the server and its key pair.
"use strict";
const readline = require("node:readline");
const { live } = require("tencentcloud-sdk-nodejs/tencentcloud/services/live");
const { vod } = require("tencentcloud-sdk-nodejs/tencentcloud/services/vod");
const Exception = require("tencentcloud-sdk-nodejs/tencentcloud/common/exception/tencent_cloud_sdk_exception").default;

const { ENDPOINT, SECRET_ID, SECRET_KEY } = process.env;
const clients = { live: live.v20180801.Client, vod: vod.v20180717.Client };

async function call({ product, action, params, method, sign }) {
  const client = new clients[product]({
    credential: { secretId: SECRET_ID, secretKey: SECRET_KEY },
    profile: { signMethod: sign, httpProfile: { endpoint: ENDPOINT, protocol: "http://", ...(method && { reqMethod: method }) } },
  });
  try {
    return { answer: await client[action](params) };
  } catch (e) {
    if (!(e instanceof Exception)) throw e;
    return { error: { code: e.code, message: e.message, requestId: e.requestId } };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await call(JSON.parse(line))));
  }
})();
