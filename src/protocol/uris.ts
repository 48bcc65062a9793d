/**
 * The URIs that the protocol itself uses, as `errorUris.noSuchProcedure` or `closeUris.normal`. Modules and not objects,
 * so that a bundle carries only those that it names.
 */
import * as closeUris from './close-uris.ts';
import * as errorUris from './error-uris.ts';

export { closeUris, errorUris };
