import { systemDefinitions } from '../rights/index.js';
import { asyncApi } from './async-api.js';
import { canvas } from './canvas.js';
import { eventPage } from './event-page.js';
import { type Files, json } from './files.js';
import { choreographyGraph, mermaidGraph } from './graph.js';
import { graphPicture } from './graph-picture.js';
import { journeys } from './journeys.js';
import { systemModel } from './model.js';
import { overview } from './overview.js';
import { page } from './page/page.js';
import { sequencePage } from './sequence.js';
import { type ServiceMap, serviceMap } from './service-map.js';
import { type ServiceSettings, settingsPage } from './settings-page.js';
import { forwardOf, walk } from './walk.js';

export type { Files } from './files.js';
export type { MapArrow, MapOutcome, MapService, MapStep, ServiceMap } from './service-map.js';

export interface Documents {
  /** By their path below `docs/generated`. */
  readonly files: Files;
  /** Parts of the README, by the name in their markers. */
  readonly readme: Files;
}

const README_OF_THE_FOLDER = `# Generated documents

\`npm run docs\` writes them from the declarations, \`npm test\` holds them to these. Begin with [index.html](index.html).

- [asyncapi.json](asyncapi.json): every event, its channel, who sends and who receives it (AsyncAPI 3)
- [openapi](openapi): the HTTP API of each service (OpenAPI 3.1)
- [broker-definitions.json](broker-definitions.json): accounts without passwords, their permissions, exchanges, queues and bindings ([rights](../rights.md))
- [choreography.svg](choreography.svg), [choreography.mmd](choreography.mmd): every step, event and outcome
- [events.md](events.md): every event, who emits it, who consumes it, what it means
- [settings.md](settings.md): the settings of all services, with defaults
- [endings](endings): a sequence diagram for each way an order can go
- [services](services): one page about each service
`;

/** Every generated document of the system. The same declarations and steps always give the same bytes. */
export async function documents(): Promise<Documents> {
  const model = await systemModel();
  const [hopedFor, ...others] = journeys;
  const walks = [await walk(hopedFor), ...(await Promise.all(others.map(walk)))] as const;
  const forward = forwardOf(walks[0]);
  const graph = choreographyGraph(model, forward);
  const svg = graphPicture(graph);
  const names = model.services.map(({ name }) => name);
  const files: [string, string][] = [
    ['README.md', README_OF_THE_FOLDER],
    ['asyncapi.json', json(asyncApi(model))],
    ['broker-definitions.json', json(systemDefinitions({ vhost: 'quickstep' }))],
    ['choreography.mmd', mermaidGraph(graph, names)],
    ['choreography.svg', svg],
    ['events.md', eventPage(model)],
    ['index.html', page({ model, walks, forward, graph: svg })],
    ...walks.map((each): [string, string] => [`endings/${each.journey.slug}.md`, sequencePage(each)]),
    ...model.services.flatMap((service): [string, string][] => {
      const name = service.choreography.service;
      return [
        [`openapi/${name}.json`, json(service.openApi)],
        [`services/${name}.md`, canvas(service, model)],
      ];
    }),
  ];
  const readme: [string, string][] = [['choreography', `\`\`\`mermaid\n${overview(model, forward)}\`\`\`\n`]];
  return { files: new Map(files), readme: new Map(readme) };
}

/** One page of all settings. @param others services that are not in the list */
export async function settingsOf(others: readonly ServiceSettings[]): Promise<string> {
  const { services, variables } = await systemModel();
  const own = services.map((each) => ({ service: each.choreography.service, port: each.port, variables: each.variables }));
  return settingsPage(variables, [...own, ...others]);
}

/** The services as the console draws them: live numbers are put on what was laid out when the console was built. */
export async function consoleMap(): Promise<ServiceMap> {
  return serviceMap(await systemModel());
}
