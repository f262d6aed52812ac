/** The same server and account with another path: another database, another virtual host. */
export function withPath(url: string, path: string): string {
  const changed = new URL(url);
  changed.pathname = path;
  return changed.href;
}
