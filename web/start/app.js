'use strict';

const host = location.hostname || 'localhost';
const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;

function put(id, text) {
  document.getElementById(id).textContent = text;
}

function addresses(rtmpPort, rtspPort) {
  const port = rtmpPort && rtmpPort !== 1935 ? `:${rtmpPort}` : '';
  const server = `rtmp://${bracketed}${port}/live`;
  put('obs-server', server);
  put('ffmpeg', `ffmpeg -re -i video.mp4 -c copy -f flv ${server}/show`);
  for (const part of document.querySelectorAll('.rtsp')) part.hidden = !rtspPort; // it can be switched off
  put('rtsp', `rtsp://${bracketed}${rtspPort === 554 ? '' : `:${rtspPort}`}/live/show`);
  put('hls', new URL('../live/show.m3u8', location.href).href);
  put('endpoint', location.host);
  // The key pair is taken over TLS, or from the server's own machine under its loopback address.
  const api = location.protocol === 'https:' ? location.origin : `http://localhost:${location.port || 80}`;
  put('curl', `curl -u "$(cat data/secrets/api_key)" '${api}/?Action=SearchMedia&Version=2018-07-17'`);
}

async function showState() {
  const line = document.getElementById('state');
  try {
    const answer = await fetch('../readyz', { cache: 'no-store' });
    const ready = await answer.json();
    addresses(ready.rtmp_port, ready.rtsp_port);
    line.className = 'state ' + (answer.ok ? 'good' : 'bad');
    line.textContent = answer.ok
      ? `Ready. ${ready.streams} live, ${ready.recordings} being recorded. Version ${ready.version}.`
      : `Not ready: ${ready.problems.join('; ')}`;
  } catch {
    line.className = 'state bad';
    line.textContent = 'The server does not answer.';
  }
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = !navigator.clipboard; // browsers offer it to secure pages only
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
}

addresses(0, 0);
showState();
setInterval(showState, 5000);
