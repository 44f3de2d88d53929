// Addresses of this machine.

/**
 * True for an address that only this machine reaches.
 *
 * @param {string} host an IPv6 address without brackets
 */
export function isLoopback(host) {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
}
