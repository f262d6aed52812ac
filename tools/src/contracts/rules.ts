import { majorOf } from '@quickstep/shared/events';
import type { Declared, DeclaredVersion } from './declared.js';
import type { Finding } from './finding.js';
import { samples } from './instances.js';
import type { Consumer, PublishedVersion, Registry } from './registry.js';
import { closedAt, type JsonSchema } from './schema.js';
import { type Judge, type Refusal, validates } from './verdict.js';

/** What a rule looks at. */
export interface Case {
  readonly published: Registry;
  readonly declared: Declared;
  readonly judge: Judge;
}

export type Rule = (each: Case) => Finding[];

const of = <Each extends PublishedVersion>(versions: readonly Each[], type: string, major?: string) =>
  versions.filter((each) => each.type === type && (major === undefined || majorOf(each.dataversion) === major));
const major = ({ dataversion }: PublishedVersion) => majorOf(dataversion);
const reads = (consumer: Consumer, version: PublishedVersion) => consumer.majors.includes(major(version));

const refused = (refusal: Refusal) => ({ field: refusal.field, what: refusal.why });

/** A consumer reads what was published before, in whatever version. */
const newReadsOld: Rule = ({ published, declared, judge }) =>
  declared.consumers.flatMap((consumer) =>
    of(published.versions, consumer.type).flatMap((old): Finding[] => {
      const found = { kind: 'breaking', type: old.type, consumer: consumer.service, direction: 'new reads old' } as const;
      const [reader] = of(declared.versions, old.type, major(old));
      if (reader === undefined || !reads(consumer, old)) {
        const wayOut = `declare it with earlier('${old.dataversion}', ...) and an upcaster, and read major ${major(old)}`;
        return [{ ...found, what: `version ${old.dataversion} is published, and it does not read major ${major(old)}`, wayOut }];
      }
      const refusal = judge(old.schema, reader.schema);
      if (refusal === undefined) return [];
      const wayOut = `read what ${old.dataversion} wrote (an optional field, the wider limit), or raise the major and lift ${major(old)} with an upcaster`;
      return [{ ...found, ...refused(refusal), wayOut }];
    }),
  );

/** A consumer that is deployed reads what will be published. */
const oldReadsNew: Rule = ({ published, declared, judge }) =>
  published.consumers.flatMap((consumer) => {
    const written = of(declared.versions, consumer.type).filter((each) => each.written);
    const found = { kind: 'breaking', type: consumer.type, consumer: consumer.service, direction: 'old reads new' } as const;
    const readable = written.filter((each) => reads(consumer, each));
    if (written.length > 0 && readable.length === 0) {
      const wayOut = `publish major ${consumer.majors.at(-1)} side by side (a downcast) until ${consumer.service} reads the new one`;
      return [
        { ...found, what: `no event of a major that it reads (${consumer.majors.join(', ')}) is published any more`, wayOut },
      ];
    }
    return readable.flatMap((each) => refusedBefore(each, published, judge).map((refusal) => ({ ...found, ...refusal })));
  });

function refusedBefore(each: DeclaredVersion, { versions }: Registry, judge: Judge) {
  const older = of(versions, each.type, major(each));
  const refusals = older.flatMap(({ schema }) => judge(each.schema, schema) ?? []);
  const wayOut = `leave the field as ${older[0]?.dataversion} has it, or raise the major and publish ${major(each)} side by side`;
  return refusals.map((refusal) => ({ ...refused(refusal), wayOut }));
}

/** What somebody reads goes on being published. */
const stillPublished: Rule = ({ published, declared }) =>
  published.consumers.flatMap((consumer): Finding[] => {
    if (of(declared.versions, consumer.type).some(({ written }) => written)) return [];
    const wayOut = `go on publishing it until ${consumer.service} has been deployed without it; then delete it from the registry`;
    const found = { kind: 'breaking', type: consumer.type, consumer: consumer.service, direction: 'old reads new' } as const;
    return [{ ...found, what: 'nobody publishes it any more', wayOut }];
  });

/** Consumers take an event for forged when it is not from whom, or about what, their contract says. */
const sameOrigin: Rule = ({ published, declared }) =>
  currentOf(declared).flatMap((now) => {
    const before = of(published.versions, now.type);
    const added = now.emitters.filter((each) => before.some(({ emitters }) => !emitters.includes(each)));
    const gone = [...new Set(before.flatMap(({ emitters }) => emitters))].filter((each) => !now.emitters.includes(each));
    const subject = before.find((each) => each.subject !== now.subject)?.subject;
    const forged = { kind: 'breaking', type: now.type } as const;
    const inOld = (what: string, wayOut: string) =>
      readers(published.consumers, now.type).map(
        (consumer): Finding => ({ ...forged, consumer, direction: 'old reads new', what, wayOut }),
      );
    const inNew = (what: string, wayOut: string) =>
      readers(declared.consumers, now.type).map(
        (consumer): Finding => ({ ...forged, consumer, direction: 'new reads old', what, wayOut }),
      );
    return [
      ...added.flatMap((each) =>
        inOld(`it takes events of ${each} for forged`, `name ${each} as an emitter in a release before the one that emits`),
      ),
      ...gone.flatMap((each) =>
        inNew(`it takes what ${each} published for forged`, `go on naming ${each} until its events are gone`),
      ),
      ...(subject === undefined
        ? []
        : [inOld, inNew].flatMap((side) =>
            side(`the subject was ${subject} and is ${now.subject}`, `keep ${subject}; a new subject is a new event`),
          )),
    ];
  });

const currentOf = ({ versions }: Declared) => versions.filter(({ current }) => current);
const readers = (consumers: readonly Consumer[], type: string) =>
  consumers.filter((each) => each.type === type).map(({ service }) => service);

/** Unknown fields are tolerated, or no field could ever be added. */
const tolerant: Rule = ({ declared }) =>
  declared.versions.flatMap(({ type, schema, current }) =>
    (current ? closedAt(schema) : []).map(
      (field): Finding => ({
        kind: 'breaking',
        type,
        field,
        what: 'refuses fields that it does not know, so that none can be added',
        wayOut: 'leave additionalProperties out',
      }),
    ),
  );

/** What an upcaster makes is read by the steps. */
const lifted: Rule = ({ declared }) =>
  declared.consumers.flatMap((consumer) => {
    const [current] = of(declared.versions, consumer.type).filter((each) => each.current);
    const older = of(declared.versions, consumer.type).filter((each) => reads(consumer, each));
    return older.flatMap(({ dataversion, schema, upcast }): Finding[] => {
      const wrong = upcast && current && wrongAfter(upcast, schema, current.schema);
      if (wrong === undefined) return [];
      const wayOut = `mend the upcaster from ${dataversion}`;
      const found = { kind: 'breaking', type: consumer.type, consumer: consumer.service, direction: 'new reads old' } as const;
      return [{ ...found, what: `the upcaster from ${dataversion} makes what the contract refuses: ${wrong}`, wayOut }];
    });
  });

function wrongAfter(upcast: (data: unknown) => unknown, from: JsonSchema, to: JsonSchema): string | undefined {
  const check = validates(to);
  try {
    return samples(from, 30).flatMap((each) => check(upcast(each)) ?? [])[0];
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What was really sent can be read. */
const recorded: Rule = ({ published, declared }) =>
  published.recorded.flatMap(({ type, dataversion, data }) =>
    declared.consumers.flatMap((consumer): Finding[] => {
      const [reader] = consumer.type === type ? of(declared.versions, type, majorOf(dataversion)) : [];
      const wrong = reader === undefined ? undefined : validates(reader.schema)(data);
      if (wrong === undefined) return [];
      const found = { kind: 'breaking', type, consumer: consumer.service, direction: 'new reads old' } as const;
      return [
        {
          ...found,
          what: `an event that was recorded (${dataversion}) is refused: ${wrong}`,
          wayOut: 'read it, or raise the major',
        },
      ];
    }),
  );

export const rules = { newReadsOld, oldReadsNew, stillPublished, sameOrigin, tolerant, lifted, recorded } satisfies Record<
  string,
  Rule
>;
