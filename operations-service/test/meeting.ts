/** Where as many as are expected wait for each other, once; with nobody expected nobody waits. */
export class Meeting {
  #expected = 0;
  #arrived: (() => void)[] = [];

  expect(many: number): void {
    this.#expected = many;
  }

  async join(): Promise<void> {
    if (this.#expected === 0) return;
    await new Promise<void>((go) => {
      this.#arrived.push(go);
      if (this.#arrived.length < this.#expected) return;
      this.#expected = 0;
      for (const each of this.#arrived.splice(0)) each();
    });
  }
}
