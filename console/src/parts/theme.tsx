import { computed, effect, signal } from '@preact/signals';

type Choice = 'system' | 'light' | 'dark';
const KEY = 'quickstep.theme';
const NEXT: Readonly<Record<Choice, Choice>> = { system: 'dark', dark: 'light', light: 'system' };

function stored(): Choice {
  const found = localStorage.getItem(KEY);
  return found === 'light' || found === 'dark' ? found : 'system';
}

const choice = signal<Choice>(stored());
effect(() => {
  localStorage.setItem(KEY, choice.value);
});

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const system = signal(systemIsDark.matches);
systemIsDark.addEventListener('change', ({ matches }) => {
  system.value = matches;
});

/** Whether colours are dark now: what is drawn on a canvas does not follow the style sheet by itself. */
export const dark = computed(() => (choice.value === 'system' ? system.value : choice.value === 'dark'));
effect(() => {
  document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
});

export function Theme() {
  const next = () => {
    choice.value = NEXT[choice.value];
  };
  return (
    <button type="button" class="quiet" onClick={next} title="Colours: as the system, dark, light">
      <span class="spare">Colours: </span>
      {choice.value}
    </button>
  );
}
