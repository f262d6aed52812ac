import { useState } from 'preact/hooks';
import { call, whoAmI } from '../data/api.js';
import { Failure } from '../parts/state.js';

/** Whoever opened the console without the link that carries a token. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [error, setError] = useState<Error>();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await call('POST', '/sign-in', { token: token.trim() });
      await whoAmI();
    } catch (failure) {
      if (failure instanceof Error) setError(failure);
    }
  };
  return (
    <main class="sign-in">
      <h1>
        <img src="/assets/icon.svg" alt="" width="28" height="28" /> Quickstep
      </h1>
      <p>
        Open the console with the link that <code>npm start</code> or <code>npm run ops -- console</code> prints (in containers:{' '}
        <code>docker compose exec operations-service node tools/dist/ops.js console</code>), or give the token here.
      </p>
      <form onSubmit={submit}>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit">Sign in</button>
      </form>
      {error && <Failure error={error} />}
    </main>
  );
}
