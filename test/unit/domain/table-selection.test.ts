import {describe, expect, test} from 'vitest'
import {finishTablesSql, selectTables} from '../../../src/lib/domain/table-selection.ts'
import {backupSet} from '../../support/backup-sets.ts'

const {catalogue, contents} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z'), tables: ['customers', 'orders', 'Odd.name']}).manifest
const archive = {...catalogue, tables: [...catalogue.tables, {schema: 'archive', name: 'orders'}]}

describe('tables to restore', () => {
  test('are named with or without their schema, quoted where their name needs it', () => {
    expect(selectTables(['customers', 'archive.orders', '"Odd.name"'], archive)).toEqual([
      {schema: 'public', name: 'customers'},
      {schema: 'archive', name: 'orders'},
      {schema: 'public', name: 'Odd.name'},
    ])
  })

  test('must be there, and must be clear', () => {
    expect(() => selectTables(['customers', 'nothing', 'orders'], archive)).toThrow(
      expect.objectContaining({
        kind: 'notFound',
        exitCode: 9,
        details: ['nothing: no such table', 'orders: public.orders or archive.orders'],
      }),
    )
  })

  test('get their keys and indexes, and foreign keys only to tables that came along', () => {
    const full = {
      ...catalogue,
      indexes: [
        {
          schema: 'public',
          name: 'orders_pkey',
          table: 'orders',
          valid: true,
          definition: 'CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)',
        },
        {
          schema: 'public',
          name: 'by_date',
          table: 'orders',
          valid: true,
          definition: 'CREATE INDEX by_date ON public.orders USING btree (at)',
        },
        {
          schema: 'public',
          name: 'by_name',
          table: 'customers',
          valid: true,
          definition: 'CREATE INDEX by_name ON public.customers USING btree (name)',
        },
      ],
      constraints: [
        {
          schema: 'public',
          name: 'of_customer',
          table: 'orders',
          validated: true,
          definition: 'FOREIGN KEY (customer) REFERENCES public.customers(id)',
        },
        {
          schema: 'public',
          name: 'of_order',
          table: 'orders',
          validated: true,
          definition: 'FOREIGN KEY (parent) REFERENCES public.orders(id)',
        },
        {schema: 'public', name: 'orders_pkey', table: 'orders', validated: true, definition: 'PRIMARY KEY (id)'},
        {schema: 'public', name: 'positive', table: 'orders', validated: true, definition: 'CHECK ((amount > 0))'},
      ],
    }
    const sequences = [{schema: 'public', name: 'orders_id_seq', lastValue: '42', isCalled: true}]
    expect(finishTablesSql(full, {...contents, sequences}, [{schema: 'public', name: 'orders'}]).split(';\n')).toEqual([
      `SELECT pg_catalog.setval('"public"."orders_id_seq"', 42, true)`,
      'ALTER TABLE ONLY "public"."orders" ADD CONSTRAINT "orders_pkey" PRIMARY KEY (id)',
      'CREATE INDEX by_date ON public.orders USING btree (at)',
      'ALTER TABLE ONLY "public"."orders" ADD CONSTRAINT "of_order" FOREIGN KEY (parent) REFERENCES public.orders(id)',
    ])
  })
})
