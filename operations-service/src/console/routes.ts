import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Call, type Headers, invalid, problem, problems, type Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, COOKIE } from '../access/index.js';

/** Where the console's build puts the page. */
const DIRECTORY = join(__dirname, '..', '..', '..', 'console', 'dist');
const ASSETS: Readonly<Record<string, string>> = {
  'app.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};
/** Only what this service serves may run, be shown and be talked to; no other page may show it in a frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const headersOf = (contentType: string): Headers => ({
  'content-type': contentType,
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
});

/** For this browser session; no script reads it, and no other site's page has it sent. */
const cookieOf = (token: string) => `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`;

async function serve(call: Call, file: string, contentType: string): Promise<void> {
  const text = await readFile(join(DIRECTORY, file), 'utf8').catch(() => {
    throw problem('not_found', 'The console has not been built: npm run build');
  });
  call.text(200, text, headersOf(contentType));
}

/** The page and what belongs to it, open to everybody: they say nothing before the API lets the browser in. */
export function consoleRoutes(access: Access): Route<unknown>[] {
  const signIn = (token: string): string => {
    if (access.roleOf(token) === undefined) throw problem('unauthorized', 'This token is not one of this installation');
    return cookieOf(token);
  };
  return [
    {
      method: 'get',
      path: '/',
      summary: 'The console; with a token it signs the browser in',
      operationId: 'showConsole',
      query: Type.Object({ token: Type.Optional(Type.String({ maxLength: 200 })) }),
      response: { status: 200, description: 'The page', schema: Type.String(), contentType: 'text/html' },
      async run(call) {
        const { token } = call.request.query;
        if (typeof token !== 'string') return serve(call, 'index.html', 'text/html; charset=utf-8');
        // Not in the address any more: it would stand in the history, and in what people send each other.
        const headers = access.roleOf(token) === undefined ? {} : { 'set-cookie': cookieOf(token) };
        call.empty(303, { ...headers, location: '/', 'referrer-policy': 'no-referrer' });
      },
    },
    {
      method: 'get',
      path: '/assets/{file}',
      summary: 'What the page consists of',
      operationId: 'showAsset',
      params: Type.Object({ file: Type.String() }),
      response: { status: 200, description: 'A script, a style sheet or a picture', schema: Type.String(), contentType: '*/*' },
      async run(call) {
        const { file } = call.request.params;
        const contentType = typeof file === 'string' ? ASSETS[file] : undefined;
        if (typeof file !== 'string' || contentType === undefined)
          throw problem('not_found', `There is nothing at ${call.request.path}`);
        await serve(call, file, contentType);
      },
    },
    {
      method: 'post',
      path: '/sign-in',
      summary: 'Signs the browser in',
      body: Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
      response: { status: 200, description: 'The role of the token', schema: Type.Object({ role: Type.String() }) },
      problems: [{ status: problems.unauthorized.status, code: 'unauthorized', when: problems.unauthorized.title }],
      run(call) {
        const { token } = call.request.body;
        if (typeof token !== 'string') throw invalid([{ pointer: '/token', detail: 'must be a text' }]);
        call.json(200, { role: access.roleOf(token) ?? '' }, { 'set-cookie': signIn(token) });
      },
    },
    {
      method: 'post',
      path: '/sign-out',
      summary: 'Signs the browser out',
      response: { status: 200, description: 'Done', schema: Type.Object({}) },
      run: (call) => call.json(200, {}, { 'set-cookie': `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0` }),
    },
  ];
}
