import { withClient } from '@quickstep/shared/db';
import { connect } from 'amqplib';

/** `PostgreSQL 18.4 (fsync on), RabbitMQ 3.10.8`: results mean little without it. */
export async function describeServers({
  postgresUrl,
  rabbitmqUrl,
}: {
  postgresUrl: string;
  rabbitmqUrl: string;
}): Promise<string> {
  return `${await describePostgres(postgresUrl)}, RabbitMQ ${await rabbitmqVersion(rabbitmqUrl)}`;
}

function describePostgres(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const sql = `select current_setting('server_version') as version, current_setting('fsync') as fsync`;
    const { rows } = await client.query<{ version: string; fsync: string }>(sql);
    return `PostgreSQL ${rows[0]?.version} (fsync ${rows[0]?.fsync})`;
  });
}

async function rabbitmqVersion(url: string): Promise<string> {
  const model = await connect(url);
  const { version } = model.connection.serverProperties;
  await model.close();
  return version;
}
