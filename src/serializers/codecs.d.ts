// The builds of the codecs without code generation, which come without usable types of their own: the part that is used.

declare module 'msgpackr/unpack-no-eval' {
  export class Unpackr {
    constructor(options: {
      readonly useRecords: false;
      readonly mapsAsObjects: true;
      readonly int64AsType: 'number';
      readonly copyBuffers: true;
    });
    unpack(octets: Uint8Array): unknown;
  }
}

declare module 'cbor-x/decode-no-eval' {
  export class Decoder {
    constructor(options: {
      readonly useRecords: false;
      readonly mapsAsObjects: true;
      readonly int64AsNumber: true;
      readonly copyBuffers: true;
    });
    decode(octets: Uint8Array): unknown;
  }
}
