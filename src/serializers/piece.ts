/** Shorter frames are not worth a copy of what is kept of them. */
const LONG_FRAME = 4096;

/** Would a piece of a frame, by being kept, keep a long frame that is mostly something else? */
export function isMostlyOther(frame: { readonly length: number }, piece: { readonly length: number }): boolean {
  return frame.length > LONG_FRAME && 2 * piece.length < frame.length;
}
