export interface ServerOptions {
  /** Data, logs and the records of what runs. */
  directory: string;
  /** Take the well-known ports when they are free. */
  standardPorts: boolean;
  /**
   * For tests, which wait until the broker's management knows of a connection or a queue's length, and whose many databases need not outlive
   * the machine. Default: no.
   */
  forTests?: boolean | undefined;
  signal?: AbortSignal | undefined;
}
