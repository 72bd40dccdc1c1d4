/** Whether a host is one that leads each machine to itself. */
export const isLoopback = (host: string): boolean => /^(localhost|.*\.localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host);

/** This browser's way to the server, unless it is one that only this machine has: the server knows a better one then. */
export function ownHost(): string {
  const { hostname } = location;
  return isLoopback(hostname) ? '' : hostname.replace(/^\[|\]$/g, '');
}
