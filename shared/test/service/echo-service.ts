import { accepted, choreography, effectStep, implement, outcome, step } from '@quickstep/shared/choreography';
import type { ServiceConfig } from '@quickstep/shared/config';
import { entityOf } from '@quickstep/shared/db';
import { command, event } from '@quickstep/shared/events';
import { commandRoutes, read } from '@quickstep/shared/http';
import type { LogFields, Logger } from '@quickstep/shared/logging';
import { table, text, textOrNull, uuidKey } from '@quickstep/shared/rows';
import { startService } from '@quickstep/shared/service';
import { Type } from '@sinclair/typebox';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const Questions = table('questions', { id: uuidKey(), text: text(''), answer: textOrNull() });

class CreateQuestions1760000000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table questions (id uuid primary key, text text not null, answer text)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table questions');
  }
}

export const Asked = event('echo.asked', Type.Object({ id: Type.String(), text: Type.String() }), {
  description: 'Asked.',
  subject: 'id',
});
const Answered = event('echo.answered', Type.Object({ id: Type.String() }), {
  description: 'Answered.',
  subject: 'id',
  final: true,
  ending: 'answered',
});
const Ask = command(Type.Object({ text: Type.String() }, { additionalProperties: false }), 'Ask a question.');

const echo = choreography('echo-service', {
  ask: { command: Ask, outcomes: { asked: [Asked] } },
  answer: { on: [Asked], effect: 'whoever answers', outcomes: { answered: [Answered] } },
});

/** Two steps: one takes a question, the other answers it with what `reply` says. */
const echoSteps = (reply: (text: string) => Promise<string>) =>
  implement(echo, [
    step(echo, 'ask', {
      rows: ({ subject }) => ({ question: Questions.fresh(subject) }),
      decide: ({ data }, { question }) => {
        question.text = data.text;
        return accepted({ id: question.id, text: data.text }, outcome('asked', Asked({ id: question.id, text: data.text })));
      },
    }),
    effectStep(echo, 'answer', {
      rows: ({ data }) => ({ question: Questions.fresh(data.id) }),
      effect: ({ data }) => reply(data.text),
      decide: ({ data }, { question }, { answer }) => {
        question.answer = answer;
        return outcome('answered', Answered({ id: data.id }));
      },
    }),
  ]);

const QuestionView = Type.Object({ id: Type.String(), text: Type.String() });
const ask = commandRoutes<ReturnType<typeof echoSteps>>(echo);

const routes = [
  ask('ask', {
    method: 'post',
    path: '/questions',
    status: 202,
    view: QuestionView,
    respond: (reply) => reply,
    checkAt: (id) => `/questions/${id}`,
  }),
  read({
    path: '/questions/{id}',
    summary: 'A question and its answer',
    params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
    view: Type.Object({ id: Type.String(), answer: Type.Union([Type.String(), Type.Null()]) }),
    find: async ({ params }, { dataSource }) =>
      (await dataSource.getRepository(entityOf(Questions)).findOneBy({ id: params.id })) ?? undefined,
  }),
];

/** A log that tells when a message was written. */
export function listeningLogger() {
  const waiting = new Map<string, () => void>();
  const written: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  const write = (message: string, fields?: LogFields) => {
    written.push({ message, fields });
    waiting.get(message)?.();
  };
  const logger: Logger = { error: write, warn: write, info: write, debug: write, isLevelEnabled: (level) => level !== 'debug' };
  const next = (message: string) => new Promise<void>((resolve) => waiting.set(message, resolve));
  return { logger, written, next };
}

export function startEcho(config: ServiceConfig, logger: Logger, reply: (text: string) => Promise<string>) {
  return startService({
    config,
    description: 'Answers questions.',
    tables: [Questions],
    migrations: [CreateQuestions1760000000100],
    implementation: () => echoSteps(reply),
    routes,
    logger,
  });
}
