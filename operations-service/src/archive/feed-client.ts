/** Seconds that a feed may wait for an event. */
export const WAIT = 20;
/** Events of one page at most. */
export const PAGE = 1_000;
/** What an answer may take longer than its wait, in milliseconds. */
const PATIENCE = 15_000;

/** Reads the feed of one service's log. */
export interface FeedClient {
  /**
   * The text of the page after a cursor.
   *
   * @param wait seconds to wait for an event when there is none yet
   * @throws Error that says why there is no page
   */
  read(after: string | undefined, wait: number, signal: AbortSignal): Promise<string>;
}

/** Why a service refuses its feed, as far as it says so in the shape that services here have. */
async function refusal(response: Response): Promise<Error> {
  const text = await response.text();
  const detail = /"detail":"([^"\\]{1,200})"/.exec(text)?.[1];
  return new Error(`It answers ${response.status}${detail === undefined ? '' : `: ${detail}`}`);
}

/** @param token made of the installation's secret */
export function feedClient(url: string, token: string): FeedClient {
  return {
    async read(after, wait, signal) {
      const query = new URLSearchParams({ limit: String(PAGE), wait: String(wait), ...(after === undefined ? {} : { after }) });
      const response = await fetch(`${url}/log?${query}`, {
        headers: { authorization: `Bearer ${token}` },
        // A token must not follow to wherever an answer points.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(wait * 1_000 + PATIENCE)]),
      });
      if (!response.ok) throw await refusal(response);
      return response.text();
    },
  };
}
