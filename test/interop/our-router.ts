import type { Serializer } from 'rocade';
import { startRouter } from 'rocade/node';
import type { RealmOptions } from 'rocade/router';
import { asSpecified, type RouterMake, type RunningRouter, realm } from './routers.ts';

/** This project's router, in this process. */
export async function startOurRouter(
  serializers?: readonly Serializer[],
  options: Omit<RealmOptions, 'name'> = {},
): Promise<RunningRouter> {
  const realms = [{ ...options, name: realm }];
  const node = await startRouter({ listen: 'ws://127.0.0.1:0', realms, ...(serializers && { serializers }) });
  return { url: node.url, output: '', close: () => node.close() };
}

export const ourRouter: RouterMake = { ...asSpecified, name: 'our router', start: () => startOurRouter() };
