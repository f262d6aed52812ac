import { signal } from '@preact/signals';

export interface Me {
  readonly role: 'reader' | 'operator';
  readonly name: string;
}

/** Undefined until it is known; null when nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** Whether the last request reached the operations service. */
export const reachable = signal(true);

interface ProblemDocument {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** What the service refused, in its own words. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly problem: ProblemDocument;

  constructor(status: number, problem: ProblemDocument) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

async function problemIn(response: Response): Promise<ProblemDocument> {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

const NAME = 'quickstep.operator';
/** What the service takes as a name, as a pattern of a form's field. */
export const NAME_PATTERN = '[\\w.@+\\-][\\w.@+ \\-]{0,99}';
const isName = new RegExp(`^${NAME_PATTERN}$`);
/** Nothing instead of a name that the service would refuse: with a letter outside Latin-1 in a header no request could be sent at all. */
const nameIn = (text: string) => (isName.test(text) ? text : '');

/** Stands in the audit beside what the operator does; empty when it is not known. */
export const operatorName = signal(nameIn(localStorage.getItem(NAME) ?? ''));

export function setOperatorName(name: string): void {
  operatorName.value = nameIn(name);
  localStorage.setItem(NAME, operatorName.value);
}

/** How long an answer to a question may take, in milliseconds. An act may take longer, and would not be undone by giving up on it. */
const PATIENCE = 15_000;

/** @throws Refused; TypeError when the service cannot be reached; a DOMException `TimeoutError` when it does not answer */
export async function call<Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Body> {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  if (operatorName.value !== '') headers['x-operator'] = operatorName.value;
  const signal = method === 'GET' ? { signal: AbortSignal.timeout(PATIENCE) } : {};
  let response: Response;
  try {
    response = await fetch(path, { method, headers, ...signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    reachable.value = true;
  } catch (error) {
    reachable.value = false;
    throw error;
  }
  if (response.status === 401) me.value = null;
  if (!response.ok) throw new Refused(response.status, await problemIn(response));
  return response.json();
}

/** Why it is not known yet who is signed in. */
export const unknownBecause = signal<Error | undefined>(undefined);

/** Asks until the service says who is signed in, or that nobody is. */
export async function whoAmI(): Promise<void> {
  try {
    me.value = await call<Me>('GET', '/me');
    unknownBecause.value = undefined;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return;
    me.value = undefined;
    if (error instanceof Error) unknownBecause.value = error;
    setTimeout(whoAmI, 2_000);
  }
}
