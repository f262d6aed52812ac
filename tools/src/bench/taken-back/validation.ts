import { moduleOfKit } from './kit.js';

interface Validation {
  validator(): () => [];
  dataError(): undefined;
  checkEvent(contract: unknown, value: unknown): { ok: true; event: unknown };
}

/** Loaded into a service by `--require`: commands, consumed and emitted events are taken as they come. */
const validation = moduleOfKit<Validation>('contracts', 'validation.js');
validation.validator = () => () => [];
validation.dataError = () => undefined;
validation.checkEvent = (_contract, event) => ({ ok: true, event });
