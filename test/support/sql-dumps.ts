import {SqlDumpReader, type DumpReport} from '../../src/lib/domain/sql-dump.ts'

const encoder = new TextEncoder()

/** A plain dump as pg_dump writes it, with the traps that real ones hold: quoted names, escapes, bodies that look like dumps. */
export const plainDump = String.raw`--
-- PostgreSQL database dump
--

\restrict GliUdKVzNjGRFygRLGZO1mN3bsGP6Ae0IC4raxjc3SAHbFgOkKwwtPo135L6Evd

-- Dumped from database version 17.2
-- Dumped by pg_dump version 17.2

SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

CREATE FUNCTION public.body() RETURNS text
    LANGUAGE plpgsql
    AS $body$
BEGIN
-- it's no statement of the dump
COPY public.never (id) FROM stdin;
ALTER DATABASE never OWNER TO nobody;
RETURN E'it\'s; ' || $q$ ; $q$;
END $body$;

CREATE USER MAPPING FOR shop SERVER elsewhere OPTIONS (
    "user" 'x'
);

CREATE TABLE public.customers (
    id integer NOT NULL,
    note text DEFAULT 'a;b'::text
);

COMMENT ON TABLE public.customers IS 'first
\ and last
COPY public.never (id) FROM stdin;
';

--
-- Data for Name: customers; Type: TABLE DATA; Schema: public; Owner: shop
--

COPY public.customers (id, note) FROM stdin;
1	two\nlines
2	\\.
3	\N
4	\\.\n\\.\nand 'more'
\.


COPY public."we ird (x) ""q"" ünï" (id, "col (a) FROM stdin;") FROM stdin;
1	;
\.


COPY public.empty (id) FROM stdin;
\.


COPY public.without_columns  FROM stdin;


\.


SELECT pg_catalog.setval('public."se q''x"', 42, true);
SELECT pg_catalog.setval('public.customers_id_seq', 1, false);

BEGIN;

SELECT pg_catalog.lo_open('16424', 131072);
SELECT pg_catalog.lowrite(0, '\x616263');
SELECT pg_catalog.lo_close(0);

COMMIT;

ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--

\unrestrict GliUdKVzNjGRFygRLGZO1mN3bsGP6Ae0IC4raxjc3SAHbFgOkKwwtPo135L6Evd

`

/** Returns what reading a script shows, in chunks of so many bytes. */
export function readDump(script: string | Uint8Array, chunkBytes = Number.POSITIVE_INFINITY): DumpReport {
  const reader = new SqlDumpReader()
  const bytes = typeof script === 'string' ? encoder.encode(script) : script
  for (let start = 0; start < bytes.length; start += chunkBytes) reader.push(bytes.subarray(start, start + chunkBytes))
  return reader.end()
}
