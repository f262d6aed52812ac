import { accepted, choreography, implement, step } from '@quickstep/shared/choreography';
import type { ServiceConfig } from '@quickstep/shared/config';
import { command, event } from '@quickstep/shared/events';
import { commandRoutes, read } from '@quickstep/shared/http';
import type { LogFields, Logger } from '@quickstep/shared/logging';
import { table } from '@quickstep/shared/rows';
import { startService } from '@quickstep/shared/service';
import { Type } from '@sinclair/typebox';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';

interface Question {
  id: string;
  text: string;
  answer: string | null;
}

const QuestionEntity = new EntitySchema<Question>({
  name: 'Question',
  tableName: 'questions',
  columns: { id: { type: 'uuid', primary: true }, text: { type: 'text' }, answer: { type: 'text', nullable: true } },
});
const Questions = table(QuestionEntity, (id): Question => ({ id, text: '', answer: null }));

class CreateQuestions1760000000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table questions (id uuid primary key, text text not null, answer text)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table questions');
  }
}

const Asked = event('echo.asked', Type.Object({ id: Type.String(), text: Type.String() }), {
  description: 'Asked.',
  subject: 'id',
});
const Answered = event('echo.answered', Type.Object({ id: Type.String() }), {
  description: 'Answered.',
  subject: 'id',
  final: true,
});
const Ask = command(Type.Object({ text: Type.String() }, { additionalProperties: false }), 'Ask a question.');

const echo = choreography('echo-service', {
  ask: { command: Ask, emits: [Asked] },
  answer: { on: [Asked], emits: [Answered] },
});

/** Two steps: one takes a question, the other answers it with what `reply` says. */
const echoSteps = (reply: (text: string) => Promise<string>) =>
  implement(echo, {
    ask: step(echo, 'ask', {
      rows: ({ subject }) => ({ question: Questions.fresh(subject) }),
      decide: ({ data }, { question }) => {
        question.text = data.text;
        return accepted({ id: question.id, text: data.text }, [Asked({ id: question.id, text: data.text })]);
      },
    }),
    answer: step(echo, 'answer', {
      rows: ({ data }) => ({ question: Questions.fresh(data.id) }),
      effect: ({ data }) => reply(data.text),
      decide: ({ data }, { question }, { outcome }) => {
        question.answer = outcome;
        return [Answered({ id: data.id })];
      },
    }),
  });

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
      (await dataSource.getRepository(QuestionEntity).findOneBy({ id: params.id })) ?? undefined,
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
    entities: [QuestionEntity],
    migrations: [CreateQuestions1760000000100],
    implementation: () => echoSteps(reply),
    routes,
    endings: [Answered],
    logger,
  });
}
