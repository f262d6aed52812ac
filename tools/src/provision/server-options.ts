export interface ServerOptions {
  /** Data, logs and the records of what runs. */
  directory: string;
  /** Take the well-known ports when they are free. */
  standardPorts: boolean;
  signal?: AbortSignal | undefined;
}
