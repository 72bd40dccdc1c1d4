// Numbers and times as people read them.

/** 1536 -> "1.5 KB". */
export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** 4200000 -> "4.2 Mbit/s". */
export function bitrate(bitsPerSecond: number): string {
  if (bitsPerSecond < 1e6) return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
  return `${(bitsPerSecond / 1e6).toFixed(bitsPerSecond < 1e8 ? 1 : 0)} Mbit/s`;
}

/** Seconds -> "1:02:03", "2:03". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The path of a stream as addresses have it: its app may have several components. */
export function streamPath(app: string, stream: string): string {
  return [...app.split('/'), stream].map(encodeURIComponent).join('/');
}

/** The time of day here, "09:09:44", of ms since 1970. */
export function clock(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
