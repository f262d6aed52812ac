import { MicroBatcher } from '@quickstep/shared/pipeline';

interface Asked<Question, Answer> {
  readonly question: Question;
  answer(answer: Answer): void;
  fail(error: unknown): void;
}

/**
 * Makes one call of many: questions that arrive while an earlier call runs go out together in the next.
 *
 * @param ask gets questions in order of arrival and resolves to their answers in the same order; when it rejects, each of its
 * questions is rejected with that error
 */
export function gathered<Question, Answer>(ask: (questions: readonly Question[]) => Promise<readonly Answer[]>, limit: number) {
  const batcher = new MicroBatcher<Asked<Question, Answer>>(async (asked) => {
    try {
      const answers = await ask(asked.map(({ question }) => question));
      if (answers.length !== asked.length) throw new RangeError(`${asked.length} questions got ${answers.length} answers`);
      answers.forEach((answer, index) => {
        asked[index]?.answer(answer);
      });
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
  }, limit);
  return (question: Question): Promise<Answer> =>
    new Promise((resolve, reject) => batcher.push({ question, answer: resolve, fail: reject }));
}
