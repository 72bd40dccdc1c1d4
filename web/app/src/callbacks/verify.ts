// Receivers of callbacks that check the signature, as code for a template's key.

export interface Example {
  key: string;
  label: string;
  code: string;
}

/** A text as Go, JavaScript and Python write it alike. */
const quoted = (text: string): string => JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Go has no halves of a character in its texts: such are written as they are. */
const goText = (text: string): string => JSON.stringify(text).replace(/[\u2028\u2029\u007f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Python's \u does not take halves of a character either. */
const pythonText = (text: string): string =>
  Array.from(text, (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x7f) return JSON.stringify(c).slice(1, -1);
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  }).join('');

/** Whole receivers, in several languages. */
export function examples(key: string): Example[] {
  return [
    { key: 'go', label: 'Go', code: go(key) },
    { key: 'node', label: 'Node.js', code: node(key) },
    { key: 'python', label: 'Python', code: python(key) },
  ];
}

function go(key: string): string {
  return `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"time"
)

const key = ${goText(key)}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		got, _ := hex.DecodeString(r.Header.Get("X-Aircheck-Signature"))
		var event struct {
			ID   string \`json:"event_id"\`
			Type int    \`json:"event_type"\`
			Ends int64  \`json:"t"\`
		}
		if err != nil || !hmac.Equal(mac.Sum(nil), got) || json.Unmarshal(body, &event) != nil || event.Ends < time.Now().Unix() {
			http.Error(w, "not signed", http.StatusForbidden)
			return
		}
		log.Printf("event %s of type %d", event.ID, event.Type) // may come twice, with the same number
	})
	log.Fatal(http.ListenAndServe(":9000", nil))
}
`;
}

function node(key: string): string {
  return `import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = ${quoted(key)};

function signed(body, signature = "") {
  const want = createHmac("sha256", key).update(body).digest();
  const got = Buffer.from(signature, "hex");
  return got.length === want.length && timingSafeEqual(got, want);
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const event = signed(body, request.headers["x-aircheck-signature"]) ? JSON.parse(body) : undefined;
  if (!event || event.t < Date.now() / 1000) {
    response.writeHead(403).end("not signed");
    return;
  }
  response.end(); // 200; the same event_id may come twice
  console.log("event", event.event_id, "of type", event.event_type);
}).listen(9000);
`;
}

function python(key: string): string {
  return `import hashlib, hmac, json, time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = "${pythonText(key)}".encode()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        want = hmac.new(KEY, body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(self.headers.get("X-Aircheck-Signature", ""), want)
        event = json.loads(body) if good else {}
        good = good and event["t"] > time.time()
        self.send_response(200 if good else 403)
        self.end_headers()
        if good:  # the same event_id may come twice
            print("event", event["event_id"], "of type", event["event_type"])


HTTPServer(("", 9000), Receiver).serve_forever()
`;
}
