const PIECE_BYTES = 64 * 1024;
/** How far the sender may be ahead of what is on the disk at the other end. */
const AHEAD_BYTES = 16 * PIECE_BYTES;

/** The pieces of a `File` or any other `Blob`, read one at a time. */
export async function* piecesOf(blob) {
  for (let at = 0; at < blob.size; at += PIECE_BYTES)
    yield new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer());
}

/**
 * Sends a file; resolves with `{ name, bytes }` once it is there as a whole. `onWritten` hears how many bytes are on the disk.
 * A `signal` that aborts takes it all back.
 */
export async function upload(client, { name, pieces }, { onWritten = (_bytes) => {}, signal } = {}) {
  let sent = 0;
  let written = 0;
  let over = false;
  let goOn = () => {};

  async function* inTurn() {
    for await (const piece of pieces) {
      while (sent - written >= AHEAD_BYTES && !over)
        await new Promise((resolve) => {
          goOn = resolve;
        });
      sent += piece.length;
      yield piece;
    }
  }

  try {
    return await client.call('upload.file', [name], {
      input: inTurn(),
      onProgress(bytes) {
        written = bytes;
        onWritten(bytes);
        goOn();
      },
      signal,
    });
  } finally {
    // Whoever waits for its turn is let go, and closes what it reads.
    over = true;
    goOn();
  }
}
