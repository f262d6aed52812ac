import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `dead_letters`: a copy of each parked message and what has become of it. The id is made of the message itself, so that the same message
 * seen twice is one row. `dead_letter_plans` and `dead_letter_plan_items`: selections that were frozen, and how far acting on them has
 * come. `audit`: every act of an operator.
 */
export class DeadLetters1760000000300 implements MigrationInterface {
  readonly name = 'DeadLetters1760000000300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dead_letters (
        id uuid primary key,
        service text not null,
        step text,
        outcome text,
        type text not null,
        group_id text not null,
        error_class text not null,
        reason text not null,
        frame text,
        stack text,
        attempts integer not null,
        first_failed_at timestamptz not null,
        parked_at timestamptz not null,
        exchange text not null,
        routing_key text not null,
        user_id text,
        app_id text,
        message_id text,
        correlation_id text,
        content_type text,
        event_id uuid,
        subject text,
        redrive text,
        headers jsonb not null,
        body bytea not null,
        edited bytea,
        edited_by text,
        edited_at timestamptz,
        state text not null default 'parked' check (state in ('parked', 'planned', 'redriven', 'discarded', 'gone')),
        seen_at timestamptz not null default now(),
        missing_since timestamptz,
        changed_at timestamptz not null default now()
      )`);
    await runner.query('create index dead_letters_in_order on dead_letters (parked_at desc, id desc)');
    await runner.query('create index dead_letters_by_queue on dead_letters (service, state)');
    await runner.query('create index dead_letters_by_subject on dead_letters (subject)');
    await runner.query('create index dead_letters_by_event on dead_letters (event_id)');
    await runner.query('create index dead_letters_by_redrive on dead_letters (redrive) where redrive is not null');
    await this.#createPlans(runner);
    await runner.query(`
      create table audit (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        who text not null,
        what text not null,
        about text,
        why text,
        details jsonb not null,
        result text not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table audit, dead_letter_plan_items, dead_letter_plans, dead_letters');
  }

  async #createPlans(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table dead_letter_plans (
        id uuid primary key,
        created_at timestamptz not null default now(),
        created_by text not null,
        filter jsonb not null,
        state text not null default 'ready' check (state in ('ready', 'running', 'stopped', 'done')),
        action text check (action in ('redrive', 'discard')),
        verdicts text[] not null default '{}',
        reason text,
        rate integer not null default 0,
        tolerate integer not null default 0,
        patience integer not null default 0,
        acted_by text,
        started_at timestamptz,
        stop_asked_by text,
        stopped_because text,
        finished_at timestamptz
      )`);
    await runner.query(`
      create table dead_letter_plan_items (
        plan_id uuid not null references dead_letter_plans on delete cascade,
        position integer not null,
        dead_letter_id uuid not null references dead_letters,
        verdict text not null,
        detail text,
        state text not null default 'waiting'
          check (state in ('waiting', 'skipped', 'sending', 'sent', 'processed', 'returned', 'discarded')),
        times_sent integer not null default 0,
        sent_at timestamptz,
        decided_at timestamptz,
        primary key (plan_id, position)
      )`);
    await runner.query('create index dead_letter_plan_items_by_letter on dead_letter_plan_items (dead_letter_id)');
    await runner.query('create index dead_letter_plan_items_by_state on dead_letter_plan_items (plan_id, state)');
    await runner.query("create index dead_letter_plan_items_sent on dead_letter_plan_items (sent_at) where state = 'sent'");
  }
}

/** `resent_events`: what had never reached a service and was sent to it again, so that it is not sent for ever. */
export class ResentEvents1760000000302 implements MigrationInterface {
  readonly name = 'ResentEvents1760000000302';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table resent_events (
        service text not null,
        event_id uuid not null,
        times integer not null default 1,
        sent_at timestamptz not null default now(),
        primary key (service, event_id)
      )`);
    await runner.query('create index resent_events_by_time on resent_events (sent_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table resent_events');
  }
}

/**
 * `compared_deliveries`: from which time on, and up to which, a step's inbox has been compared with the archive (times are those that the ids of events
 * hold), and up to which position of the archive it has been looked for events that came after their time had been compared.
 */
export class ComparedDeliveries1760000000303 implements MigrationInterface {
  readonly name = 'ComparedDeliveries1760000000303';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table compared_deliveries (
        service text not null,
        step text not null,
        since timestamptz not null,
        until timestamptz not null,
        position bigint not null,
        primary key (service, step)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table compared_deliveries');
  }
}

/** `emptied_at`: since when the bodies are gone; the index finds what is to be emptied. */
export class DeadLetterBodies1760000000301 implements MigrationInterface {
  readonly name = 'DeadLetterBodies1760000000301';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table dead_letters add column emptied_at timestamptz');
    await runner.query(`create index dead_letters_to_empty on dead_letters (changed_at)
      where emptied_at is null and state in ('redriven', 'discarded', 'gone')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index dead_letters_to_empty');
    await runner.query('alter table dead_letters drop column emptied_at');
  }
}

/** `event_ids`: of all events in a message that holds several; `event_id` is null then. */
export class DeadLetterBatches1760000000304 implements MigrationInterface {
  readonly name = 'DeadLetterBatches1760000000304';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("alter table dead_letters add column event_ids uuid[] not null default '{}'");
    await runner.query('create index dead_letters_by_events on dead_letters using gin (event_ids)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index dead_letters_by_events');
    await runner.query('alter table dead_letters drop column event_ids');
  }
}

/** `cut`: more messages were meant than the plan holds. */
export class DeadLetterPlansCut1760000000305 implements MigrationInterface {
  readonly name = 'DeadLetterPlansCut1760000000305';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table dead_letter_plans add column cut boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table dead_letter_plans drop column cut');
  }
}

export const deadLetterMigrations = [
  DeadLetters1760000000300,
  DeadLetterBodies1760000000301,
  ResentEvents1760000000302,
  ComparedDeliveries1760000000303,
  DeadLetterBatches1760000000304,
  DeadLetterPlansCut1760000000305,
];
