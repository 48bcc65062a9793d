/**
 * What tests of programs on rocade need, and what tests of new transports and serializers do.
 *
 * @module
 */
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type RecordingChannel, type RecordingChannelOptions, recordingChannel } from './recording-channel.ts';
export { serializerContract } from './serializer-contract.ts';
export type { Expectation, TestApi } from './test-api.ts';
export { type TestApp, type TestAppOptions, testApp, testModule } from './test-app.ts';
export { type TestRouter, type TestRouterOptions, testRouter } from './test-router.ts';
export { type TransportPair, transportContract } from './transport-contract.ts';
