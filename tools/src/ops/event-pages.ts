import type { CloudEvent } from '@quickstep/shared/events';
import type { OperationsClient } from './client.js';

const PAGE = 1_000;

export interface EventFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Types, separated by commas. */
  readonly type?: string | undefined;
}

interface Page {
  readonly items: readonly { readonly event: CloudEvent }[];
  readonly nextCursor?: string;
}

/** The archive's events page by page, latest arrival first, with personal data: the audit has an entry for each page. @throws Problem when the operations service refuses or cannot be reached */
export async function* eventPages(
  client: Pick<OperationsClient, 'json'>,
  filter: EventFilter,
): AsyncGenerator<readonly CloudEvent[]> {
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), reveal: 'true' });
    for (const [name, value] of Object.entries({ ...filter, cursor })) if (value !== undefined) query.set(name, value);
    const { items, nextCursor }: Page = await client.json('GET', `/events?${query}`);
    yield items.map(({ event }) => event);
    cursor = nextCursor;
  } while (cursor !== undefined);
}
