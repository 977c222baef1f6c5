export const integrations = {
  name: '003-integrations',
  sql: `
    CREATE TABLE webhook_deliveries (
      id text PRIMARY KEY,
      received_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX webhook_deliveries_received_idx ON webhook_deliveries (received_at);

    CREATE TABLE notion_pages (
      id text PRIMARY KEY,
      title text NOT NULL,
      url text NOT NULL,
      embedding vector(32) NOT NULL,
      edited_at timestamptz NOT NULL,
      synced_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX notion_pages_edited_idx ON notion_pages (edited_at);
  `,
}
