import { render } from 'preact';
import { App } from './app.js';
import { whoAmI } from './data/api.js';

const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  render(<App />, root);
}
void whoAmI();
