'use strict';

// What the page is asked for: stream=APP/STREAM, and whatever else the addresses to play need, such as vhost or a key.
const query = new URLSearchParams(location.search);
const path = (query.get('stream') || '').replace(/^\/+|\/+$/g, '');
query.delete('stream');
const extra = query.toString() ? '?' + query : '';
const full = path.includes('/') ? path : 'live/' + path;
const escaped = full.split('/').map(encodeURIComponent).join('/');
const root = new URL('..', location.href).pathname;
const socket = location.origin.replace(/^http/, 'ws');
const urls = {
  flv: `${location.origin}${root}${escaped}.flv${extra}`,
  ws: `${socket}${root}${escaped}.flv${extra}`,
  hls: `${location.origin}${root}${escaped}.m3u8${extra}`,
};

const $ = (id) => document.getElementById(id);
const video = $('video');
const stage = $('stage');
let player = null; // what runs: {via, stop, latency}
let timer = 0;
let failures = 0;
let tried = new Set();
let facts = null;

const words = {
  loading: ['Connecting', 'Connecting …'],
  waiting: ['Waiting', 'Waiting for the stream'],
  live: ['Live', ''],
  ended: ['Ended', 'The stream has ended'],
  error: ['Error', 'This cannot be played'],
};

// show puts the page into a state. All text is text: names come from strangers.
function show(state, detail = '', headline = '') {
  stage.dataset.state = state;
  $('badge').dataset.state = state;
  $('badge').querySelector('span').textContent = words[state][0];
  $('headline').textContent = headline || words[state][1];
  $('detail').textContent = detail;
  $('retry').hidden = state !== 'error';
  if (state !== 'live') {
    $('sound').hidden = true;
    $('latency').textContent = '';
  }
}

function later(what, ms) {
  clearTimeout(timer);
  timer = setTimeout(what, ms);
}

// look asks whether the stream is live, and begins or waits.
async function look(ended = false) {
  clearTimeout(timer);
  let status;
  try {
    const answer = await fetch(`status?stream=${encodeURIComponent(full)}${extra.replace('?', '&')}`, { cache: 'no-store' });
    status = await answer.json();
  } catch {
    show('error', 'The server does not answer. It is asked again by itself.', 'No connection');
    later(() => look(ended), 3000);
    return;
  }
  if (status.RTMP) $('url-rtmp').textContent = `rtmp://${location.hostname}:${status.RTMP}/${escaped}${extra}`;
  if (status.State === 'live') {
    facts = status;
    describe(status);
    tried = new Set();
    start();
    return;
  }
  if (status.State === 'refused') {
    show('error', status.Reason, 'The server refuses to show this');
    return;
  }
  if (ended) show('ended', 'Should it begin again, it is played by itself.');
  else show('waiting', 'It begins by itself as soon as somebody pushes it.');
  later(() => look(ended), 2000);
}

// choices lists the ways to play that are worth trying, the best first.
function choices() {
  const chosen = $('via').value;
  if (chosen) return [chosen];
  const out = [];
  if (facts.FLV && mpegts.isSupported()) out.push('flv');
  if (facts.HLS) out.push('hls');
  if (mpegts.isSupported() && !out.includes('flv')) out.push('flv');
  return out;
}

function start() {
  stop();
  const via = choices().find((v) => !tried.has(v));
  if (!via) {
    const codecs = facts.Tracks.map((t) => names[t.Codec] || t.Codec).join(' and ');
    show('error', `This browser cannot play ${codecs || 'this stream'}. Another browser may, or a player such as VLC or mpv with an address below.`);
    return;
  }
  show('loading');
  player = via === 'hls' ? startHLS() : startFLV(via);
  player.via = via;
  video.muted = !wantsSound;
  video.play().catch(() => { // sound needs a click first
    video.muted = true;
    video.play().catch(() => {});
  });
}

function stop() {
  if (player) player.stop();
  player = null;
}

// lost is told that playing broke off; fatal, that this way of playing does not work here.
function lost(fatal) {
  const via = player && player.via;
  stop();
  if (fatal && via) {
    tried.add(via);
    start();
    return;
  }
  failures += 1;
  show('loading', failures > 1 ? 'The connection broke off; it is made again.' : '');
  later(() => look(true), Math.min(5000, 250 * 2 ** failures));
}

function startFLV(via) {
  mpegts.LoggingControl.enableAll = false;
  const p = mpegts.createPlayer(
    { type: 'flv', isLive: true, url: urls[via] }, // what is in it tells its header, and a track may be announced late
    { enableStashBuffer: false, lazyLoad: false, liveSync: true, liveSyncMaxLatency: 1.5, liveSyncTargetLatency: 0.7,
      liveSyncPlaybackRate: 1.15, autoCleanupSourceBuffer: true },
  );
  p.on(mpegts.Events.ERROR, (kind) => lost(kind === mpegts.ErrorTypes.MEDIA_ERROR));
  p.on(mpegts.Events.LOADING_COMPLETE, () => { // what has come is shown first
    const rest = video.buffered.length ? video.buffered.end(video.buffered.length - 1) - video.currentTime : 0;
    later(() => { stop(); look(true); }, Math.min(Math.max(rest, 0), 3) * 1000);
  });
  p.attachMediaElement(video);
  p.load();
  return { stop: () => p.destroy(), latency: behind };
}

function startHLS() {
  if (!Hls.isSupported()) {
    video.src = urls.hls;
    video.onerror = () => lost(true);
    return { stop: () => { video.onerror = null; video.removeAttribute('src'); video.load(); }, latency: behind };
  }
  const h = new Hls({ enableWorker: false, lowLatencyMode: true, liveSyncDuration: undefined, backBufferLength: 20 });
  h.on(Hls.Events.ERROR, (_, e) => {
    if (!e.fatal) return;
    lost(e.type === Hls.ErrorTypes.MEDIA_ERROR || e.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR);
  });
  h.loadSource(urls.hls);
  h.attachMedia(video);
  return { stop: () => h.destroy(), latency: () => h.latency || behind() };
}

function has(kind) {
  return facts.Tracks.length === 0 || facts.Tracks.some((t) => t.Kind === kind);
}

function behind() {
  const b = video.buffered;
  return b.length ? Math.max(0, b.end(b.length - 1) - video.currentTime) : 0;
}

const names = {
  h264: 'H.264', h265: 'H.265', av1: 'AV1', vp8: 'VP8', vp9: 'VP9', aac: 'AAC', opus: 'Opus', mp3: 'MP3', ac3: 'AC-3',
  g711a: 'G.711 A-law', g711u: 'G.711 µ-law',
};

function describe(status) {
  const parts = status.Tracks.map((t) => {
    let s = names[t.Codec] || t.Codec;
    if (t.Width) s += ` ${t.Width}×${t.Height}`;
    if (t.Rate) s += ` ${t.Rate / 1000} kHz`;
    if (t.Channels) s += t.Channels === 1 ? ' mono' : t.Channels === 2 ? ' stereo' : ` ${t.Channels} channels`;
    return s;
  });
  $('codecs').textContent = parts.join('  ·  ') || '\u00a0';
}

// watch looks after what is playing: how late it is, and whether it stands still.
let at = -1;
let still = 0;
function watch() {
  if (!player || video.paused) return;
  if (video.currentTime === at) {
    still += 1;
    const b = video.buffered;
    // A gap in what has come is jumped over; nothing at all for long means that the connection is dead.
    if (still === 6 && b.length && b.end(b.length - 1) - video.currentTime > 0.5) video.currentTime = b.end(b.length - 1) - 0.3;
    if (still > 40) { still = 0; lost(false); }
    return;
  }
  at = video.currentTime;
  still = 0;
  if (stage.dataset.state !== 'live') return;
  failures = 0;
  const late = player.latency();
  const over = { flv: 'HTTP-FLV', ws: 'WebSocket-FLV', hls: 'HLS' }[player.via];
  $('latency').textContent = `${over}, ${late.toFixed(1)} s behind`;
  $('edge').hidden = late < 6;
  if (late > 4 && player.via !== 'hls' && !video.seeking) toEdge();
}

function toEdge() {
  const b = video.buffered;
  if (b.length) video.currentTime = Math.max(video.currentTime, b.end(b.length - 1) - 0.7);
  video.play().catch(() => {});
}

let wantsSound = false;
function sound(on) {
  wantsSound = on;
  video.muted = !on;
  if (on && video.volume === 0) video.volume = 1;
  if (video.paused) video.play().catch(() => {});
}

video.addEventListener('playing', () => {
  if (!player) return;
  show('live');
  $('sound').hidden = !video.muted || !has('audio');
});
for (const e of ['volumechange', 'pause', 'play']) {
  video.addEventListener(e, () => {
    stage.classList.toggle('muted', video.muted);
    stage.classList.toggle('paused', video.paused);
    if (!video.muted) $('sound').hidden = true;
    $('volume').value = video.muted ? 0 : video.volume;
  });
}
stage.classList.add('muted');
$('sound').addEventListener('click', () => sound(true));
$('mute').addEventListener('click', () => sound(video.muted));
$('volume').addEventListener('input', (e) => {
  video.volume = Number(e.target.value);
  sound(video.volume > 0);
});
$('pause').addEventListener('click', () => (video.paused ? toEdge() || video.play().catch(() => {}) : video.pause()));
$('edge').addEventListener('click', toEdge);
$('retry').addEventListener('click', () => { show('loading'); look(); });
$('via').addEventListener('change', () => { tried = new Set(); show('loading'); look(); });
$('full').addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()));
if (document.pictureInPictureEnabled) {
  $('pip').hidden = false;
  $('pip').addEventListener('click', () => (document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()));
}
document.addEventListener('keydown', (e) => {
  if (e.target.closest('input, select, button, summary') || e.ctrlKey || e.metaKey || e.altKey) return;
  const button = { ' ': 'pause', m: 'mute', f: 'full' }[e.key];
  if (!button) return;
  e.preventDefault();
  $(button).click();
});

if (!path) {
  show('waiting', 'Name the app and the stream, such as live/show.', 'No stream is named');
  $('open').hidden = false;
  document.querySelector('.facts').hidden = true;
  $('stream').focus();
} else {
  $('name').textContent = full;
  document.title = `${full.slice(0, 80)} - live - Aircheck`;
  $('url-hls').textContent = urls.hls;
  $('url-flv').textContent = urls.flv;
  $('url-ws').textContent = urls.ws;
  $('url-rtmp').textContent = `rtmp://${location.hostname}/${escaped}${extra}`;
  $('elsewhere').hidden = false;
  setInterval(watch, 250);
  look();
}
