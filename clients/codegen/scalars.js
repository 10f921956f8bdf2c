/**
 * The TypeScript types of the schema's own scalars, as they are on the wire.
 *
 * `BigInt` and `Decimal` are strings, because a JavaScript number would lose digits. Dates and times
 * are ISO 8601 texts: parse them where they are shown.
 */
export const scalars = {
  BigInt: "string", // whole number of 64 bits or more: "9007199254740993"
  Decimal: "string", // exact decimal number: "19.90"
  DateTime: "string", // moment in UTC: "2026-01-31T12:00:00+00:00"
  LocalDateTime: "string", // date and time without a zone: "2026-01-31T12:00:00"
  Date: "string", // "2026-01-31"
  Time: "string", // "12:00:00"
  Duration: "string", // ISO 8601 duration: "P1DT2H"
  UUID: "string", // "123e4567-e89b-12d3-a456-426614174000"
  JSON: "unknown", // any JSON value: narrow it before use
  Base64: "string", // bytes in base64
};
