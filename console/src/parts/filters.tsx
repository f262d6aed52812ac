import { refine, route } from '../data/router.js';

interface Field {
  /** Of the parameter in the URL, which is that of the API. */
  readonly name: string;
  readonly label: string;
  /** Texts to choose from; a free text without. */
  readonly choices?: readonly (readonly [value: string, label: string])[];
  /** A day and a time of day. */
  readonly moment?: true;
  readonly placeholder?: string;
}

function Input({ name, label, choices, moment, placeholder = '' }: Field) {
  const id = `filter-${name}`;
  const value = route.value.query.get(name) ?? '';
  const change = (event: { currentTarget: { value: string } }) =>
    refine({ [name]: event.currentTarget.value.trim() || undefined });
  const common = { id, value, onChange: change };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {choices !== undefined && (
        <select {...common}>
          <option value="">all</option>
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </select>
      )}
      {choices === undefined && moment && <input type="datetime-local" {...common} />}
      {choices === undefined && !moment && <input type="text" placeholder={placeholder} {...common} />}
    </div>
  );
}

/** The filters of a list. They stand in the URL. */
export function Filters({ fields }: { readonly fields: readonly Field[] }) {
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      {fields.map((field) => (
        <Input key={field.name} {...field} />
      ))}
    </form>
  );
}

/** The API's path with those of the view's filters that it knows. Times of the form are local, those of the API in UTC. */
export function withFilters(
  path: string,
  query: URLSearchParams,
  names: readonly string[],
  more: Readonly<Record<string, string>> = {},
): string {
  const given = [...names, 'cursor'].flatMap((name): [string, string][] => {
    const value = query.get(name);
    if (!value) return [];
    const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(value);
    return [[name, local ? new Date(value).toISOString() : value]];
  });
  const search = new URLSearchParams([...Object.entries(more), ...given]).toString();
  return search === '' ? path : `${path}?${search}`;
}
